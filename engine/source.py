"""Reads YAML as authors mean it: every key and value keeps its place, and nothing is guessed at.

Only true and false are flags, only null (or nothing) is null, plain numbers are exact; all else is text. `validated`
turns a document into a model, or into all that is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from engine.document import Document, Path, Scalar, Span, Tree
from engine.problems import START, Position, Problem, Problems
from engine.shapes import Shape
from engine.validation import validated
from engine.yaml_faults import explain

__all__ = ["Document", "Path", "Position", "Shape", "Tree", "read", "validated"]

MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH: Final = 60
MAX_NODES: Final = 100_000

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,39}")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,39})\.[0-9]{1,40}")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(source: FilePath | str, file: str = "") -> Document | Problems:
    """A path is read from disk; a string is the text itself. `file` is the name that problems will bear."""
    name = file or (str(source) if isinstance(source, FilePath) else "text")
    try:
        text = source.read_text(encoding="utf-8-sig") if isinstance(source, FilePath) else source
    except UnicodeDecodeError:
        return _alone(name, START, "this is not a UTF-8 text file", "Save it as UTF-8", "not-utf-8")
    except OSError as error:
        return _alone(name, START, f"cannot be read: {error.strerror}", "", "not-readable")
    if len(text) > MAX_CHARACTERS:
        return _alone(name, START, f"a file has at most {MAX_CHARACTERS:,} characters", "Split it", "too-large")
    return _Builder(name, text).document()


def scalar(event: ScalarEvent) -> Scalar:
    """A quoted scalar is text whatever it looks like."""
    text = str(event.value)
    if event.style:
        return text
    match text:
        case "true" | "false":
            return text == "true"
        case "" | "null":
            return None
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


class _Refused(Exception):
    def __init__(self, at: Position, message: str, fix: str, code: str) -> None:
        self.at, self.message, self.fix, self.code = at, message, fix, code
        super().__init__(message)


class _Builder:
    """From the parser's events to the tree; bounds are held while building, so an exploding file costs nothing."""

    def __init__(self, file: str, text: str) -> None:
        self._file, self._text = file, text
        self._problems = Problems()
        self._positions: dict[Path, Position] = {}
        self._keys: dict[Path, Position] = {}
        self._spans: dict[Path, Span] = {}
        self._anchors: dict[str, list[Event]] = {}
        self._nodes = 0

    def document(self) -> Document | Problems:
        try:
            data = self._root(iter(yaml.parse(self._text, Loader=_LOADER)))
        except yaml.YAMLError as error:
            fault = explain(error, self._text)
            self._add(fault.at, fault.message, fault.fix, "not-yaml")
            return self._problems
        except _Refused as refused:
            self._add(refused.at, refused.message, refused.fix, refused.code)
            return self._problems
        if self._problems:
            return self._problems
        return Document(self._file, data, self._positions, self._keys, self._text, self._spans)

    def _root(self, events: Iterator[Event]) -> Tree:
        data: Tree = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused(
                        _start(event), "a second document begins here", "One file holds one", "two-documents"
                    )
            elif isinstance(event, NodeEvent):
                data = self._value(event, events, (), 0)
        return data

    def _value(self, event: NodeEvent, events: Iterator[Event], path: Path, depth: int) -> Tree:
        self._count(event, depth)
        self._positions[path] = _start(event)
        if isinstance(event, AliasEvent):
            return self._repeated(event, path, depth)
        if tag := getattr(event, "tag", None):
            raise _Refused(_start(event), f"the tag {tag} is not understood", "Take it away", "yaml-tag")
        if event.anchor:
            events = self._record(event.anchor, event, events)
        return self._content(event, events, path, depth)

    def _content(self, event: NodeEvent, events: Iterator[Event], path: Path, depth: int) -> Tree:
        match event:
            case ScalarEvent():
                return self._scalar(event, path)
            case SequenceStartEvent():
                return self._list(events, path, depth)
            case _:
                return self._mapping(events, path, depth)

    def _count(self, event: Event, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _Refused(_start(event), f"a file has at most {MAX_NODES:,} values", "Split it", "too-large")
        if depth > MAX_DEPTH:
            raise _Refused(_start(event), f"this is nested deeper than {MAX_DEPTH} levels", "Flatten it", "too-deep")

    def _scalar(self, event: ScalarEvent, path: Path) -> Scalar:
        if event.start_mark and event.end_mark:
            self._spans[path] = Span(event.start_mark.index, event.end_mark.index, event.style or "")
        return scalar(event)

    def _list(self, events: Iterator[Event], path: Path, depth: int) -> list[Tree]:
        items: list[Tree] = []
        for event in events:
            if isinstance(event, CollectionEndEvent):
                break
            items.append(self._value(_node(event), events, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, events: Iterator[Event], path: Path, depth: int) -> dict[str, Tree]:
        mapping: dict[str, Tree] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event)
            here = (*path, key)
            value_path = here
            if key in mapping:
                first = self._keys[here]
                message = f"'{key}' stands here a second time; the first is on line {first.line}"
                self._add(_start(event), message, "Keep one of them", "duplicate-key")
                value_path = (*path, f"{key} (again)")
            else:
                self._keys[here] = _start(event)
            mapping.setdefault(key, None)
            value = self._value(_node(next(events)), events, value_path, depth + 1)
            mapping[key] = value
        return mapping

    def _key(self, event: Event) -> str:
        self._count(event, 0)
        if not isinstance(event, ScalarEvent):
            raise self._no_key(event)
        if event.tag:
            raise _Refused(_start(event), f"the tag {event.tag} is not understood", "Take it away", "yaml-tag")
        key = str(event.value)
        if key == "<<" and not event.style:
            raise _Refused(_start(event), "merging with << is not understood", "Write the keys out", "merge-key")
        if not key:
            raise _Refused(_start(event), "a key is missing before the colon", "Name it", "key-not-text")
        return key

    def _no_key(self, event: Event) -> _Refused:
        index = event.start_mark.index if event.start_mark else 0
        if "{{" in self._text[max(0, index - 1) : index + 2]:
            at = Position(_start(event).line, _start(event).column - (self._text[index - 1] == "{"))
            return _Refused(at, "text that begins with {{ needs quotes", 'Write "{{ … }} …"', "key-not-text")
        fix = "Put quotes around text that begins with { or ["
        return _Refused(_start(event), "a key must be a word", fix, "key-not-text")

    def _record(self, anchor: str, event: NodeEvent, events: Iterator[Event]) -> Iterator[Event]:
        """Keeps what is anchored as events, so that each alias is built, counted and placed like written text."""
        kept: list[Event] = [event]
        if isinstance(event, ScalarEvent):
            self._anchors[anchor] = kept
            return events

        def recorded() -> Iterator[Event]:
            depth = 1
            for one in events:
                kept.append(one)
                depth += _step(one)
                if depth == 0:
                    self._anchors[anchor] = kept
                yield one

        return recorded()

    def _repeated(self, alias: AliasEvent, path: Path, depth: int) -> Tree:
        kept = self._anchors.get(alias.anchor or "")
        if kept is None:
            message = f"*{alias.anchor} repeats something that is not (or not yet wholly) written above"
            raise _Refused(_start(alias), message, f"Write &{alias.anchor} before what it stands for", "unknown-alias")
        events = iter(kept)
        return self._content(_node(next(events)), events, path, depth)

    def _add(self, at: Position, message: str, fix: str, code: str) -> None:
        self._problems.add(self._file, at, "", message, fix, code=code)


def _step(event: Event) -> int:
    if isinstance(event, MappingStartEvent | SequenceStartEvent):
        return 1
    return -1 if isinstance(event, CollectionEndEvent) else 0


def _node(event: Event) -> NodeEvent:
    if isinstance(event, NodeEvent):
        return event
    raise TypeError(f"the YAML parser gave {event!r} where a value begins")


def _start(event: Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else START


def _alone(file: str, at: Position, message: str, fix: str, code: str) -> Problems:
    return Problems([Problem(file, at.line, at.column, "error", "", message, fix, code)])
