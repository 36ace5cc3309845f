"""Closures that look through contacts and records. What one item leaves open, the others may settle."""

from collections.abc import Callable
from typing import cast

from engine.conditions.closures import Closure, View, lower, lowered, lowers, negated
from engine.conditions.places import Around, inside
from engine.conditions.scope import Frame
from engine.conditions.tree import Argument, Node, made
from engine.values import UNKNOWN


def framed(view: View) -> Frame:
    """A frame for the items of one collection: it is filled with one after the other."""
    return Frame(view.values, view.now, view.calendar, None, view)


def fused(node: Node) -> tuple[Argument, Argument]:
    """The collection of a quantifier and what is asked of an item. A filter under it becomes a part of the question, so
    that an item of which nobody knows whether it passes leaves the answer open only where it matters.
    """
    source, body, filters = node.arguments[0], node.arguments[1], []
    while isinstance(source, Node) and source.operator == "filter":
        filters.append(source.arguments[1])
        source = source.arguments[0]
    if not filters:
        return source, body
    if node.operator == "all":
        return source, made("or", *(made("!", one) for one in filters), body)
    return source, made("and", *filters, body)


def through(node: Node, around: Around) -> tuple[Closure, Closure]:
    source, body = fused(node)
    return lower(source, around), lower(body, inside(node, 1, around))


def quantified(settling: bool) -> Callable[[Closure, Closure], Closure]:  # noqa: FBT001 - the truth that ends the search
    def build(source: Closure, body: Closure) -> Closure:
        def run(view: View) -> object:
            items = source(view)
            if items is None:
                return None
            frame, answer = framed(view), cast("object", not settling)
            for item in cast("tuple[object, ...]", items):
                frame.item = item
                truth = body(frame)
                if truth is settling:
                    return settling
                if truth is None:
                    answer = None
            return answer

        return run

    return build


_some, _all = quantified(settling=True), quantified(settling=False)


@lowers("some")
def some(node: Node, around: Around) -> Closure:
    return _some(*through(node, around))


@lowers("all")
def every(node: Node, around: Around) -> Closure:
    return _all(*through(node, around))


@lowers("none")
def none(node: Node, around: Around) -> Closure:
    return negated(_some(*through(node, around)))


# --- count: compared by its bounds, the true items and those that may be


def is_count(argument: Argument) -> bool:
    return isinstance(argument, Node) and argument.operator == "count"


def bounds(node: Node, around: Around) -> Callable[[View], tuple[int, int] | None]:
    source, body = through(node, around)

    def run(view: View) -> tuple[int, int] | None:
        items = source(view)
        if items is None:
            return None
        frame, true, unknown = framed(view), 0, 0
        for item in cast("tuple[object, ...]", items):
            frame.item = item
            truth = body(frame)
            true += truth is True
            unknown += truth is None
        return true, true + unknown

    return run


@lowers("count")
def count(node: Node, around: Around) -> Closure:
    counted = bounds(node, around)

    def run(view: View) -> object:
        found = counted(view)
        return found[0] if found and found[0] == found[1] else None

    return run


# --- lists


@lowers("filter")
def kept(node: Node, around: Around) -> Closure:
    source, body = lower(node.arguments[0], around), lower(node.arguments[1], inside(node, 1, around))

    def run(view: View) -> object:
        items = source(view)
        if items is None:
            return None
        frame, found = framed(view), []
        for item in cast("tuple[object, ...]", items):
            frame.item = item
            truth = body(frame)
            if truth is None:
                return None
            if truth:
                found.append(item)
        return tuple(found)

    return run


@lowers("map")
def mapped(node: Node, around: Around) -> Closure:
    source, body = lower(node.arguments[0], around), lower(node.arguments[1], inside(node, 1, around))

    def run(view: View) -> object:
        items = source(view)
        if items is None:
            return None
        frame, found = framed(view), []
        for item in cast("tuple[object, ...]", items):
            frame.item = item
            found.append(body(frame))
        return tuple(found)

    return run


@lowers("reduce")
def reduced(node: Node, around: Around) -> Closure:
    source, first = lower(node.arguments[0], around), lower(node.arguments[2], around)
    body = lower(node.arguments[1], inside(node, 1, around))

    def run(view: View) -> object:
        items, total = source(view), first(view)
        if items is None:
            return None
        frame = framed(view)
        for item in cast("tuple[object, ...]", items):
            frame.item = {"current": item, "accumulator": total}
            total = body(frame)
        return total

    return run


@lowers("merge")
def merged(node: Node, around: Around) -> Closure:
    parts = lowered(node.arguments, around)

    def run(view: View) -> object:
        found: list[object] = []
        for part in parts:
            value = part(view)
            if value is None or value is UNKNOWN:
                return None
            found += value if isinstance(value, tuple) else (value,)
        return tuple(found)

    return run
