"""Parameters of a playbook: values with names, declared at its top and written `$name` wherever a value stands.

They are filled in before anything else is read, so that what stands there is checked like any other value. The type of
a parameter is that of its default; whoever starts the playbook may give another value of the same type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final, TypeGuard

from pydantic import JsonValue

from engine.document import Document, Path, Scalar, Tree
from engine.problems import Position, Problems, suggest_or_list
from engine.quantities import Duration, Refused, parse_duration
from engine.stored import pack
from engine.validation import shown
from engine.values import unpack

KEY: Final = "parameters"
Values = Mapping[str, Scalar]
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_USE: Final = re.compile(r"\$(?P<escaped>\$(?=[a-z]))?(?P<name>[a-z][a-z0-9_]*)")
_PERCENT: Final = re.compile(r"-?\d+(\.\d+)?%")
_NUMBER: Final = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_KINDS: Final = {
    "flag": "true or false",
    "number": "a number",
    "time": "a time such as '3 business days'",
    "percent": "a percentage",
    "date": "a date",
    "text": "text",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that cannot be given; both are sentences for whoever gave it."""

    name: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.message}. {self.fix}".strip()


def misfits(declared: Values, given: Mapping[str, Tree]) -> Iterator[Misfit]:
    """What is wrong with the values that somebody gives a playbook which declares these."""
    for name, value in given.items():
        if name not in declared:
            fix = suggest_or_list(name, declared) or "It has none."
            yield Misfit(name, f"the playbook has no parameter '{name}'", fix)
        elif value is None or isinstance(value, dict | list):
            yield Misfit(name, f"one value is due for '{name}', not {shown(value)}", f"As in '{declared[name]}'.")
        elif (wanted := kind_of(declared[name])) not in {"text", kind_of(value)}:
            found = parse_duration(str(value)) if wanted == "time" else None
            fix = found.fix if isinstance(found, Refused) else f"Without it, it is {shown(declared[name])}."
            yield Misfit(name, f"{shown(value)} is not {_KINDS[wanted]}, as '{name}' is", fix)


def kind_of(value: Scalar) -> str:
    """The type that a value has by the way it is written."""
    match value:
        case bool():
            return "flag"
        case int() | Decimal():
            return "number"
        case str() if isinstance(parse_duration(value), Duration):
            return "time"
        case str() if _PERCENT.fullmatch(value):
            return "percent"
        case str() if _is_date(value):
            return "date"
        case _:
            return "text"


def spoken(text: str) -> Scalar:
    """A value as it is typed on a command line: what looks like a number or a flag is one."""
    if text in {"true", "false"}:
        return text == "true"
    if _NUMBER.fullmatch(text):
        return Decimal(text) if "." in text else int(text)
    return text


def declared_in(document: Document) -> dict[str, Scalar]:
    """The parameters with their defaults, as far as they are sound."""
    said = document.data.get(KEY) if isinstance(document.data, dict) else None
    items = said.items() if isinstance(said, dict) else ()
    found = {name: _default(value) for name, value in items if _NAME.fullmatch(name)}
    return {name: value for name, value in found.items() if _is_sound(value)}


def own_in(document: Document) -> dict[str, str]:
    """Of the parameters that may be an account's own, the path of the field that says so."""
    said = document.data.get(KEY) if isinstance(document.data, dict) else None
    items = said.items() if isinstance(said, dict) else ()
    return {name: str(value["from"]) for name, value in items if isinstance(value, dict) and _is_own(value)}


def _default(value: Tree) -> Tree:
    return value["default"] if isinstance(value, dict) and _is_own(value) else value


def _is_own(value: Mapping[str, Tree]) -> bool:
    return set(value) == {"default", "from"} and _is_sound(value["default"]) and isinstance(value["from"], str)


def _is_sound(value: Tree) -> TypeGuard[Scalar]:
    return value is not None and not isinstance(value, dict | list)


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Filled:
    """A file with its parameters' values in their places. `unknown` are the places where one is named that is none,
    `places` those of each that is one.
    """

    document: Document
    values: Mapping[str, Scalar]
    unknown: frozenset[Path] = frozenset()
    places: Mapping[str, set[Path]] = field(default_factory=dict)


def filled_in(document: Document, problems: Problems, given: Values) -> Filled:
    """With the defaults, or with what is `given`."""
    declared = declared_in(document)
    filling = _Filling(document, problems, {**declared, **given})
    filling.check()
    if not declared and "$" not in document.text:
        return Filled(document, {})
    return Filled(filling.filled(), filling.values, frozenset(filling.unknown), filling.places)


@dataclass(slots=True)
class _Filling:
    document: Document
    problems: Problems
    values: dict[str, Scalar]
    used: set[str] = field(default_factory=set)
    changed: set[Path] = field(default_factory=set)
    unknown: set[Path] = field(default_factory=set)
    places: dict[str, set[Path]] = field(default_factory=dict)

    def check(self) -> None:
        said = self.document.data.get(KEY) if isinstance(self.document.data, dict) else None
        for name, value in said.items() if isinstance(said, dict) else ():
            if not _NAME.fullmatch(name):
                message, fix = f"'{name}' is not a name for a parameter", "Use small letters, digits and _."
                self._fault(self.document.key_at((KEY, name)), message, fix, "invalid-name")
            elif not _is_sound(_default(value)):
                message = f"the default of '{name}' is one value, not {shown(value)}"
                fix = "Write one, as in 'notice: 90 days', or '{default: 90 days, from: account.FIELD}'."
                self._fault(self.document.at((KEY, name)), message, fix, "wrong-type")
                self.values[name] = ""

    def filled(self) -> Document:
        data = self._tree(self.document.data, ())
        for name in declared_in(self.document):
            if name not in self.used:
                message, fix = f"'${name}' is used nowhere", "Take it away."
                self._fault(self.document.key_at((KEY, name)), message, fix, "unused-parameter")
        spans = {path: span for path, span in self.document.spans.items() if path not in self.changed}
        return replace(self.document, data=data, spans=spans)

    def _tree(self, data: Tree, path: Path) -> Tree:
        match data:
            case dict():
                inner = {key: (value, (*path, key)) for key, value in data.items()}
                return {key: value if at == (KEY,) else self._tree(value, at) for key, (value, at) in inner.items()}
            case list():
                return [self._tree(value, (*path, index)) for index, value in enumerate(data)]
            case str() if "$" in data:
                return self._text(data, path)
            case _:
                return data

    def _text(self, text: str, path: Path) -> Scalar:
        whole = _USE.fullmatch(text)
        if whole and not whole["escaped"] and self._known(whole, path):
            self.changed.add(path)
            return self.values[whole["name"]]
        filled = _USE.sub(lambda found: self._part(found, path), text)
        if filled != text:
            self.changed.add(path)
        return filled

    def _part(self, found: re.Match[str], path: Path) -> str:
        if found["escaped"]:
            return f"${found['name']}"
        return _written(self.values[found["name"]]) if self._known(found, path) else found[0]

    def _known(self, found: re.Match[str], path: Path) -> bool:
        name = found["name"]
        self.used.add(name)
        if name in self.values:
            self.places.setdefault(name, set()).add(path)
            return True
        self.unknown.add(path)
        fix = suggest_or_list(name, self.values) or f"Write 'parameters: {{{name}: …}}' at the top"
        at = self.document.text_offset(path, found.start())
        self._fault(at, f"there is no parameter '{name}'", f"{fix} ('$${name}' stands for the text itself).")
        return False

    def _fault(self, at: Position, message: str, fix: str, code: str = "unknown-parameter") -> None:
        self.problems.add(self.document.file, at, KEY, message, fix, code=code)


def _written(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def packed(values: Mapping[str, Tree]) -> dict[str, JsonValue]:
    """As a plan and a run keep them."""
    return {name: pack(value) for name, value in values.items() if _is_sound(value) and value is not None}


def unpacked(values: Mapping[str, JsonValue] | None) -> dict[str, Scalar]:
    found = {name: unpack(value) for name, value in (values or {}).items()}
    return {name: value for name, value in found.items() if isinstance(value, bool | int | Decimal | str)}


def as_text(data: Tree) -> str:
    """The data as a file that reads as the same data, without its comments."""
    match data:
        case dict():
            return f"{{{', '.join(f'{json.dumps(key)}: {as_text(value)}' for key, value in data.items())}}}"
        case list():
            return f"[{', '.join(as_text(value) for value in data)}]"
        case Decimal():
            return format(data, "f")
        case _:
            return json.dumps(data, ensure_ascii=False)
