"""Facts from files into the database: in batches, each kept or refused by itself; cut off at any moment, an import goes
on where it was.

First every fact is found and its place is put on a shelf, in order; then they are told, all of one account's together,
so that only how it stands after them is judged. Neither takes more memory for a larger file.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Literal

from activities import facts
from activities.host import Host
from engine.vocabulary import Vocabulary
from workers.importing import Told
from workers.importing.shelf import Busy, Place, Shelf
from workers.importing.sources import Source, Unimportable, fingerprint, source
from workers.importing.tables import Fault, RowFault, Unreadable

BATCH = 500  # facts in one transaction, but for an account that has more
WHOLE = 5_000  # facts of one account that are told as one
SHOWN = 10_000  # rows left out that are told one by one; the others are counted

What = Literal["found", "through"]
Progress = Callable[[What, int, int], None]
"""What was done, how many more of it, and of how many (0: nobody knows yet)."""


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the facts, over all the times that the import was gone on with; `resumed` is where it went on this
    time. `faults` are the first rows that were left out or refused, each with its place, and `left_out` is how many
    there are; `aside` are rows of which the mapping makes nothing. `changed`: a file is not what it was when the import
    was cut off, so all was looked at anew.
    """

    total: int
    stored: int
    known: int
    left_out: int
    faults: tuple[Fault, ...]
    resumed: int = 0
    changed: bool = False
    aside: int = 0


def import_file(
    host: Host, path: Path, home: Path, progress: Progress = lambda *_: None, *, starts: bool = True
) -> Count:
    """By a mapping, or from a file with one fact a line. What `progress` raises cuts it off after a batch. Without
    `starts` it is as if the accounts had been known when the playbooks were applied.

    `home` is the folder where the import's own file is kept until it has ended. Raises InvalidWorkspace, Unimportable.
    """
    vocabulary = host.database.read(lambda connection: host.applied.current(connection).setting.vocabulary)
    try:
        shelf = Shelf(_shelf(home, path), fingerprint(path, vocabulary))
    except Busy:
        raise Unimportable(f"{path} is being imported by another process. Wait for it, or end it.") from None
    try:
        count = _imported(host, path, vocabulary, shelf, progress, starts=starts)
    except (Unreadable, RowFault) as why:
        raise Unimportable(f"{path}: {why}. Do it again: what is stored is not stored twice.") from None
    except sqlite3.DatabaseError as error:
        shelf.remove()
        torn = f"{shelf.path}, which keeps how far it has come, cannot be used: {error}"
        raise Unimportable(f"{torn}. Do it again: it begins anew, and what is stored is not stored twice.") from None
    finally:
        shelf.close()
    shelf.remove()
    return count


def _shelf(home: Path, path: Path) -> Path:
    named = hashlib.blake2b(str(path.resolve()).encode(), digest_size=8).hexdigest()
    return home / "imports" / f"{named}.db"


def _imported(
    host: Host, path: Path, vocabulary: Vocabulary, shelf: Shelf, progress: Progress, *, starts: bool
) -> Count:
    found = source(path, vocabulary, shelf)
    try:
        if not shelf.resumed:
            found.find(lambda number: progress("found", number, 0))
            shelf.all_found()
        resumed = shelf.way.through
        _tell(host, found, shelf, progress, starts=starts)
    finally:
        found.close()
    way, faults = shelf.way, tuple(shelf.faults(SHOWN))
    return Count(shelf.total(), way.stored, way.known, shelf.faulty(), faults, resumed, shelf.changed, shelf.aside)


def _tell(host: Host, found: Source, shelf: Shelf, progress: Progress, *, starts: bool) -> None:
    total = shelf.total()
    progress("through", shelf.way.through, total)
    for batch in batches(shelf.left()):
        _tell_batch(host, [found.told(one) for one in batch], shelf, batch[-1].number, starts=starts)
        progress("through", len(batch), total)


def _tell_batch(host: Host, batch: Sequence[Told], shelf: Shelf, through: int, *, starts: bool) -> None:
    way = replace(shelf.way, through=through)
    answers = facts.post(host, [one.raw for one in batch], history=True, starts=starts)
    for told, answer in zip(batch, answers, strict=True):
        match answer.status:
            case "stored":
                way.stored += 1
            case "duplicate":
                way.known += 1
            case "rejected":
                shelf.add_fault(Fault(told.file, told.line, "; ".join(answer.reasons)))
    shelf.came(way)


def batches(places: Iterator[Place]) -> Iterator[list[Place]]:
    """All of one account's in one where they fit: its desk is laid out once, and its first facts come with it."""
    batch: list[Place] = []
    for _, some in groupby(places, key=lambda one: one.account):
        for mine in _parts(some):
            if batch and len(batch) + len(mine) > BATCH:
                yield batch
                batch = []
            batch += mine
    if batch:
        yield batch


def _parts(places: Iterator[Place]) -> Iterator[list[Place]]:
    while some := list(islice(places, WHOLE)):
        yield some
