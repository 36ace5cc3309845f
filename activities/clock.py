"""Logical time: real time, or a scaled clock under which 90 days pass in 90 seconds.

Everything in the database is logical but leases, wakes and the look of a directive, which are real: they are what real
timers wait for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from activities.store.database import Database
from activities.store.tables import clock as rows
from activities.store.writing import insert_new
from engine.problems import PlaybookError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class ClockDiffers(PlaybookError):
    """The database was begun with another clock than the one that is asked for."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """`scale` logical seconds pass in one real second; at the real instant `began` it was `origin`."""

    scale: int = 1
    origin: datetime = EPOCH
    began: datetime = EPOCH
    real: Callable[[], datetime] = utc_now

    def now(self) -> datetime:
        return self.logical(self.real())

    def logical(self, real: datetime) -> datetime:
        return self.origin + (real - self.began) * self.scale

    def at_real(self, logical: datetime) -> datetime:
        """The first real instant (to the microsecond) at which the logical one has come."""
        passed = (logical - self.origin) // _TICK
        return self.began - _TICK * (-passed // self.scale)


def load_clock(
    database: Database, scale: int = 1, origin: datetime | None = None, real: Callable[[], datetime] = utc_now
) -> Clock:
    """The database's own clock. The first process to ask makes it, every other reads it.

    Raises ClockDiffers when it was made with another scale or origin than is asked for.
    """
    began = real()
    row = {"id": 1, "scale": scale, "origin": origin or began, "began": began}
    found = database.write(lambda connection: _made(connection, row))
    if found.scale != scale or (origin is not None and found.origin != origin):
        asked = Clock(scale, origin or found.origin, found.began)
        raise ClockDiffers(
            f"This database runs on the clock {_said(found)}, not on {_said(asked)}. "
            "Set PLAYBOOK_CLOCK to that, or PLAYBOOK_DATABASE_URL to a new database."
        )
    return Clock(found.scale, found.origin, found.began, real)


def _made(connection: Connection, row: dict[str, object]) -> Clock:
    insert_new(connection, rows, [row])
    found = connection.execute(select(rows.c.scale, rows.c.origin, rows.c.began)).one()
    return Clock(*found)


def _said(clock: Clock) -> str:
    if clock.scale == 1 and clock.origin == clock.began:
        return "'real'"
    return f"'scaled:{clock.scale}@{clock.origin:%Y-%m-%dT%H:%M:%SZ}'"
