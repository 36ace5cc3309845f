"""Traces as text: a line for each thing that happened, and why it did."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from engine.render.whys import printable, saw, why_lines
from engine.trace import Entry
from engine.values import read_instant

Clock = Callable[[datetime], str]

# How each field is said, in the order in which it is read; {} is its value.
_SAID: Mapping[str, str] = {
    "assigned": "{}",
    "to": "to {}",
    "person": "({})",
    "contact": "to {}",
    "template": "with {}",
    "case": "case {}",
    "occurrence": "number {}",
    "rung": "rung {}",
    "outcome": "{}",
    "set": "{}",
    "by": "by {}",
    "due": "due {}",
    "until": "until {}",
    "reason": "{}",
}
_NO_WORDS: Mapping[int, str] = {}
_INSTANTS = ("due", "until")


def timeline(
    entries: Sequence[Entry], clock: Clock, *, whys: bool = False, words: Mapping[int, str] = _NO_WORDS
) -> list[str]:
    """A line an entry, in columns; `clock` writes instants. `whys` adds the trees of the decisions, `words` (by the
    entry's place) what people read.
    """
    rows = [(clock(entry.at), printable(entry.path), entry.event) for entry in entries]
    first, second, third = (max((len(row[column]) for row in rows), default=0) for column in range(3))
    lines: list[str] = []
    for place, ((at, path, event), entry) in enumerate(zip(rows, entries, strict=True)):
        lines.append(f"{at:<{first}}  {path:<{second}}  {event:<{third}}  {details(entry, clock)}".rstrip())
        if place in words:
            lines.append(f'{"":<{first}}  "{printable(words[place])}"')
        why = entry.fields.get("why")
        if whys and isinstance(why, dict):
            lines += [f"    {line}" for line in why_lines(why)]
    return lines


def details(entry: Entry, clock: Clock) -> str:
    """What is worth knowing of it beside when, where and what."""
    said = [_field(name, entry.fields[name], clock) for name in _SAID if entry.fields.get(name) is not None]
    others = [name for name in entry.fields if name not in _SAID and name != "why" and entry.fields[name] is not None]
    return ", ".join([" ".join(said)] * bool(said) + [f"{name} {saw(entry.fields[name])}" for name in others])


def _field(name: str, value: JsonValue, clock: Clock) -> str:
    if name in _INSTANTS and isinstance(value, str):
        value = clock(read_instant(value))
    if name == "set" and isinstance(value, dict):
        value = ", ".join(f"{field} = {saw(one)}" for field, one in value.items())
    if name == "case" and value == "otherwise":
        return "otherwise"
    return _SAID[name].format(printable(str(value)))
