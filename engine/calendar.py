"""Somebody's calendar: zone, working days, holidays and hours; what durations and moments come to on it.

Instants are aware and in UTC. A local time that a clock change skips moves on by the gap; one that comes twice is the
first. What lies beyond the years 1 to 9999 is held at their ends: "9999-12-31" is how a CRM writes "never".
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal, assert_never
from zoneinfo import ZoneInfo

from engine.quantities import Around, At, DayOf, Duration, Field, Moment, OnDate
from engine.values import UNKNOWN, Unknown, Value

Edge = Literal["exact", "opens", "closes"]

WHEREABOUTS: Final = frozenset({"account.time_zone", "account.country"})
"""What an account's days and midnights hang on."""

MONDAY_TO_FRIDAY: Final = frozenset(range(5))
NINE_TO_FIVE: Final = (dt.time(9), dt.time(17))
# Public holidays are a matter of law, known for about these years; outside of them only the week counts.
_HOLIDAY_YEARS: Final = range(1970, 2101)
_FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`country` is ISO 3166-1 ("DE") or -2 ("DE-BY"); `working_days` count from Monday = 0; `closed`: more holidays."""

    zone: str = "UTC"
    country: str | None = None
    working_days: frozenset[int] = MONDAY_TO_FRIDAY
    hours: tuple[dt.time, dt.time] = NINE_TO_FIVE
    closed: frozenset[dt.date] = frozenset()

    def __post_init__(self) -> None:
        if not self.working_days or not self.working_days <= set(range(7)):
            raise ValueError("a calendar needs at least one working day from Monday = 0 to Sunday = 6")

    def local(self, instant: dt.datetime) -> dt.datetime:
        zone = _zone(self.zone)
        try:
            return instant.astimezone(zone)
        except OverflowError:
            return (_FIRST if instant.year < 5000 else _LAST).replace(tzinfo=zone)

    def date_of(self, instant: dt.datetime) -> dt.date:
        return self.local(instant).date()

    def at(self, date: dt.date, time: dt.time) -> dt.datetime:
        """The instant of a local date and time of day."""
        try:
            return dt.datetime.combine(date, time, _zone(self.zone)).astimezone(dt.UTC)
        except OverflowError:
            return _FIRST if date.year < 5000 else _LAST

    def midnight(self, date: dt.date) -> dt.datetime:
        return self.at(date, dt.time())

    def next_midnight(self, instant: dt.datetime) -> dt.datetime:
        """When the next local date begins."""
        return self.midnight(add_days(self.date_of(instant), 1))

    def opens(self, date: dt.date) -> dt.datetime:
        """The start of working hours on that date, be it a working day or not."""
        return self.at(date, self.hours[0])

    def closes(self, date: dt.date) -> dt.datetime:
        return self.at(date, self.hours[1])

    def is_holiday(self, date: dt.date) -> bool:
        return date in self.closed or date in _public_holidays(self.country, date.year)

    def is_working(self, date: dt.date) -> bool:
        return date.weekday() in self.working_days and not self.is_holiday(date)

    def next_working(self, date: dt.date) -> dt.date:
        """That date itself if it is a working day."""
        while not self.is_working(date) and date < dt.date.max:
            date += dt.timedelta(1)
        return date

    def add_business_days(self, date: dt.date, n: int) -> dt.date:
        """`date` is day 0 whether or not it is a working day; then working dates only, backwards when n is below 0."""
        step = 1 if n > 0 else -1
        there, left = date, abs(n)
        # Each date counts at most once, so going on by what is left can never pass the goal.
        while left and dt.date.min < there < dt.date.max:
            there = add_days(there, step * left)
            left = abs(n) - abs(self.business_days_between(date, there))
        return there

    def business_days_between(self, a: dt.date, b: dt.date) -> int:
        """How many business days must be added to `a` to come to the last working date that is not beyond `b`."""
        if b < a:
            return -self._working_dates(b.toordinal(), a.toordinal() - 1)
        return self._working_dates(a.toordinal() + 1, b.toordinal())

    def add(self, duration: Duration, instant: dt.datetime, edge: Edge = "exact") -> dt.datetime:
        """Clock time is exact; days and longer keep the local time of day; business days end at the edge asked for."""
        return self._moved(duration, instant, 1, edge)

    def subtract(self, duration: Duration, instant: dt.datetime, edge: Edge = "exact") -> dt.datetime:
        return self._moved(duration, instant, -1, edge)

    def resolve(
        self,
        moment: Moment,
        start: dt.datetime,
        anchor: dt.date | dt.datetime | None,
        values: Mapping[str, Value],
        edge: Edge = "opens",
    ) -> dt.datetime | Unknown:
        """Durations count from `start`, `day N` from the anchor's date; a day means the edge of its working hours."""
        match moment:
            case Duration():
                return self.add(moment, start, edge)
            case At(instant=instant):
                return instant
            case DayOf(day=day, on_business_day=moved):
                return UNKNOWN if anchor is None else self._day(add_days(self._date(anchor), day), edge, moved=moved)
            case OnDate(date=date, on_business_day=moved):
                return self._day(date, edge, moved=moved)
            case Field():
                return self._field(moment, values, edge)
            case Around():
                return self._around(moment, values, edge)
            case _:
                assert_never(moment)

    def _moved(self, duration: Duration, instant: dt.datetime, sign: int, edge: Edge) -> dt.datetime:
        if duration.is_clock:
            return _plus(instant, duration.clock * sign)
        local = self.local(instant)
        date = self._date_moved(duration, local.date(), sign)
        if duration.unit == "business day" and edge != "exact":
            return self._day(date, edge, moved=False)
        return instant if date == local.date() else self.at(date, local.time().replace(fold=0))

    def _date_moved(self, duration: Duration, date: dt.date, sign: int) -> dt.date:
        n = duration.whole * sign
        match duration.unit:
            case "business day":
                return self.add_business_days(date, n)
            case "month" | "year":
                return add_months(date, n * (12 if duration.unit == "year" else 1))
            case "week":
                return add_days(date, 7 * n)
            case _:
                return add_days(date, n)

    def _date(self, day: dt.date | dt.datetime) -> dt.date:
        return self.date_of(day) if isinstance(day, dt.datetime) else day

    def _day(self, date: dt.date, edge: Edge, *, moved: bool) -> dt.datetime:
        date = self.next_working(date) if moved else date
        return self.closes(date) if edge == "closes" else self.opens(date)

    def _field(self, moment: Field, values: Mapping[str, Value], edge: Edge) -> dt.datetime | Unknown:
        day = _day_at(moment.path, values)
        if day is None:
            return UNKNOWN
        if isinstance(day, dt.datetime) and not moment.on_business_day:
            return day
        return self._day(self._date(day), edge, moved=moment.on_business_day)

    def _around(self, moment: Around, values: Mapping[str, Value], edge: Edge) -> dt.datetime | Unknown:
        day = _day_at(moment.path, values)
        sign = -1 if moment.before else 1
        if day is None:
            return UNKNOWN
        if moment.amount.is_clock:
            from_ = day if isinstance(day, dt.datetime) else self._day(day, edge, moved=False)
            exact = _plus(from_, moment.amount.clock * sign)
            return self._day(self.date_of(exact), edge, moved=True) if moment.on_business_day else exact
        date = self._date_moved(moment.amount, self._date(day), sign)
        return self._day(date, edge, moved=moment.on_business_day)

    def _working_dates(self, first: int, last: int) -> int:
        """Working dates from one ordinal to the other, both in."""
        if last < first:
            return 0
        a, b = dt.date.fromordinal(first), dt.date.fromordinal(last)
        known = range(max(a.year, _HOLIDAY_YEARS.start), min(b.year + 1, _HOLIDAY_YEARS.stop))
        closed = self.closed.union(*(_public_holidays(self.country, year) for year in known))
        free = sum(a <= date <= b and date.weekday() in self.working_days for date in closed)
        return _days_of_week(self.working_days, first, last) - free


def add_months(date: dt.date, n: int) -> dt.date:
    """The same day n months on; a month that lacks it ends on its last."""
    year, month = divmod(date.year * 12 + date.month - 1 + n, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        return dt.date.min if n < 0 else dt.date.max
    return dt.date(year, month + 1, min(date.day, monthrange(year, month + 1)[1]))


def add_days(date: dt.date, n: int) -> dt.date:
    return dt.date.fromordinal(min(max(date.toordinal() + n, 1), dt.date.max.toordinal()))


def is_time_zone(name: str) -> bool:
    """A name of the IANA data base."""
    return name in time_zones()


def is_country(code: str) -> bool:
    """ISO 3166-1 ("DE"), or -2 ("DE-BY") by its form."""
    country, dash, part = code.partition("-")
    well_formed = not dash or (part.isascii() and part.isalnum() and part.upper() == part and len(part) <= 3)
    return country in countries() and well_formed


@cache
def countries() -> frozenset[str]:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    return frozenset(line.split("\t")[0] for line in table.splitlines() if line and not line.startswith("#"))


@cache
def time_zones() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def _zone(name: str) -> ZoneInfo:
    # From the pinned package, never from the machine: the same story gives the same instants everywhere.
    if name not in time_zones():
        raise ValueError(f"'{name}' is not a time zone")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@lru_cache(maxsize=4096)
def _public_holidays(country: str | None, year: int) -> frozenset[dt.date]:
    """A part that the `holidays` package does not know has those of the whole country; an unknown country has none."""
    if country is None or year not in _HOLIDAY_YEARS:
        return frozenset()
    import holidays

    code, _, part = country.partition("-")
    supported = holidays.list_supported_countries(include_aliases=True)
    if code not in supported:
        return frozenset()
    known = holidays.country_holidays(code, subdiv=part if part in supported[code] else None, years=year)
    return frozenset(date for date in known if date.year == year)


def _days_of_week(working_days: frozenset[int], first: int, last: int) -> int:
    weeks, rest = divmod(max(0, last - first + 1), 7)
    # Ordinal 1 is a Monday.
    return weeks * len(working_days) + sum((last - i - 1) % 7 in working_days for i in range(rest))


def _day_at(path: str, values: Mapping[str, Value]) -> dt.date | dt.datetime | None:
    value = values.get(path, UNKNOWN)
    return value if isinstance(value, dt.date) else None


def _plus(instant: dt.datetime, length: dt.timedelta) -> dt.datetime:
    try:
        return instant + length
    except OverflowError:
        return _LAST if length > dt.timedelta() else _FIRST
