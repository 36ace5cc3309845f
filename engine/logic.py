"""Conditions and expressions: compiled once against a vocabulary, then asked with a Scope.

The parts live in engine/conditions; this is the door. An Expression carries its logic with all types resolved, so one
that was stored as JSON is asked without the vocabulary it was written against.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final, cast

from jsonlogic.typing import OperatorArgument
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from engine.conditions import reckoning as _reckoning  # noqa: F401 - registers its closures
from engine.conditions.agreement import boolean
from engine.conditions.checking import Checker
from engine.conditions.closures import Closure, lower
from engine.conditions.crossings import at
from engine.conditions.dayturn import Turn, turning
from engine.conditions.faults import Fault
from engine.conditions.idle import idle, unknowable
from engine.conditions.lasting import lasting
from engine.conditions.normal import normal
from engine.conditions.operators import Log
from engine.conditions.reads import reads
from engine.conditions.scope import Names, Scope
from engine.conditions.tree import Argument, JsonLogic, Node, as_logic, read
from engine.conditions.why import Explain, Why, explaining, told
from engine.conditions.wording import dump, phrase, plain
from engine.expression import Parsed, parse_at
from engine.types import Type
from engine.values import Value

__all__ = [
    "Condition",
    "Expression",
    "Fault",
    "JsonLogic",
    "Names",
    "Scope",
    "Why",
    "compile_answering",
    "compile_asking",
    "compile_condition",
    "compile_expression",
    "compile_typed",
    "exclude",
    "reads_of",
]

# How often a time at which a part changes, but not the whole, is passed over before it is given as it is.
_PASSED_OVER: Final = 8


@dataclass(frozen=True)
class Machine:
    """What is built of one logic, and shared by all expressions that are the same."""

    tree: Argument
    ask: Closure
    turn: Turn | None
    reads: frozenset[str]

    @cached_property
    def lasts(self) -> Turn | None:
        return lasting(self.tree)

    @cached_property
    def explain(self) -> Explain:
        """Built when somebody wants to know; most conditions are only ever asked."""
        return explaining(self.tree)


@lru_cache(maxsize=16_384)
def machine(logic: str) -> Machine:
    tree = _tree(json.loads(logic, parse_float=Decimal))
    return Machine(tree, lower(tree), turning(tree), frozenset(reads(tree)))


def _tree(logic: object) -> Argument:
    found = read(logic)
    if isinstance(found, list) and found and isinstance(found[0], Fault):
        raise ValueError(str(found[0]))
    return cast("Argument", found)


def _restored(logic: object) -> object:
    """Stored logic as it was: exact numbers, one form."""
    return as_logic(_tree(logic))


class Expression(BaseModel):
    """`text` is the author's own. The logic is asked through closures that are built when they are first needed."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    text: str
    logic: Annotated[object, BeforeValidator(_restored), PlainSerializer(plain, return_type=Any)]

    def __hash__(self) -> int:
        return hash(self.text)

    @cached_property
    def machine(self) -> Machine:
        return machine(dump(cast("JsonLogic", self.logic)))

    @property
    def reads(self) -> frozenset[str]:
        """The flat paths that it reads; contacts and records by the collection's."""
        return self.machine.reads

    @property
    def timely(self) -> bool:
        """Whether time alone can change it."""
        return self.machine.turn is not None

    @cached_property
    def value(self) -> Callable[[Scope], Value]:
        """Ask it: `expression.value(scope)`; UNKNOWN when it cannot be known."""
        ask = self.machine.ask
        return lambda scope: told(ask(scope))

    def next_change(self, scope: Scope) -> datetime | None:
        """The next instant after the scope's now at which time alone could change the answer; None for never."""
        turn, ask = self.machine.turn, self.machine.ask
        if turn is None:
            return None
        before, view = ask(scope), at(scope, scope.now)
        for _ in range(_PASSED_OVER):
            found = turn(view)
            if found is None:
                return None
            view = at(scope, found)
            if ask(view) != before:
                break
        return view.now


class Condition(Expression):
    @cached_property
    def truth(self) -> Callable[[Scope], bool | None]:
        """Ask it: `condition.truth(scope)`; None is unknown."""
        return cast("Callable[[Scope], bool | None]", self.machine.ask)

    def lasts_until(self, scope: Scope) -> datetime | None:
        """The next instant at which time alone could change the answer, or a reading that it hangs on; None for never.
        While a part settles the answer, the others do not count.
        """
        return self.machine.lasts(scope) if self.machine.lasts else None

    def why(self, scope: Scope) -> Why:
        return replace(self.machine.explain(scope), is_truth=True)


def compile_condition(source: object, names: Names) -> Condition | list[Fault]:
    """Text, JsonLogic or true or false, as it stands in an author's file; all that is wrong with it at once."""
    compiled = _compile(source, names, lambda check, root: boolean(check, root, 0))
    return compiled if isinstance(compiled, list) else Condition(text=compiled[0], logic=compiled[1])


def compile_asking(source: object, names: Names) -> Condition | list[Fault]:
    """As `compile_condition`; one that can never be true, never be false or never be known is a fault as well."""
    compiled = _compile(source, names, _asks)
    return compiled if isinstance(compiled, list) else Condition(text=compiled[0], logic=compiled[1])


def _asks(check: Checker, root: Node) -> bool:
    if not boolean(check, root, 0) or check.faults:
        return False
    if fault := idle(root.arguments[0], check):
        check.fault_at(fault, root)
    return fault is None


def exclude(one: Condition, other: Condition, names: Names) -> bool:
    """Whether both can never be true at once, as far as that can be told."""
    return isinstance(compile_asking({"and": [one.logic, other.logic]}, names), list)


def compile_expression(source: object, names: Names, want: Type | None = None) -> Expression | list[Fault]:
    """As `compile_condition` for a value; `want` is the type that it must have."""
    compiled = _compile(source, names, lambda check, root: _has_type(check, root, want))
    return compiled if isinstance(compiled, list) else Expression(text=compiled[0], logic=compiled[1])


def compile_answering(source: object, names: Names, want: Type | None = None) -> Expression | list[Fault]:
    """As `compile_expression`; one that can never be known is a fault as well."""
    compiled = _compile(source, names, lambda check, root: _answers(check, root, want))
    return compiled if isinstance(compiled, list) else Expression(text=compiled[0], logic=compiled[1])


def compile_typed(source: object, names: Names) -> tuple[Expression, Type] | list[Fault]:
    """As `compile_answering`, with the type of the answer."""
    types: list[Type] = []

    def fits(check: Checker, root: Node) -> bool:
        if found := check.type_of(root.arguments[0]):
            types.append(found)
        return _answers(check, root, None) if found else False

    compiled = _compile(source, names, fits)
    return compiled if isinstance(compiled, list) else (Expression(text=compiled[0], logic=compiled[1]), types[0])


def reads_of(text: str) -> frozenset[str]:
    """What an expression reads that is only text yet; nothing where it cannot be read."""
    parsed = parse_at(text)
    found = read(parsed.logic) if isinstance(parsed, Parsed) else []
    is_sound = not (isinstance(found, list) and any(isinstance(one, Fault) for one in found))
    return frozenset(reads(cast("Argument", found))) if is_sound else frozenset()


def _compile(
    source: object, names: Names, fits: Callable[[Checker, Node], bool]
) -> tuple[str, JsonLogic] | list[Fault]:
    parsed = _parsed(source, names)
    if isinstance(parsed, list):
        return parsed
    found = read(parsed.logic)
    if isinstance(found, list) and any(isinstance(one, Fault) for one in found):
        return [_placed(cast("Fault", one), source, parsed) for one in found]
    root, check = _Root.around(cast("Argument", found)), Checker(names)
    if not fits(check, root) or check.faults:
        return [_placed(one, source, parsed) for one in check.faults]
    tree = normal(root.arguments[0])
    return source.strip() if isinstance(source, str) else phrase(tree), as_logic(tree)


def _parsed(source: object, names: Names) -> Parsed | list[Fault]:
    if not isinstance(source, str):
        return Parsed(cast("JsonLogic", source))
    parsed = parse_at(source)
    return parsed if isinstance(parsed, Parsed) else parse_at(source, tuple(names.paths()))


def _placed(fault: Fault, source: object, parsed: Parsed) -> Fault:
    """The checker points into logic; an author who wrote text has none, and is told the offset instead."""
    if not isinstance(source, str):
        return fault
    return replace(fault, offset=parsed.offset(fault.pointer), pointer=())


def _has_type(check: Checker, root: Node, want: Type | None) -> bool:
    argument = root.arguments[0]
    for one in _ways(argument) if want is not None and want.kind == "choice" else ():
        other = Checker(check.names).type_of(one)
        if want and other and other.kind == "choice" and not _is_a(other, want):
            said = f"{check.said(one, other)}, where {want.name} is due"
            check.fault(root, said, _instead(check.phrase(one), other, want), 0)
            return False
    own = check.type_of(argument)
    worded = own is not None and own.kind == "text" and want is not None and want.kind == "choice"
    chosen = _chooses(check, argument, want) if worded and want and isinstance(argument, Node) else None
    if chosen is not None:
        return chosen
    found = check.fit(root, (0,), own, want) if want else own
    if found is None or want is None:
        return found is not None
    if own and _is_a(own if want.kind == "integer" else found, want):
        return True
    said = check.said(argument, found)
    check.fault(root, f"{said}, where {want.name} is due", _instead(check.phrase(argument), found, want), 0)
    return False


def _chooses(check: Checker, node: Node, want: Type) -> bool | None:
    """Whether each way of an `if` gives one of the choices that are wanted, and a fault for each word that is none;
    None where it is no `if` between such words.
    """
    last = len(node.arguments) - 1
    if node.operator != "if":
        return None
    fine = True
    for index in (*range(1, last, 2), last):
        one = node.arguments[index]
        inner = _chooses(check, one, want) if isinstance(one, Node) else None
        if isinstance(one, str):
            inner = check.fit(node, (index,), check.type_of(one), want) is not None
        if inner is None and not ((type_ := check.type_of(one)) and _is_a(type_, want)):
            return None
        fine = fine and inner is not False
    return fine


def _ways(argument: Argument) -> Iterator[Node]:
    """What an `if` may give that is no constant; of anything else, nothing."""
    if isinstance(argument, Node) and argument.operator == "if":
        for one in (*argument.arguments[1:-1:2], argument.arguments[-1]):
            if isinstance(one, Node):
                yield from _ways(one) if one.operator == "if" else (one,)


def _instead(said: str, found: Type, want: Type) -> str:
    """What is one of other words is said over in those that are due."""
    if want.kind != "choice" or found.kind != "choice":
        return f"Give {want.name}."
    whole = f'"{want.choices[0]}" if {said} == "{found.choices[0]}" else "{want.choices[-1]}"'
    return f"Write a branch with an update in each case, or as in: {whole}."


def _answers(check: Checker, root: Node, want: Type | None) -> bool:
    if not _has_type(check, root, want):
        return False
    if fault := unknowable(root.arguments[0], check):
        check.fault_at(fault, root)
    return fault is None


def _is_a(found: Type, want: Type) -> bool:
    if want.kind == "integer":
        return found.kind == "integer"
    if want.kind == "choice":
        return found.kind == "choice" and set(found.choices) <= set(want.choices)
    return found.family == want.family


class _Root(Log):
    """Holds the whole expression, so that a constant by itself can take on the type that is wanted of it."""

    @classmethod
    def around(cls, tree: Argument) -> "_Root":
        return cls.from_expression("", [cast("OperatorArgument", tree)])

    def at(self, *index: int) -> tuple[str | int, ...]:
        return index[1:]
