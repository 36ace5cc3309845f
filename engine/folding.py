"""What a fact writes into an account: values beside the instant at which they were so, never a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from engine.calendar import Calendar
from engine.facts import Fact, Kind, typed
from engine.known import Account, Item
from engine.logic import Condition, Scope
from engine.measures import Latest, Metric, Occurrence, Tally
from engine.series import EMPTY, Series
from engine.ticks import Ticks, ticks
from engine.values import UNKNOWN, Value, from_json
from engine.vocabulary import Vocabulary

Entries = Mapping[str, Value | None]


def entries(fact: Fact, fed: tuple[str, ...], vocabulary: Vocabulary, calendar: Callable[[], Calendar]) -> Entries:
    """What an event enters into which metric's series: a value, or None where it counts by its instant alone."""
    if fact.event is None:
        return {}
    data = typed(fact.data or {}, vocabulary.events[fact.event])
    scope: Scope | None = None
    found: dict[str, Value | None] = {}
    for name in fed:
        metric = vocabulary.metrics[name]
        where = _where(metric)
        if where is not None:
            scope = scope or Scope({f"event.{key}": value for key, value in data.items()}, fact.at, calendar())
            if where.truth(scope) is not True:
                continue
        value = _entry(metric, data)
        if value is not UNKNOWN:
            found[name] = value
    return found


def fold(account: Account, fact: Fact, vocabulary: Vocabulary, entered: Entries) -> Account:
    return _FOLDS[fact.kind](account, fact, vocabulary, entered)


def _where(metric: Metric) -> Condition | None:
    return getattr(metric.measure, "where", None)


def _entry(metric: Metric, data: Mapping[str, Value]) -> Value | None:
    match metric.measure:
        case Latest(field=field) | Tally(field=str(field)):
            return data.get(field, UNKNOWN)
        case _:
            return None


def _fields(account: Account, fact: Fact, vocabulary: Vocabulary, _: Entries) -> Account:
    at = ticks(fact.at)
    told = typed(fact.fields or {}, vocabulary.fields)
    histories = {name: account.fields.get(name, EMPTY).with_(at, value) for name, value in told.items()}
    return replace(account, fields={**account.fields, **histories})


def _metric(account: Account, fact: Fact, vocabulary: Vocabulary, _: Entries) -> Account:
    name = fact.metric or ""
    value = from_json(fact.value, vocabulary.metrics[name].type)
    series = account.readings.get(name, EMPTY).with_(ticks(fact.at), value)
    return replace(account, readings={**account.readings, name: series})


def _event(account: Account, fact: Fact, vocabulary: Vocabulary, entered: Entries) -> Account:
    if not entered:
        return account
    at = ticks(fact.at)
    fed = {
        name: _entered(account.series.get(name, EMPTY), vocabulary.metrics[name], at, value)
        for name, value in entered.items()
    }
    return replace(account, series={**account.series, **fed})


def _entered(series: Series, metric: Metric, at: Ticks, value: Value | None) -> Series:
    match metric.measure:
        case Occurrence(which="first"):
            return series if series.at and series.at[0] <= at else Series((at,))
        case Tally(how="distinct", over=None):
            return _once(series, at, value)
        case _:
            return series.with_(at, value)


def _once(series: Series, at: Ticks, value: Value | None) -> Series:
    """Of those who ever came only the first time counts."""
    if value not in series.values:
        return series.with_(at, value)
    i = series.values.index(value)
    if series.at[i] <= at:
        return series
    return Series(series.at[:i] + series.at[i + 1 :], series.values[:i] + series.values[i + 1 :]).with_(at, value)


def _contact(account: Account, fact: Fact, vocabulary: Vocabulary, _: Entries) -> Account:
    told = typed(fact.contact or {}, vocabulary.contact_fields)
    return replace(account, contacts=_merged(account.contacts, told, ticks(fact.at)))


def _record(account: Account, fact: Fact, vocabulary: Vocabulary, _: Entries) -> Account:
    kind = fact.record or ""
    told = typed(fact.fields or {}, vocabulary.records[kind])
    items = _merged(account.records.get(kind, {}), told, ticks(fact.at))
    return replace(account, records={**account.records, kind: items})


def _team(account: Account, fact: Fact, vocabulary: Vocabulary, _: Entries) -> Account:  # noqa: ARG001
    told: dict[str, Value] = {role: UNKNOWN if person is None else person for role, person in (fact.team or {}).items()}
    return replace(account, holders=_newer(account.holders, told, ticks(fact.at)))


def _merged(items: Mapping[str, Item], told: Mapping[str, Value], at: Ticks) -> Mapping[str, Item]:
    key = str(told["id"])
    return {**items, key: _newer(items.get(key, {}), {k: v for k, v in told.items() if k != "id"}, at)}


def _newer(held: Item, told: Mapping[str, Value], at: Ticks) -> Item:
    """What is told, but for what something newer has been told of."""
    return {**held, **{name: (value, at) for name, value in told.items() if name not in held or held[name][1] <= at}}


_FOLDS: Final[Mapping[Kind, Callable[[Account, Fact, Vocabulary, Entries], Account]]] = {
    "fields": _fields,
    "metric": _metric,
    "event": _event,
    "contact": _contact,
    "record": _record,
    "team": _team,
}
