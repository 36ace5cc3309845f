"""What happened to runs and has not been fed to them yet."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, select, update

from activities.store.tables import inputs
from activities.store.writing import Among, add_rows, change_all
from engine.run import Input

_INPUT: TypeAdapter[Input] = TypeAdapter(Input)
_UNFED = inputs.c.consumed.is_(None)
_WAITING = select(inputs.c.seq, inputs.c.body).where(inputs.c.run == bindparam("of"), _UNFED).order_by(inputs.c.seq)
_ANY_WAITING = Among(select(inputs.c.run).distinct().where(_UNFED), inputs.c.run)


def latch(connection: Connection, new: Sequence[tuple[str, Input]], real: datetime) -> None:
    """`new` are run ids with their inputs."""
    rows = [{"run": run, "at": one.at, "latched_at": real, "body": _INPUT.dump_json(one).decode()} for run, one in new]
    add_rows(connection, inputs, rows)


def waiting(connection: Connection, run: str) -> list[tuple[int, Input]]:
    """Not yet consumed, in the order they were latched."""
    return [(row.seq, _INPUT.validate_json(row.body)) for row in connection.execute(_WAITING, {"of": run})]


@dataclass(frozen=True, slots=True)
class Unread:
    """An input as it is stored: what it says may be what nobody can read."""

    seq: int
    at: datetime
    body: str

    @property
    def kind(self) -> str:
        return self._said("kind") or "input"

    @property
    def path(self) -> str | None:
        return self._said("path")

    def read(self) -> Input | None:
        """None where it cannot be read."""
        try:
            return _INPUT.validate_json(self.body)
        except ValidationError:
            return None

    def _said(self, key: str) -> str | None:
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        value = found.get(key) if isinstance(found, dict) else None
        return value if isinstance(value, str) else None


def unread(connection: Connection, run: str) -> list[Unread]:
    """As `waiting`, without a look at what they say."""
    query = select(inputs.c.seq, inputs.c.at, inputs.c.body).where(inputs.c.run == run, _UNFED)
    return [Unread(*row) for row in connection.execute(query.order_by(inputs.c.seq))]


def any_waiting(connection: Connection, runs: Collection[str]) -> set[str]:
    """Which of the runs have something to be fed."""
    return {row.run for row in _ANY_WAITING.rows(connection, runs)}


def consume(connection: Connection, seqs: Collection[int], at: datetime) -> None:
    change_all(connection, inputs, [{"which": seq, "consumed": at} for seq in sorted(seqs)])


def consume_all(connection: Connection, run: str, at: datetime) -> None:
    """For a run that is over: nothing will ever be fed to it."""
    connection.execute(update(inputs).where(inputs.c.run == run, inputs.c.consumed.is_(None)).values(consumed=at))
