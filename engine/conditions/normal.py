"""The one form in which a condition is stored: what two forms of JsonLogic mean alike is written in the one that has a
text, so that text and logic give each other back.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Final, TypeAlias

from engine.conditions.tree import MAX_DEPTH, OVER_ITEMS, Argument, Node, made
from engine.conditions.wording import QUANTIFIERS, collection_path, default_item_name, item_name

Names: TypeAlias = tuple[str, ...]
Form: TypeAlias = Callable[[Node], Argument]


def normal(argument: Argument, names: Names = ()) -> Argument:
    """`names` are those of the items around."""
    if isinstance(argument, list):
        return [normal(one, names) for one in argument]
    if not isinstance(argument, Node):
        return argument
    node = _named(argument, names)
    if form := _FORMS.get(node.operator):
        return form(node)
    return node


def _named(node: Node, names: Names) -> Node:
    """With all below in its form. An item has a name that no item around it has, said only where it is another than
    would be chosen.
    """
    own = item_name(node) if node.operator in OVER_ITEMS else ""
    fresh = next(name for name in (own, *(f"{own}{n}" for n in range(2, MAX_DEPTH))) if name not in names)
    inner = (*names, fresh) if own else names
    arguments = [normal(one, inner if index == 1 else names) for index, one in enumerate(node.arguments)]
    if node.operator in {*QUANTIFIERS, "none"}:
        chosen = default_item_name(collection_path(node.arguments[0]))
        arguments = [*arguments[:2], *([fresh] if fresh != chosen else [])]
    return made(node.operator, *arguments)


def _alone(node: Node) -> Argument:
    """Of one part alone there is nothing to join."""
    return node.arguments[0] if len(node.arguments) == 1 else node


def _in_a_row(node: Node) -> Argument:
    """(a + b) + c is a + b + c."""
    first, *more = node.arguments
    if not more:
        return first
    if isinstance(first, Node) and first.operator == node.operator and len(first.arguments) > 1:
        return made(node.operator, *first.arguments, *more)
    return node


def _negative(node: Node) -> Argument:
    if len(node.arguments) > 1:
        return node
    match node.arguments[0]:
        case bool():
            return node
        case int() | Decimal() as number:
            return -number
        case Node(operator="percent", arguments=[int() | Decimal() as number]):
            return made("percent", -number)
        case _:
            return node


def _linked(node: Node) -> Argument:
    """a > b > c, of which only < and <= are one operator in JsonLogic."""
    if len(node.arguments) == 2:
        return node
    return made("and", *[made(node.operator, one, two) for one, two in pairwise(node.arguments)])


def _chosen(node: Node) -> Argument:
    """A choice behind the last else is one more choice of the same."""
    *choices, last = node.arguments
    return made("if", *choices, *last.arguments) if isinstance(last, Node) and last.operator == "if" else node


def _with_default(node: Node) -> Argument:
    if len(node.arguments) == 1:
        return node
    read = made("var", node.arguments[0])
    return made("if", made("known", read), read, node.arguments[1])


_FORMS: Final[dict[str, Form]] = {
    "and": _alone,
    "or": _alone,
    "+": _in_a_row,
    "*": _in_a_row,
    "-": _negative,
    ">": _linked,
    ">=": _linked,
    "if": _chosen,
    "var": _with_default,
    "none": lambda node: made("!", made("some", *node.arguments)),
    "log": lambda node: node.arguments[0],
}
