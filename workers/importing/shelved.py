"""A source whose rows stay in their file: on the shelf stands where each begins, so that its size does not matter."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from workers.importing.records import opened, row_at, rows
from workers.importing.shelf import Shelf
from workers.importing.tables import Fault, Row, RowFault, header, row_of

_AT_HAND = 10_000  # rows that links have led to


class ShelvedTable:
    """Its faults stand on the shelf. Raises Unreadable, as all that reads its rows does."""

    faults: Sequence[Fault] = ()

    def __init__(self, name: str, path: Path, key: Sequence[str], links: Mapping[str, str], shelf: Shelf) -> None:
        self.name, self.path, self.key, self.links, self.shelf = name, path, key, links, shelf
        self.columns = header(path)
        self._file = opened(path)
        self.row_at = lru_cache(_AT_HAND)(self._row_at)
        if not shelf.resumed:
            self._scan()

    @property
    def file(self) -> str:
        return str(self.path)

    @property
    def rows(self) -> Iterator[Row]:
        """Those that are the first with their key."""
        for line, place, cells in self._lines():
            try:
                row = row_of(self.columns, self.key, line, cells, place)
            except RowFault:
                continue
            if self.shelf.find_key(self.name, row.key) == (line, place):
                yield row

    def find(self, key: str) -> Row | None:
        found = self.shelf.find_key(self.name, key)
        return self.row_at(*found) if found else None

    def close(self) -> None:
        self._file.close()

    def _row_at(self, line: int, place: int) -> Row:
        return row_of(self.columns, self.key, line, row_at(self._file, place), place)

    def _lines(self) -> Iterator[tuple[int, int, list[str]]]:
        found = rows(self.path)
        next(found, None)  # the names of the columns
        return found

    def _scan(self) -> None:
        for line, place, cells in self._lines():
            try:
                row = row_of(self.columns, self.key, line, cells, place)
            except RowFault as why:
                self.shelf.add_fault(Fault(self.file, line, str(why)))
                continue
            if (first := self.shelf.add_key(self.name, row.key, line, place)) is not None:
                self.shelf.add_fault(Fault(self.file, line, f"the key {row.key} is that of line {first} already"))
