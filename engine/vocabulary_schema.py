"""JSON Schema of an account as the vocabulary has it: for editors, for other programs, and for those who post facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from engine.types import NUMERIC, Type
from engine.values import UNKNOWN, to_json

if TYPE_CHECKING:
    from engine.vocabulary import Fields, Vocabulary

Schema: TypeAlias = dict[str, object]

_FORMATS: Final = {"date": "date", "instant": "date-time", "email": "email", "url": "uri"}


def json_schema(vocabulary: Vocabulary) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "account": _item(vocabulary.fields),
            "contacts": {"type": "array", "items": _item(vocabulary.contact_fields)},
            "records": _closed({kind: _list(fields) for kind, fields in vocabulary.records.items()}),
            "events": _closed({name: _item(fields) for name, fields in vocabulary.events.items()}),
            "metrics": _closed({name: _described(one.title, one.type) for name, one in vocabulary.metrics.items()}),
        },
    }


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _list(fields: Fields) -> Schema:
    return {"type": "array", "items": _item(fields)}


def _item(fields: Fields) -> Schema:
    properties: Schema = {}
    for name, one in fields.items():
        default = {} if one.default is UNKNOWN else {"default": to_json(one.default)}
        properties[name] = _value(one.type) | default
    required = [name for name, one in fields.items() if one.required]
    return _closed(properties) | ({"required": required} if required else {})


def _described(title: str, type_: Type) -> Schema:
    return {"title": title, **_value(type_)}


def _value(type_: Type) -> Schema:
    if type_.kind in NUMERIC:
        unit = (
            {"description": f"in {type_.unit or type_.kind}"}
            if type_.unit or type_.kind in {"percent", "points"}
            else {}
        )
        return {"type": "integer" if type_.kind == "integer" else "number", **unit}
    if type_.kind == "boolean":
        return {"type": "boolean"}
    if type_.kind == "choice":
        return {"type": "string", "enum": list(type_.choices)}
    return {"type": "string", **({"format": _FORMATS[type_.kind]} if type_.kind in _FORMATS else {})}
