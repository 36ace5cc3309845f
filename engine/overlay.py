"""Names laid over names, and names below a name, without copying or reckoning what nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from engine.conditions.scope import Moving
from engine.values import UNKNOWN, Value


class Overlay(Moving):
    """`own` first, then what lies under it."""

    __slots__ = ("own", "under")

    def __init__(self, own: Mapping[str, Value], under: Mapping[str, Value]) -> None:
        self.own = own
        self.under = under

    def __getitem__(self, path: str) -> Value:
        return self.own[path] if path in self.own else self.under[path]

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from (path for path in self.under if path not in self.own)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def turns(self, paths: Iterable[str]) -> datetime | None:
        """What is laid over the others stands still."""
        under = self.under
        return under.turns([path for path in paths if path not in self.own]) if isinstance(under, Moving) else None

    def passes(self, path: str, marks: Sequence[Fraction], holds: Callable[[Value], object]) -> datetime | None:
        under = self.under
        if path in self.own or not isinstance(under, Moving):
            return None
        return under.passes(path, marks, holds)


class Below(Mapping[str, object]):
    """The names below a path as nested mappings, the way a text reads them: `account.name`, `metrics.health.zone`."""

    __slots__ = ("_deep", "_path", "_values")

    def __init__(self, path: str, values: Mapping[str, Value], *, deep: bool = False) -> None:
        self._path = path
        self._values = values
        self._deep = deep

    def __getitem__(self, name: str) -> object:
        path = f"{self._path}.{name}"
        value = self._values.get(path, UNKNOWN)
        if value is UNKNOWN and self._deep:
            return Below(path, self._values)
        return value

    def __iter__(self) -> Iterator[str]:
        start = f"{self._path}."
        yield from dict.fromkeys(
            path.removeprefix(start).partition(".")[0] for path in self._values if path.startswith(start)
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)
