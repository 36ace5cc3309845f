"""When a cadence comes next: by the account's calendar, from the instant that its step was reached.

Dates are counted first, then moved to business days where the cadence says so, then given their time of day. All three
keep the order, so the first instant that lies ahead is the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.cadence import FIRST_BUSINESS_DAY, Every, OnDay, OnNth, OnWeekdays, Recurrence
from engine.calendar import Calendar, add_months
from engine.rules import next_by_rule

_DAY: Final = dt.timedelta(1)
_WEEK: Final = 7
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Phase:
    """What a cadence counts from: the instant at which its step was `reached`; the playbook's `anchor` for several
    periods and rules; the month (1 to 12) in which quarters and years begin.
    """

    reached: dt.datetime
    anchor: dt.date | dt.datetime
    fiscal_year: int = 1


def next_after(
    cadence: Every | Recurrence, instant: dt.datetime, phase: Phase, calendar: Calendar
) -> dt.datetime | None:
    """The first occurrence after the instant, which is not before the step was reached; None when none ever comes."""
    if isinstance(cadence, Recurrence):
        behind = phase.reached if phase.anchor == phase.reached else None
        return next_by_rule(cadence, instant, _date(phase.anchor, calendar), behind, calendar)
    time = cadence.time or calendar.hours[0]
    for date in _dates(cadence, _from(cadence, calendar.date_of(instant), calendar), phase, calendar):
        at = calendar.at(calendar.next_working(date) if cadence.on_business_day else date, time)
        if at > instant:
            return at
    return None


def _from(cadence: Every, today: dt.date, calendar: Calendar) -> dt.date:
    """The first date that could still come today or later. A zone may have left out the day before."""
    date = _back(today)
    if cadence.on_business_day or cadence.on == FIRST_BUSINESS_DAY:
        while date > dt.date.min and not calendar.is_working(date):
            date = _back(date)
    return date


def _back(date: dt.date) -> dt.date:
    return date - _DAY if date > dt.date.min else date


# --- dates


def _dates(cadence: Every, since: dt.date, phase: Phase, calendar: Calendar) -> Iterator[dt.date]:
    """Those from `since` on, in their order."""
    if cadence.on is not None:
        return _chosen(cadence, since, phase, calendar)
    reached = calendar.date_of(phase.reached)
    base = _date(phase.anchor, calendar) if cadence.anchored else reached
    if cadence.period == "day" and not cadence.anchored:
        return _steps(cadence, base, since)
    # The first comes after one period, never on the day itself.
    return _steps(cadence, base, max(since, reached + _DAY))


def _steps(cadence: Every, base: dt.date, since: dt.date) -> Iterator[dt.date]:
    """Each so many periods from the base, before it and after it."""
    if (months := _MONTHS.get(cadence.period)) is not None:
        months *= cadence.count
        between = (since.year - base.year) * 12 + since.month - base.month
        number = between // months
        while (date := add_months(base, number * months)) < dt.date.max:
            if date >= since:
                yield date
            number += 1
        return
    days = cadence.count * (_WEEK if cadence.period == "week" else 1)
    ordinal = since.toordinal() + (base.toordinal() - since.toordinal()) % days
    yield from _every(ordinal, days)


def _every(ordinal: int, days: int) -> Iterator[dt.date]:
    for one in range(ordinal, dt.date.max.toordinal() + 1, days):
        yield dt.date.fromordinal(one)


def _chosen(cadence: Every, since: dt.date, phase: Phase, calendar: Calendar) -> Iterator[dt.date]:
    """The days `on` which it comes, of every so manieth period."""
    number = _number(cadence.period, since, phase.fiscal_year)
    if cadence.anchored:
        number += (_number(cadence.period, _date(phase.anchor, calendar), phase.fiscal_year) - number) % cadence.count
    while (first := _begins(cadence.period, number, phase.fiscal_year)) is not None:
        yield from (date for date in _on(cadence, first, calendar) if date >= since)
        number += cadence.count


def _number(period: str, date: dt.date, fiscal_year: int) -> int:
    """Which period the date lies in, counted through."""
    if period == "week":
        return (date.toordinal() - 1) // _WEEK
    return (date.year * 12 + date.month - 1 - _shift(period, fiscal_year)) // _MONTHS[period]


def _begins(period: str, number: int, fiscal_year: int) -> dt.date | None:
    """The first day of a period; None when the calendar has run out."""
    if period == "week":
        ordinal = number * _WEEK + 1
        return dt.date.fromordinal(ordinal) if ordinal <= dt.date.max.toordinal() - _WEEK else None
    year, month = divmod(number * _MONTHS[period] + _shift(period, fiscal_year), 12)
    return dt.date(year, month + 1, 1) if year < dt.MAXYEAR else None


def _shift(period: str, fiscal_year: int) -> int:
    """Quarters and years begin with the fiscal year."""
    return 0 if period == "month" else fiscal_year - 1


def _on(cadence: Every, first: dt.date, calendar: Calendar) -> Iterator[dt.date]:
    match cadence.on:
        case OnWeekdays(days=days):
            yield from (first + day * _DAY for day in days)
        case OnDay(day=day):
            yield min(first + (day - 1) * _DAY, add_months(first, 1) - _DAY)
        case OnNth(weekday=None):
            yield calendar.next_working(first)
        case OnNth(last=False, weekday=int(weekday)):
            yield first + (weekday - first.weekday()) % _WEEK * _DAY
        case OnNth(weekday=int(weekday)):
            end = add_months(first, _MONTHS[cadence.period]) - _DAY
            yield end - (end.weekday() - weekday) % _WEEK * _DAY


def _date(day: dt.date | dt.datetime, calendar: Calendar) -> dt.date:
    return calendar.date_of(day) if isinstance(day, dt.datetime) else day
