"""The instants at which something that moves with time reaches a value: counts of days and hours, and `now` itself."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final, TypeAlias, cast

from engine.conditions.closures import Closure, View, lower
from engine.conditions.places import Around, is_root
from engine.conditions.scope import Frame
from engine.conditions.tree import Argument, Node, nodes_in
from engine.quantities import Duration

Crossing: TypeAlias = Callable[[View, object], Iterator[datetime]]

DAYS: Final = frozenset({"days_since", "days_until", "business_days_since", "business_days_until"})
HOURS: Final = frozenset({"hours_since", "hours_until"})
NUMBERS: Final = (int, Decimal, Fraction)
_TICK: Final = timedelta(microseconds=1)
_HOUR_TICKS: Final = 3_600_000_000
# Holidays make business days longer than the week does.
_DAYS_IN: Final = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366), "business day": (1, 7)}
# Nobody waits longer: a crossing beyond is never.
_FAR_DAYS: Final = 200 * 366


def is_still(argument: Argument) -> bool:
    """Whether it reads nothing of the time."""
    return not any(node.operator in DAYS | HOURS or is_root(node, "now") for node in nodes_in(argument))


def at(view: View, instant: datetime) -> Frame:
    """The same values seen at another time."""
    if isinstance(view, Frame):
        return Frame(view.values, instant, view.calendar, view.item, view.outer)
    return Frame(view.values, instant, view.calendar)


def midnight(view: View, days: int) -> datetime | None:
    """Of the account's date so many days ahead."""
    try:
        date = view.calendar.date_of(view.now) + timedelta(days)
    except OverflowError:
        return None
    return view.calendar.midnight(date)


def later(instant: datetime, ticks: int) -> datetime | None:
    try:
        return instant + timedelta(microseconds=ticks)
    except OverflowError:
        return None


def crossing(argument: Argument, around: Around) -> Crossing | None:
    """For what moves steadily: the instants at which it reaches a value and at which it goes beyond."""
    if not isinstance(argument, Node):
        return None
    if is_root(argument, "now"):
        return _now_reaches
    if argument.operator in DAYS | HOURS and is_still(argument.arguments[0]):
        there, since = lower(argument.arguments[0], around), argument.operator.endswith("since")
        if argument.operator in HOURS:
            return _hours_reach(there, since=since)
        if argument.operator.startswith("business"):
            return _business_days_reach(lower(argument, around), since=since)
        return _days_reach(lower(argument, around), since=since)
    return _shifted_now(argument, around)


def _now_reaches(_view: View, value: object) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
        if beyond := later(value, 1):
            yield beyond


def _hours_reach(there: Closure, *, since: bool) -> Crossing:
    def looks(view: View, value: object) -> Iterator[datetime]:
        moment = there(view)
        if not isinstance(moment, datetime) or not isinstance(value, NUMBERS):
            return
        reached = later(moment, ceil(Fraction(value) * (_HOUR_TICKS if since else -_HOUR_TICKS)))
        if reached:
            yield from (one for one in (reached, later(reached, 1)) if one)

    return looks


def _days_reach(count: Closure, *, since: bool) -> Crossing:
    def looks(view: View, value: object) -> Iterator[datetime]:
        today = count(view)
        if not isinstance(today, int) or not isinstance(value, NUMBERS):
            return
        ahead = (Fraction(value) - today) * (1 if since else -1)
        for days in {ceil(ahead), floor(ahead) + 1, ceil(ahead) + 1}:
            if 0 < days < _FAR_DAYS and (found := midnight(view, days)):
                yield found

    return looks


def _business_days_reach(count: Closure, *, since: bool) -> Crossing:
    """The count only ever goes one way, so the day is found by halving."""

    def looks(view: View, value: object) -> Iterator[datetime]:
        if count(view) is None or not isinstance(value, NUMBERS):
            return

        def ahead(days: int) -> Fraction:
            found = midnight(view, days)
            there = count(at(view, found)) if found else None
            return (there - Fraction(value)) * (1 if since else -1) if isinstance(there, int) else Fraction(0)

        for least in (lambda days: ahead(days) >= 0, lambda days: ahead(days) > 0):
            if (days := first_true(least)) and (found := midnight(view, days)):
                yield found

    return looks


def first_true(test: Callable[[int], bool]) -> int | None:
    """The least n from 1 for which a test holds that, once true, stays so; None when that is too far."""
    most = 1
    while not test(most):
        most *= 2
        if most > _FAR_DAYS:
            return None
    least = most // 2 + 1
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if test(middle) else (middle + 1, most)
    return most


def _shifted_now(node: Node, around: Around) -> Crossing | None:
    """now + 2 hours, exactly."""
    span = _shift(node, around)
    if span is None or not span.is_clock:
        return None
    back = -span.clock if node.operator == "+" else span.clock

    def looks(view: View, value: object) -> Iterator[datetime]:
        moment = later(value, back // _TICK) if isinstance(value, datetime) else None
        return _now_reaches(view, moment)

    return looks


def may_shift(argument: Argument, around: Around) -> Crossing | None:
    """For now + 90 days, which the calendar moves now a little more and now a little less: the next instant from which
    it could reach a value, and from there on every minute as long as it could.
    """
    span = _shift(argument, around) if isinstance(argument, Node) else None
    if span is None or span.is_clock:
        return None
    least, most = (timedelta(days) for days in _days_of(span))
    if cast("Node", argument).operator == "-":
        least, most = -most, -least

    def looks(view: View, value: object) -> Iterator[datetime]:
        if not isinstance(value, datetime):
            return
        try:
            first, last = value - most, value - least
        except OverflowError:
            return
        if view.now < last and (minute := later(view.now, 60_000_000)):
            yield max(first, minute)

    return looks


def _days_of(span: Duration) -> tuple[int, int]:
    """The fewest and the most days that it may come to, a day for clocks that change taken off and put on."""
    shortest, longest = _DAYS_IN[span.unit]
    return span.whole * shortest - 2, span.whole * longest + (60 if span.unit == "business day" else 2)


def _shift(node: Node, around: Around) -> Duration | None:
    """Of now, forth or back."""
    if node.operator not in {"+", "-"} or len(node.arguments) != 2 or not is_root(node.arguments[0], "now"):
        return None
    by = node.arguments[1]
    span = lower(by, around)(cast("View", None)) if isinstance(by, Node) and by.operator == "duration" else None
    return span if isinstance(span, Duration) else None
