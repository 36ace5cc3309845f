"""Wakes: which runs Temporal must be told about. At most one row a run, written in the transaction that causes it.

A row is leased by a committed instant, never by a transaction that is open while Temporal is called, and deleted on
delivery when nothing has been added to it meanwhile. All instants here are real.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, func, select, update

from activities.store.tables import wakes
from activities.store.writing import Row, insert_into

LEASE = timedelta(seconds=30)
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 5, 15, 30, 60))


@dataclass(frozen=True, slots=True)
class Wake:
    run: str
    generation: int
    attempts: int


def write(connection: Connection, runs: Collection[str], real: datetime) -> None:
    """Something happened to these runs: they are to be woken now, before any re-check."""
    _put(connection, [{"run": one, "turn": 0, "due_at": real} for one in sorted(set(runs))])


def write_checks(connection: Connection, runs: Sequence[str], real: datetime) -> None:
    """These runs are to be looked at in the given order, behind everything that is fresh."""
    _put(connection, [{"run": one, "turn": turn, "due_at": real} for turn, one in enumerate(runs, start=1)])


def any_due(connection: Connection, real: datetime) -> bool:
    """Asked before leasing: it takes no lock."""
    return connection.scalar(select(wakes.c.run).where(_ready(real)).limit(1)) is not None


def lease(connection: Connection, real: datetime, limit: int) -> list[Wake]:
    """Rows that nobody else delivers, for LEASE from now."""
    first = select(wakes.c.run).where(_ready(real)).order_by(wakes.c.turn, wakes.c.due_at, wakes.c.run).limit(limit)
    chosen = list(connection.scalars(first.with_for_update(skip_locked=True)))
    if not chosen:
        return []
    connection.execute(update(wakes).where(wakes.c.run.in_(chosen)).values(lease_until=real + LEASE))
    rows = connection.execute(select(wakes.c.run, wakes.c.generation, wakes.c.attempts).where(wakes.c.run.in_(chosen)))
    place = {run: index for index, run in enumerate(chosen)}
    return sorted((Wake(*row) for row in rows), key=lambda one: place[one.run])


def delivered(connection: Connection, done: Sequence[Wake]) -> None:
    """Deletes them; those that were written again meanwhile stay and may be leased at once."""
    if not done:
        return
    matching = (wakes.c.run == bindparam("key")) & (wakes.c.generation == bindparam("seen"))
    ordered = sorted(done, key=lambda one: one.run)
    connection.execute(delete(wakes).where(matching), [{"key": one.run, "seen": one.generation} for one in ordered])
    again = update(wakes).where(wakes.c.run == bindparam("key")).values(lease_until=None, attempts=0)
    connection.execute(again, [{"key": one.run} for one in ordered])


def failed(connection: Connection, wake: Wake, real: datetime) -> None:
    """Temporal did not take it: the row is due again after a pause that grows."""
    pause = BACKOFF[min(wake.attempts, len(BACKOFF) - 1)]
    changes = {"lease_until": None, "attempts": wake.attempts + 1, "due_at": real + pause}
    connection.execute(update(wakes).where(wakes.c.run == wake.run).values(changes))


def oldest(connection: Connection) -> datetime | None:
    """When the fresh wake that has waited longest was due."""
    found: datetime | None = connection.scalar(select(func.min(wakes.c.due_at)).where(wakes.c.turn == 0))
    return found


def _put(connection: Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    statement = insert_into(connection, wakes)
    new = statement.excluded
    changes = {
        "generation": wakes.c.generation + 1,
        "turn": case((new.turn < wakes.c.turn, new.turn), else_=wakes.c.turn),
        "due_at": case((new.due_at < wakes.c.due_at, new.due_at), else_=wakes.c.due_at),
    }
    statement = statement.on_conflict_do_update(index_elements=["run"], set_=changes)
    connection.execute(statement, [{"generation": _generation(row["due_at"]), **row} for row in rows])


def _generation(real: datetime) -> int:
    """Of a new row: never that of an earlier row of the same run, whose late delivery would delete this one."""
    return int(real.timestamp() * 1_000_000)


def _ready(real: datetime) -> ColumnElement[bool]:
    return (wakes.c.due_at <= real) & (wakes.c.lease_until.is_(None) | (wakes.c.lease_until <= real))
