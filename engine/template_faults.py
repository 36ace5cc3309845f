"""What can never be made of a text: names that nothing knows, filters that do not fit, found by `check`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Final

from engine.conditions.faults import ADD_IT
from engine.filters import FITS
from engine.logic import Fault, Names
from engine.problems import suggest
from engine.rendering import ROOTS, NotKnown, compiled, environment, made
from engine.templates import RUN_NAMES, SENDER_NAMES
from engine.types import INSTANT, TEXT, Type

if TYPE_CHECKING:
    from jinja2 import nodes

_RUN_TYPES: Final = {name: INSTANT if name == "run.started" else TEXT for name in RUN_NAMES}
_NOBODY_WRITTEN_TO: Final = "nobody is written to with this text, so contact.* is not at hand"
_DECLARED: Final = frozenset({"account", "metrics"})
_OF_A_RUN: Final = frozenset({"outcome", "event", "item"})


def faults(source: str, names: Names, *, contact: bool, anywhere: bool = False) -> list[Fault]:
    """What can never be made of the text where these names are at hand, by reading it and by trying it once."""
    from jinja2 import TemplateError

    try:
        tree = environment().parse(source)
        known = Readable(names, contact=contact)
        found = [*_Reader(source, known, _OF_A_RUN if anywhere else frozenset()).read(tree)]
        if not found:
            compiled(source)
    except TemplateError as error:
        line = getattr(error, "lineno", 1) or 1
        return [Fault(f"this is no template: {_lower(str(error.message))}", "", _line_start(source, line))]
    return found if found or anywhere else _tried(source, known)


class Readable:
    """All that a template may read, with types."""

    def __init__(self, names: Names, *, contact: bool) -> None:
        self._names, self._contact = names, contact
        self._more: dict[str, Type] = {"now": INSTANT, **_RUN_TYPES, **dict.fromkeys(SENDER_NAMES, TEXT)}
        if contact:
            fields = names.item_types("contacts") or {}
            self._more |= {f"contact.{name}": type_ for name, type_ in fields.items()}

    def type_of(self, path: str) -> Type | None:
        if path.partition(".")[0] not in ROOTS:
            return None
        return self._more.get(path) or self._names.type_of(path)

    def why_not(self, path: str) -> str | None:
        if path in self._more:
            return None
        if path.startswith("contact."):
            return None if self._contact else _NOBODY_WRITTEN_TO
        return self._names.why_not(path)

    @cached_property
    def paths(self) -> list[str]:
        paths = [*self._more, *self._names.paths()]
        return sorted({path for path in paths if path.partition(".")[0] in ROOTS})


@dataclass(frozen=True, slots=True)
class _Samples(Mapping[str, object]):
    """A value of the right type behind every name below `path`, made when it is read: a text reads few of them."""

    known: Readable
    path: str

    def __getitem__(self, name: str) -> object:
        return _sample(self.known, f"{self.path}.{name}")

    def __iter__(self) -> Iterator[str]:
        below = f"{self.path}."
        names = (one.removeprefix(below).partition(".")[0] for one in self.known.paths if one.startswith(below))
        return iter(dict.fromkeys(names))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def samples(known: Readable) -> dict[str, object]:
    """Below every root."""
    return {root: _sample(known, root) for root in ROOTS}


def _sample(known: Readable, path: str) -> object:
    """Raises KeyError for what is no name and no group of names."""
    if (type_ := known.type_of(path)) is not None:
        return example(type_)
    if path not in ROOTS and not any(one.startswith(f"{path}.") for one in known.paths):
        raise KeyError(path)
    return _Samples(known, path)


_SAMPLES: Final[dict[str, object]] = {
    "number": Decimal("1234.5"), "integer": 12, "percent": Decimal("0.725"), "points": Decimal(62), "boolean": True,
    "date": date(2026, 3, 2), "instant": datetime(2026, 3, 2, 9, tzinfo=UTC), "email": "kim@example.com",
    "country": "US", "time_zone": "UTC", "url": "https://example.com",
}  # fmt: skip


def example(type_: Type) -> object:
    return _SAMPLES.get(type_.kind, "text")


def _tried(source: str, known: Readable) -> list[Fault]:
    try:
        made(source, samples(known), {}, None)
    except NotKnown as error:
        cause = error.__cause__ or error
        line = _line_of(cause.__traceback__) or 1
        return [Fault(f"this cannot be made: {_lower(str(cause))}", "", _line_start(source, line))]
    return []


class _Reader:
    """Walks the parsed text; what a loop or `set` names is its own and may be called anything."""

    def __init__(self, source: str, known: Readable, free: frozenset[str] = frozenset()) -> None:
        self._source, self._known, self._free = source, known, free

    def read(self, node: nodes.Node, own: frozenset[str] = frozenset()) -> Iterator[Fault]:
        from jinja2 import nodes

        match node:
            case nodes.Getattr() | nodes.Getitem() | nodes.Name(ctx="load"):
                yield from self._name(node, own)
                return
            case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                yield self._fault(node, "{%", "a template cannot take in another", "Write the text itself")
                return
            case nodes.Filter():
                yield from self._filter(node, own)
        own |= {name.name for name in node.find_all(nodes.Name) if name.ctx == "store"} | _loop(node)
        for child in node.iter_child_nodes():
            yield from self.read(child, own)

    def _name(self, node: nodes.Node, own: frozenset[str]) -> Iterator[Fault]:
        path = path_of(node)
        if path is None:
            for child in node.iter_child_nodes():
                yield from self.read(child, own)
        elif path.partition(".")[0] not in own | self._free and (said := self._said(path)):
            yield self._fault(node, path, *said)

    def _said(self, path: str) -> tuple[str, str] | None:
        if why_not := self._known.why_not(path):
            nobody = why_not == _NOBODY_WRITTEN_TO
            return why_not, "With `each: contacts` at the top it is item.*" if nobody else "Take it away"
        if self._known.type_of(path):
            return None
        below = [known for known in self._known.paths if known.startswith(f"{path}.")]
        if below:
            return f"{path} is a group of names", f"Name one of them, such as {below[0]}"
        above = path.rpartition(".")[0]
        if self._known.type_of(above):
            fix = "With `each: contacts` at the top, item.* is that contact" if above == "event.contact" else ""
            return f"{above} is a value by itself and has nothing below it", fix
        if above == "outcome":
            return f"there is no step '{path.rpartition('.')[2]}' with an outcome", suggest(path, self._known.paths)
        if path.partition(".")[0] in _DECLARED:
            return f"{path} is not in the vocabulary", suggest(path, self._known.paths) or ADD_IT
        return f"{path} is not a name that can be read here", suggest(path, self._known.paths)

    def _filter(self, node: nodes.Filter, own: frozenset[str]) -> Iterator[Fault]:
        filters = environment().filters
        if node.name not in filters:
            fix = suggest(node.name, filters) or f"Ours are {', '.join(sorted((*FITS, 'or')))}"
            yield self._fault(node, node.name, f"'{node.name}' is not a filter", fix)
            return
        path = path_of(node.node) if node.node else None
        type_ = self._known.type_of(path) if path and path.partition(".")[0] not in own else None
        kinds = FITS.get(node.name)
        if path and type_ and kinds and type_.kind not in kinds:
            yield self._fault(node, path, f"{path} is {type_.name}, which `{node.name}` does not take", "")

    def _fault(self, node: nodes.Node, word: str, message: str, fix: str) -> Fault:
        start = _line_start(self._source, node.lineno)
        found = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w.])").search(self._source, start)
        return Fault(message, fix, found.start() if found else start)


def path_of(node: nodes.Node) -> str | None:
    """`account.arr` of the nodes that say so; None for anything else."""
    from jinja2 import nodes

    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=inner, attr=attribute) if (path := path_of(inner)) is not None:
            return f"{path}.{attribute}"
        case nodes.Getitem(node=inner, arg=nodes.Const(value=str(key))) if (path := path_of(inner)) is not None:
            return f"{path}.{key}"
    return None


def _loop(node: nodes.Node) -> frozenset[str]:
    from jinja2 import nodes

    return frozenset({"loop"}) if isinstance(node, nodes.For) else frozenset()


def _line_start(source: str, line: int) -> int:
    return sum(len(one) for one in source.splitlines(keepends=True)[: line - 1])


def _line_of(traceback: TracebackType | None) -> int | None:
    """The template's line, of which Jinja makes a frame of its own."""
    line = None
    while traceback:
        if traceback.tb_frame.f_code.co_filename in {"<template>", "<unknown>"}:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _lower(message: str) -> str:
    return (message[:1].lower() + message[1:]).rstrip(".")
