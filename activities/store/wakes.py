"""Wakes: which runs Temporal must be told about. At most one row a run, written in the transaction that causes it.

A row is leased by a committed instant, never by a transaction that is open while Temporal is called, and deleted on
delivery when nothing has been added to it meanwhile. All instants here are real.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, select, update

from activities.store.tables import wakes
from activities.store.writing import Row, change_all, insert_for

LEASE = timedelta(seconds=30)
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 5, 15, 30, 60))


@dataclass(frozen=True, slots=True)
class Wake:
    run: str
    generation: int
    attempts: int


_REAL = bindparam("real", type_=wakes.c.due_at.type)
_READY = (wakes.c.due_at <= _REAL) & (wakes.c.lease_until.is_(None) | (wakes.c.lease_until <= _REAL))
_ANY_DUE = select(wakes.c.run).where(_READY).limit(1)
_FIRST = (
    select(wakes.c.run, wakes.c.generation, wakes.c.attempts)
    .where(_READY)
    .order_by(wakes.c.turn, wakes.c.due_at, wakes.c.run)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DELETE = delete(wakes).where(wakes.c.run == bindparam("which"), wakes.c.generation == bindparam("seen"))


def write(connection: Connection, runs: Collection[str], real: datetime) -> None:
    """Something happened to these runs: they are to be woken now, before any re-check."""
    _put(connection, [{"run": one, "turn": 0, "due_at": real} for one in sorted(set(runs))])


def write_checks(connection: Connection, runs: Sequence[str], real: datetime) -> None:
    """These runs are to be looked at in the given order, behind everything that is fresh."""
    _put(connection, [{"run": one, "turn": turn, "due_at": real} for turn, one in enumerate(runs, start=1)])


def any_due(connection: Connection, real: datetime) -> bool:
    """Asked before leasing: it takes no lock."""
    return connection.scalar(_ANY_DUE, {"real": real}) is not None


def lease(connection: Connection, real: datetime, limit: int) -> list[Wake]:
    """Rows that nobody else delivers, for LEASE from now."""
    chosen = [Wake(*row) for row in connection.execute(_FIRST, {"real": real, "most": limit})]
    change_all(connection, wakes, [{"which": one.run, "lease_until": real + LEASE} for one in chosen])
    return chosen


def delivered(connection: Connection, done: Sequence[Wake]) -> None:
    """Deletes them; those that were written again meanwhile stay and may be leased at once."""
    if not done:
        return
    ordered = sorted(done, key=lambda one: one.run)
    connection.execute(_DELETE, [{"which": one.run, "seen": one.generation} for one in ordered])
    change_all(connection, wakes, [{"which": one.run, "lease_until": None, "attempts": 0} for one in ordered])


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
    if rows:
        new = [{"generation": _generation(row["due_at"]), **row} for row in rows]
        connection.execute(_putting(connection.dialect.name), new)


@cache
def _putting(dialect: str) -> Any:
    statement = insert_for(wakes, dialect)
    new = statement.excluded
    changes = {
        "generation": wakes.c.generation + 1,
        "turn": case((new.turn < wakes.c.turn, new.turn), else_=wakes.c.turn),
        "due_at": case((new.due_at < wakes.c.due_at, new.due_at), else_=wakes.c.due_at),
    }
    return statement.on_conflict_do_update(index_elements=["run"], set_=changes)


def _generation(real: datetime) -> int:
    """Of a new row: never that of an earlier row of the same run, whose late delivery would delete this one."""
    return int(real.timestamp() * 1_000_000)
