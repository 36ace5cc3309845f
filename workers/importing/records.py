"""Files of any size, line by line and row by row, each with the place where it begins: read again from there."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workers.importing.tables import Unreadable

LONGEST = 10_000_000  # bytes of a line
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is None for what is no text, or too long to be one fact."""

    number: int
    place: int
    text: str | None


def lines(path: Path) -> Iterator[Line]:
    """Raises Unreadable."""
    with opened(path) as file:
        number, place = 1, 0
        while raw := file.readline(LONGEST + 1):
            begins = place
            place += len(raw)
            whole = raw.endswith(b"\n") or len(raw) <= LONGEST
            while not whole:
                rest = file.readline(LONGEST)
                place += len(rest)
                if not rest or rest.endswith(b"\n"):
                    break
            yield Line(number, begins, _text(raw, begins) if whole else None)
            number += 1


def line_at(file: BinaryIO, place: int) -> str:
    """What `lines` gave there. Raises Unreadable when the file is another now."""
    file.seek(place)
    text = _text(file.readline(LONGEST + 1), place)
    if text is None:
        raise Unreadable("the file was changed while it was imported")
    return text


def rows(path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """Of a CSV file, the first line among them: line, place and cells. Raises Unreadable."""
    with opened(path) as file:
        texts = _Texts(file, 0)
        reader = csv.reader(texts, strict=True)
        line, place = 1, 0
        try:
            for cells in reader:
                if cells:
                    yield line, place, cells
                line, place = reader.line_num + 1, texts.place
        except csv.Error as error:
            raise Unreadable(f"{path}:{line}: this is not CSV: {error}") from None
        except UnicodeDecodeError:
            raise Unreadable(f"{path} is not a UTF-8 text file behind line {line - 1}") from None


def row_at(file: BinaryIO, place: int) -> list[str]:
    """What `rows` gave there. Raises Unreadable when the file is another now."""
    file.seek(place)
    try:
        return next(csv.reader(_Texts(file, place), strict=True))
    except (csv.Error, UnicodeDecodeError, StopIteration):
        raise Unreadable("the file was changed while it was imported") from None


def opened(path: Path) -> BinaryIO:
    """Raises Unreadable."""
    try:
        return path.open("rb")
    except OSError as error:
        raise Unreadable(f"the file {path} cannot be read: {error.strerror}") from None


class _Texts:
    """A file's lines as text; `place` is where the next begins."""

    def __init__(self, file: BinaryIO, place: int) -> None:
        self.file = file
        self.place = place

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not (raw := self.file.readline()):
            raise StopIteration
        begins, self.place = self.place, self.place + len(raw)
        return (raw.removeprefix(_BOM) if begins == 0 else raw).decode()


def _text(raw: bytes, place: int) -> str | None:
    try:
        return (raw.removeprefix(_BOM) if place == 0 else raw).decode()
    except UnicodeDecodeError:
        return None
