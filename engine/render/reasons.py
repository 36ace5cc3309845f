"""Why something was so, for people who do not read conditions: `NPS is 3 (less than 5)`.

Only the parts that decided are said, with what they saw; a part that has no plain words stands as its author wrote it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from pydantic import JsonValue

from engine.filters import money, percent
from engine.policy import MONTHS
from engine.render.whys import Tree, deciding, parts_of, printable, readings
from engine.types import NUMERIC
from engine.vocabulary import Vocabulary

_BOUND: Final = re.compile(r"([\w.]+) (<=|>=|<|>) (-?[\d.]+%?)")
_SIGNS: Final[Mapping[str, str]] = {"<=": "{} or less", ">=": "{} or more", "<": "less than {}", ">": "more than {}"}
_SOME: Final = re.compile(r'any\((\w+)\.(\w+) == "(\w+)" for \1 in contacts\)')
_DAYS: Final = re.compile(r"days_(until|since)\(([\w.]+)\)")
_EVENT: Final = re.compile(r"on (\w+) where ")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_OUTER: Final = ("account.stage", "account.tier")  # what a playbook is for: seldom why it began


def reason(tree: Tree, vocabulary: Vocabulary) -> str:
    """A sentence without its beginning and end."""
    parts = list(_said(tree))
    inner = [one for one in parts if not str(one["text"]).startswith(_OUTER)]
    told = (_part(one, vocabulary) or _as_written(one) for one in inner or parts)
    happened = _EVENT.match(str(tree["text"]))
    return f"{f'“{words(happened[1])}” came in: ' if happened else ''}{'; '.join(dict.fromkeys(told))}"


def day(date: dt.date) -> str:
    return f"{date.day} {MONTHS[date.month - 1].capitalize()} {date.year}"


def words(name: str) -> str:
    """`renewal_date`: Renewal date."""
    return name.replace("_", " ").strip().capitalize()


def _said(tree: Tree) -> Iterator[Tree]:
    """The parts that decided; of what is asked of several items only the question."""
    for part in deciding(tree, whole=_is_of_items):
        if part.get("truth") == tree.get("truth"):
            yield part


def _is_of_items(tree: Tree) -> bool:
    return str(tree["text"]).startswith(("any(", "all(", "count("))


def _as_written(part: Tree) -> str:
    seen = "; ".join(readings(part))
    text = f"{'it is not so that ' if part.get('truth') is False else ''}{printable(str(part['text']))}"
    return f"{text} — {seen}" if seen else text


def _part(part: Tree, vocabulary: Vocabulary) -> str | None:
    text = str(part["text"])
    if some := _SOME.fullmatch(text):
        who = f"contact with the {words(some[2]).lower()} of {words(some[3]).lower()}"
        return f"there is {'a' if part.get('truth') else 'no'} {who}"
    read = [one for one in parts_of(part) if "truth" not in one]
    if len(read) != 1 or len(parts_of(part)) != 1:
        return None
    told = _value(str(read[0]["text"]), read[0].get("value"), vocabulary)
    bound = _BOUND.fullmatch(text)
    if told is None or bound is None or part.get("truth") is not True or bound[3].endswith("%"):
        return told
    return f"{told} ({_SIGNS[bound[2]].format(_number(bound[3]))})"


def _value(path: str, value: JsonValue, vocabulary: Vocabulary) -> str | None:
    if days := _DAYS.fullmatch(path):
        room, _, name = days[2].rpartition(".")
        way = "to" if days[1] == "until" else "since"
        return (
            f"{value} {'day' if value == 1 else 'days'} {way} the {words(name).lower()}"
            if room and value is not None
            else None
        )
    room, _, name = path.partition(".")
    told = _ROOMS.get(room)
    return told(name, value, vocabulary) if told else None


def _metric(path: str, value: JsonValue, vocabulary: Vocabulary) -> str | None:
    name, _, part = path.partition(".")
    metric = vocabulary.metrics.get(name)
    if metric is None or part not in {"value", "previous", "change", "zone", "attainment"}:
        return None
    if value is None:
        return f"{metric.title}: not known"
    match part, value:
        case "previous", _:
            return f"{metric.title} was {_shown(value)} before"
        case "change", int() | float():
            return f"{metric.title} {'fell' if value < 0 else 'grew'} by {percent(abs(Decimal(repr(value))))}"
        case "attainment", int() | float():
            return f"{metric.title} is at {percent(Decimal(repr(value)))} of its target"
        case _:
            return f"{metric.title} is {_shown(value)}"


def _field(name: str, value: JsonValue, vocabulary: Vocabulary) -> str:
    label = name.upper() if len(name) == 3 else words(name).lower()
    field = vocabulary.fields.get(name)
    if field and field.type.kind in NUMERIC and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{label} is {money(Decimal(repr(value)), field.type.unit or '')}"
    return f"{label} is {_shown(value)}"


def _of_item(name: str, value: JsonValue, _: Vocabulary) -> str:
    return f"{words(name).lower()} is {_shown(value)}"


def _outcome(step: str, value: JsonValue, _: Vocabulary) -> str:
    return f"“{words(step)}” came out as {_shown(value)}"


_ROOMS: Final[Mapping[str, Callable[[str, JsonValue, Vocabulary], str | None]]] = {
    "metrics": _metric,
    "account": _field,
    "item": _of_item,
    "event": _of_item,
    "outcome": _outcome,
}


def _shown(value: JsonValue) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(repr(value))
        case str() if _DATE.fullmatch(value):
            return day(dt.date.fromisoformat(value))
        case str():
            return printable(value.replace("_", " "))
        case _:
            return printable(str(value))


def _number(written: str) -> str:
    exact = Decimal(written)
    return f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.1f}"
