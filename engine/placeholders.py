"""A text's `{{ … }}` that say a calculation of ours: `{{ account.arr / account.seats | money }}`, and
what an `{% if … %}` asks with a function of ours: `{% if known(account.arr) %}`.

What stands before the first filter and reads as an expression is taken out, and a name of the same length stands in its
place, so that Jinja sees plain names alone and every fault keeps its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from engine.conditions.faults import Fault
from engine.conditions.tokens import cut
from engine.expression import Parsed, parse_at

_PLAIN: Final = re.compile(r"\{\{[-+]?\s*[^\W\d]\w*(?:\.\w+)*\s*(?:\||[-+]?\}\})")
_NAME: Final = re.compile(r"[^\W\d]\w*(?:\s*\.\s*\w+)*")
_OWN: Final = re.compile(r"\{%[-+]?\s*(?:set|for)\s+([\w\s,()]+?)\s*(?:=|\bin\b|%\})")
_FILTER: Final = re.compile(r"\|\s*(\w+)")
# What is Jinja's alone; a text with it is left to Jinja, and so are the faults of it.
_JINJAS: Final = re.compile(r"~|\bis\b|\bloop\b|\[")
_CALLS: Final = re.compile(r"\w\s*\(")
_ASKS: Final = re.compile(r"\{%[-+]?\s*(?:el)?if\b[^%]*\w\s*\(")
_RECKONS: Final = re.compile(r"[-+*/%<>(]")


@dataclass(frozen=True, slots=True)
class Calculation:
    """`name` stands for it in the source that Jinja gets; `filter` is the first that its value goes through."""

    text: str
    name: str
    offset: int
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What may have been meant as a calculation and is none, from `start` to `end`: told when Jinja cannot read it
    either.
    """

    start: int
    end: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    source: str
    calculations: tuple[Calculation, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the first filter of a placeholder."""

    text: str
    offset: int
    filter: str | None


@lru_cache(maxsize=2048)
def cut_out(source: str) -> Cut:
    if source.count("{{") == len(_PLAIN.findall(source)) and not _ASKS.search(source):
        return Cut(source)
    own = frozenset(name for names in _OWN.findall(source) for name in re.findall(r"\w+", names)) | {"loop"}
    made, calculations, refusals = source, list[Calculation](), list[Refusal]()
    for head in _heads(source):
        name, end = f"_{len(calculations)}", head.offset + len(head.text)
        match _read(head, own):
            case Parsed(logic=dict()) if len(name) <= len(head.text):
                calculations.append(Calculation(head.text, name, head.offset, head.filter))
                made = made[: head.offset] + _padded(name, head.text) + made[end:]
            case [*faults]:
                refusals.append(Refusal(head.offset, end, tuple(faults)))
    return Cut(made, tuple(calculations), tuple(refusals))


def _read(head: _Head, own: frozenset[str]) -> Parsed | list[Fault] | None:
    """A calculation; a list of what is wrong with what may be meant as one; None for what is Jinja's."""
    if _NAME.fullmatch(head.text) or head.text.startswith(("{", "[")):
        return None
    words = [str(word.value) for word in cut(head.text).words.values() if word.kind == "name"]
    if any(word.partition(".")[0] in own for word in words):
        return None
    parsed = parse_at(head.text)
    if isinstance(parsed, Parsed):
        return parsed
    if _JINJAS.search(head.text) or not _RECKONS.search(head.text):
        return None
    return [replace(one, offset=one.offset + head.offset) for one in parsed]


def _padded(name: str, text: str) -> str:
    return name + "".join(char if char == "\n" else " " for char in text[len(name) :])


def _heads(source: str) -> Iterator[_Head]:
    for start, end, pipe in _placeholders(source):
        text = source[start : end if pipe is None else pipe]
        named = _FILTER.match(source, pipe) if pipe is not None else None
        lead = len(text) - len(text.lstrip())
        if text.strip():
            yield _Head(text.strip(), start + lead, named[1] if named else None)


def _placeholders(source: str) -> Iterator[tuple[int, int, int | None]]:
    """Where the inside of each begins and ends, and where its first filter does; likewise of what an `if` asks with a
    function. What Jinja cannot cut has none: its fault is told when Jinja reads it.
    """
    from jinja2 import TemplateSyntaxError

    from engine.rendering import environment

    at, depth, start, pipe, before = 0, 0, -1, None, ""
    try:
        for _, kind, word in environment().overlay(trim_blocks=False, lstrip_blocks=False).lex(source):
            at = source.index(word, at) + len(word)
            if kind == "variable_begin" or (kind == "name" and word in {"if", "elif"} and before == "block_begin"):
                start, depth, pipe = at, 0, None
            elif kind in {"variable_end", "block_end"}:
                if start >= 0 and (kind == "variable_end" or _CALLS.search(source, start, at)):
                    yield start, at - len(word), pipe
                start = -1
            elif start >= 0 and kind == "operator":
                depth += (word in {"(", "[", "{"}) - (word in {")", "]", "}"})
                pipe = at - 1 if word == "|" and depth == 0 and pipe is None else pipe
            before = before if kind == "whitespace" else kind
    except (TemplateSyntaxError, ValueError):
        return
