"""One account at one tick: every flat path that conditions may read, reckoned when it is asked for and then kept.

How a metric is reckoned stands in engine/readings.py, where it stands and since when in engine/metrics.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from engine.calendar import Calendar
from engine.known import Account, Item
from engine.logic import Scope
from engine.metrics import part, part_moves
from engine.series import EMPTY
from engine.ticks import Ticks, instant
from engine.values import UNKNOWN, Value
from engine.vocabulary import PARTS, Fields, Vocabulary
from engine.zones import Standing

if TYPE_CHECKING:
    from engine.policy import Policy


class View(Mapping[str, Value]):
    """A path that is not known now is not in the mapping; `get` with UNKNOWN as default never needs to ask twice."""

    __slots__ = ("_calendar", "_kept", "account", "at", "policy", "standings", "vocabulary")

    def __init__(self, account: Account, vocabulary: Vocabulary, policy: Policy | None, at: Ticks) -> None:
        self.account = account
        self.vocabulary = vocabulary
        self.policy = policy
        self.at = at
        self._kept: dict[str, Value] = {}
        self._calendar: Calendar | None = None
        self.standings: dict[str, Standing] = {}

    def __getitem__(self, path: str) -> Value:
        value = self.value(path)
        if value is UNKNOWN:
            raise KeyError(path)
        return value

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._paths() if self.value(path) is not UNKNOWN)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def then(self, at: Ticks) -> View:
        """The same account at another tick."""
        return View(self.account, self.vocabulary, self.policy, at)

    def value(self, path: str) -> Value:
        """UNKNOWN also for a path that the vocabulary does not have."""
        kept = self._kept.get(path)
        if kept is None:
            kept = self._kept[path] = self._reckoned(path)
        return kept

    @property
    def calendar(self) -> Calendar:
        """The account's own, by the country and zone that it had then."""
        if self._calendar is None:
            country, zone = (self.value(f"account.{name}") for name in ("country", "time_zone"))
            self._calendar = _calendar(
                self.policy, country if isinstance(country, str) else None, zone if isinstance(zone, str) else None
            )
        return self._calendar

    @property
    def scope(self) -> Scope:
        return Scope(self, instant(self.at), self.calendar)

    def moves(self, path: str, *, previous: bool = False) -> Iterator[Ticks]:
        """The ticks at which what stands there may change without a new fact; some may have passed."""
        room, _, rest = path.partition(".")
        name, _, which = rest.partition(".")
        if room == "account":
            yield from self._field_moves(name)
        elif room == "metrics" and (metric := self.vocabulary.metrics.get(name)):
            yield from part_moves(self, metric, which, previous=previous)

    def _field_moves(self, name: str) -> Iterator[Ticks]:
        series = self.account.fields.get(name, EMPTY)
        i = series.until(self.at)
        yield from series.at[i : i + 1]

    def field(self, name: str) -> Value:
        """What a fact said, else the default."""
        series = self.account.fields.get(name, EMPTY)
        i = series.until(self.at)
        value = series.values[i - 1] if i else UNKNOWN
        declared = self.vocabulary.fields.get(name)
        return declared.default if value is UNKNOWN and declared is not None else value

    def _reckoned(self, path: str) -> Value:
        room, _, rest = path.partition(".")
        reckon = _ROOMS.get(room)
        return reckon(self, rest) if reckon else UNKNOWN

    def _paths(self) -> Iterator[str]:
        account = self.account
        yield from (f"account.{name}" for name in self.vocabulary.fields)
        yield from (f"since.account.{name}" for name in account.fields)
        yield from (f"metrics.{name}.{part}" for name in self.vocabulary.metrics for part in PARTS)
        yield "contacts"
        yield from (f"records.{kind}" for kind in account.records)
        yield from (f"team.{role}" for role in account.holders)


def _account(view: View, name: str) -> Value:
    return view.account.id if name == "id" else view.field(name)


def _since(view: View, path: str) -> Value:
    """When a field came to be what it is: the first of the last facts that all say the same."""
    series = view.account.fields.get(path.removeprefix("account."), EMPTY)
    i = series.until(view.at) - 1
    if i < 0 or not path.startswith("account."):
        return UNKNOWN
    while i and series.values[i - 1] == series.values[i]:
        i -= 1
    return instant(series.at[i])


def _metric(view: View, path: str) -> Value:
    name, _, which = path.partition(".")
    metric = view.vocabulary.metrics.get(name)
    return part(view, metric, which) if metric is not None else UNKNOWN


def _contacts(view: View, _: str) -> Value:
    """Only the active ones; unknown before anything was heard of any."""
    if not view.account.contacts:
        return UNKNOWN
    known = _items(view.account.contacts, view.vocabulary.contact_fields)
    return tuple(contact for contact in known if contact.get("active", True) is True)


def _records(view: View, kind: str) -> Value:
    items = view.account.records.get(kind)
    return tuple(_items(items, view.vocabulary.records.get(kind, {}))) if items else UNKNOWN


def _items(items: Mapping[str, Item], fields: Fields) -> Iterable[Mapping[str, Value]]:
    defaults = {name: one.default for name, one in fields.items() if one.default is not UNKNOWN}
    for key in sorted(items):
        told = {name: value for name, (value, _) in items[key].items() if value is not UNKNOWN}
        yield {**defaults, **told, "id": key}


def _team(view: View, role: str) -> Value:
    return view.account.holders.get(role, (UNKNOWN, 0))[0]


def _calendar(policy: Policy | None, country: str | None, zone: str | None) -> Calendar:
    return policy.calendar(country, zone) if policy is not None else Calendar(zone=zone or "UTC", country=country)


_ROOMS: Final[dict[str, Callable[[View, str], Value]]] = {
    "account": _account,
    "since": _since,
    "metrics": _metric,
    "contacts": _contacts,
    "records": _records,
    "team": _team,
}
