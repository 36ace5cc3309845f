"""What a metric should be, and where its zones begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from pydantic import Field

from engine.declared.expressions import as_percentage, read_duration, read_expression, read_percentage
from engine.document import Document, Path, Tree
from engine.logic import Expression, Names
from engine.measures import Band, By, Target, Zones
from engine.problems import Problems, suggest_or_list
from engine.shapes import Shape
from engine.types import NUMBER, Type
from engine.validation import shown, validated

_YELLOW: Final = Decimal("0.85")
_RED: Final = Decimal("0.70")


class BandShape(Shape):
    noun: ClassVar[str] = "a zone"
    below: Any = None
    dwell: str | None = Field(default=None, alias="for")
    clears_at: Any = None


class ZonesShape(Shape):
    noun: ClassVar[str] = "zones"
    green: Any = None
    yellow: Any = None
    red: Any = None


@dataclass(frozen=True, slots=True)
class TargetReader:
    """Reads the target of one metric; `groups` are the words that a map may go by."""

    document: Document
    path: Path
    where: str
    type: Type
    names: Names
    groups: Mapping[By, tuple[str, ...]]
    problems: Problems

    def read(self) -> Target | None:
        written = self.document.value(self.path)
        if isinstance(written, dict):
            return self._map(written)
        value = self._value(self.path, self.where)
        return None if value is None else Target({"": value})

    def _map(self, written: dict[str, Tree]) -> Target | None:
        by = max(self.groups, key=lambda group: len(set(written) & set(self.groups[group])))
        known = self.groups[by]
        for key in [key for key in written if key not in known]:
            message = (
                f"'{key}' is neither a tier nor a stage" if not set(written) & set(known) else f"'{key}' is not a {by}"
            )
            self._add(key, message, suggest_or_list(key, known), "unknown-word")
        if missing := [word for word in known if word not in written]:
            message = f"the target has nothing for {by} {' and '.join(missing)}"
            self._add(None, message, f"Add `{missing[0]}: …`", "missing-key")
        values = {key: self._value((*self.path, key), f"{self.where} > {key}") for key in written}
        return Target({key: value for key, value in values.items() if value is not None}, by)

    def _value(self, path: Path, where: str) -> Decimal | Expression | None:
        written = self.document.value(path)
        share = as_percentage(written)
        is_percent = self.type.kind == "percent"
        if is_percent and share is not None:
            return share
        match written:
            case bool() | None | list() | dict():
                self._say(path, where, f"a number is due here, not {shown(written)}", "")
            case int() | Decimal() if is_percent:
                self._say(path, where, f"{shown(written)} stands against percent", f"Did you mean {shown(written)}%?")
            case int() | Decimal():
                return Decimal(written)
            case str() if share is not None:
                fix = f"Write {_percent(share)[:-1]}, or give the metric `unit: percent`"
                self._say(path, where, f"{shown(written)} stands against {self.type.name}, which is not percent", fix)
            case str() if written.replace(".", "", 1).isdigit():
                self._say(path, where, f"a number is due here, not {shown(written)}", "Take the quotes away")
            case _:
                return read_expression(self.document, path, self.names, self.problems, where, NUMBER)
        return None

    def _add(self, key: str | None, message: str, fix: str, code: str) -> None:
        at = self.document.key_at((*self.path, key)) if key else self.document.at(self.path)
        self.problems.add(self.document.file, at, self.where, message, fix, code=code)

    def _say(self, path: Path, where: str, message: str, fix: str) -> None:
        self.problems.add(self.document.file, self.document.at(path), where, message, fix, code="target")


def read_zones(document: Document, path: Path, shape: ZonesShape, problems: Problems, where: str) -> Zones:
    """`green: 90%` is where green begins, the same as `yellow: {below: 90%}`."""
    green = (
        read_percentage(document, (*path, "green"), problems, f"{where} > green") if shape.green is not None else None
    )
    yellow = _band(document, (*path, "yellow"), shape.yellow, _YELLOW if green is None else green, problems, where)
    red = _band(document, (*path, "red"), shape.red, _RED, problems, where)
    message = fix = ""
    if green is not None and yellow.below != green:
        message, fix = "green begins elsewhere than yellow ends", "Give only one of `green` and `yellow: {below: …}`"
    elif red.below > yellow.below:
        message = f"red ends at {_percent(red.below)}, above where green begins ({_percent(yellow.below)})"
        fix = "Give red a lower `below`, or green a higher bound"
    elif red.clears_at is not None and red.clears_at > (green_at := yellow.clears_at or yellow.below):
        message = f"red clears at {_percent(red.clears_at)}, above where green begins ({_percent(green_at)})"
        fix = f"Give `clears_at` {_percent(green_at)} or less, or green a higher bound"
    if message:
        problems.add(document.file, document.at(path), where, message, fix, code="zones")
    return Zones(yellow, red)


def _band(document: Document, path: Path, written: Tree, default: Decimal, problems: Problems, where: str) -> Band:
    where = f"{where} > {path[-1]}"
    if written is None:
        return Band(default)
    if not isinstance(written, dict):
        share = read_percentage(document, path, problems, where)
        return Band(default if share is None else share)
    shape = validated(document, BandShape, path, where)
    if isinstance(shape, Problems):
        problems.extend(shape)
        return Band(default)
    written_below = _share(document, (*path, "below"), shape.below, problems, where)
    below = default if written_below is None else written_below
    clears_at = _share(document, (*path, "clears_at"), shape.clears_at, problems, where)
    dwell = read_duration(document, (*path, "for"), problems, f"{where} > for") if shape.dwell is not None else None
    if clears_at is not None and clears_at < below:
        message = f"it would clear at {_percent(clears_at)}, below where it begins ({_percent(below)})"
        at = document.at((*path, "clears_at"))
        problems.add(document.file, at, where, message, "`clears_at` is at least `below`", code="zones")
    return Band(below, dwell, clears_at)


def _share(document: Document, path: Path, written: Tree, problems: Problems, where: str) -> Decimal | None:
    return read_percentage(document, path, problems, f"{where} > {path[-1]}") if written is not None else None


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"
