"""From a character of a scalar's value back to the character of the file it came from.

Each style is read once more, noting for every character of the value where it stood. Should that reading ever differ
from what the YAML parser gave, the scalar's own start is the honest answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby

Placed = tuple[str, int]  # a character of the value and its index in the file

_LINE = re.compile(r"[^\n]*\n?")
_ESCAPE_WIDTH = {"x": 2, "u": 4, "U": 8}
_ESCAPED = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def place_inside(text: str, start: int, end: int, style: str, value: str, offset: int) -> int:
    """The index in `text` of character `offset` of `value`, which was written at text[start:end]."""
    places = _places(text[start:end], style, value)
    if not places:
        return start
    if offset < len(places):
        return start + places[offset]
    return start + places[-1] + 1


@lru_cache(maxsize=64)
def _places(raw: str, style: str, value: str) -> tuple[int, ...]:
    read = tuple(_STYLES[style](raw))[: len(value)]
    same = "".join(character for character, _ in read) == value
    return tuple(index for _, index in read) if same else ()


def _plain(raw: str) -> Iterator[Placed]:
    return _folded_lines(raw, 0, len(raw))


def _single_quoted(raw: str) -> Iterator[Placed]:
    doubled = False
    for character, index in _folded_lines(raw, 1, len(raw) - 1):
        if character == "'" and not doubled:
            doubled = True
            continue
        doubled = False
        yield character, index


def _double_quoted(raw: str) -> Iterator[Placed]:
    pending = _folded_lines(raw, 1, len(raw) - 1)
    for character, index in pending:
        if character != "\\":
            yield character, index
            continue
        kind = next(pending, ("", 0))[0]
        if width := _ESCAPE_WIDTH.get(kind):
            code = "".join(next(pending, ("0", 0))[0] for _ in range(width))
            yield chr(int(code, 16)), index
        else:
            yield _ESCAPED.get(kind, kind), index


def _folded_lines(raw: str, start: int, end: int) -> Iterator[Placed]:
    """Line ends with the blanks around them become one space; n empty lines become n line ends."""
    index = start
    while index < end:
        gap = re.compile(r"[ \t]*(?:\n[ \t]*)+").match(raw, index, end)
        if gap is None:
            yield raw[index], index
            index += 1
            continue
        ends = gap.group().count("\n")
        yield from ((" " if ends == 1 else "\n", index) for _ in range(max(1, ends - 1)))
        index = gap.end()


def _block_lines(raw: str) -> list[tuple[str, int]]:
    """The lines below the `|` or `>`, without their indent, each with the index of its first character."""
    matches = [match for match in _LINE.finditer(raw) if match.group()]
    lines = [(match.group(), match.start()) for match in matches][1:]
    explicit = re.search(r"[1-9]", matches[0].group()) if matches else None
    if explicit:
        return []
    indent = min((len(line) - len(line.lstrip(" ")) for line, _ in lines if line.strip()), default=0)
    return [(line[indent:] or "\n", index + min(indent, len(line))) for line, index in lines]


def _literal(raw: str) -> Iterator[Placed]:
    for line, start in _block_lines(raw):
        yield from ((character, start + n) for n, character in enumerate(line))


def _folded(raw: str) -> Iterator[Placed]:
    """Neighbouring lines are joined by a space unless they are indented further or an empty line parts them."""
    lines = [(line.rstrip("\n"), start) for line, start in _block_lines(raw)]
    before: str | None = None
    for empty, run in groupby(lines, key=lambda line: not line[0]):
        if empty:
            yield from (("\n", start) for _, start in _after(before, run))
            continue
        first = True
        for line, start in run:
            if before is not None:
                yield from _joint(before, line, start - 1, parted=first)
            yield from ((character, start + n) for n, character in enumerate(line))
            before, first = line, False
    yield "\n", len(raw) - 1


def _after(before: str | None, run: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    empties = list(run)
    further = before is not None and before.startswith((" ", "\t"))
    return [*empties, empties[-1]] if further else empties


def _joint(before: str, line: str, index: int, *, parted: bool) -> Iterator[Placed]:
    further = line.startswith((" ", "\t"))
    if not parted:
        yield ("\n" if further or before.startswith((" ", "\t")) else " "), index
    elif further and not before.startswith((" ", "\t")):
        yield "\n", index


_STYLES: dict[str, Callable[[str], Iterator[Placed]]] = {
    "": _plain,
    "'": _single_quoted,
    '"': _double_quoted,
    "|": _literal,
    ">": _folded,
}
