"""How a metric is reckoned at one tick: its value, the value before, and when either next moves without a new fact.

One class for each way of measuring, one mapping that chooses. `moves` are ticks at which the answer may change: facts
that lie ahead in the series (history is walked so), windows that slide, local midnights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol, cast

from engine.logic import Scope
from engine.measures import DaysSince, Formula, Latest, Metric, Occurrence, Reported, Score, Tally
from engine.series import EMPTY, Series
from engine.ticks import Span, Ticks, instant, span, ticks
from engine.values import UNKNOWN, Value

if TYPE_CHECKING:
    from engine.view import View

Number = int | Decimal


class Way(Protocol):
    """`previous` is the reading before, or that of the window before; `moves` tells of it only when asked to."""

    def value(self, view: View, metric: Metric) -> Value: ...

    def previous(self, view: View, metric: Metric) -> Value: ...

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]: ...


def way_of(view: View, metric: Metric) -> Way:
    """A reading that was posted for a metric of another kind stands until the next (tests post so)."""
    return POINTS if metric.name in view.account.readings else WAYS[type(metric.measure)]


def newest(view: View, metric: Metric) -> Ticks | None:
    """When the newest fact came that the metric was reckoned from."""
    if metric.parts:
        metrics = view.vocabulary.metrics
        return max((at for part in metric.parts if (at := newest(view, metrics[part])) is not None), default=None)
    series = series_of(view, metric)
    i = series.until(view.at)
    return series.at[i - 1] if i else None


def series_of(view: View, metric: Metric) -> Series:
    account = view.account
    return account.readings.get(metric.name) or account.series.get(metric.name, EMPTY)


def number(value: Value) -> Number | None:
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


class _Points:
    """Each reading stands until the next one, or until it is no longer fresh."""

    def value(self, view: View, metric: Metric) -> Value:
        series = series_of(view, metric)
        i = series.until(view.at)
        if not i or (metric.fresh and series.at[i - 1] < span(metric.fresh).start(view.at)):
            return UNKNOWN
        return series.values[i - 1]

    def previous(self, view: View, metric: Metric) -> Value:
        series = series_of(view, metric)
        i = series.until(view.at)
        return series.values[i - 2] if i > 1 else UNKNOWN

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]:  # noqa: ARG002
        series = series_of(view, metric)
        i = series.until(view.at)
        yield from series.at[i : i + 1]
        if metric.fresh and i:
            yield span(metric.fresh).leaves(series.at[i - 1])


class _Instants:
    """The instant of the first such event, or of the last; the series of the first holds nothing else."""

    def value(self, view: View, metric: Metric) -> Value:
        return self._before(view, metric, 1)

    def previous(self, view: View, metric: Metric) -> Value:
        return self._before(view, metric, 2)

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]:  # noqa: ARG002
        series = series_of(view, metric)
        i = series.until(view.at)
        yield from series.at[i : i + 1]

    def _before(self, view: View, metric: Metric, back: int) -> Value:
        series = series_of(view, metric)
        i = series.until(view.at) - back
        return instant(series.at[i]) if i >= 0 else UNKNOWN


class _Days:
    """Whole calendar days since the last such event, by the account's own midnights; nothing was before."""

    def value(self, view: View, metric: Metric) -> Value:
        series = series_of(view, metric)
        i = series.until(view.at)
        if not i:
            return UNKNOWN
        calendar = view.calendar
        return (calendar.date_of(instant(view.at)) - calendar.date_of(instant(series.at[i - 1]))).days

    def previous(self, view: View, metric: Metric) -> Value:  # noqa: ARG002
        return UNKNOWN

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]:  # noqa: ARG002
        series = series_of(view, metric)
        i = series.until(view.at)
        yield from series.at[i : i + 1]
        yield from view.moves("account.time_zone")
        if i:
            yield ticks(view.calendar.next_midnight(instant(view.at)))


class _Window:
    """Events of `[now - D, now]`, both ends in; the window before is `[now - 2D, now - D)`."""

    def value(self, view: View, metric: Metric) -> Value:
        tally, first, series = _tally(metric), view.account.first, series_of(view, metric)
        if first is None or first > view.at:
            return UNKNOWN
        if tally.over is None:
            return _ever(tally, series, series.until(view.at), view.account.carried.get(metric.name, (0, Decimal(0))))
        start = span(tally.over).start(view.at)
        if tally.how == "average" and start < first:
            return UNKNOWN
        return _tallied(tally, series, series.index(start), series.until(view.at))

    def previous(self, view: View, metric: Metric) -> Value:
        tally, first, series = _tally(metric), view.account.first, series_of(view, metric)
        if first is None or tally.over is None:
            return UNKNOWN
        length = span(tally.over)
        start = length.twice.start(view.at)
        if start < first:
            return UNKNOWN
        return _tallied(tally, series, series.index(start), series.index(length.start(view.at)))

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]:
        tally, first, series = _tally(metric), view.account.first, series_of(view, metric)
        i = series.until(view.at)
        yield from series.at[i : i + 1]
        if first is None:
            return
        yield first
        if tally.over is not None:
            length = span(tally.over)
            for window in (length, length.twice) if previous else (length,):
                yield window.ends(first)
                yield from _next_leaving(series, window, view.at)


class _Reckoned:
    """A formula; its previous is the same formula over the values before."""

    def value(self, view: View, metric: Metric) -> Value:
        return self._over(view.scope, metric)

    def previous(self, view: View, metric: Metric) -> Value:
        return self._over(Scope(_Before(view), view.scope.now, view.calendar), metric)

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]:
        for path in _formula(metric).expression.reads:
            yield from view.moves(path, previous=previous)
        if (change := _formula(metric).expression.next_change(view.scope)) is not None:
            yield ticks(change)

    def _over(self, scope: Scope, metric: Metric) -> Value:
        value = number(_formula(metric).expression.value(scope))
        return UNKNOWN if value is None else value


class _Weighed:
    """The attainment of the parts, each at most 100 %, by their weights: 0 to 100."""

    def value(self, view: View, metric: Metric) -> Value:
        return self._over(view, metric)

    def previous(self, view: View, metric: Metric) -> Value:
        return self._over(_Before(view), metric)

    def moves(self, view: View, metric: Metric, *, previous: bool) -> Iterator[Ticks]:
        for part in _score(metric).weights:
            yield from view.moves(f"metrics.{part}.attainment", previous=previous)

    def _over(self, values: Mapping[str, Value], metric: Metric) -> Value:
        score = _score(metric)
        known = weighed = Decimal(0)
        for part, weight in score.weights.items():
            attainment = number(values.get(f"metrics.{part}.attainment", UNKNOWN))
            if attainment is not None:
                known += weight
                weighed += weight * min(max(Decimal(attainment), Decimal(0)), Decimal(1))
        if not known or known < score.coverage * sum(score.weights.values()):
            return UNKNOWN
        return weighed * 100 / known


class _Before(Mapping[str, Value]):
    """An account as it was one reading, or one window, earlier; its fields are as they are."""

    PARTS: Final = {"value": "previous", "attainment": "attained_before", "target": "target"}

    def __init__(self, view: View) -> None:
        self._view = view

    def __getitem__(self, path: str) -> Value:
        room, _, rest = path.partition(".")
        if room != "metrics":
            return self._view[path]
        name, _, part = rest.partition(".")
        return self._view[f"metrics.{name}.{self.PARTS[part]}"]

    def __iter__(self) -> Iterator[str]:
        return iter(self._view)

    def __len__(self) -> int:
        return len(self._view)


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


def _tallied(tally: Tally, series: Series, i: int, j: int) -> Value:
    match tally.how:
        case "count":
            return j - i
        case "distinct":
            return len(set(series.values[i:j]))
        case "sum":
            return sum(_numbers(series.values[i:j]))
        case "average":
            return Decimal(sum(_numbers(series.values[i:j]))) / (j - i) if j > i else UNKNOWN


def _ever(tally: Tally, series: Series, n: int, carried: tuple[int, Decimal]) -> Value:
    """`carried`: the count and the sum of what has left the series."""
    count, total = carried[0] + n, carried[1]
    match tally.how:
        case "count":
            return count
        case "distinct":
            return len(set(series.values[:n]))
        case "sum":
            return total + sum(_numbers(series.values[:n]))
        case "average":
            return (total + sum(_numbers(series.values[:n]))) / count if count else UNKNOWN


def _numbers(values: Iterable[Value]) -> Iterator[Number]:
    return (value for value in map(number, values) if value is not None)


def _next_leaving(series: Series, window: Span, at: Ticks) -> Iterator[Ticks]:
    oldest = series.index(window.start(at))
    return (window.leaves(entry) for entry in series.at[oldest : oldest + 1])


def _tally(metric: Metric) -> Tally:
    return cast("Tally", metric.measure)


def _formula(metric: Metric) -> Formula:
    return cast("Formula", metric.measure)


def _score(metric: Metric) -> Score:
    return cast("Score", metric.measure)
