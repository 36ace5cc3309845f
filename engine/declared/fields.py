"""Fields as an author declares them: `arr: {type: number, unit: USD}`, or `seats: integer` for short."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from keyword import iskeyword, issoftkeyword
from typing import Any, ClassVar, Final, Literal, get_args

from engine.calendar import is_country, is_time_zone
from engine.document import Document, Path, Tree
from engine.problems import Problems, suggest_or_list
from engine.shapes import Shape
from engine.types import NUMERIC, Type
from engine.validation import shown, validated
from engine.values import UNKNOWN, Value, from_json
from engine.vocabulary import Field

FieldKind = Literal[
    "text", "number", "integer", "boolean", "choice", "date", "instant", "country", "time_zone", "email", "url"
]

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_URL = re.compile(r"https?://[^\s/]+\S*")


class FieldShape(Shape):
    noun: ClassVar[str] = "a field"
    example: ClassVar[str] = "{type: choice, of: [core, light]}"
    type: FieldKind
    of: tuple[str, ...] | None = None
    unit: str | None = None
    required: bool = False
    default: Any = None


def read_fields(
    document: Document, path: Path, built_in: Mapping[str, Field], problems: Problems, *, whole: bool = True
) -> dict[str, Field]:
    """What is declared under `path`, after what is built in. `whole` False: no `required`, no `default` (events)."""
    fields = dict(built_in)
    data = document.value(path)
    for name in data if isinstance(data, dict) else ():
        here = (*path, name)
        if check_name(document, here, built_in, problems) and (one := _field(document, here, problems, whole=whole)):
            fields[name] = one
    return fields


def check_name(document: Document, path: Path, built_in: Iterable[str], problems: Problems) -> bool:
    """Whether the key at `path` can be a name that conditions use; of what was applied, whether it is not built in."""
    name, where = str(path[-1]), words(path[:-1])
    message = fix = ""
    if name in set(built_in):
        message, fix = f"'{name}' is built in and needs no line here", "Take it away"
    elif not NAME.fullmatch(name):
        message, fix = f"'{name}' cannot be a name", "A name has small letters, digits and _ and begins with a letter"
    elif iskeyword(name) and not issoftkeyword(name):
        message, fix = f"'{name}' cannot be a name: conditions use that word", "Call it something fuller"
    if message:
        problems.add(document.file, document.key_at(path), where, message, fix, code="invalid-name")
    return not message or (document.applied and name not in set(built_in))


def words(path: Path) -> str:
    return " > ".join(str(part) for part in path)


def read_type(document: Document, path: Path, problems: Problems, where: str) -> Type | None:
    """Of a mapping: `type: text`, `type: {type: choice, of: […]}`, or `type: choice` with `of` beside it."""
    written = document.value(path)
    beside: dict[str, Tree] = {}
    if isinstance(written, dict):
        beside = {key: written[key] for key in ("type", "of") if key in written}
    if "of" not in beside:
        at = (*path, "type")
        shape = _shape(document, at, problems, where)
        return _type(shape, document, at, problems, where) if shape else None
    read = validated(document, FieldShape, path, where, data=beside)
    if isinstance(read, Problems):
        problems.extend(read)
        return None
    return _type(read, document, path, problems, where)


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_url(text: str) -> bool:
    return _URL.fullmatch(text) is not None


def value_fault(value: Value, type_: Type) -> str:
    """What is wrong with a text as such a value, in words; "" when nothing is."""
    if not isinstance(value, str):
        return ""
    match type_.kind:
        case "country" if not is_country(value):
            return f"'{value}' is not a country: two letters as in ISO 3166, such as US or DE-BY"
        case "time_zone" if not is_time_zone(value):
            return f"'{value}' is not a time zone such as Europe/Berlin"
        case "email" if not is_email(value):
            return f"'{value}' is not an email address"
        case "url" if not is_url(value):
            return f"'{value}' is not a web address that begins with https://"
    return ""


def _field(document: Document, path: Path, problems: Problems, *, whole: bool) -> Field | None:
    where = words(path)
    shape = _shape(document, path, problems, where)
    type_ = _type(shape, document, path, problems, where) if shape else None
    if shape is None or type_ is None:
        return None
    if not whole and shape.model_fields_set & {"required", "default"}:
        key = "required" if "required" in shape.model_fields_set else "default"
        message = "what comes with an event is there or is unknown"
        problems.add(
            document.file, document.key_at((*path, key)), where, message, f"Take `{key}` away", code="unfit-key"
        )
    return Field(str(path[-1]), type_, shape.required, _default(shape, type_, document, path, problems, where))


def _shape(document: Document, path: Path, problems: Problems, where: str) -> FieldShape | None:
    written = document.value(path)
    if isinstance(written, str):
        if written in get_args(FieldKind):
            return FieldShape(type=written)  # type: ignore[arg-type]
        fix = suggest_or_list(written, get_args(FieldKind))
        problems.add(document.file, document.at(path), where, f"'{written}' is not a type", fix, code="unknown-type")
        return None
    shape = validated(document, FieldShape, path, where)
    if isinstance(shape, Problems):
        problems.extend(shape)
        return None
    return shape


def _type(shape: FieldShape, document: Document, path: Path, problems: Problems, where: str) -> Type | None:
    at, message, fix = (*path, "of"), "", ""
    if shape.type == "choice" and not shape.of:
        at, message, fix = path, "a choice needs its words", "Say `of: [one, another]`"
    elif shape.type != "choice" and shape.of is not None:
        message, fix = (
            f"`of` belongs to a choice, not to {Type(shape.type).name}",
            "Say `type: choice`, or take it away",
        )
    elif shape.of and len(set(shape.of)) < len(shape.of):
        message, fix = "a word stands twice among the choices", "Take one away"
    elif shape.unit and shape.type not in {"number", "integer"}:
        at = (*path, "unit")
        message, fix = f"only a number has a unit, not {Type(shape.type).name}", "Take it away"
    if message:
        problems.add(document.file, document.at(at), where, message, fix, code="invalid-type")
        return None
    return numeric_type(shape.type, shape.unit) if shape.unit else Type(shape.type, shape.of or ())


def numeric_type(kind: str, unit: str | None) -> Type:
    """`unit` may be percent, points or a word."""
    match unit:
        case "percent":
            return Type("percent")
        case "points":
            return Type("points")
        case _:
            return Type("integer" if kind == "integer" else "number", unit=unit)


def _default(shape: FieldShape, type_: Type, document: Document, path: Path, problems: Problems, where: str) -> Value:
    if "default" not in shape.model_fields_set or shape.default is None:
        return UNKNOWN
    at = document.at((*path, "default"))
    try:
        value = from_json(plain(shape.default, type_), type_)
    except ValueError as error:
        message = str(error)
    else:
        message = value_fault(value, type_)
        if not message:
            return value
    fix = "Take the quotes away" if type_.kind in NUMERIC and isinstance(shape.default, str) else ""
    problems.add(document.file, at, f"{where} > default", message, fix, code="invalid-default")
    return UNKNOWN


def plain(written: Tree, type_: Type) -> object:
    """What YAML gave, as `from_json` takes it: a quoted number is no number, and digits may be text."""
    if type_.kind in NUMERIC and isinstance(written, str) and not written.endswith("%"):
        raise ValueError(f"{shown(written)} is not {type_.name}")
    if type_.kind in {"text", "choice"} and isinstance(written, int | Decimal) and not isinstance(written, bool):
        return format(written, "f") if isinstance(written, Decimal) else str(written)
    return written
