"""Logical time: real time, or a scaled clock under which 90 days pass in 90 seconds.

Everything in the database is logical but leases, wakes and the look of a directive, which are real: they are what real
timers wait for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
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
    """`scale` logical seconds pass in one real second; at the real instant `began` it was `origin`.

    From the logical instant `until` on, if there is one, it goes as fast as real time: what was played in a hurry can
    then be looked at in peace.
    """

    scale: int = 1
    origin: datetime = EPOCH
    began: datetime = EPOCH
    until: datetime | None = None
    real: Callable[[], datetime] = utc_now

    @property
    def is_real(self) -> bool:
        return self.scale == 1 and self.origin == self.began

    @property
    def pace(self) -> int:
        """How many times as fast as real time it goes now."""
        return self.scale if self.until is None or self.now() < self.until else 1

    def now(self) -> datetime:
        return self.logical(self.real())

    def logical(self, real: datetime) -> datetime:
        hurried = self.origin + (real - self.began) * self.scale
        if self.until is None or hurried <= self.until:
            return hurried
        return self.until + (real - self._scaled(self.until))

    def at_real(self, logical: datetime) -> datetime:
        """The first real instant (to the microsecond) at which the logical one has come."""
        if self.until is None or logical <= self.until:
            return self._scaled(logical)
        return self._scaled(self.until) + (logical - self.until)

    def _scaled(self, logical: datetime) -> datetime:
        passed = (logical - self.origin) // _TICK
        return self.began - _TICK * (-passed // self.scale)


def load_clock(
    database: Database, scale: int = 1, origin: datetime | None = None, real: Callable[[], datetime] = utc_now
) -> Clock:
    """The database's own clock. The first process to ask makes it, every other reads it.

    Raises ClockDiffers when it was made with another scale or origin than is asked for; a real clock is what is asked
    for when nobody says anything, and then the database's own is taken whatever it is.
    """
    began = real()
    row = {"id": 1, "scale": scale, "origin": origin or began, "began": began}
    found = database.write(lambda connection: _made(connection, row))
    asked_for = (scale, origin) != (1, None)
    if asked_for and (found.scale != scale or (origin is not None and found.origin != origin)):
        asked = Clock(scale, origin or found.origin, found.began)
        raise ClockDiffers(
            f"This database runs on the clock {_said(found)}, not on {_said(asked)}. "
            "Set PLAYBOOK_CLOCK to that, or PLAYBOOK_DATABASE_URL to a new database."
        )
    return replace(found, real=real)


def set_clock(database: Database, clock: Clock) -> None:
    """For a database that has none yet."""
    row = {"id": 1, "scale": clock.scale, "origin": clock.origin, "began": clock.began, "until": clock.until}
    database.write(lambda connection: _made(connection, row))


def _made(connection: Connection, row: dict[str, object]) -> Clock:
    insert_new(connection, rows, [row])
    found = connection.execute(select(rows.c.scale, rows.c.origin, rows.c.began, rows.c.until)).one()
    return Clock(*found)


def _said(clock: Clock) -> str:
    if clock.is_real:
        return "'real'"
    return f"'scaled:{clock.scale}@{clock.origin:%Y-%m-%dT%H:%M:%SZ}'"
