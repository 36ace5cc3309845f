"""What an import reads: a mapping with its CSV files, or one file with a fact a line. Each finds its facts, and makes
any of them again from its place.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

from engine.problems import PlaybookError
from engine.values import JSON, read_instant
from engine.vocabulary import Vocabulary
from workers.importing import Told, fact_of, read_mapping
from workers.importing.mapping import files_of
from workers.importing.records import line_at, lines, opened
from workers.importing.shelf import Place, Shelf
from workers.importing.shelved import ShelvedTable
from workers.importing.tables import Fault, Row, RowFault, Unreadable

LINES: Final = {".ndjson", ".jsonl"}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

Seen = Callable[[int], None]


class Unimportable(PlaybookError):
    """The file cannot be read as a mapping or as facts."""


class Source(Protocol):
    """`find` puts every fact on the shelf, and tells how many rows it has seen."""

    def find(self, seen: Seen) -> None: ...

    def told(self, place: Place) -> Told:
        """Raises RowFault or Unreadable where the file is not what it was."""

    def close(self) -> None: ...


def fingerprint(path: Path, vocabulary: Vocabulary) -> str:
    """Of all that decides what the facts are. Raises InvalidWorkspace and Unimportable."""
    if not path.is_file():
        raise Unimportable(
            f"There is no file {path}. Name a mapping (*.yaml) or a file with one fact a line (*.ndjson)."
        )
    files = [path] if path.suffix in LINES else files_of(path)
    whole = hashlib.blake2b(vocabulary.digest.encode())
    for one in files:
        whole.update(f"\0{one}\0".encode())
        if one.is_file():
            with one.open("rb") as file:
                whole.update(hashlib.file_digest(file, "blake2b").digest())
    return whole.hexdigest()


def source(path: Path, vocabulary: Vocabulary, shelf: Shelf) -> Source:
    """Raises InvalidWorkspace."""
    return FactLines(path, shelf) if path.suffix in LINES else Mapped(path, vocabulary, shelf)


class Mapped:
    """The rows of CSV files, by the forms of a mapping."""

    def __init__(self, path: Path, vocabulary: Vocabulary, shelf: Shelf) -> None:
        self.shelf = shelf
        self._open = ExitStack()
        self.shelved: dict[str, ShelvedTable] = {}
        try:
            self.files = read_mapping(path, vocabulary, self._opened)
        except BaseException:
            self.close()
            raise

    def _opened(self, name: str, path: Path, key: Sequence[str], links: Mapping[str, str]) -> ShelvedTable:
        table = self.shelved[name] = ShelvedTable(name, path, key, links, self.shelf)
        self._open.callback(table.close)
        return table

    def find(self, seen: Seen) -> None:
        of_each: dict[str, list[int]] = {}
        for index, form in enumerate(self.files.forms):
            of_each.setdefault(form.source, []).append(index)
        for source_, indexes in of_each.items():
            for row in self.shelved[source_].rows:
                seen(1)
                meant = [self._is_meant(index, row) for index in indexes]
                if not any(meant):
                    self.shelf.aside += 1

    def _is_meant(self, index: int, row: Row) -> bool:
        """Whether the form makes a fact of it, or would if it could."""
        form = self.files.forms[index]
        table = self.shelved[form.source]
        try:
            told = fact_of(form, table, row)
        except RowFault as why:
            self.shelf.add_fault(Fault(table.file, row.line, str(why)))
            return True
        if told is not None:
            self.shelf.add_fact(str(told.raw["account"]), _micros(told.at), index, row.line, row.place)
        return told is not None

    def told(self, place: Place) -> Told:
        form = self.files.forms[place.form]
        table = self.shelved[form.source]
        told = fact_of(form, table, table.row_at(place.line, place.place))
        if told is None:
            raise Unreadable("the file was changed while it was imported")
        return told

    def close(self) -> None:
        self._open.close()


class FactLines:
    """One fact a line, as it would be posted."""

    def __init__(self, path: Path, shelf: Shelf) -> None:
        self.path, self.shelf = path, shelf
        self._file = opened(path)

    def find(self, seen: Seen) -> None:
        for line in lines(self.path):
            seen(1)
            try:
                raw = {} if line.text is not None and not line.text.strip() else _fact(line.text)
            except RowFault as why:
                self.shelf.add_fault(Fault(str(self.path), line.number, str(why)))
                continue
            if raw:
                self.shelf.add_fact(str(raw.get("account")), _micros(_at(raw)), 0, line.number, line.place)

    def told(self, place: Place) -> Told:
        raw = _fact(line_at(self._file, place.place))
        return Told(_at(raw), raw, str(self.path), place.line)

    def close(self) -> None:
        self._file.close()


def _fact(text: str | None) -> dict[str, JSON]:
    """Raises RowFault."""
    if text is None:
        raise RowFault("this is no line of UTF-8 text of at most 10 MB")
    try:
        raw = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise RowFault("this is not a line of JSON") from None
    if not isinstance(raw, dict):
        raise RowFault("a fact is a JSON object")
    return raw


def _refuse(word: str) -> JSON:
    raise ValueError(word)


def _at(raw: dict[str, JSON]) -> datetime:
    """Only to order by; what is wrong with it is told when the fact is read."""
    try:
        return read_instant(str(raw.get("at")))
    except ValueError:
        return _LONG_AGO


def _micros(at: datetime) -> int:
    return (at - _LONG_AGO) // _TICK
