"""Where a `var` looks: at the root, or at an item of a collection that is being looked through.

Inside `some` and its like a name without dots is the item's own field, "" the item itself; dotted names are the root's,
so the outer names stay visible. `field@1` is a field of the item one level further out (so does the jsonlogic package).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.conditions.tree import OVER_ITEMS, Argument, Node

Around: TypeAlias = tuple[Literal["item", "pair"], ...]

# Names without a dot that are the root's all the same; a field of that name is written with its level: now@0.
ROOT_NAMES: Final = frozenset({"now", "contacts"})
# What names with a dot begin with: no item is called so.
ROOMS: Final = frozenset({"account", "metrics", "records", "team", "event", "outcome", "item", "contact"})
_PAIR: Final = frozenset({"current", "accumulator"})
_LEVELED = re.compile(r"(.*)@(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Place:
    """`level` counts items outwards from 0; None is the root, with the flat path as the only key."""

    level: int | None
    keys: tuple[str, ...]

    @property
    def path(self) -> str:
        return ".".join(self.keys)


def place(path: str, around: Around) -> Place:
    if leveled := _LEVELED.fullmatch(path):
        return Place(int(leveled[2]), _keys(leveled[1]))
    if around and around[-1] == "pair" and path.split(".", maxsplit=1)[0] in _PAIR:
        return Place(0, _keys(path))
    if around and "." not in path and path not in ROOT_NAMES:
        return Place(0, _keys(path))
    return Place(None, (path,))


def inside(node: Node, index: int, around: Around) -> Around:
    """What surrounds the argument of that index."""
    if index == 1 and node.operator in OVER_ITEMS:
        return (*around, "pair" if node.operator == "reduce" else "item")
    return around


def is_root(argument: Argument, path: str) -> bool:
    return isinstance(argument, Node) and argument.operator == "var" and argument.arguments == [path]


def _keys(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()
