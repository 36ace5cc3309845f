"""Every operator that a condition may hold: what it takes and what it gives. Each entry is registered by its names.

What an operator does is told in closures.py, when time changes it in dayturn.py, how it is written in wording.py.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Final, TypeVar, cast

from jsonlogic.evaluation import EvaluationContext
from jsonlogic.json_schema.types import AnyType, JSONSchemaType, UnsupportedOperation
from jsonlogic.typechecking import TypecheckContext

from engine.conditions.agreement import (
    alike,
    boolean,
    fitted,
    items_of,
    names_of,
    numeric,
    reckoned,
    same_family,
)
from engine.conditions.checking import Checker, argument_at
from engine.conditions.closures import lower
from engine.conditions.faults import did_you_mean
from engine.conditions.scope import Scope
from engine.conditions.tree import REGISTRY, Node
from engine.quantities import Refused, parse_duration
from engine.types import BOOLEAN, DATE, INSTANT, INTEGER, NUMBER, PERCENT, TEXT, Type
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
            check.fault(self, f"{check.said(self.arguments[index], left)}, which has no order", fix)
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


# --- functions with fixed parameters


class Function(Typed):
    """`takes` are the families of its parameters; text constants become dates where a date may stand."""

    takes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    gives: ClassVar[Type] = BOOLEAN

    def result(self, check: Checker) -> Type | None:
        if len(self.arguments) != len(self.takes):
            check.fault(self, f"{self.operator} takes {len(self.takes)}, not {len(self.arguments)}", "Give it all.")
            return None
        fine = [self.taken(check, index, families) for index, families in enumerate(self.takes)]
        return self.gives if all(fine) else None

    def taken(self, check: Checker, index: int, families: tuple[str, ...]) -> bool:
        found = check.type_of(self.arguments[index])
        if isinstance(self.arguments[index], str) and families[0] in {"date", "instant"}:
            found = check.fit(self, (index,), found, Type("date") if families[0] == "date" else INSTANT)
        if found is None or found.family in families:
            return found is not None
        wanted = " or ".join(_NAMED[one] for one in families)
        fix = f"Give it {wanted}."
        check.fault(self, f"{self.operator} takes {wanted}; {check.said(self.arguments[index], found)}", fix, index)
        return False


_NAMED: Final = {"date": "a date", "instant": "an instant", "text": "text", "number": "a number"}


@operator("days_since", "days_until", "business_days_since", "business_days_until")
class DayCount(Function):
    takes = (("date", "instant"),)
    gives = INTEGER


@operator("hours_since", "hours_until")
class HourCount(Function):
    takes = (("instant",),)
    gives = NUMBER


@operator("lower")
class Lower(Function):
    takes = (("text",),)
    gives = TEXT


@operator("contains", "starts_with")
class TextTest(Function):
    takes = (("text",), ("text",))


@operator("known")
class Known(Typed):
    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        return BOOLEAN if check.type_of(self.arguments[0]) else None


# --- what the run, the account's history and other playbooks tell


@operator("at_start", "since")
class Remembered(Typed):
    """at_start(x): what x was when the run started. since(x): the instant the field last changed."""

    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        path = remembered_path(self)
        if path is None or (self.operator == "since" and not path.startswith("account.")):
            what = "a field of the account" if self.operator == "since" else "a name"
            check.fault(self, f"{self.operator} takes {what}", f"Write {self.operator}(account.renewal_date).")
            return None
        found = check.resolve_path(self, path)
        if found and (said := check.names.why_not(f"{self.operator}.{path}")):
            check.fault(self, said.rstrip("."), "")
            return None
        return found and (INSTANT if self.operator == "since" else found)


@operator("running", "last_outcome", "last_ended")
class OtherRuns(Typed):
    arity = (1, 1)

    def result(self, check: Checker) -> Type | None:
        playbook = self.arguments[0]
        if not isinstance(playbook, str):
            check.fault(self, f"{self.operator} takes the id of a playbook", f'Write {self.operator}("renewal-risk").')
            return None
        path = f"runs.{playbook}.{self.operator}"
        if said := check.names.why_not(path):
            check.fault(self, said.rstrip("."), "")
            return None
        if found := check.names.type_of(path):
            return found
        ids = {f'"{one.split(".")[1]}"' for one in check.names.paths() if one.startswith("runs.")}
        check.fault(self, f'there is no playbook "{playbook}"', did_you_mean(f'"{playbook}"', ids), 0)
        return None


def remembered_path(node: Node) -> str | None:
    inner = node.arguments[0]
    if isinstance(inner, Node) and inner.operator == "var" and len(inner.arguments) == 1:
        path = inner.arguments[0]
        return path if isinstance(path, str) and "." in path else None
    return None


# --- over items


@operator("some", "all", "none", "count")
class Quantifier(Typed):
    """The third argument is only the author's name for an item."""

    arity = (2, 3)

    def result(self, check: Checker) -> Type | None:
        item = items_of(check, self)
        if item is None:
            return None
        with check.within(self, item):
            fine = boolean(check, self, 1)
        return (INTEGER if self.operator == "count" else BOOLEAN) if fine else None


@operator("filter")
class Filter(Typed):
    arity = (2, 2)

    def result(self, check: Checker) -> Type | None:
        item = items_of(check, self)
        if item is None:
            return None
        with check.within(self, item):
            fine = boolean(check, self, 1)
        return Type("list", of=item) if fine else None


@operator("map")
class Map(Typed):
    arity = (2, 2)

    def result(self, check: Checker) -> Type | None:
        item = items_of(check, self)
        if item is None:
            return None
        with check.within(self, item):
            each = check.type_of(self.arguments[1])
        return each and Type("list", of=each)


@operator("reduce")
class Reduce(Typed):
    """Its body reads `current` and `accumulator`; the third argument is the first accumulator."""

    arity = (3, 3)

    def result(self, check: Checker) -> Type | None:
        item, first = items_of(check, self), check.type_of(self.arguments[2])
        if item is None or first is None:
            return None
        if first == INTEGER:
            first = NUMBER
        with check.within(self, Type("item", fields=(("accumulator", first), ("current", item)))):
            found = check.type_of(self.arguments[1])
        return found and (first if same_family(check, self, first, found) else None)


@operator("merge")
class Merge(Typed):
    arity = (0, None)

    def result(self, check: Checker) -> Type | None:
        types = check.types(self)
        if None in types:
            return None
        held = [one.of if one.kind == "list" else one for one in types if one]
        return Type("list", of=next((one for one in held if one), None))


# --- text


@operator("cat")
class Cat(Typed):
    def result(self, check: Checker) -> Type | None:
        types = check.types(self)
        for index, one in enumerate(types):
            if one and one.family not in {"text", "number"}:
                said = check.said(self.arguments[index], one)
                check.fault(self, f"cat joins text and numbers; {said}", "Leave it out.", index)
                return None
        return None if None in types else TEXT


@operator("substr")
class Substr(Typed):
    arity = (2, 3)

    def result(self, check: Checker) -> Type | None:
        text, *places = check.types(self)
        if text and text.family == "text" and all(one and one.kind == "integer" for one in places):
            return TEXT
        if text and None not in places:
            check.fault(self, "substr takes text, a start and a length", 'Write {"substr": [x, 0, 3]}.')
        return None
