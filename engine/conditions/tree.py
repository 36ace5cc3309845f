"""JsonLogic as a typed tree: read with bounds, each node knowing where it stands, and put back into JSON.

The tree stands on the jsonlogic package: its operator registry, its Operator with `from_expression` and `typecheck`.
What the package lets pass is refused here: an object with two operators, nesting without end, null, endless numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Final, Self, TypeAlias, cast

from jsonlogic.core import JSONLogicSyntaxError, Operator
from jsonlogic.registry import OperatorRegistry, UnknownOperator
from jsonlogic.typing import OperatorArgument

from engine.conditions.faults import Fault, Pointer, did_you_mean
from engine.values import exact

Constant: TypeAlias = str | bool | int | Decimal
JsonLogic: TypeAlias = bool | int | float | Decimal | str | list["JsonLogic"] | dict[str, "JsonLogic"]

MAX_DEPTH: Final = 64
MAX_NODES: Final = 5_000
# A number of up to 15 digits survives the float that JSON writers and readers make of it.
MAX_DIGITS: Final = 15
_TOO_MANY: Final = f"a number has at most {MAX_DIGITS} digits"
_SMALLEST: Final = Decimal("1e-15")
_LARGEST: Final = Decimal(10) ** 18

REGISTRY: Final = OperatorRegistry()
# Written as a bare value, without a list: {"var": "account.arr"}, {"percent": 30}.
BARE: Final = frozenset({"var", "percent", "date", "instant", "duration"})
# Operators that look into each item with their second argument.
OVER_ITEMS: Final = frozenset({"some", "all", "none", "count", "map", "filter", "reduce"})
_SYNONYMS: Final[Mapping[str, str]] = {"===": "==", "!==": "!=", "?:": "if"}


@dataclass
class Node(Operator):
    """One operator. `single` remembers that its argument was written without a list: {"!": x}."""

    arity: ClassVar[tuple[int, int | None]] = (1, None)

    arguments: list["Argument"] = field(default_factory=list)
    pointer: Pointer = ()
    single: bool = False

    @classmethod
    def from_expression(cls, operator: str, arguments: list[OperatorArgument]) -> Self:
        least, most = cls.arity
        if not (least <= len(arguments) and (most is None or len(arguments) <= most)):
            raise JSONLogicSyntaxError(f"{operator!r} takes {_many(least, most)}, not {len(arguments)}")
        return cls(operator=operator, arguments=cast("list[Argument]", arguments))

    def at(self, *index: int) -> Pointer:
        """Where an argument stands in the JSON as it was written."""
        steps = index[1:] if self.single else index
        return (*self.pointer, self.operator, *steps)

    def nodes(self) -> Iterator["Node"]:
        """Itself and all below it."""
        yield self
        for argument in self.arguments:
            yield from nodes_in(argument)


Argument: TypeAlias = Node | Constant | list["Argument"]


def made(name: str, *arguments: Argument) -> Node:
    """A node that no author wrote."""
    return cast("Node", REGISTRY.get(name).from_expression(name, cast("list[OperatorArgument]", list(arguments))))


def nodes_in(argument: Argument) -> Iterator[Node]:
    if isinstance(argument, Node):
        yield from argument.nodes()
    elif isinstance(argument, list):
        for one in argument:
            yield from nodes_in(one)


def as_logic(argument: Argument) -> JsonLogic:
    """The tree as JSON again, in the one form that is stored."""
    if isinstance(argument, list):
        return [as_logic(one) for one in argument]
    if not isinstance(argument, Node):
        return argument
    arguments = [as_logic(one) for one in argument.arguments]
    bare = argument.operator in BARE and len(arguments) == 1
    return {argument.operator: arguments[0] if bare else arguments}


def read(logic: object) -> Argument | list[Fault]:
    """Parsed JSON into a tree, or all that is wrong with its shape."""
    if fault := _beyond_bounds(logic):
        return [fault]
    reader = _Reader()
    tree = reader.argument(logic, ())
    return reader.faults or tree


class _Reader:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def argument(self, json: object, at: Pointer) -> Argument:
        match json:
            case dict():
                return self.operation(json, at)
            case list() | tuple():
                return [self.argument(one, (*at, index)) for index, one in enumerate(json)]
            case float():
                return self.number(exact(json), at)
            case Decimal() | int() if not isinstance(json, bool):
                return self.number(json, at)
            case str() | bool():
                return json
        said = "null is no value to reckon with" if json is None else f"{json!r} cannot stand in a condition"
        self.faults.append(Fault(said, 'Write {"known": …} to ask whether something is known.', pointer=at))
        return False

    def number(self, number: int | Decimal, at: Pointer) -> int | Decimal:
        if fault := unfit(number):
            self.faults.append(Fault(fault, "Write it with fewer digits.", pointer=at))
            return 0
        return whole(number)

    def operation(self, json: dict[object, object], at: Pointer) -> Argument:
        if len(json) != 1:
            said = f"an object holds one operator, this one has {len(json)}"
            self.faults.append(Fault(said, "Join them by and.", pointer=at))
            return False
        name, given = next(iter(json.items()))
        single = not isinstance(given, (list, tuple))
        items = [given] if single else list(cast("list[object]", given))
        inside = (*at, str(name))
        arguments = [self.argument(one, inside if single else (*inside, i)) for i, one in enumerate(items)]
        return self.node(str(name), arguments, at, single=single)

    def node(self, name: str, arguments: list[Argument], at: Pointer, *, single: bool) -> Argument:
        known = _SYNONYMS.get(name, name)
        try:
            kind = REGISTRY.get(known)
            node = cast("Node", kind.from_expression(known, cast("list[OperatorArgument]", arguments)))
        except UnknownOperator:
            fix = did_you_mean(name, operators(), "Use an operator of JsonLogic or a function of the language.")
            self.faults.append(Fault(f"{name!r} is not an operator", fix, pointer=at))
            return False
        except JSONLogicSyntaxError as error:
            self.faults.append(Fault(error.message, "Give it what it takes.", pointer=at))
            return False
        node.pointer, node.single = at, single
        return node


def operators() -> tuple[str, ...]:
    return (*REGISTRY._registry, *_SYNONYMS)  # noqa: SLF001 - the package has no way to list what it knows


def unfit(number: int | Decimal) -> str | None:
    """Why a number cannot be kept exactly, if so."""
    if isinstance(number, Decimal) and not number.is_finite():
        return f"{number} is not a number"
    size = Decimal(number).copy_abs()
    if size and not _SMALLEST <= size < _LARGEST:
        return "a number lies between 0.000000000000001 and 999999999999999999"
    digits = "".join(map(str, Decimal(number).as_tuple().digits)).strip("0")
    return _TOO_MANY if len(digits) > MAX_DIGITS else None


def whole(number: int | Decimal) -> int | Decimal:
    """1.0 and 1 are one number, so that they are stored alike."""
    return int(number) if number == int(number) else number


def _beyond_bounds(logic: object) -> Fault | None:
    level: list[object] = [logic]
    count, depth = 1, 0
    while level:
        level = [child for one in level for child in _children(one)]
        count += len(level)
        depth += 1
        if depth > 2 * MAX_DEPTH or count > MAX_NODES:
            return Fault("this condition is too large to read", "Split it into parts that a person can follow.")
    return None


def _children(json: object) -> list[object]:
    if isinstance(json, dict):
        return list(json.values())
    return list(json) if isinstance(json, (list, tuple)) else []


def _many(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} argument{'' if least == 1 else 's'}"
    if least == most:
        return f"{least} argument{'' if least == 1 else 's'}"
    return f"{least} to {most} arguments"
