"""All that a text may read, with types, and a value of the right type behind each name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final

from engine.logic import Names
from engine.rendering import ROOTS
from engine.templates import RUN_NAMES, SENDER_NAMES
from engine.types import INSTANT, TEXT, Type

_RUN_TYPES: Final = {name: INSTANT if name == "run.started" else TEXT for name in RUN_NAMES}
NOBODY_WRITTEN_TO: Final = "nobody is written to with this text, so contact.* is not at hand"


class Readable:
    """All that a template may read, with types."""

    def __init__(self, names: Names, *, contact: bool) -> None:
        self._names, self._contact = names, contact
        self._more: dict[str, Type] = {"now": INSTANT, **_RUN_TYPES, **dict.fromkeys(SENDER_NAMES, TEXT)}
        if contact:
            fields = names.item_types("contacts") or {}
            self._more |= {f"contact.{name}": type_ for name, type_ in fields.items()}

    def type_of(self, path: str) -> Type | None:
        return self.calculated_type(path) if path.partition(".")[0] in ROOTS else None

    def calculated_type(self, path: str) -> Type | None:
        """Also of what only a calculation can read: contacts, records, runs, what was so at the start."""
        return self._more.get(path) or self._names.type_of(path)

    def why_not(self, path: str) -> str | None:
        if path in self._more:
            return None
        if path.startswith("contact."):
            return None if self._contact else NOBODY_WRITTEN_TO
        return self._names.why_not(path)

    @cached_property
    def paths(self) -> list[str]:
        paths = [*self._more, *self._names.paths()]
        return sorted({path for path in paths if path.partition(".")[0] in ROOTS})


@dataclass(frozen=True, slots=True)
class Calculable:
    """The same as the names of a calculation. `at_start` is asked of the plan, which holds no template."""

    known: Readable
    names: Names
    in_template: bool

    def type_of(self, path: str) -> Type | None:
        return self.known.calculated_type(path)

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        return self.names.item_types(path)

    def paths(self) -> Iterable[str]:
        return (*self.known.paths, *self.names.paths())

    def why_not(self, path: str) -> str | None:
        if self.in_template and path.startswith("at_start."):
            return "at_start(…) can be read in the texts of a playbook, and not in a template's file"
        return self.known.why_not(path)


@dataclass(frozen=True, slots=True)
class _Samples(Mapping[str, object]):
    """A value of the right type behind every name below `path`, made when it is read: a text reads few of them."""

    known: Readable
    path: str

    def __getitem__(self, name: str) -> object:
        return _sample(self.known, f"{self.path}.{name}")

    def __iter__(self) -> Iterator[str]:
        below = f"{self.path}."
        names = (one.removeprefix(below).partition(".")[0] for one in self.known.paths if one.startswith(below))
        return iter(dict.fromkeys(names))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def samples(known: Readable) -> dict[str, object]:
    """Below every root."""
    return {root: _sample(known, root) for root in ROOTS}


def _sample(known: Readable, path: str) -> object:
    """Raises KeyError for what is no name and no group of names."""
    if (type_ := known.type_of(path)) is not None:
        return example(type_)
    if path not in ROOTS and not any(one.startswith(f"{path}.") for one in known.paths):
        raise KeyError(path)
    return _Samples(known, path)


_SAMPLES: Final[dict[str, object]] = {
    "number": Decimal("1234.5"), "integer": 12, "percent": Decimal("0.725"), "points": Decimal(62), "boolean": True,
    "date": date(2026, 3, 2), "instant": datetime(2026, 3, 2, 9, tzinfo=UTC), "email": "kim@example.com",
    "country": "US", "time_zone": "UTC", "url": "https://example.com",
}  # fmt: skip


def example(type_: Type) -> object:
    return _SAMPLES.get(type_.kind, "text")
