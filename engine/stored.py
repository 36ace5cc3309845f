"""Values as what is stored carries them: JSON without exceptions, which pydantic calls JsonValue."""

from __future__ import annotations

from typing import cast

from pydantic import JsonValue

from engine import values
from engine.logic import Condition, Scope
from engine.values import Value


def to_json(value: Value) -> JsonValue:
    """As `values.to_json`: for people and other programs."""
    return cast("JsonValue", values.to_json(value))


def pack(value: Value) -> JsonValue:
    """As `values.pack`: for ourselves, with its type."""
    return cast("JsonValue", values.pack(value))


def why(condition: Condition, scope: Scope) -> dict[str, JsonValue]:
    """The condition as written, each part with the value that it saw."""
    return cast("dict[str, JsonValue]", condition.why(scope).deciding().to_json())
