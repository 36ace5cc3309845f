"""What an HTTP status means for the ledger: the same for every provider."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from activities.transport import Busy, Refused, Uncertain

DEFAULT_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)

# The provider said itself that it did not take the message.
TRY_AGAIN = frozenset({408, 425, 429})
# A gateway in front lost the answer of what stands behind it; that may well have accepted the message.
_ANSWER_LOST = frozenset({502, 504})
# Where every message goes to one address, this is no word on the message: somebody else answers there, or we have no
# right to send.
_ELSEWHERE = frozenset({301, 302, 303, 307, 308, 403, 404, 405, 407, 410})


def verdict(
    status: int, headers: Mapping[str, str], reason: str, *, one_address: bool = False
) -> Refused | Busy | Uncertain:
    """`headers` with lower-case names. `reason` is the provider's own text; addresses in it are masked. `one_address`
    where all its messages go to the same.
    """
    said = f"HTTP {status}: {masked(reason)}" if reason else f"HTTP {status}"
    if status in _ANSWER_LOST:
        return Uncertain(said)
    if status in TRY_AGAIN or status >= 500:
        return Busy(said, pause(headers))
    return Refused(said, f"http_{status}", credentials=status == 401 or (one_address and status in _ELSEWHERE))


def masked(text: str) -> str:
    return re.sub(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+", "<address>", text)


def pause(headers: Mapping[str, str]) -> timedelta:
    """How long the provider asks to be left alone: Retry-After in seconds or as a date, or X-RateLimit-Reset.
    Dates are compared with the provider's own Date, so no clock of ours is needed; from 1 second to 1 hour."""
    wanted = _asked(headers)
    return DEFAULT_PAUSE if wanted is None else min(max(wanted, timedelta(seconds=1)), LONGEST_PAUSE)


def _asked(headers: Mapping[str, str]) -> timedelta | None:
    after = headers.get("retry-after", "").strip()
    if _number(after):
        return timedelta(seconds=int(after))
    try:
        now = parsedate_to_datetime(headers["date"])
        if after:
            return parsedate_to_datetime(after) - now
        reset = headers["x-ratelimit-reset"].strip()
        return timedelta(seconds=int(reset) - int(now.timestamp())) if _number(reset) else None
    except (KeyError, ValueError, TypeError):
        return None


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
