"""The bytes of a mail, read within bounds of time, length and depth: its headers, its text, what is attached.

The standard library's reader takes minutes for some headers that strangers make up, and falls over deep nesting.
"""

import codecs
import re
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from email.utils import getaddresses
from itertools import islice
from typing import TYPE_CHECKING, Final

from activities.mail.storable import storable

LONGEST_HEADER: Final = 5_000  # characters
LONGEST_TEXT: Final = 400_000  # bytes
MOST_LINES: Final = 500_000  # of 60 characters, a mail of 30 MB
MOST_HEADER_LINES: Final = 5_000
MOST_PARTS: Final = 1_000
DEEPEST: Final = 30  # parts that may hold parts
MOST_BLOCKS: Final = 2_000  # empty lines from where a mail server reports of recipients: each begins a part of its own
_HOLDS_PARTS: Final = re.compile(rb"content-type:\s*(?:multipart|message)/", re.IGNORECASE)
_REPORTS: Final = re.compile(rb"content-type:\s*message/delivery-status", re.IGNORECASE)
_LINE_END: Final = re.compile(rb"\r\n?|\n")
_HEAD_END: Final = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?=[\r\n])")
_EMPTY_LINE: Final = re.compile(rb"(?>\r\n|\r|\n)(?=[\r\n])")
_PICTURE: Final = re.compile(rb"data:image/[\w.+-]{1,40};base64,(?:\s*[A-Za-z0-9+/=%]{60,}+)*+")
# Not for texts: they take ever longer, or give what no text holds.
_NO_CHARSETS: Final = frozenset({"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape"})
_AS_UTF_8: Final = frozenset({"utf-8", "ascii"})
# What programs write under these names, as https://encoding.spec.whatwg.org/#names-and-labels has it for pages.
_MEANT: Final = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f\ufffd]")


if TYPE_CHECKING:
    _Policy = EmailPolicy[EmailMessage]
else:
    _Policy = EmailPolicy  # takes no parameter when it runs


class _Bounded(_Policy):
    """Headers are cut before they are read; of References the nearest stand at the end."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[-LONGEST_HEADER:] if name.lower() == "references" else value[:LONGEST_HEADER]


BOUNDED: Final = _Bounded()


def parsed(raw: bytes) -> EmailMessage:
    """What is nested too deep or has too many parts is one text under its headers; what has too many lines is read as
    far as those go.
    """
    raw = _few_lines(raw)
    few = len(_HOLDS_PARTS.findall(raw)) <= DEEPEST and raw.count(b"\n--") <= MOST_PARTS
    if few and _blocks(raw) <= MOST_BLOCKS:
        return message_from_bytes(raw, policy=BOUNDED)
    return BytesHeaderParser(policy=BOUNDED).parsebytes(raw)


def _few_lines(raw: bytes) -> bytes:
    """Each line costs time, and each header memory too, whatever it holds."""
    raw = _up_to(MOST_LINES, raw)
    end = _HEAD_END.search(raw)
    head, rest = (raw[: end.start()], raw[end.start() :]) if end else (raw, b"")
    return _up_to(MOST_HEADER_LINES, head) + rest


def _up_to(most: int, raw: bytes) -> bytes:
    if raw.count(b"\n") + raw.count(b"\r") <= most:
        return raw
    last = next(islice(_LINE_END.finditer(raw), most - 1, None), None)
    return raw[: last.start()] if last else raw


def _blocks(raw: bytes) -> int:
    begins = _REPORTS.search(raw)
    return sum(1 for _ in _EMPTY_LINE.finditer(raw, begins.end())) if begins else 0


def header(mail: EmailMessage, name: str) -> str:
    try:
        return storable(str(mail.get(name, "")))
    except Exception:  # noqa: BLE001 - the standard library breaks on some headers that strangers make up
        return ""


def kind(part: Message) -> str:
    """Its type and subtype; nothing where they cannot be read."""
    try:
        return part.get_content_type()
    except Exception:  # noqa: BLE001 - as in header
        return ""


def address(written: str) -> tuple[str, str]:
    """The name and the address of the first that a header names; nothing where it names none."""
    try:
        return next(iter(getaddresses([written[:LONGEST_HEADER]])), ("", ""))
    except RecursionError:
        return "", ""


def decoded(raw: bytes, charset: str) -> str:
    """As those who write mails mean their charset, which may be more than they say; in UTF-8 where nobody knows it.
    Pictures that stand in it are left out: they are longer than texts.
    """
    raw = _PICTURE.sub(b"", raw)[:LONGEST_TEXT]
    try:
        name = codecs.lookup(charset).name
        if name not in {*_NO_CHARSETS, *_AS_UTF_8}:
            return storable(raw.decode(_MEANT.get(name, name), "replace"))
    except (LookupError, ValueError):
        pass
    text = raw.decode("utf-8", "replace")
    is_utf_8 = "\ufffd" not in text or _BEYOND_ASCII.search(text)
    return storable(text if is_utf_8 else raw.decode("cp1252", "replace"))


def body(mail: EmailMessage) -> tuple[str, bool]:
    """Its text, and whether that is HTML."""
    try:
        part = mail.get_body(preferencelist=("plain", "html"))
        raw = (mail if part is None else part).get_payload(decode=True)
        if not isinstance(raw, bytes):
            return "", False
        found = mail if part is None else part
        return decoded(raw, str(found.get_content_charset("utf-8"))), found.get_content_type() == "text/html"
    except Exception:  # noqa: BLE001 - as in header; and parts that never end
        return "", False


def attached(mail: EmailMessage) -> tuple[str, ...]:
    """The names of files, without the pictures that stand in the text."""
    return tuple(filter(None, map(_file, mail.walk())))


def _file(part: Message) -> str:
    try:
        shown = part.get("Content-ID") is not None and part.get_content_disposition() == "inline"
        return "" if shown else storable(part.get_filename() or "")
    except Exception:  # noqa: BLE001 - as in header
        return ""
