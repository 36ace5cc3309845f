"""What can never be made of a text: names that nothing knows, filters that do not fit, found by `check`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final

from engine.calculation_faults import reckoned
from engine.conditions.faults import ADD_IT
from engine.conditions.wording import FUNCTIONS
from engine.filters import FITS
from engine.logic import Fault, Names
from engine.names_here import READ_ELSEWHERE
from engine.placeholders import Refusal, cut_out
from engine.problems import suggest
from engine.readable import NOBODY_WRITTEN_TO, Calculable, Readable, samples
from engine.rendering import ROOTS, NotKnown, compiled, environment, made

if TYPE_CHECKING:
    from jinja2 import nodes

_DECLARED: Final = frozenset({"account", "metrics"})
_SEVERAL: Final = frozenset({"contacts", "records"})
OURS: Final = frozenset((*FITS, "or"))
_NO_TEMPLATE: Final = "this is no template"
_NOT_MADE: Final = "this cannot be made"
_OF_A_RUN: Final = frozenset({"outcome", "event", "item"})


def faults(
    source: str, names: Names, *, contact: bool, anywhere: bool = False, in_template: bool = False
) -> list[Fault]:
    """What can never be made of the text where these names are at hand, by reading it and by trying it once."""
    known, cut = Readable(names, contact=contact), cut_out(source)
    free = _OF_A_RUN if anywhere else frozenset()
    found, given = reckoned(cut.calculations, Calculable(known, names, in_template), free)
    found += _of_jinja(cut.source, known, free | given.keys())
    if not found and not anywhere:
        found = _tried(cut.source, known, given)
    return _meant(found, cut.refusals)


def _of_jinja(source: str, known: Readable, free: frozenset[str]) -> list[Fault]:
    from jinja2 import TemplateError

    try:
        found = [*_Reader(source, known, free).read(environment().parse(source))]
        if not found:
            compiled(source)
    except TemplateError as error:
        line = getattr(error, "lineno", 1) or 1
        return [Fault(f"{_NO_TEMPLATE}: {_lower(str(error.message))}", "", _line_start(source, line))]
    except RecursionError:
        return [Fault(f"{_NO_TEMPLATE}: it nests too deep", "Write it simpler")]
    return found


def _meant(found: list[Fault], refusals: Iterable[Refusal]) -> list[Fault]:
    """Where Jinja cannot make anything of what may be meant as a calculation, what is wrong with it as one is told."""
    if not found:
        return []
    refused = [one for each in refusals for one in each.faults]
    others = [one for one in found if not any(each.start <= one.offset < each.end for each in refusals)]
    return [*refused, *(one for one in others if not (refused and one.message.startswith((_NO_TEMPLATE, _NOT_MADE))))]


def _tried(source: str, known: Readable, given: Mapping[str, object]) -> list[Fault]:
    try:
        made(source, samples(known), {}, None, given=given)
    except NotKnown as error:
        cause = error.__cause__ or error
        line = _line_of(cause.__traceback__) or 1
        return [Fault(f"{_NOT_MADE}: {_lower(str(cause))}", "", _line_start(source, line))]
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
            return why_not, _instead(why_not)
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
        if path.partition(".")[0] in _SEVERAL:
            fix = "Ask of them in a calculation, such as {{ count(c for c in contacts) }}"
            return f"{path} are several, and a text cannot go through them one by one", fix
        known = suggest(path, self._known.paths) or f"What can be read begins with {', '.join(ROOTS)}"
        return f"{path} is not a name that can be read here", known

    def _filter(self, node: nodes.Filter, own: frozenset[str]) -> Iterator[Fault]:
        if node.name not in OURS:
            yield self._fault(node, node.name, f"'{node.name}' is not a filter", _other_filter(node.name))
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


def _instead(why_not: str) -> str:
    if why_not == NOBODY_WRITTEN_TO:
        return "With `each: contacts` at the top it is item.*"
    return "" if why_not.endswith(READ_ELSEWHERE) else "Take it away"


def _other_filter(name: str) -> str:
    if name in FUNCTIONS:
        return f"Write it before the filters: {name}(…)"
    if name in {"default", "d"}:
        return 'Write or("…")'
    return suggest(name, OURS) or f"Ours are {', '.join(sorted(OURS))}"


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
