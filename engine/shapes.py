"""The base of everything an author may write.

Unknown keys are errors, text is never taken for a number or a flag, and a number may stand where text is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def _take_as_written(schema: Any) -> None:
    """In place: numbers and flags are strict, text takes a number's own digits (a title may be 2026)."""
    if isinstance(schema, list | tuple):
        for part in schema:
            _take_as_written(part)
    if not isinstance(schema, dict):
        return
    match schema.get("type"):
        case "int" | "bool" | "float":
            schema["strict"] = True
        case "str" | "decimal" as kind:
            _guard(schema, _digits if kind == "str" else _number)
            return
    for key, part in schema.items():
        if key not in {"default", "metadata", "expected", "serialization", "cls"}:
            _take_as_written(part)


def _guard(schema: dict[str, Any], before: Callable[[Any], Any]) -> None:
    inner = dict(schema)
    ref = inner.pop("ref", None)
    schema.clear()
    schema.update(core_schema.no_info_before_validator_function(before, inner, ref=ref))


def _digits(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number(value: Any) -> Any:
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError("number_type", "a number is due here")


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)
    # what messages call it: "a task"
    noun: ClassVar[str] = ""
    # how one is written, for whoever wrote something of another shape
    example: ClassVar[str] = ""
    # what to do with a key that people look for here and that is none
    elsewhere: ClassVar[Mapping[str, str]] = {}
    # what must not be left at its default where it cannot be read: more would be done than was meant
    binding: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _take_as_written(handler.resolve_ref_schema(schema))
        return schema
