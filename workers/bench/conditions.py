"""How fast a compiled condition is answered, beside a lambda that somebody wrote by hand for the same question."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from engine.calendar import Calendar
from engine.logic import Condition, Scope, compile_condition
from engine.types import Type
from engine.values import Value
from workers.bench.figure import Figure, Goal

Asked = TypeVar("Asked")

TEXT = "metrics.health.value < 70 and account.arr >= 100000 and metrics.nps.value <= 6"
ROUNDS, TIMES = 25, 3_000
LEAST = 0.6  # of the lambda's speed

_HEALTH, _ARR, _NPS = "metrics.health.value", "account.arr", "metrics.nps.value"
_TYPES = {_HEALTH: Type("points"), _ARR: Type("number", unit="USD"), _NPS: Type("number")}
_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class _Names:
    def type_of(self, path: str) -> Type | None:
        return _TYPES.get(path)

    def item_types(self, _path: str) -> Mapping[str, Type] | None:
        return None

    def paths(self) -> Iterable[str]:
        return _TYPES

    def why_not(self, _path: str) -> str | None:
        return None


# Each part false once, all true, and of eight accounts one of which something is not known.
ACCOUNTS: tuple[Mapping[str, Value], ...] = (
    {_HEALTH: Decimal(62), _ARR: Decimal(120000), _NPS: 5},
    {_HEALTH: Decimal("88.5"), _ARR: Decimal(120000), _NPS: 9},
    {_HEALTH: Decimal(41), _ARR: Decimal(40000), _NPS: 3},
    {_HEALTH: Decimal("69.9"), _ARR: Decimal(250000), _NPS: 8},
    {_HEALTH: 55, _ARR: 100000, _NPS: 6},
    {_HEALTH: Decimal(93), _ARR: Decimal(8000), _NPS: 10},
    {_HEALTH: Decimal(66), _ARR: Decimal(310000), _NPS: 2},
    {_HEALTH: Decimal(58), _ARR: Decimal(180000)},
)

by_hand: Callable[[Mapping[str, Value]], object] = lambda values: (  # noqa: E731 - a lambda is what we are held against
    None
    if (health := values.get(_HEALTH)) is None or (arr := values.get(_ARR)) is None or (nps := values.get(_NPS)) is None
    else health < 70 and arr >= 100000 and nps <= 6  # type: ignore[operator]
)


def condition() -> Condition:
    compiled = compile_condition(TEXT, _Names())
    if isinstance(compiled, Condition):
        return compiled
    raise RuntimeError(f"the benchmark's own condition was refused: {compiled[0]}")


def conditions() -> list[Figure]:
    """Over plain mappings; both sides in turn, the best of many rounds each, by the processor's time."""
    scopes = [Scope(account, _NOW, Calendar()) for account in ACCOUNTS]
    ours, theirs = _best(condition().truth, scopes, by_hand, ACCOUNTS)
    return [Figure("conditions of three parts, compiled once", ours, "/s", Goal("ratio", "at least", LEAST), theirs)]


def _best(
    ask: Callable[[Scope], object],
    scopes: Sequence[Scope],
    by_hand: Callable[[Mapping[str, Value]], object],
    accounts: Sequence[Mapping[str, Value]],
) -> tuple[float, float]:
    """Answers a second of both."""
    ours = theirs = float("inf")
    for _ in range(ROUNDS):
        ours, theirs = min(ours, _seconds(ask, scopes)), min(theirs, _seconds(by_hand, accounts))
    return TIMES * len(scopes) / ours, TIMES * len(accounts) / theirs


def _seconds(ask: Callable[[Asked], object], of: Sequence[Asked]) -> float:
    began = time.process_time()
    for _ in range(TIMES):
        for one in of:
            ask(one)
    return time.process_time() - began
