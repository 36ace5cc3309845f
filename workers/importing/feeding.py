"""Facts from files into the database: in batches, each kept or refused by itself, and only what is not there yet."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from activities import facts
from activities.host import Host
from activities.store import facts as stored
from engine.problems import PlaybookError
from engine.values import JSON, read_instant
from engine.vocabulary import Vocabulary
from workers.importing import Told, Whole, facts_of, read_mapping
from workers.importing.tables import Fault

BATCH = 500  # facts in one transaction
LINES = {".ndjson", ".jsonl"}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Unimportable(PlaybookError):
    """The file cannot be read as a mapping or as facts."""


@dataclass(slots=True)
class Count:
    """What became of the facts; `faults` are rows that were left out or refused, each with its place."""

    total: int
    stored: int = 0
    known: int = 0
    faults: list[Fault] = field(default_factory=list)


def read_facts(path: Path, vocabulary: Vocabulary) -> Whole:
    """By a mapping, or from a file with one fact a line. Raises InvalidWorkspace or Unimportable."""
    if not path.is_file():
        raise Unimportable(
            f"There is no file {path}. Name a mapping (*.yaml) or a file with one fact a line (*.ndjson)."
        )
    if path.suffix in LINES:
        return _lines(path)
    return facts_of(read_mapping(path, vocabulary))


def feed(host: Host, whole: Whole, progress: Callable[[int], None] = lambda _: None) -> Count:
    """Stores what is not stored yet. Each batch commits by itself: a cut-off import is gone on with by doing it again.

    `progress` is told how many facts are through after each batch.
    """
    count = Count(len(whole.facts), faults=list(whole.faults))
    for batch in _batches(whole.facts):
        _feed_batch(host, batch, count)
        progress(len(batch))
    return count


def _feed_batch(host: Host, batch: Sequence[Told], count: Count) -> None:
    ids = [str(one.raw.get("id")) for one in batch]
    known = host.database.read(lambda connection: stored.known(connection, ids))
    new = [one for one in batch if one.raw.get("id") not in known]
    count.known += len(batch) - len(new)
    for told, answer in zip(new, facts.post(host, [one.raw for one in new], history=True) if new else (), strict=True):
        match answer.status:
            case "stored":
                count.stored += 1
            case "duplicate":
                count.known += 1
            case "rejected":
                count.faults.append(Fault(told.file, told.line, "; ".join(answer.reasons)))


def _batches(told: Iterable[Told]) -> Iterator[list[Told]]:
    """All of one account's together where they fit: its desk is laid out once, and its first facts come with it."""
    of_account: dict[object, list[Told]] = {}
    for one in told:
        of_account.setdefault(one.raw.get("account"), []).append(one)
    batch: list[Told] = []
    for mine in of_account.values():
        if batch and len(batch) + len(mine) > BATCH:
            yield batch
            batch = []
        batch += mine
        while len(batch) >= BATCH:
            yield batch[:BATCH]
            batch = batch[BATCH:]
    if batch:
        yield batch


def _lines(path: Path) -> Whole:
    told: list[Told] = []
    faults: list[Fault] = []
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    _line(line, str(path), number, told, faults)
    except UnicodeDecodeError:
        raise Unimportable(f"{path} is not a UTF-8 text file.") from None
    return Whole(tuple(sorted(told, key=lambda one: one.at)), tuple(faults))


def _line(line: str, file: str, number: int, told: list[Told], faults: list[Fault]) -> None:
    try:
        raw = json.loads(line, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        faults.append(Fault(file, number, "this is not a line of JSON"))
        return
    if isinstance(raw, dict):
        told.append(Told(_at(raw), raw, file, number))
    else:
        faults.append(Fault(file, number, "a fact is a JSON object"))


def _refuse(word: str) -> JSON:
    raise ValueError(word)


def _at(raw: dict[str, JSON]) -> datetime:
    """Only to order by; what is wrong with it is told when the fact is read."""
    try:
        return read_instant(str(raw.get("at")))
    except ValueError:
        return _LONG_AGO
