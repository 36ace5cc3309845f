"""When a row's fact happened: a column's date or local time, in a zone, with a time of day."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import ZoneInfo

from workers.importing.tables import Cell, Row, RowFault

UNITS: Mapping[str, timedelta] = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
_STRETCH = re.compile(r"(\d\d:\d\d) ?[–-] ?(\d\d:\d\d)")  # noqa: RUF001 - people write hours with either dash


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the day; each row gets a second of it that depends on nothing but its source and key."""

    first: time
    last: time

    @property
    def seconds(self) -> int:
        return _seconds(self.last) - _seconds(self.first)

    def second_of(self, source: str, key: str) -> time:
        digest = hashlib.sha256(f"{source}/{key}".encode()).digest()
        second = _seconds(self.first) + int.from_bytes(digest[:8], "big") % self.seconds
        return time(second // 3600, second // 60 % 60, second % 60)


@dataclass(frozen=True, slots=True)
class When:
    """`plus` are clock times to add, each with the column that says how many."""

    source: str
    column: Cell
    zone: Cell
    clock: time | Stretch
    plus: tuple[tuple[timedelta, Cell], ...] = ()

    def __call__(self, row: Row) -> datetime:
        """The instant, in UTC. Raises RowFault."""
        local = self._local(row).replace(tzinfo=_zone(self.zone(row)))
        try:
            return local.astimezone(UTC) + sum((self._span(row, unit, cell) for unit, cell in self.plus), timedelta())
        except OverflowError:
            raise RowFault(f"{self.column(row)} is outside the calendar") from None

    def _local(self, row: Row) -> datetime:
        text = self.column(row)
        try:
            if len(text) > len("2024-10-17"):
                return _naive(text)
            day = date.fromisoformat(text)
        except ValueError:
            raise RowFault(
                f"'{text}' is neither a date (2024-10-16) nor a date and time (2024-10-17 19:00:00)"
            ) from None
        clock = self.clock.second_of(self.source, row.key) if isinstance(self.clock, Stretch) else self.clock
        return datetime.combine(day, clock)

    @staticmethod
    def _span(row: Row, unit: timedelta, cell: Cell) -> timedelta:
        text = cell(row)
        try:
            amount = Decimal(text) if text else Decimal(0)
            return timedelta(microseconds=int(amount * (unit // timedelta(microseconds=1))))
        except (InvalidOperation, ValueError, OverflowError):
            raise RowFault(f"'{text}' is not a number of hours, minutes or days") from None


def clock_time(text: str) -> time:
    """08:00. Raises ValueError."""
    if not re.fullmatch(r"\d\d:\d\d", text):
        raise ValueError(text)
    return time.fromisoformat(text)


def stretch(text: str) -> Stretch:
    """Two times of day with a dash between. Raises ValueError."""
    match = _STRETCH.fullmatch(text)
    found = Stretch(clock_time(match[1]), clock_time(match[2])) if match else None
    if found is None or found.seconds <= 0:
        raise ValueError(text)
    return found


def _naive(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError(text)
    return found


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise RowFault(f"'{name}' is not a time zone") from None


def _seconds(of: time) -> int:
    return of.hour * 3600 + of.minute * 60
