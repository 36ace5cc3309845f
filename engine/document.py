"""A file of the author's as plain data, with the line and column of every key and value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from engine.problems import START, Position
from engine.scalars import place_inside

Scalar: TypeAlias = bool | int | Decimal | str | None
Tree: TypeAlias = "Scalar | list[Tree] | dict[str, Tree]"
Path: TypeAlias = tuple[str | int, ...]


class Span(NamedTuple):
    """Where a scalar stands in the file's text, from its first character to behind its last, and how it is written."""

    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Document:
    """`positions` has every value's path (the root's is `()`), `keys` every key's. `applied`: it was checked when it
    was applied, perhaps by an older release, and is to be understood as far as it can be.
    """

    file: str
    data: Tree
    positions: Mapping[Path, Position]
    keys: Mapping[Path, Position]
    text: str = field(repr=False)
    spans: Mapping[Path, Span] = field(repr=False)
    applied: bool = False

    def at(self, path: Path) -> Position:
        """Of the value at `path`, or of the nearest thing around it that the file has."""
        return self._nearest(self.positions, path)

    def key_at(self, path: Path) -> Position:
        """Of the key at `path` (of the item, in a list)."""
        return self.keys.get(path) or self.at(path)

    def value(self, path: Path) -> Tree:
        """The data at `path`; KeyError when there is none."""
        found = self.data
        for part in path:
            match found, part:
                case dict(), str() if part in found:
                    found = found[part]
                case list(), int() if part < len(found):
                    found = found[part]
                case _:
                    raise KeyError(path)
        return found

    def putting(self, choices: Mapping[Path, Path]) -> Document:
        """The same file with what stands at the second place of each pair at the first, as if it were written there."""
        data, positions, spans = self.data, dict(self.positions), dict(self.spans)
        for path, chosen in choices.items():
            data = _put(data, path, self.value(chosen))
            positions[path] = positions[chosen]
            spans.pop(path, None)
            if chosen in self.spans:
                spans[path] = self.spans[chosen]
        return replace(self, data=data, positions=positions, spans=spans)

    def text_offset(self, path: Path, offset: int) -> Position:
        """The place in the file of character `offset` of the text at `path`, however the text is quoted or folded."""
        span, value = self.spans.get(path), self._text_at(path)
        if span is None or value is None:
            return self.at(path)
        return self._position(place_inside(self.text, span.start, span.end, span.style, value, offset))

    def fault_at(self, path: Path, offset: int, pointer: Path) -> Position:
        """Of a fault in what stands at `path`: text, where it has an offset, or data, where a pointer leads to it."""
        return self.at((*path, *pointer)) if pointer else self.text_offset(path, offset)

    def _text_at(self, path: Path) -> str | None:
        try:
            value = self.value(path)
        except KeyError:
            return None
        return value if isinstance(value, str) else None

    def _position(self, index: int) -> Position:
        before = self.text[:index]
        return Position(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)

    @staticmethod
    def _nearest(positions: Mapping[Path, Position], path: Path) -> Position:
        while path and path not in positions:
            path = path[:-1]
        return positions.get(path, START)


def _put(data: Tree, path: Path, value: Tree) -> Tree:
    """The data with another value at a place that it has; what lies beside the way there is shared."""
    if not path:
        return value
    match data, path[0]:
        case dict(), str() as key:
            return {name: _put(one, path[1:], value) if name == key else one for name, one in data.items()}
        case list(), int() as index:
            return [_put(one, path[1:], value) if number == index else one for number, one in enumerate(data)]
        case _:
            raise KeyError(path)
