"""What stands in a mail's head, in ASCII and short lines (RFC 2047), so that every server and program takes it.

The standard library's own folding loses spaces between words that it encodes, and lets a long name stand in one line.
"""

import re
import textwrap
import unicodedata
from email.header import Header
from email.headerregistry import Address, AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.policy import Policy
from email.utils import quote
from typing import Any, Final

LONGEST_NAME: Final = 100  # characters; an inbox shows thirty
LONGEST_SUBJECT: Final = 400
_WIDTH: Final = 76
_LONGEST_WORD: Final = 60
_NO_ATOM: Final = re.compile(r"[^\w!#$%&'*+/=?^`{|}~ -]")
# They turn the direction of all that follows them in a line of an inbox.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def named(name: str) -> str:
    return _line(name, LONGEST_NAME)


def subject(text: str) -> str:
    return _line(text, LONGEST_SUBJECT)


def registry(*unbroken: str) -> HeaderRegistry:
    """For a mail's headers; `unbroken` are those whose values programs read as they stand."""
    headers = HeaderRegistry()
    headers.map_to_type("subject", _Words)
    for name in ("from", "to", "cc", "reply-to"):
        headers.map_to_type(name, _Addresses)
    for name in unbroken:
        headers.map_to_type(name.lower(), _Unbroken)
    return headers


class _Unbroken(UnstructuredHeader, BaseHeader):
    """A long address that is folded into encoded words is none to those who read it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Words(UnstructuredHeader, BaseHeader):
    @classmethod
    def parse(cls, string: str, kwds: dict[str, Any]) -> None:
        """What looks encoded was written so."""
        super().parse("", kwds)
        kwds["decoded"] = string

    def fold(self, *, policy: Policy) -> str:
        lines = _folded(str(self), self.name) if _is_plain(self) else _encoded(str(self), self.name)
        return f"{self.name}: {policy.linesep.join(lines)}{policy.linesep}"


class _Addresses(AddressHeader, BaseHeader):  # type: ignore[misc]  # as the registry joins the two itself
    def fold(self, *, policy: Policy) -> str:
        blocks = [policy.linesep.join(_address_lines(one, self.name)) for one in self.addresses]
        return f"{self.name}: {f',{policy.linesep} '.join(blocks)}{policy.linesep}"


def _line(text: str, most: int) -> str:
    """On one line, without what nobody sees."""
    seen = "".join(one for one in text if one.isspace() or not _is_hidden(one))
    shown = " ".join(seen.split())
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def _is_hidden(letter: str) -> bool:
    return letter in _TURNING or unicodedata.category(letter) in {"Cc", "Cs"}


def _address_lines(one: Address, header: str) -> list[str]:
    if not one.display_name:
        return [one.addr_spec]
    *others, last = _phrase(one.display_name, header)
    address = f"<{one.addr_spec}>"
    fits = len(header) + len(last) + len(address) < _WIDTH
    return [*others, f"{last} {address}"] if fits else [*others, last, f" {address}"]


def _phrase(name: str, header: str) -> list[str]:
    if len(name) > _LONGEST_WORD or not _is_plain(name):
        return _encoded(name, header)
    return [f'"{quote(name)}"' if _NO_ATOM.search(name) else name]


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text and all(len(word) <= _LONGEST_WORD for word in text.split())


def _folded(text: str, header: str) -> list[str]:
    lines = textwrap.wrap(text, _WIDTH - len(header), break_long_words=False, break_on_hyphens=False)
    return [*lines[:1], *(f" {line}" for line in lines[1:])]


def _encoded(text: str, header: str) -> list[str]:
    return Header(text, "utf-8", maxlinelen=_WIDTH, header_name=header).encode(splitchars="").split("\n")
