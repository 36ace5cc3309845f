"""What happened to runs and has not been fed to them yet."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import TypeAdapter
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


def any_waiting(connection: Connection, runs: Collection[str]) -> set[str]:
    """Which of the runs have something to be fed."""
    return {row.run for row in _ANY_WAITING.rows(connection, runs)}


def consume(connection: Connection, seqs: Collection[int], at: datetime) -> None:
    change_all(connection, inputs, [{"which": seq, "consumed": at} for seq in sorted(seqs)])


def consume_all(connection: Connection, run: str, at: datetime) -> None:
    """For a run that is over: nothing will ever be fed to it."""
    connection.execute(update(inputs).where(inputs.c.run == run, inputs.c.consumed.is_(None)).values(consumed=at))
