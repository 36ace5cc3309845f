"""Conditions that ask nothing: never true, never false or never known, whatever the values are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

from engine.conditions.checking import Checker
from engine.conditions.closures import remembered_path
from engine.conditions.faults import Fault
from engine.conditions.quantity import NoAnswer, needed
from engine.conditions.tree import OVER_ITEMS, Argument, Node, nodes_in
from engine.conditions.ways import TooMany, Truth, Ways, joined

_WORDS: Final = {True: "true", False: "false"}
# What reads something of the account, its runs or the time.
_READING: Final = frozenset({
    "var", "missing", "missing_some", "at_start", "since", "running", "last_outcome", "last_ended", "days_since",
    "days_until", "business_days_since", "business_days_until", "hours_since", "hours_until",
})  # fmt: skip
# What makes a condition one of several names, or one that asks for known already.
_NOT_OF_ONE: Final = OVER_ITEMS | {"known", "missing", "missing_some"}


@dataclass(frozen=True, slots=True)
class Blame:
    """The parts that can never (together) come to `truth`: one, or two that exclude each other."""

    parts: tuple[Argument, ...]
    truth: Truth


def idle(tree: Argument, check: Checker) -> Fault | None:
    """What is wrong with a condition that has been checked; None where it may be true and may be false, or where it is
    too involved to tell.
    """
    ways = Ways(check)
    try:
        true, false = bool(ways.to(tree, truth=True)), bool(ways.to(tree, truth=False))
        if true and false:
            return None
        blame = _Search(ways).within(tree, truth=not true)
    except TooMany:
        return None
    if not (true or false):
        return _never_known(tree, check)
    return _said(tree, blame, check, never=_WORDS[not true])


def unknowable(tree: Argument, check: Checker) -> Fault | None:
    """What is wrong with a value that has been checked and has no answer, whatever it reads."""
    try:
        list(needed(tree))
    except NoAnswer:
        return _never_known(tree, check)
    return None


class _Search:
    def __init__(self, ways: Ways) -> None:
        self.ways = ways

    def within(self, argument: Argument, *, truth: Truth) -> Blame:
        """The smallest part because of which `argument` never comes to `truth`."""
        whole = Blame((argument,), truth)
        if not isinstance(argument, Node):
            return whole
        if argument.operator == "!":
            return self.within(argument.arguments[0], truth=not truth)
        if argument.operator in {"and", "or"} and truth is (argument.operator == "and"):
            return self._among(argument.arguments, truth) or whole
        return whole

    def _among(self, parts: list[Argument], truth: Truth) -> Blame | None:
        found = [self.ways.to(one, truth) for one in parts]
        for part, ways in zip(parts, found, strict=True):
            if not ways:
                return self.within(part, truth=truth)
        for (one, its), (two, others) in combinations(zip(parts, found, strict=True), 2):
            if not joined(its, others):
                return Blame((one, two), truth)
        return None


def _said(tree: Argument, blame: Blame, check: Checker, never: str) -> Fault:
    told, last = [check.phrase(one) for one in blame.parts], blame.parts[-1]
    word, pointer = _WORDS[blame.truth], last.pointer if isinstance(last, Node) else ()
    if len(told) == 2:
        what = f"{told[0]} and {told[1]} are never both {word}, so this condition is never {never}"
    elif last is not tree:
        what = f"{told[0]} is never {word}{_because(last, check)}, so this condition is never {never}"
    elif isinstance(tree, Node) and tree.operator in {"and", "or"}:
        what = f"this condition is never {never}: its parts leave nothing over"
    else:
        what = f"{told[0]} is never {word}{_because(last, check)}"
    return Fault(what, _fix(blame, check), pointer=pointer)


def _asks_nothing(part: Argument) -> bool:
    return not any(node.operator in _READING for node in nodes_in(part))


def _because(part: Argument, check: Checker) -> str:
    if _asks_nothing(part):
        return " (it asks nothing of the account)"
    nodes = nodes_in(part)
    bounds = (_bounds(node, check) or _kept(node, check) for node in nodes if node.operator in {"var", "at_start"})
    return next((f" ({one})" for one in bounds if one), "")


def _bounds(node: Node, check: Checker) -> str:
    """ "metrics.health.value is from 0 to 100", where a name of the root has such ends."""
    path = remembered_path(node) if node.operator == "at_start" else node.arguments[0]
    type_ = check.names.type_of(path) if isinstance(path, str) else None
    least, most = type_.bounds if type_ else (None, None)
    if least is None or type_ is None:
        return ""
    low, high = (f"{end * 100}%" if end is not None and type_.kind == "percent" else end for end in (least, most))
    return f"{check.phrase(node)} is {f'from {low} to {high}' if high is not None else f'never below {low}'}"


def _kept(node: Node, check: Checker) -> str:
    type_ = check.names.type_of(str(node.arguments[0])) if node.operator == "var" else None
    return f"{check.phrase(node)} is always known" if type_ and type_.known else ""


def _fix(blame: Blame, check: Checker) -> str:
    if not blame.truth and (name := _one_name(blame, check)):
        return f"Change it, or write known({name}) if that is what you mean."
    if _asks_nothing(blame.parts[-1]):
        return "Write one that does, or take it out."
    return "Change one of them." if len(blame.parts) == 2 else "Change it, or take it out."


def _one_name(blame: Blame, check: Checker) -> str:
    """The one name that all of it is about."""
    nodes = [node for part in blame.parts for node in nodes_in(part)]
    told = {check.phrase(node) for node in nodes if node.operator == "var"}
    return told.pop() if len(told) == 1 and not any(node.operator in _NOT_OF_ONE for node in nodes) else ""


def _never_known(tree: Argument, check: Checker) -> Fault:
    return Fault(f"{check.phrase(tree)} can never be known", "A division by 0 has no answer: divide by something else.")
