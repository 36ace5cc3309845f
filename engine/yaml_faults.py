"""What the YAML parser stumbles over, in an author's words and with the way out."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import yaml

from engine.problems import START, Position

_HASH: Final = re.compile(r"(?:[:,]\s+|[\[{]\s*)(#[^\s,\]}]*)(?=[^\[{]*[\]}]\s*$)")


class Fault(NamedTuple):
    at: Position
    message: str
    fix: str


def explain(error: yaml.YAMLError, text: str) -> Fault:
    if isinstance(error, yaml.reader.ReaderError):
        at = _position(text, error.position)
        return Fault(at, "this character cannot stand in a text file", "Take it away")
    if not isinstance(error, yaml.MarkedYAMLError):
        return Fault(START, "this is not YAML", "")
    mark = error.problem_mark or error.context_mark
    at = Position(mark.line + 1, mark.column + 1) if mark else START
    lines = text.splitlines()
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    if "flow" in (error.context or "") and (hash_ := _hash_in_brackets(lines, error.context_mark, at)):
        return hash_
    return _fault(at, error.problem or "", error.context or "", line)


def _hash_in_brackets(lines: list[str], opened: yaml.Mark | None, at: Position) -> Fault | None:
    """Text that begins with # behind a bracket is a comment to YAML, with the closing bracket in it."""
    first = min(opened.line if opened else at.line, at.line - 2)
    for number in reversed(range(max(first, 0), min(at.line, len(lines)))):
        if found := _HASH.search(lines[number]):
            fix = f'Put quotes around text that begins with it: "{found[1]}"'
            place = Position(number + 1, found.start(1) + 1)
            return Fault(place, "# begins a comment here, so the brackets stay open", fix)
    return None


def _fault(at: Position, problem: str, context: str, line: str) -> Fault:
    before, here = line[: at.column - 1], line[at.column - 1 :]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        at = Position(at.line, line.index("\t") + 1)
        return Fault(at, "a line is indented with a tab", "Indent with spaces")
    if "cannot start any token" in problem:
        return Fault(at, f"text cannot begin with {here[:1]!r} here", "Put quotes around it")
    if "mapping values are not allowed" in problem:
        return Fault(
            at, "a colon stands where none can", "Put quotes around text that has ': ' in it, or mend the indent"
        )
    if "quoted scalar" in context:
        return Fault(at, "a quote is opened and never closed", "Close it")
    if "could not find expected ':'" in problem:
        return Fault(at, "a key without a colon stands above", "Write `key: value`")
    return _structure(at, problem, context, before)


def _structure(at: Position, problem: str, context: str, before: str) -> Fault:
    value = before.partition(": ")[2].strip()
    if value.startswith("{{"):
        return Fault(at, "text that begins with {{ needs quotes", 'Write "{{ … }} …"')
    if value.startswith(("'", '"')):
        return Fault(at, "text goes on behind its closing quote", "Put quotes of the other kind around the whole")
    if "flow" in context:
        fix = (
            "Put quotes around a whole condition or text that has a comma or a bracket in it, "
            'as in {when: \'account.tier in ["a", "b"]\'}, and close what is open'
        )
        return Fault(at, f"this does not fit inside the brackets ({problem})", fix)
    if "block" in context:
        return Fault(at, "this line does not fit the ones above it", "Mend its indent")
    return Fault(at, f"this is not YAML: {problem or 'it breaks off'}", "")


def _position(text: str, index: int) -> Position:
    before = text[:index]
    return Position(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)
