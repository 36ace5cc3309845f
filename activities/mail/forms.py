"""The fields of a form that was posted (RFC 7578), taken apart by its boundary alone: what a field holds is not looked
at, however many lines that has.

SendGrid's boundary is always the same, so that whoever writes a mail can write fields into it. Such a form is seen by
what stands in it twice, or behind its end.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from itertools import islice, pairwise
from typing import Final

MOST_FIELDS: Final = 1_000
_LONGEST_HEAD: Final = 10_000  # bytes of what a field says of itself
_EMPTY_LINE: Final = re.compile(rb"\r?\n\r?\n")
_LINE_END: Final = re.compile(rb"\r?\n\Z")


@dataclass(frozen=True, slots=True)
class Form:
    """Of fields with one name the first. `sound`: each has its own name, all were read, and none follows the end."""

    fields: Mapping[str, bytes]
    sound: bool = True


def fields_of(raw: bytes, content_type: str) -> Form:
    """Of a multipart/form-data, and of each file its name; nothing where it is none."""
    boundary = _boundary(content_type)
    if not boundary:
        return Form({})
    parts, in_one = _parts(raw, boundary)
    fields = [(name, data) for name, data in map(_field, parts) if isinstance(name, str)]
    first = dict(reversed(fields))
    return Form(first, sound=in_one and len(first) == len(parts))


def _boundary(content_type: str) -> bytes:
    head = content_type.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b"")
    form = message_from_bytes(b"Content-Type: " + head + b"\r\n\r\n")
    told = form.get_boundary() if form.get_content_type() == "multipart/form-data" else None
    return (told or "").encode("utf-8", "replace")


def _parts(raw: bytes, boundary: bytes) -> tuple[list[bytes], bool]:
    """Without the line end before the next boundary, which is no part of them; the last may lack its own. Those behind
    the end too; whether there are none of these, and no more than are read.
    """
    lines = list(islice(_lines(raw, boundary), MOST_FIELDS + 2))
    parts = [_without_line_end(raw[one.end() : other.start()]) for one, other in pairwise(lines)]
    parts += [raw[one.end() :] for one in lines[-1:] if not one[1]]
    return parts[:MOST_FIELDS], len(parts) <= MOST_FIELDS and not any(one[1] for one in lines[:-1])


def _lines(raw: bytes, boundary: bytes) -> Iterator[re.Match[bytes]]:
    line = re.compile(rb"--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?:\n|\Z)")
    return (one for one in line.finditer(raw) if one.start() == 0 or raw[one.start() - 1 : one.start()] == b"\n")


def _without_line_end(part: bytes) -> bytes:
    end = _LINE_END.search(part, max(0, len(part) - 2))
    return part[: end.start()] if end else part


def _field(part: bytes) -> tuple[object, bytes]:
    blank = _EMPTY_LINE.search(part)
    said = part[: min(blank.start(), _LONGEST_HEAD)] if blank else b""
    head: Message = HeaderParser().parsestr(said.decode("utf-8", "replace"))  # as RFC 7578 has names of files
    name, file = head.get_param("name", header="content-disposition"), head.get_filename()
    if file is not None:
        return name, file.encode("utf-8", "replace")
    return name, part[blank.end() :] if blank else b""
