"""One account at one tick: every flat path that conditions may read, reckoned when it is asked for.

A reading is kept together with the tick until which it holds, so that a view of a later tick reckons only what has
moved since. How a metric is reckoned stands in engine/readings.py, where it stands and since when in engine/metrics.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeVar, overload

from engine.calendar import WHEREABOUTS, Calendar
from engine.conditions.scope import Moving
from engine.known import Account, Item
from engine.logic import Expression, Scope
from engine.metrics import part
from engine.passing import passes
from engine.quantities import Duration
from engine.series import EMPTY
from engine.ticks import NEVER, Ticks, instant, ticks
from engine.values import UNKNOWN, Value
from engine.vocabulary import PARTS, Fields, Vocabulary
from engine.windows import Window, window
from engine.zones import Standing

if TYPE_CHECKING:
    from engine.policy import Policy

T = TypeVar("T")
Reading = tuple[Value, Ticks]
"""A value and the first tick after the view's at which it may be another, while no new fact comes."""

UNKNOWN_FOR_EVER: Final[Reading] = (UNKNOWN, NEVER)


@dataclass(slots=True)
class Memory:
    """What all views of one state of an account share: what holds from one tick to (but for) another."""

    readings: dict[str, tuple[Value, Ticks, Ticks]] = field(default_factory=dict)
    standings: dict[str, tuple[Standing, Ticks, Ticks]] = field(default_factory=dict)
    walking: bool = False


class View(Moving):
    """A path that is not known now is not in the mapping."""

    __slots__ = ("_calendar", "_scope", "account", "at", "memory", "policy", "vocabulary")

    def __init__(
        self, account: Account, vocabulary: Vocabulary, policy: Policy | None, at: Ticks, memory: Memory | None = None
    ) -> None:
        self.account = account
        self.vocabulary = vocabulary
        self.policy = policy
        self.at = at
        self.memory = memory or Memory()
        self._calendar: Calendar | None = None
        self._scope: Scope | None = None

    def __getitem__(self, path: str) -> Value:
        value = self.reading(path)[0]
        if value is UNKNOWN:
            raise KeyError(path)
        return value

    @overload
    def get(self, path: str, default: None = None, /) -> Value | None: ...

    @overload
    def get(self, path: str, default: Value, /) -> Value: ...

    @overload
    def get(self, path: str, default: T, /) -> Value | T: ...

    def get(self, path: str, default: object = None, /) -> object:
        """Mapping's own goes through an exception for what is unknown, and accounts have many gaps."""
        value = self.reading(path)[0]
        return default if value is UNKNOWN else value

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.reading(path)[0] is not UNKNOWN

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._paths() if self.value(path) is not UNKNOWN)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def then(self, at: Ticks) -> View:
        """The same account at another tick."""
        return View(self.account, self.vocabulary, self.policy, at, self.memory)

    def value(self, path: str) -> Value:
        """UNKNOWN also for a path that the vocabulary does not have."""
        return self.reading(path)[0]

    def until(self, paths: Iterable[str]) -> Ticks:
        """The next tick at which one of them may read otherwise."""
        return min((self.reading(path)[1] for path in paths), default=NEVER)

    def turns(self, paths: Iterable[str]) -> datetime | None:
        """As `until`, for those who reckon in instants: a window slides, a dwell ends; for a run that is late also the
        next fact of those that have come since.
        """
        return _come(self.until(paths))

    def passes(self, path: str, marks: Sequence[Fraction], holds: Callable[[Value], object]) -> datetime | None:
        return _come(passes(self, path, marks, holds))

    def reading(self, path: str) -> Reading:
        kept = self.memory.readings.get(path)
        if kept is not None and kept[1] <= self.at < kept[2]:
            return kept[0], kept[2]
        room, _, rest = path.partition(".")
        reckon = _ROOMS.get(room)
        value, until = reckon(self, rest) if reckon else UNKNOWN_FOR_EVER
        self.memory.readings[path] = (value, self.at, until)
        return value, until

    @property
    def calendar(self) -> Calendar:
        """The account's own, by the country and zone that it had then."""
        if self._calendar is None:
            country, zone, policy = self._text("account.country"), self._text("account.time_zone"), self.policy
            self._calendar = policy.calendar(country, zone) if policy else Calendar(zone or "UTC", country)
        return self._calendar

    def window(self, length: Duration) -> tuple[Window, Ticks]:
        """Of days and longer by the zone that the account has at this tick; and until when it has that one."""
        if length.is_clock:
            return window(length, "UTC"), NEVER
        zone, until = self.reading("account.time_zone")
        return window(length, zone if isinstance(zone, str) else self.calendar.zone), until

    def ends(self, length: Duration, begun: Ticks) -> Ticks:
        """When it is over: days and longer at the same local time of day, on the account's own calendar."""
        if length.is_clock:
            return window(length, "UTC").leaves(begun) - 1
        return ticks(self.calendar.add(length, instant(begun)))

    def moves(self, length: Duration) -> Ticks:
        """The next tick at which it may be counted otherwise, because the account is elsewhere from then on."""
        return NEVER if length.is_clock else self.until(WHEREABOUTS)

    @property
    def scope(self) -> Scope:
        if self._scope is None:
            self._scope = Scope(self, instant(self.at), self.calendar)
        return self._scope

    def over(self, expression: Expression, values: Mapping[str, Value] | None = None) -> Value:
        """What it comes to here, or over values that stand in for those here."""
        return expression.value(self.scope if values is None else Scope(values, instant(self.at), self.calendar))

    def turn(self, expression: Expression) -> Ticks:
        """When time alone may make it something else, its readings staying as they are."""
        change = expression.next_change(self.scope) if expression.timely else None
        return NEVER if change is None else ticks(change)

    def _text(self, path: str) -> str | None:
        value = self.value(path)
        return value if isinstance(value, str) else None

    def _paths(self) -> Iterator[str]:
        account = self.account
        yield from (f"account.{name}" for name in self.vocabulary.fields)
        yield from (f"since.account.{name}" for name in account.fields)
        yield from (f"metrics.{name}.{part}" for name in self.vocabulary.metrics for part in PARTS)
        yield "contacts"
        yield from (f"records.{kind}" for kind in account.records)
        yield from (f"team.{role}" for role in account.holders)


def _come(until: Ticks) -> datetime | None:
    """What lies beyond the last year of the calendar never comes."""
    found = instant(until)
    return found if ticks(found) == until else None


def _account(view: View, name: str) -> Reading:
    """What a fact said, else the default."""
    if name == "id":
        return view.account.id, NEVER
    series = view.account.fields.get(name, EMPTY)
    i = series.until(view.at)
    value = series.values[i - 1] if i else UNKNOWN
    if value is UNKNOWN and (declared := view.vocabulary.fields.get(name)) is not None:
        value = declared.default
    return value, series.next(i)


def _since(view: View, path: str) -> Reading:
    """When a field came to be what it is: the first of the last facts that all say the same."""
    room, _, name = path.partition(".")
    series = view.account.fields.get(name, EMPTY)
    until = series.until(view.at)
    if not until or room != "account":
        return UNKNOWN, series.next(until)
    i = until - 1
    while i and series.values[i - 1] == series.values[i]:
        i -= 1
    return instant(series.at[i]), series.next(until)


def _metric(view: View, path: str) -> Reading:
    name, _, which = path.partition(".")
    metric = view.vocabulary.metrics.get(name)
    return UNKNOWN_FOR_EVER if metric is None else part(view, metric, which)


def _contacts(view: View, _: str) -> Reading:
    """Only the active ones; unknown before anything was heard of any."""
    if not view.account.contacts:
        return UNKNOWN_FOR_EVER
    known = _items(view.account.contacts, view.vocabulary.contact_fields)
    return tuple(contact for contact in known if contact.get("active", True) is True), NEVER


def _records(view: View, kind: str) -> Reading:
    items = view.account.records.get(kind)
    return (tuple(_items(items, view.vocabulary.records.get(kind, {}))), NEVER) if items else UNKNOWN_FOR_EVER


def _items(items: Mapping[str, Item], fields: Fields) -> Iterator[Mapping[str, Value]]:
    defaults = {name: one.default for name, one in fields.items() if one.default is not UNKNOWN}
    for key in sorted(items):
        told = {name: value for name, (value, _) in items[key].items() if value is not UNKNOWN}
        yield {**defaults, **told, "id": key}


def _team(view: View, role: str) -> Reading:
    return view.account.holders.get(role, (UNKNOWN, 0))[0], NEVER


_ROOMS: Final[dict[str, Callable[[View, str], Reading]]] = {
    "account": _account,
    "since": _since,
    "metrics": _metric,
    "contacts": _contacts,
    "records": _records,
    "team": _team,
}
