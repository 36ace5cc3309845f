"""What a mail carries for its way back: an address for replies and links to unsubscribe, each with an opaque token.

A token names the mail and nothing else, and is signed, so nobody makes one up. It holds no address, and is read as long
as the secret that signed it is kept among the secrets: nothing is stored for it that could be lost. It is written in
letters that survive being made small, as the part of an address before the @ sometimes is.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Final, Literal

Purpose = Literal["choose", "reply", "return"]  # whoever sees the address for replies cannot unsubscribe somebody by it

REPLY: Final = "reply+"
RETURN: Final = "return+"
_SIGNED: Final = 12  # bytes
_LENGTH: Final = 45  # letters: 28 bytes in base 32


@dataclass(frozen=True, slots=True)
class Links:
    """The first of the secrets signs, each of them is taken. `site` is where customers reach our pages, `inbound` the
    domain whose mail is handed to us. What cannot be made for lack of them is None.
    """

    secrets: Sequence[str] = field(default=(), repr=False)
    site: str | None = None
    inbound: str | None = None

    def unsubscribe(self, effect: str) -> str | None:
        return self._page("unsubscribe", effect)

    def preferences(self, effect: str) -> str | None:
        return self._page("preferences", effect)

    def reply_to(self, effect: str) -> str | None:
        """An address of at most 64 letters before the @."""
        return self._address("reply", REPLY, effect)

    def returns_to(self, effect: str) -> str | None:
        """Where mail servers send what they could not deliver."""
        return self._address("return", RETURN, effect)

    def headers(self, effect: str) -> tuple[tuple[str, str], ...]:
        """By which mail programs offer to unsubscribe with one click (RFC 2369, RFC 8058)."""
        url = self.unsubscribe(effect)
        return (
            (("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")) if url else ()
        )

    def token(self, purpose: Purpose, effect: str) -> str:
        """Raises ValueError when the effect's id is no UUID, IndexError without a secret."""
        name = uuid.UUID(effect).bytes
        return _written(name + _signature(self.secrets[0], purpose, name))

    def read(self, purpose: Purpose, token: str) -> str | None:
        """The effect's id; None for what we have not made for that purpose."""
        both = _read(token)
        name, shown = both[:-_SIGNED], both[-_SIGNED:]
        known = [hmac.compare_digest(_signature(one, purpose, name), shown) for one in self.secrets]
        return str(uuid.UUID(bytes=name)) if both and any(known) else None

    def replied_to(self, address: str) -> str | None:
        """Which mail an address for replies was made for."""
        return self._effect("reply", REPLY, address)

    def returned(self, address: str) -> str | None:
        """Which mail an address for what comes back was made for."""
        return self._effect("return", RETURN, address)

    def _address(self, purpose: Purpose, prefix: str, effect: str) -> str | None:
        return f"{prefix}{self.token(purpose, effect)}@{self.inbound}" if self.secrets and self.inbound else None

    def _effect(self, purpose: Purpose, prefix: str, address: str) -> str | None:
        local, _, domain = parseaddr(address)[1].rpartition("@")
        mine = self.inbound is not None and domain.lower() == self.inbound.lower()
        return self.read(purpose, local[len(prefix) :]) if mine and local.lower().startswith(prefix) else None

    def _page(self, name: str, effect: str) -> str | None:
        if not self.secrets or self.site is None:
            return None
        return f"{self.site.rstrip('/')}/{name}/{self.token('choose', effect)}"


def _signature(secret: str, purpose: Purpose, name: bytes) -> bytes:
    return hmac.digest(secret.encode(), f"playbook:{purpose}:".encode() + name, hashlib.sha256)[:_SIGNED]


def _written(both: bytes) -> str:
    return base64.b32encode(both).decode().rstrip("=").lower()


def _read(token: str) -> bytes:
    """Nothing where it is none of ours."""
    if len(token) != _LENGTH or not token.isascii():
        return b""
    try:
        both = base64.b32decode(token.upper() + "===")
    except ValueError:
        return b""
    return both if _written(both) == token.lower() else b""
