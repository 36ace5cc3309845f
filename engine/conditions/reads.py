"""Which paths a condition reads, wherever it stands."""

from collections.abc import Iterator

from engine.conditions.closures import other_run_path, remembered_path
from engine.conditions.places import Around, inside, place
from engine.conditions.tree import Argument, Node


def reads(argument: Argument, around: Around = ()) -> Iterator[str]:
    """The flat paths that it reads; contacts and records by the collection's."""
    if isinstance(argument, list):
        for one in argument:
            yield from reads(one, around)
    if not isinstance(argument, Node):
        return
    match argument.operator:
        case "var" | "missing" | "missing_some":
            yield from _paths(argument, around)
        case "at_start" | "since":
            yield remembered_path(argument)
            return
        case "running" | "last_outcome" | "last_ended":
            yield other_run_path(argument)
    for index, one in enumerate(argument.arguments):
        yield from reads(one, inside(argument, index, around))


def _paths(node: Node, around: Around) -> Iterator[str]:
    named = node.arguments[:1] if node.operator == "var" else node.arguments
    flat = [name for one in named for name in (one if isinstance(one, list) else [one])]
    places = [place(name, around) for name in flat if isinstance(name, str)]
    yield from (where.path for where in places if where.level is None and where.path != "now")
