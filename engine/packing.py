"""Values that a run remembers, as JSON that says of itself what type it is, so that a stored run needs no vocabulary to be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from pydantic import JsonValue

from engine.values import UNKNOWN, Value, read_date, read_instant


def pack(value: Value) -> JsonValue:
    """Text, whole numbers and flags stand for themselves; everything else is {"$type": text}; UNKNOWN is null."""
    match value:
        case bool() | int() | str():
            return value
        case Decimal():
            return {"$number": str(value)}
        case datetime():
            return {"$instant": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case tuple():
            return [pack(one) for one in value]
        case Mapping():
            return {"$item": {name: pack(one) for name, one in value.items()}}
        case _:
            return None


def unpack(json: JsonValue) -> Value:
    match json:
        case None:
            return UNKNOWN
        case {"$number": str(text)}:
            return Decimal(text)
        case {"$instant": str(text)}:
            return read_instant(text)
        case {"$date": str(text)}:
            return read_date(text)
        case {"$item": dict(fields)}:
            return {name: unpack(one) for name, one in fields.items()}
        case list():
            return tuple(unpack(one) for one in json)
        case bool() | int() | str():
            return json
        case _:
            raise ValueError(f"{json!r} is not a packed value")
