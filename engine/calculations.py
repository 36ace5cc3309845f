"""What the calculations of a text come to: asked like conditions, exact and three-valued, of all that it may read.

`check` has seen to the types; here they tell what a number counts, so that `account.arr * 2` is still money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, cast

from engine.calendar import Calendar
from engine.filters import Reckoned
from engine.logic import Expression, Names, Scope, Why, compile_typed
from engine.placeholders import Calculation
from engine.rendering import missing, zone_of
from engine.templates import counted
from engine.types import BOOLEAN, DATE, INSTANT, NUMBER, TEXT, Type
from engine.values import UNKNOWN, Value

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS: Final = frozenset({"team", "outcome", "run", "sender"})
_OF_RUNS: Final = {"running": BOOLEAN, "last_outcome": TEXT, "last_ended": INSTANT}


@dataclass(frozen=True, slots=True)
class Calculated:
    """A calculation that can be asked; `unit` is what its number counts."""

    expression: Expression
    unit: str | None = None

    def value(self, scope: Scope) -> object:
        """As Jinja gets it; what is not known says so as soon as it is shown."""
        found = self.expression.value(scope)
        return missing(_lacking(self.expression, scope), self.unit) if found is UNKNOWN else given(found, self.unit)


class Calculations:
    """A workspace's, compiled when they are first met. `types` are those of all that its texts may read."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self._types = types
        self._kept: dict[str, Calculated | None] = {}

    def values(self, calculations: Iterable[Calculation], scope: Scope) -> dict[str, object]:
        return {one.name: self._value(one.text, scope) for one in calculations}

    def _value(self, text: str, scope: Scope) -> object:
        """What may be of one or another type, such as the fields of events, is what it is now."""
        if text not in self._kept:
            self._kept[text] = _calculated(text, _Declared(self._types))
        found = self._kept[text] or _calculated(text, _Declared(self._types, scope.values))
        return found.value(scope) if found else missing(text)


def _calculated(text: str, names: Names) -> Calculated | None:
    """None where `check` would refuse it: the vocabulary may have changed under a running plan."""
    compiled = compile_typed(text, names)
    return None if isinstance(compiled, list) else Calculated(compiled[0], _unit(compiled[0].logic, names))


def _unit(logic: object, names: Names) -> str | None:
    """What its number counts: money by a plain number is still money, money by money is not."""
    compiled = compile_typed(logic, names)
    if isinstance(compiled, list):
        return None
    type_ = compiled[1]
    match logic:
        case {"/": [over, under]} if type_.unit == "ratio":
            return None if _unit(under, names) else _unit(over, names)
        case _:
            return None if type_.unit == "ratio" else counted(type_)


def given(value: object, unit: str | None) -> object:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Reckoned(Decimal(value), unit or "")
    return value


def scope_of(names: Mapping[str, object], scope: Scope | None) -> Scope:
    """A text's own names over what a condition reads there."""
    now = names.get("now")
    calendar = scope.calendar if scope else Calendar(zone=zone_of(names))
    return Scope(_Flat(names, scope), now if isinstance(now, datetime) else _LONG_AGO, calendar)


def _lacking(expression: Expression, scope: Scope) -> str:
    """The name that is not known; where all are, the part that has no answer: a division by 0."""
    return next(_unknown(expression.machine.explain(scope)), expression.text)


def _unknown(why: Why) -> Iterator[str]:
    if why.saw is UNKNOWN:
        for part in why.parts:
            yield from _unknown(part)
        yield why.text


@dataclass(frozen=True, slots=True)
class _Flat(Mapping[str, Value]):
    """Nested names by their paths; what they lack is the scope's."""

    names: Mapping[str, object]
    scope: Scope | None

    def __getitem__(self, path: str) -> Value:
        root, *below = path.split(".")
        found = self.names.get(root, UNKNOWN)
        for name in below:
            found = found.get(name, UNKNOWN) if isinstance(found, Mapping) else UNKNOWN
        if (found is UNKNOWN or found is None) and self.scope is not None:
            return self.scope.values.get(path, UNKNOWN)
        return UNKNOWN if found is None or isinstance(found, Mapping) else cast("Value", found)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class _Declared:
    """The names of the workspace, whatever the text is used for; else `at_hand` tells by the value what a name is."""

    types: Mapping[str, Type]
    at_hand: Mapping[str, Value] = field(default_factory=dict)

    def type_of(self, path: str) -> Type | None:
        root, _, rest = path.partition(".")
        if root == "at_start":
            return self.type_of(rest)
        if root == "since" or path in {"now", "run.started"}:
            return INSTANT
        if root == "runs":
            return _OF_RUNS.get(path.rpartition(".")[2])
        return self.types.get(path) or (TEXT if root in _WORDS else _type_of(self.at_hand.get(path)))

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        found = self.types.get(path)
        return dict(found.of.fields) if found and found.kind == "list" and found.of else None

    def paths(self) -> Iterable[str]:
        return self.types

    def why_not(self, _path: str) -> str | None:
        return None


def _type_of(value: object) -> Type | None:
    match value:
        case bool():
            return BOOLEAN
        case int() | Decimal():
            return NUMBER
        case str():
            return TEXT
        case date():
            return INSTANT if isinstance(value, datetime) else DATE
        case _:
            return None
