"""What happened to runs and has not been fed to them yet."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select, update

from activities.store.database import chunks
from activities.store.tables import inputs
from engine.run import Input

_INPUT: TypeAdapter[Input] = TypeAdapter(Input)


def latch(connection: Connection, new: Sequence[tuple[str, Input]], real: datetime) -> None:
    """`new` are run ids with their inputs."""
    rows = [{"run": run, "at": one.at, "latched_at": real, "body": _INPUT.dump_json(one).decode()} for run, one in new]
    if rows:
        connection.execute(insert(inputs), rows)


def waiting(connection: Connection, run: str) -> list[tuple[int, Input]]:
    """Not yet consumed, in the order they were latched."""
    query = select(inputs.c.seq, inputs.c.body).where(inputs.c.run == run, inputs.c.consumed.is_(None))
    rows = connection.execute(query.order_by(inputs.c.seq))
    return [(row.seq, _INPUT.validate_json(row.body)) for row in rows]


def any_waiting(connection: Connection, runs: Collection[str]) -> set[str]:
    """Which of the runs have something to be fed."""
    found: set[str] = set()
    for part in chunks(sorted(runs)):
        query = select(inputs.c.run).distinct().where(inputs.c.run.in_(part), inputs.c.consumed.is_(None))
        found |= set(connection.scalars(query))
    return found


def consume(connection: Connection, seqs: Collection[int], at: datetime) -> None:
    if seqs:
        connection.execute(update(inputs).where(inputs.c.seq.in_(sorted(seqs))).values(consumed=at))


def consume_all(connection: Connection, run: str, at: datetime) -> None:
    """For a run that is over: nothing will ever be fed to it."""
    connection.execute(update(inputs).where(inputs.c.run == run, inputs.c.consumed.is_(None)).values(consumed=at))
