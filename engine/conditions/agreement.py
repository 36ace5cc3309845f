"""Rules of types that several operators share: what may be compared, reckoned with, chosen between, looked through."""

from typing import Final

from jsonlogic.json_schema.types import UnsupportedOperation

from engine.conditions.checking import Checker
from engine.conditions.tree import Argument, Node
from engine.types import NUMBER, NUMERIC, TEXT, Type

_SIGNS: Final = {"+": "added to", "-": "taken from", "*": "multiplied by", "/": "divided by", "%": "divided by"}


def names_of(check: Checker, node: Node, names: list[Argument]) -> Type | None:
    if not all(isinstance(one, str) for one in names):
        check.fault(node, f"{node.operator} takes names as text", 'Write "account.arr".')
        return None
    found = [check.resolve(node, one) for one in names if isinstance(one, str)]
    return Type("list", of=TEXT) if all(found) else None


def fitted(check: Checker, node: Node, left: int, right: int) -> tuple[Type | None, Type | None]:
    """The types of two arguments that are compared, each constant in the type of its other side."""
    one, two = check.type_of(node.arguments[left]), check.type_of(node.arguments[right])
    return check.fit(node, (left,), one, two), check.fit(node, (right,), two, one)


def same_family(
    check: Checker, node: Node, left: Type | None, right: Type | None, index: tuple[int, int] | None = None
) -> bool:
    """With the indexes of both arguments the message can say them; else it says what they are."""
    if left is None or right is None or left.family == right.family:
        return left is not None and right is not None
    said = f"{left.name} is set against {right.name}"
    if index:
        one, two = (node.arguments[each] for each in index)
        said = f"{check.said(one, left)}, {check.said(two, right)}"
    check.fault(node, said, _other_family(left, right))
    return False


def _other_family(left: Type, right: Type) -> str:
    if {left.family, right.family} <= {"date", "instant", "number"}:
        return "Count days with days_since or days_until."
    return "Compare it with something of its own kind."


def boolean(check: Checker, node: Node, index: int, *, lists: bool = False) -> bool:
    """An argument that must be true or false; where JsonLogic tests for emptiness, a list will do."""
    found = check.type_of(node.arguments[index])
    if found is None or found.kind == "boolean" or (lists and found.kind == "list"):
        return found is not None
    check.fault(node, *no_condition(check, node.arguments[index], found), index)
    return False


def no_condition(check: Checker, argument: Argument, found: Type) -> tuple[str, str]:
    """Message and fix for a value that stands where a condition is due."""
    text = check.phrase(argument)
    whole = f"({text})" if isinstance(argument, Node) and argument.operator == "if" else text
    if found.kind in NUMERIC:
        fix = f"Compare it, for example {whole} >= 1."
    elif found.kind in {"item", "list"}:
        fix = "Ask something of it, or count it."
    elif found.family in {"date", "instant"}:
        fix = f"Compare it, for example days_since({text}) >= 1."
    else:
        fix = f'Compare it, for example {whole} == "…".'
    return f"{text} is {found.name}, not a condition", fix


def numeric(check: Checker, node: Node, index: int, found: Type | None) -> Type | None:
    if found is None or found.kind in NUMERIC:
        return found
    said = check.said(node.arguments[index], found)
    check.fault(node, f"{node.operator} reckons with numbers; {said}", "Give it a number.", index)
    return None


def reckoned(check: Checker, node: Node, index: tuple[int, int], left: Type | None, right: Type | None) -> Type | None:
    """The type of one step of arithmetic."""
    if left is None or right is None:
        return None
    if node.operator in {"+", "-"}:
        left, right = _fit_percents(check, node, index, left, right)
        if left is None or right is None:
            return None
    try:
        found = left.binary_op(right, node.operator)  # type: ignore[arg-type]
    except UnsupportedOperation:
        check.fault(node, f"{right.name} cannot be {_SIGNS[node.operator]} {left.name}", _no_step(left, right))
        return None
    return found if isinstance(found, Type) else None


def _fit_percents(
    check: Checker, node: Node, index: tuple[int, int], left: Type, right: Type
) -> tuple[Type | None, Type | None]:
    if left.kind not in NUMERIC or right.kind not in NUMERIC:
        return left, right
    return check.fit(node, (index[0],), left, right), check.fit(node, (index[1],), right, left)


def _no_step(left: Type, right: Type) -> str:
    if left.family in {"date", "instant"} and right.family in {"date", "instant"}:
        return "Count days with days_since or days_until."
    if left.kind == "date" and right.kind == "duration":
        return "A date moves by whole days, weeks, months or years."
    if left.family in {"date", "instant"} and right.family == "number":
        return "Say the unit: 3 days."
    return "Reckon with numbers, or move a date by a duration."


def alike(check: Checker, node: Node, indexes: list[int]) -> Type | None:
    """The one type of several values; constants take on the type of the first that is none."""
    types = {index: check.type_of(node.arguments[index]) for index in indexes}
    lead = next((types[index] for index in indexes if isinstance(node.arguments[index], Node)), types[indexes[0]])
    found = [check.fit(node, (index,), types[index], lead) for index in indexes]
    if None in found or not all(same_family(check, node, lead, one) for one in found):
        return None
    if lead and lead.kind == "choice" and any(one != lead for one in found):
        return TEXT
    return lead if all(one == lead for one in found) or not lead or lead.kind not in NUMERIC else NUMBER


def items_of(check: Checker, node: Node) -> Type | None:
    """The type of an item of the first argument."""
    found = check.type_of(node.arguments[0])
    if found is None:
        return None
    if found.kind != "list" or found.of is None:
        said = check.said(node.arguments[0], found)
        check.fault(node, f"only contacts and records can be looked through; {said}", "Name a collection.", 0)
        return None
    return found.of
