"""How a metric is reckoned at one tick: its value, the value before, and until when each holds without a new fact.

One class for each way of measuring, one mapping that chooses. What ends a reading: facts that lie ahead in the series
(history is walked so), windows that slide, local midnights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol, cast

from engine.measures import DaysSince, Formula, Latest, Metric, Occurrence, Reported, Score, Tally
from engine.series import EMPTY, Series
from engine.ticks import NEVER, Ticks, instant, ticks
from engine.values import UNKNOWN, Value, total
from engine.windows import Window

if TYPE_CHECKING:
    from engine.view import Reading, View

Number = int | Decimal
_NUMBERS: Final = frozenset({int, Decimal})
_FINE: Final = Decimal(1).scaleb(-20)


class Way(Protocol):
    """`previous` is the reading before, or that of the window before."""

    def value(self, view: View, metric: Metric) -> Reading: ...

    def previous(self, view: View, metric: Metric) -> Reading: ...


def way_of(view: View, metric: Metric) -> Way:
    """A reading that was posted for a metric of another kind stands until the next."""
    return POINTS if metric.name in view.account.readings else WAYS[type(metric.measure)]


def newest(view: View, metric: Metric) -> tuple[Ticks | None, Ticks]:
    """When the newest fact came that the metric was reckoned from, and when the next does."""
    if metric.measured_from:
        parts = [newest(view, view.vocabulary.metrics[part]) for part in sorted(metric.measured_from)]
        return max((at for at, _ in parts if at is not None), default=None), min(until for _, until in parts)
    series = series_of(view, metric)
    i = series.until(view.at)
    return series.at[i - 1] if i else None, series.next(i)


def series_of(view: View, metric: Metric) -> Series:
    account = view.account
    return account.readings.get(metric.name) or account.series.get(metric.name, EMPTY)


def number(value: Value) -> Number | None:
    # By type and not by isinstance: true and false are no numbers, and this is asked for often.
    return cast("Number", value) if type(value) in _NUMBERS else None


class _Points:
    """Each reading stands until the next one, or until it is no longer fresh."""

    def value(self, view: View, metric: Metric) -> Reading:
        series = series_of(view, metric)
        i = series.until(view.at)
        if not i or metric.fresh is None:
            return series.values[i - 1] if i else UNKNOWN, series.next(i)
        stale = view.ends(metric.fresh, series.at[i - 1]) + 1
        until = min(series.next(i), view.moves(metric.fresh))
        return (UNKNOWN, until) if stale <= view.at else (series.values[i - 1], min(until, stale))

    def previous(self, view: View, metric: Metric) -> Reading:
        series = series_of(view, metric)
        i = series.until(view.at)
        return series.values[i - 2] if i > 1 else UNKNOWN, series.next(i)


class _Instants:
    """The instant of the first such event, or of the last; the series of the first holds nothing else."""

    def value(self, view: View, metric: Metric) -> Reading:
        return self._before(view, metric, 1)

    def previous(self, view: View, metric: Metric) -> Reading:
        return self._before(view, metric, 2)

    def _before(self, view: View, metric: Metric, back: int) -> Reading:
        series = series_of(view, metric)
        i = series.until(view.at)
        return instant(series.at[i - back]) if i >= back else UNKNOWN, series.next(i)


class _Days:
    """Whole calendar days since the last such event, by the account's own midnights; nothing was before."""

    def value(self, view: View, metric: Metric) -> Reading:
        series = series_of(view, metric)
        i = series.until(view.at)
        if not i:
            return UNKNOWN, series.next(0)
        calendar, now = view.calendar, instant(view.at)
        days = (calendar.date_of(now) - calendar.date_of(instant(series.at[i - 1]))).days
        return days, min(series.next(i), ticks(calendar.next_midnight(now)), view.until(["account.time_zone"]))

    def previous(self, view: View, metric: Metric) -> Reading:  # noqa: ARG002
        return UNKNOWN, NEVER


class _Window:
    """Events of `[now - D, now]`, both ends in; the window before is `[now - 2D, now - D)`."""

    def value(self, view: View, metric: Metric) -> Reading:
        tally, first, series = _tally(metric), view.account.first, series_of(view, metric)
        if first is None or first > view.at:
            return UNKNOWN, NEVER if first is None else first
        j = series.until(view.at)
        if tally.over is None:
            return _ever(tally, series, j, view.account.carried.get(metric.name, (0, Decimal(0)))), series.next(j)
        window, moves = view.window(tally.over)
        if tally.how == "average" and (covered := window.covered(first)) > view.at:
            return UNKNOWN, min(covered, moves)
        i = series.index(window.start(view.at))
        return tallied(tally, series, i, j), min(series.next(j), _leaves(series, i, window), moves)

    def previous(self, view: View, metric: Metric) -> Reading:
        tally, first, series = _tally(metric), view.account.first, series_of(view, metric)
        if first is None or tally.over is None:
            return UNKNOWN, NEVER
        window, moves = view.window(tally.over)
        both = window.twice
        if (covered := both.covered(first)) > view.at:
            return UNKNOWN, min(covered, moves)
        i, j = series.index(both.start(view.at)), series.index(window.start(view.at))
        return tallied(tally, series, i, j), min(_leaves(series, i, both), _leaves(series, j, window), moves)


class _Reckoned:
    """A formula; its previous is the same formula over the values before."""

    def value(self, view: View, metric: Metric) -> Reading:
        expression = _formula(metric).expression
        return _known(view.over(expression)), min(view.until(expression.reads), view.turn(expression))

    def previous(self, view: View, metric: Metric) -> Reading:
        expression, before = _formula(metric).expression, Before(view)
        until = min(before.until(expression.reads), view.turn(expression))
        return _known(view.over(expression, before)), until


class _Weighed:
    """The attainment of the parts, each at most 100 %, by their weights: 0 to 100."""

    def value(self, view: View, metric: Metric) -> Reading:
        score = _score(metric)
        paths = [f"metrics.{part}.attainment" for part in score.weights]
        return _weighed(score, map(view.value, paths)), view.until(paths)

    def previous(self, view: View, metric: Metric) -> Reading:
        score = _score(metric)
        paths = [f"metrics.{part}.attained_before" for part in score.weights]
        return _weighed(score, map(view.value, paths)), view.until(paths)


class Before(Mapping[str, Value]):
    """An account as it was one reading, or one window, earlier; its fields are as they are."""

    _THEN: Final = {"value": "previous", "attainment": "attained_before", "target": "target"}

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, path: str) -> Value:
        return self._view[self._then(path)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._view)

    def __len__(self) -> int:
        return len(self._view)

    def until(self, paths: Iterable[str]) -> Ticks:
        return self._view.until(map(self._then, paths))

    def _then(self, path: str) -> str:
        rest, _, part = path.rpartition(".")
        return f"{rest}.{self._THEN.get(part, 'unknown_before')}" if path.startswith("metrics.") else path


POINTS: Final = _Points()
WAYS: Final[Mapping[type, Way]] = {
    Reported: POINTS,
    Latest: POINTS,
    Tally: _Window(),
    DaysSince: _Days(),
    Occurrence: _Instants(),
    Formula: _Reckoned(),
    Score: _Weighed(),
}


def share(metric: Metric, value: Value, target: Value) -> Value:
    """Value ÷ target; where lower is better target ÷ value, and nothing or less is all that could be hoped for."""
    reached, wanted = number(value), number(target)
    if reached is None or wanted is None:
        return UNKNOWN
    if metric.better == "lower":
        if reached <= 0:
            return Decimal(1)
        return Decimal(wanted) / reached if wanted else UNKNOWN
    return Decimal(reached) / wanted if wanted else UNKNOWN


def tallied(tally: Tally, series: Series, i: int, j: int) -> Value:
    match tally.how:
        case "count":
            return j - i
        case "distinct":
            return len(set(series.values[i:j]))
        case "sum":
            return total(_numbers(series.values[i:j]))
        case "average":
            return Decimal(total(_numbers(series.values[i:j]))) / (j - i) if j > i else UNKNOWN


def _ever(tally: Tally, series: Series, n: int, carried: tuple[int, Decimal]) -> Value:
    """`carried`: the count and the sum of what has left the series."""
    count = carried[0] + n
    match tally.how:
        case "count":
            return count
        case "distinct":
            return len(set(series.values[:n]))
        case "sum":
            return total([carried[1], *_numbers(series.values[:n])])
        case "average":
            return Decimal(total([carried[1], *_numbers(series.values[:n])])) / count if count else UNKNOWN


def _weighed(score: Score, attainments: Iterable[Value]) -> Value:
    """What is not known is weighed out, as long as enough is. Two thirds are cut off somewhere: what that leaves is
    taken away, so that thirds which make a whole do.
    """
    known = weighed = Decimal(0)
    for weight, attained in zip(score.weights.values(), map(number, attainments), strict=True):
        if attained is not None:
            known += weight
            weighed += weight * capped(attained)
    if not known or known < score.coverage * sum(score.weights.values()):
        return UNKNOWN
    points = (weighed * 100 / known).quantize(_FINE)
    return points if points % 1 else Decimal(int(points))


def capped(attained: Number) -> Decimal:
    """What a score counts of an attainment: nothing below 0 %, no more than 100 %."""
    return min(max(Decimal(attained), Decimal(0)), Decimal(1))


def _known(value: Value) -> Value:
    found = number(value)
    return UNKNOWN if found is None else found


def _numbers(values: Iterable[Value]) -> Iterator[Number]:
    return (value for value in map(number, values) if value is not None)


def _leaves(series: Series, i: int, window: Window) -> Ticks:
    """When the oldest that is in the window is out of it."""
    return window.leaves(series.at[i]) if i < len(series.at) else NEVER


def _tally(metric: Metric) -> Tally:
    return cast("Tally", metric.measure)


def _formula(metric: Metric) -> Formula:
    return cast("Formula", metric.measure)


def _score(metric: Metric) -> Score:
    return cast("Score", metric.measure)
