"""The CSV files of an import: every row with its line, found again by its key and through links to other files."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Cell = Callable[["Row"], str]


class RowFault(Exception):
    """Why a row is left out, in words."""


class Unreadable(Exception):
    """Why a whole file cannot be read, in words."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row; the others go on."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file; `key` tells it apart from the others, `place` is where in the file it begins."""

    line: int
    key: str
    cells: Mapping[str, str]
    place: int = 0


class Table(Protocol):
    """A source: its rows in the order of the file, and what is wrong with the ones left out.

    `links` maps another source to the column that holds the key of one of its rows.
    """

    @property
    def file(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def links(self) -> Mapping[str, str]: ...

    @property
    def rows(self) -> Iterable[Row]: ...

    @property
    def faults(self) -> Sequence[Fault]: ...

    def find(self, key: str) -> Row | None: ...


Opened = Callable[[str, Path, Sequence[str], Mapping[str, str]], Table]


@dataclass(slots=True)
class HeldTable:
    """A source that is held in memory."""

    name: str
    file: str
    columns: tuple[str, ...]
    links: Mapping[str, str]
    rows: list[Row] = field(default_factory=list)
    by_key: dict[str, Row] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, row: Row) -> None:
        if first := self.by_key.get(row.key):
            self.fault(row.line, f"the key {row.key} is that of line {first.line} already")
            return
        self.by_key[row.key] = row
        self.rows.append(row)

    def find(self, key: str) -> Row | None:
        return self.by_key.get(key)

    def fault(self, line: int, message: str) -> None:
        self.faults.append(Fault(self.file, line, message))


def header(path: Path) -> tuple[str, ...]:
    """The names of the columns. Raises Unreadable."""
    with _opened(path) as lines:
        return _header(lines)


def read_table(name: str, path: Path, key: Sequence[str], links: Mapping[str, str]) -> HeldTable:
    """The whole file. Raises Unreadable."""
    with _opened(path) as lines:
        table = HeldTable(name, str(path), _header(lines), links)
        for line, cells in lines:
            try:
                table.add(row_of(table.columns, key, line, cells))
            except RowFault as why:
                table.fault(line, str(why))
    return table


def row_of(columns: Sequence[str], key: Sequence[str], line: int, cells: Sequence[str], place: int = 0) -> Row:
    """Raises RowFault."""
    if len(cells) != len(columns):
        raise RowFault(f"{len(cells)} cells where the first line names {len(columns)}")
    named = dict(zip(columns, cells, strict=True))
    if lacking := [column for column in key if not named[column]]:
        raise RowFault(f"the key is empty: {', '.join(lacking)}")
    return Row(line, "/".join(named[column] for column in key), named, place)


def cell(tables: Mapping[str, Table], source: str, column: str) -> Cell:
    """Reads a column of a source's rows, links followed. The column and links are known to be there."""
    head, _, rest = column.partition(".")
    table = tables[source]
    if not rest or column in table.columns:
        return lambda row: row.cells[column]
    link, other, further = table.links[head], tables[head], cell(tables, head, rest)

    def through(row: Row) -> str:
        found = other.find(row.cells[link])
        if found is None:
            raise RowFault(f"{link} is {row.cells[link] or 'empty'}, which is the key of no row of {other.file}")
        return further(found)

    return through


class _opened:  # noqa: N801 - read as a verb: with _opened(path) as lines
    """The lines of a CSV file with the number of the line that each begins on. Raises Unreadable for what is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Iterator[tuple[int, list[str]]]:
        try:
            self.file = self.path.open(encoding="utf-8-sig", newline="")
        except OSError as error:
            raise Unreadable(f"the file {self.path} cannot be read: {error.strerror}") from None
        return self._lines()

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self.file, strict=True)
        begins = 1
        try:
            for cells in reader:
                if cells:
                    yield begins, cells
                begins = reader.line_num + 1
        except csv.Error as error:
            raise Unreadable(f"{self.path}:{begins}: this is not CSV: {error}") from None
        except UnicodeDecodeError:
            raise Unreadable(f"{self.path} is not a UTF-8 text file behind line {begins - 1}") from None


def _header(lines: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
    _, names = next(lines, (1, []))
    if not names:
        raise Unreadable("the file is empty: its first line must name the columns")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Unreadable(f"the first line names the column {twice[0]} twice")
    return tuple(names)
