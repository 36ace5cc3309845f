"""Parameters whose value each account has of its own, in a field: what its plan says in place of a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import JsonValue

from engine.document import Document, Path, Scalar
from engine.parameters import KEY, Filled, kind_of, own_in, packed, spoken, unpacked
from engine.plan import Plan
from engine.problems import Problems, suggest_or_list
from engine.types import Type
from engine.values import UNKNOWN, Value
from engine.vocabulary import Vocabulary

# What is judged before anything is filled in for one account.
_BEFORE: Final = ("start", "stage", "tiers", "each", "only", "limit")
_KINDS: Final = {"integer": "number", "number": "number", "boolean": "flag", "date": "date", "instant": "instant"}


def own_values(plan: Plan, values: Mapping[str, Value]) -> dict[str, JsonValue]:
    """What the account says itself, as a plan keeps parameters; a field that is not known leaves the default."""
    defaults, found = unpacked(plan.parameters), {}
    for name, path in (plan.own or {}).items():
        if (written := _written(values.get(path, UNKNOWN), defaults[name])) is not None:
            found[name] = written
    return packed(found)


def _written(value: Value, default: Scalar) -> Scalar | None:
    """As an author writes it; a number or a flag may stand in a text."""
    match value:
        case str():
            return spoken(value) if kind_of(default) in {"number", "flag"} else value
        case bool() | int() | Decimal():
            return value
        case date():
            return value.isoformat()
        case _:
            return None


def check_own(document: Document, filled: Filled, vocabulary: Vocabulary, problems: Problems) -> None:
    for name, path in own_in(document).items():
        for message, fix in _wrong(name, path, filled, vocabulary):
            at = document.at((KEY, name, "from"))
            problems.add(document.file, at, KEY, message, fix, code="own-parameter")
        for place in sorted(filled.places.get(name, ()), key=str):
            if place[:1] and place[0] in _BEFORE:
                _too_early(document, name, path, place, problems)


def _wrong(name: str, path: str, filled: Filled, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    fields = {f"account.{field}": one.type for field, one in vocabulary.fields.items()}
    if path not in fields:
        yield f"'{path}' is not a field of an account", suggest_or_list(path, fields)
        return
    wanted, has = kind_of(filled.values[name]), _kind(fields[path])
    if wanted != "text" and has not in {wanted, "text"}:
        yield (
            f"{path} is {fields[path].name}, and the default of '{name}' is not",
            "Let both say the same, or take a text field, in which each account's value is written as it is here.",
        )


def _kind(type_: Type) -> str:
    return _KINDS.get(type_.kind, "text")


def _too_early(document: Document, name: str, path: str, place: Path, problems: Problems) -> None:
    message = f"'{name}' is each account's own, and '{place[0]}' is judged for all of them alike"
    fix = f"Read {path} in a condition there, or use another parameter."
    problems.add(document.file, document.at(place), str(place[0]), message, fix, code="own-parameter")
