"""What a name may be worth: exact values, and UNKNOWN for what nobody has told us.

Numbers are int or Decimal, never float; instants are aware and in UTC. What others read (`to_json`) has numbers as
numbers, to a float's digits; what we keep (`pack`, `lossless`) loses none.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation, localcontext
from typing import Final, TypeAlias, final

from engine.types import NUMERIC, Type

JSON: TypeAlias = bool | int | float | Decimal | str | list["JSON"] | dict[str, "JSON"] | None

# Whole numbers below it are the same in every JSON reader.
_EXACT: Final = 2**53
_SHOWN: Final = 60  # characters of a value in a message
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_SPAN = re.compile(r"PT(-?\d+(?:\.\d{1,6})?)S")


# Of numbers of up to 60 digits a sum, or a hundredth, is never rounded.
EXACT: Final = Context(prec=1_000)


@final
class Unknown:
    """Not known. It has no truth: asking for one is a fault of the caller, never a silent false."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

Value: TypeAlias = (
    str | bool | int | Decimal | date | datetime | timedelta | tuple["Value", ...] | Mapping[str, "Value"] | Unknown
)


def to_json(value: Value) -> JSON:
    """UNKNOWN is null. Raises ValueError for an instant without zone and for NaN or infinity."""
    match value:
        case Unknown():
            return None
        case bool() | int() | str():
            return value
        case Decimal():
            return _number_to_json(value)
        case datetime():
            return _instant_to_json(value)
        case date():
            return value.isoformat()
        case timedelta():
            return f"PT{Decimal(value // timedelta(microseconds=1)).scaleb(-6):f}S"
        case tuple():
            return [to_json(item) for item in value]
        case _:
            return {name: to_json(item) for name, item in value.items()}


def from_json(json: object, type_: Type) -> Value:
    """The value of that type; null is UNKNOWN. Raises ValueError with the reason in words."""
    if json is None:
        return UNKNOWN
    if type_.kind == "list":
        return _list_from_json(json, type_)
    if type_.kind == "item":
        return _item_from_json(json, type_)
    if type_.kind in NUMERIC:
        return _number_from_json(json, type_)
    if type_.kind == "boolean":
        return _boolean_from_json(json)
    if isinstance(json, str):
        return _text_from_json(json, type_)
    raise ValueError(f"{in_json(json)} is not {type_.name}")


def pack(value: Value) -> JSON:
    """JSON that says by itself what it holds, for places that know no types; `unpack` is the way back."""
    match value:
        case Unknown() | bool() | int() | str():
            return to_json(value)
        case Decimal():
            return {"decimal": format(value, "f")}
        case datetime():
            return {"instant": to_json(value)}
        case date():
            return {"date": to_json(value)}
        case timedelta():
            return {"duration": to_json(value)}
        case tuple():
            return [pack(item) for item in value]
        case _:
            return {"item": {name: pack(item) for name, item in value.items()}}


def unpack(json: object) -> Value:
    """Raises ValueError for what `pack` never wrote."""
    match json:
        case None | bool() | int() | str():
            return UNKNOWN if json is None else json
        case float() | Decimal():
            return exact(json) if isinstance(json, float) else json
        case list() | tuple():
            return tuple(unpack(item) for item in json)
        case {"item": dict(fields)}:
            return {name: unpack(item) for name, item in fields.items()}
        case {"decimal": str(text)}:
            return _number_from_json(text, Type("number"))
        case {"instant": str(text)}:
            return read_instant(text)
        case {"date": str(text)}:
            return read_date(text)
        case {"duration": str(text)}:
            return _duration_from_json(text)
    raise ValueError(f"{json!r} is no packed value")


def in_json(json: object) -> str:
    """As whoever wrote it in JSON would know it again, short."""
    match json:
        case None:
            return "null"
        case bool():
            return str(json).lower()
        case str():
            return repr(json if len(json) <= _SHOWN else f"{json[:_SHOWN]}…")
        case list() | tuple():
            return "a list"
        case Mapping():
            return "an object"
        case _:
            text = str(exact(json) if isinstance(json, float) else json)
            return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def total(numbers: Iterable[int | Decimal]) -> int | Decimal:
    """Exact, so the same in whatever order and parts it is added up."""
    with localcontext(EXACT):
        return sum(numbers)


def exact(number: float) -> Decimal:
    """The decimal that the float prints as: 0.1 is 0.1, not 0.1000000000000000055."""
    return Decimal(repr(number))


def _number_to_json(number: Decimal) -> JSON:
    """Always a number, so that whoever reads it meets one type; `pack` is what keeps every digit."""
    if not number.is_finite():
        raise ValueError(f"{number} is not a number that can be kept")
    whole = number == number.to_integral_value() and abs(number) < _EXACT
    return int(number) if whole else float(number)


def lossless(number: Decimal) -> float | str:
    """A number where the nearest float prints the same digits, else text with all of them; `from_json` reads both."""
    near = float(number)
    return near if exact(near) == number else format(number, "f")


def _instant_to_json(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number_from_json(json: object, type_: Type) -> Value:
    number = _plain_number(json, type_)
    if isinstance(number, Decimal) and not number.is_finite():
        raise ValueError(f"{in_json(json)} is not a finite number")
    if type_.kind != "integer":
        # Nobody means a zero with a sign.
        return number if number or isinstance(number, int) else number.copy_abs()
    if number != int(number):
        raise ValueError(f"{in_json(json)} is not a whole number")
    return int(number)


def _plain_number(json: object, type_: Type) -> int | Decimal:
    match json:
        case bool():
            pass
        case int() | Decimal():
            return json
        case float():
            return exact(json)
        case str() if type_.kind == "percent" and json.endswith("%") and _NUMBER.fullmatch(json[:-1]):
            return Decimal(json[:-1]).scaleb(-2, EXACT)
        case str() if _NUMBER.fullmatch(json):
            return Decimal(json)
        case _:
            pass
    raise ValueError(f"{in_json(json)} is not {type_.name}")


def _boolean_from_json(json: object) -> bool:
    if isinstance(json, bool):
        return json
    raise ValueError(f"{in_json(json)} is neither true nor false")


def _text_from_json(text: str, type_: Type) -> Value:
    match type_.kind:
        case "date":
            return read_date(text)
        case "instant":
            return read_instant(text)
        case "duration":
            return _duration_from_json(text)
        case "choice" if text not in type_.choices:
            raise ValueError(f"{in_json(text)} is not {type_.name}")
        case _:
            return text


def read_date(text: str) -> date:
    """A calendar date written 2026-01-05. Raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{in_json(text)} is not a date such as 2026-01-05")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{in_json(text)} is not a day of the calendar") from None


def read_instant(text: str) -> datetime:
    """An instant with its zone, as UTC. Raises ValueError."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{in_json(text)} is not an instant such as 2026-01-05T09:00:00Z")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{in_json(text)} is not a day of the calendar with a time of day") from None
    if instant.tzinfo is None:
        raise ValueError(f"{in_json(text)} has no time zone; write a Z or an offset behind it")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{in_json(text)} is outside the calendar") from None


def _duration_from_json(text: str) -> timedelta:
    if not (match := _SPAN.fullmatch(text)):
        raise ValueError(f"{in_json(text)} is not a duration such as PT3600S")
    try:
        return timedelta(microseconds=int(Decimal(match[1]).scaleb(6)))
    except (OverflowError, InvalidOperation):
        raise ValueError(f"{in_json(text)} is too long a duration") from None


def _list_from_json(json: object, type_: Type) -> Value:
    if isinstance(json, (list, tuple)):
        return tuple(from_json(item, type_.of or Type("text")) for item in json)
    raise ValueError(f"{in_json(json)} is not a list")


def _item_from_json(json: object, type_: Type) -> Value:
    if isinstance(json, Mapping):
        fields = dict(type_.fields)
        if unknown := sorted(set(json) - set(fields)):
            raise ValueError(f"{unknown[0]!r} is not a field of {type_.name}")
        return {name: from_json(item, fields[name]) for name, item in json.items()}
    raise ValueError(f"{in_json(json)} is not an object of names and values")
