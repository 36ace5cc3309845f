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
    "joined": "(shared)",
    "due": "due {}",
    "until": "until {}",
    "reason": "{}",
}
# What a field is said as where it means something else.
_SAID_OF: Mapping[tuple[str, str], str] = {("answered", "contact"): "by {}:"}
_NO_WORDS: Mapping[int, str] = {}
_NO_BARS: Mapping[str, str] = {}
_INSTANTS = ("due", "until")
_KNOWN = frozenset((*_SAID, "why", "late"))


def timeline(
    entries: Sequence[Entry],
    clock: Clock,
    *,
    whys: bool = False,
    words: Mapping[int, str] = _NO_WORDS,
    bars: Mapping[str, str] = _NO_BARS,
) -> list[str]:
    """A line an entry, in columns, with whose it is where there is a run for each; `clock` writes instants. `whys` adds
    the trees of the decisions, `words` (by the entry's place) what people read; `bars` says a word of `not_started`.
    """
    cells = _columns([_row(entry, clock) for entry in entries])
    lines: list[str] = []
    for place, (cell, entry) in enumerate(zip(cells, entries, strict=True)):
        said = details(entry, clock)
        bar = str(entry.fields.get("reason"))
        if entry.event == "not_started" and bar in bars:
            said = said.replace(bar, f"{bar}: {bars[bar]}", 1)
        lines.append(f"{'  '.join(cell)}  {said}".rstrip())
        if place in words:
            lines.append(f'{"":<{len(cell[0])}}  "{printable(words[place])}"')
        why = entry.fields.get("why")
        if whys and isinstance(why, dict):
            lines += [f"    {line}" for line in why_lines(why)]
    return lines


def _row(entry: Entry, clock: Clock) -> tuple[str, ...]:
    return clock(entry.at), printable(entry.subject), printable(entry.path), entry.event


def _columns(rows: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """Padded to stand below each other; a column that has nothing in it is left out."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [[f"{one:<{width}}" for one, width in zip(row, widths, strict=True) if width] for row in rows]


def details(entry: Entry, clock: Clock) -> str:
    """What is worth knowing of it beside when, where and what."""
    said = [_field(entry, name, clock) for name in _SAID if entry.fields.get(name) is not None]
    if (entry.kind, entry.event) == ("meeting", "timed_out"):
        said.append("not held")
    if entry.event == "reassigned" and entry.fields.get("person") is None:
        said.append("to nobody")
    others = [name for name in entry.fields if name not in _KNOWN and entry.fields[name] is not None]
    return ", ".join([" ".join(said)] * bool(said) + [f"{name} {_plain(entry.fields[name])}" for name in others])


def _plain(value: JsonValue) -> str:
    """As in a sentence: roles and people are no text of a condition."""
    match value:
        case str():
            return printable(value)
        case list():
            return ", ".join(_plain(one) for one in value)
        case _:
            return saw(value)


def _field(entry: Entry, name: str, clock: Clock) -> str:
    value = entry.fields[name]
    if name in _INSTANTS and isinstance(value, str):
        value = clock(read_instant(value))
    if name == "set" and isinstance(value, dict):
        value = ", ".join(f"{field} = {saw(one)}" for field, one in value.items())
    if name == "reason" and value == "past" and entry.event == "skipped":
        return "past, passed over" if entry.fields.get("late") == "skip" else "past, goes on"
    if name == "case" and value == "otherwise":
        return "otherwise"
    return _SAID_OF.get((entry.event, name), _SAID[name]).format(printable(str(value)))
