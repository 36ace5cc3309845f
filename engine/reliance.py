"""Which readings hang on what: worked out once for each vocabulary, so that a fact touches only what it can change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.logic import Expression
from engine.measures import DaysSince, Formula, Metric, Tally
from engine.vocabulary import PARTS, Vocabulary

NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Reliance:
    """Names of metrics: those that an event feeds, and all that hang on a metric (itself included), on a field of the
    account, or on when its first data came. `paths` are a metric's flat paths.
    """

    vocabulary: Vocabulary
    fed_by: Mapping[str, tuple[str, ...]]
    on_metric: Mapping[str, frozenset[str]]
    on_field: Mapping[str, frozenset[str]]
    on_first: frozenset[str]
    zoned: frozenset[str]
    paths: Mapping[str, frozenset[str]]

    def on(self, metrics: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self.on_metric[name] for name in metrics))


def reliance(vocabulary: Vocabulary) -> Reliance:
    kept = _KEPT.get(id(vocabulary))
    # The kept one holds on to its vocabulary, so an id can only be that of the same one.
    if kept is None:
        if len(_KEPT) >= _KEEP:
            _KEPT.clear()
        kept = _KEPT[id(vocabulary)] = _worked_out(vocabulary)
    return kept


_KEPT: dict[int, Reliance] = {}
_KEEP: Final = 32


def _worked_out(vocabulary: Vocabulary) -> Reliance:
    metrics = vocabulary.metrics
    on_metric = {name: _hanging_on({name}, metrics) for name in metrics}
    by_field: dict[str, set[str]] = {}
    for name, metric in metrics.items():
        for field in _fields(metric):
            by_field.setdefault(field, set()).add(name)
    windows = {name for name, metric in metrics.items() if isinstance(metric.measure, Tally)}
    return Reliance(
        vocabulary=vocabulary,
        fed_by={kind: tuple(name for name, one in metrics.items() if one.event == kind) for kind in vocabulary.events},
        on_metric=on_metric,
        on_field={field: _hanging_on(names, metrics) for field, names in by_field.items()},
        on_first=_hanging_on(windows, metrics),
        zoned=frozenset(name for name, metric in metrics.items() if metric.target is not None),
        paths={name: frozenset(f"metrics.{name}.{part}" for part in PARTS) for name in metrics},
    )


def _hanging_on(names: Iterable[str], metrics: Mapping[str, Metric]) -> frozenset[str]:
    found, new = set(names), set(names)
    while new:
        new = {name for name, metric in metrics.items() if metric.parts & found} - found
        found |= new
    return frozenset(found)


def _fields(metric: Metric) -> frozenset[str]:
    fields = {path.partition(".")[2] for path in metric.reads if path.startswith("account.")}
    if metric.target and metric.target.by:
        fields.add(metric.target.by)
    # Local midnights and days, and all that depends on them, move with the zone.
    by_days = isinstance(metric.measure, DaysSince) or not all(span.is_clock for span in metric.spans)
    if by_days or any(expression.timely for expression in _expressions(metric)):
        fields |= {"time_zone", "country"}
    return frozenset(fields)


def _expressions(metric: Metric) -> Iterator[Expression]:
    if isinstance(metric.measure, Formula):
        yield metric.measure.expression
    for target in metric.target.values.values() if metric.target else ():
        if isinstance(target, Expression):
            yield target
