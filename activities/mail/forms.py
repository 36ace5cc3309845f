"""The fields of a form that was posted (RFC 7578), taken apart by its boundary alone: what a field holds is not looked
at, however many lines that has.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from itertools import islice
from typing import Final

MOST_FIELDS: Final = 1_000
_LONGEST_HEAD: Final = 10_000  # bytes of what a field says of itself
_EMPTY_LINE: Final = re.compile(rb"\r?\n\r?\n")
_LINE_END: Final = re.compile(rb"\r?\n\Z")


def fields_of(raw: bytes, content_type: str) -> dict[str, bytes]:
    """Of a multipart/form-data, and of each file its name; nothing where it is none."""
    boundary = _boundary(content_type)
    fields = [_field(part) for part in _parts(raw, boundary)] if boundary else []
    return {name: data for name, data in fields if isinstance(name, str)}


def _boundary(content_type: str) -> bytes:
    head = content_type.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"")
    form = message_from_bytes(b"Content-Type: " + head + b"\r\n\r\n")
    told = form.get_boundary() if form.get_content_type() == "multipart/form-data" else None
    return (told or "").encode("utf-8", "replace")


def _parts(raw: bytes, boundary: bytes) -> Iterator[bytes]:
    """Without the line end before the next boundary, which is no part of them. The last may lack its own."""
    line = re.compile(rb"--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?:\n|\Z)")
    lines = (one for one in line.finditer(raw) if one.start() == 0 or raw[one.start() - 1 : one.start()] == b"\n")
    begin = None
    for one in islice(lines, MOST_FIELDS + 1):
        if begin is not None:
            yield _without_line_end(raw[begin : one.start()])
        if one[1]:
            return
        begin = one.end()
    if begin is not None and next(lines, None) is None:
        yield raw[begin:]


def _without_line_end(part: bytes) -> bytes:
    end = _LINE_END.search(part, max(0, len(part) - 2))
    return part[: end.start()] if end else part


def _field(part: bytes) -> tuple[object, bytes]:
    blank = _EMPTY_LINE.search(part)
    head: Message = BytesHeaderParser().parsebytes(part[: min(blank.start(), _LONGEST_HEAD)] if blank else b"")
    name, file = head.get_param("name", header="content-disposition"), head.get_filename()
    if file is not None:
        return name, file.encode("utf-8", "replace")
    return name, part[blank.end() :] if blank else b""
