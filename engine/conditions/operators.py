"""Every operator that a condition may hold: what it takes and what it gives. Each entry is registered by its names.

What an operator does is told in closures.py and beside it, when time changes it in dayturn.py, how it is written in
wording.py, in which form it is stored in normal.py, when it asks nothing in ways.py.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import TypeVar, cast

from jsonlogic.evaluation import EvaluationContext
from jsonlogic.json_schema.types import AnyType, JSONSchemaType, UnsupportedOperation
from jsonlogic.typechecking import TypecheckContext

from engine.conditions.agreement import (
    alike,
    boolean,
    fitted,
    names_of,
    numeric,
    reckoned,
    same_family,
)
from engine.conditions.checking import Checker, argument_at
from engine.conditions.closures import lower
from engine.conditions.faults import nearest
from engine.conditions.scope import Scope
from engine.conditions.tree import REGISTRY, Node
from engine.quantities import Refused, parse_duration
from engine.types import BOOLEAN, DATE, INSTANT, INTEGER, NUMBER, PERCENT, Type
from engine.values import read_date, read_instant

T = TypeVar("T", bound=type["Typed"])


def operator(*names: str) -> Callable[[T], T]:
    def register(kind: T) -> T:
        for name in names:
            REGISTRY.register(name, kind)
        return kind

    return register


class Typed(Node):
    """A node that types itself by `result`; None means that its fault has been told."""

    def typecheck(self, context: TypecheckContext) -> JSONSchemaType:
        if not isinstance(context, Checker):
            raise TypeError("conditions are typed against the names of a vocabulary")
        found = self.result(context)
        return AnyType() if found is None else found

    def evaluate(self, context: EvaluationContext) -> object:
        """The package's own entry, with a Scope as its root data."""
        return lower(self)(cast("Scope", context.data_stack.tail[0]))

    @abstractmethod
    def result(self, check: Checker) -> Type | None: ...


# --- names and literals


@operator("var")
class Var(Typed):
    arity = (1, 2)

    def result(self, check: Checker) -> Type | None:
        path = self.arguments[0]
        if not isinstance(path, str):
            check.fault(self, "a name must stand as text", 'Write {"var": "account.arr"}.')
            return None
        found = check.resolve(self, path)
        if len(self.arguments) == 2:
            default = check.fit(self, (1,), check.type_of(self.arguments[1]), found)
            same_family(check, self, found, default)
        return found


@operator("missing")
class Missing(Typed):
    """The names among its arguments that are not known."""

    def result(self, check: Checker) -> Type | None:
        return names_of(check, self, self.arguments)


@operator("missing_some")
class MissingSome(Typed):
    arity = (2, 2)

    def result(self, check: Checker) -> Type | None:
        names = self.arguments[1]
        if isinstance(self.arguments[0], int) and isinstance(names, list):
            return names_of(check, self, names)
        check.fault(self, "missing_some takes a number and a list of names", "Give it both.")
        return None


@operator("date", "instant")
class Moment(Typed):
    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        text = self.arguments[0]
        try:
            (read_date if self.operator == "date" else read_instant)(text if isinstance(text, str) else repr(text))
        except ValueError as error:
            check.fault(self, str(error), "")
            return None
        return DATE if self.operator == "date" else INSTANT


@operator("duration")
class Span(Typed):
    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        read = parse_duration(str(self.arguments[0]))
        if isinstance(read, Refused):
            check.fault(self, read.message, read.fix)
            return None
        return Type("duration", unit="clock" if read.is_clock else "calendar")


@operator("percent")
class Percent(Typed):
    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        if isinstance(self.arguments[0], (Node, str, list, bool)):
            check.fault(self, "a percentage is a number", 'Write {"percent": 30}.')
            return None
        return PERCENT


# --- logic


@operator("and", "or", "!")
class Logic(Typed):
    def result(self, check: Checker) -> Type | None:
        truths = [boolean(check, self, index, lists=self.operator == "!") for index in range(len(self.arguments))]
        if self.operator == "!" and len(self.arguments) > 1:
            check.fault(self, "! takes 1 argument", "Join several by and.")
        return BOOLEAN if all(truths) else None


@operator("!!")
class Truthy(Typed):
    """Whether there is something: the empty text, 0, false and the empty list are nothing."""

    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        return BOOLEAN if check.type_of(self.arguments[0]) else None


@operator("if")
class If(Typed):
    arity = (3, None)

    def result(self, check: Checker) -> Type | None:
        if len(self.arguments) % 2 == 0:
            check.fault(self, "the last choice of if has no else", "Give it one more value.")
            return None
        last = len(self.arguments) - 1
        truths = [boolean(check, self, index, lists=True) for index in range(0, last, 2)]
        choices = [*range(1, last, 2), last]
        return alike(check, self, choices) if all(truths) else None


@operator("log")
class Log(Typed):
    """Gives back what it is given; every value is told by `why` anyway."""

    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        return check.type_of(self.arguments[0])


# --- comparisons


@operator("==", "!=")
class Equality(Typed):
    arity = (2, 2)

    def result(self, check: Checker) -> Type | None:
        left, right = fitted(check, self, 0, 1)
        if left and right and {"item", "list", "duration"} & {left.kind, right.kind}:
            check.fault(self, f"{check.phrase(self.arguments[0])} cannot be compared as a whole", "Compare its parts.")
            return None
        if left and right and left.kind == right.kind == "choice" and not set(left.choices) & set(right.choices):
            said = f"{check.phrase(self.arguments[0])} and {check.phrase(self.arguments[1])} have no choice in common"
            check.fault(self, said, "Compare it with one of its own choices.")
            return None
        return BOOLEAN if same_family(check, self, left, right, (0, 1)) else None


@operator("<", "<=", ">", ">=")
class Order(Typed):
    arity = (2, 3)

    def result(self, check: Checker) -> Type | None:
        pairs = [fitted(check, self, index, index + 1) for index in range(len(self.arguments) - 1)]
        fine = [self.ordered(check, index, *pair) for index, pair in enumerate(pairs)]
        return BOOLEAN if all(fine) else None

    def ordered(self, check: Checker, index: int, left: Type | None, right: Type | None) -> bool:
        if left is None or right is None or not same_family(check, self, left, right, (index, index + 1)):
            return False
        try:
            left.binary_op(right, "<")
        except UnsupportedOperation:
            fix = "Compare it with == or in." if left.family in {"text", "boolean"} else "Compare its parts."
            check.fault(self, f"{check.said(self.arguments[index], left)}, which has no order", fix, index)
            return False
        return True


@operator("in")
class In(Typed):
    arity = (2, 2)

    def result(self, check: Checker) -> Type | None:
        needle, hay = check.types(self)
        if needle is None or hay is None:
            return None
        if hay.kind == "list":
            check.fit(self, (1,), hay, needle)
            needle = check.fit(self, (0,), needle, hay.of)
            return BOOLEAN if needle and self.held(check, needle) else None
        if hay.kind == "choice":
            check.fault(self, f"{check.said(self.arguments[1], hay)}, not a list", "Compare it with ==.")
            return None
        if isinstance(text := self.arguments[1], str) and needle.family == "text" != needle.kind:
            check.fault(self, f"{check.phrase(text)} is one text, not a list", _as_list(text, needle), 1)
            return None
        if hay.family == "text" and needle.family == "text":
            return BOOLEAN
        check.fault(self, f"{check.said(self.arguments[1], hay)}, not a list", 'Write a list: ["a", "b"].')
        return None

    def held(self, check: Checker, needle: Type) -> bool:
        """Each thing of the list could be what is looked for."""
        hay = check.type_of(self.arguments[1])
        found = argument_at(self, (1,))
        types = [check.type_of(one) for one in found] if isinstance(found, list) else [hay.of if hay else None]
        fine = [same_family(check, self, needle, one) for one in types if one]
        return all(fine)


def _as_list(text: str, needle: Type) -> str:
    words = text.replace(",", " ").split()
    meant = [(word if word in needle.choices else nearest(word, needle.choices)) for word in words]
    found = [one for one in (meant if needle.choices else words) if one] or ["a", "b"]
    quoted = ", ".join(f'"{one}"' for one in found)
    return f"Write a list: [{quoted}]."


# --- numbers and moments


@operator("+", "*")
class Sum(Typed):
    def result(self, check: Checker) -> Type | None:
        types = check.types(self)
        total = types[0]
        for index, one in enumerate(types[1:]):
            total = reckoned(check, self, (index, index + 1), total, one)
        if len(types) == 1:
            return numeric(check, self, 0, total)
        return total


@operator("-")
class Minus(Typed):
    arity = (1, 2)

    def result(self, check: Checker) -> Type | None:
        types = check.types(self)
        if len(types) == 1:
            return numeric(check, self, 0, types[0])
        return reckoned(check, self, (0, 1), types[0], types[1])


@operator("/", "%")
class Division(Typed):
    arity = (2, 2)

    def result(self, check: Checker) -> Type | None:
        left, right = check.types(self)
        return reckoned(check, self, (0, 1), left, right)


@operator("min", "max")
class Extreme(Typed):
    def result(self, check: Checker) -> Type | None:
        found = alike(check, self, list(range(len(self.arguments))))
        if found and found.family not in {"number", "date", "instant"}:
            check.fault(
                self, f"{check.said(self.arguments[0], found)}, which has no order", "Give it numbers or dates."
            )
            return None
        return found


@operator("round")
class Round(Typed):
    """Halves go away from zero, as in spreadsheets; the second argument is how many digits stay."""

    arity = (1, 2)

    def result(self, check: Checker) -> Type | None:
        found = numeric(check, self, 0, check.type_of(self.arguments[0]))
        if len(self.arguments) == 1:
            return INTEGER if found else None
        digits = self.arguments[1]
        if isinstance(digits, bool) or not isinstance(digits, int) or not -15 <= digits <= 15:
            check.fault(self, "the digits of round are a whole number from -15 to 15", "Write round(x, 2).", 1)
            return None
        return NUMBER if found else None
