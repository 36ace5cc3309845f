"""Whether what was posted is from SendGrid: signed with the webhook's key, over timestamp and body as they came."""

import base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"
# What is not answered is tried again for a day, and nothing says that it is signed anew. What is sent again by others
# within it does no harm: each event counts once.
OLDEST: Final = timedelta(hours=25)
AHEAD: Final = timedelta(minutes=5)


def is_signed(key: str, signature: str, timestamp: str, body: bytes, now: datetime) -> bool:
    """Whatever is odd is not signed. `now` is real."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if not -OLDEST <= datetime.fromtimestamp(int(timestamp), UTC) - now <= AHEAD:
        return False
    try:
        shown = base64.b64decode(signature, validate=True)
        public_key(key).verify(shown, timestamp.encode() + body, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=8)
def public_key(key: str) -> Any:
    """Raises ValueError for what is no such key. The vendor's own helper takes text only, and a mail that comes in need
    not be any.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        found = load_der_public_key(base64.b64decode("".join(key.split()), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if isinstance(found, EllipticCurvePublicKey):
        return found
    raise ValueError("it is not a verification key")
