"""The functions of the language and JsonLogic's for text: what they take and what they give."""

from typing import ClassVar, Final

from engine.conditions.checking import Checker
from engine.conditions.faults import nearest
from engine.conditions.operators import Typed, operator
from engine.conditions.scope import Names
from engine.conditions.tree import Node
from engine.types import BOOLEAN, DATE, INSTANT, INTEGER, NUMBER, TEXT, Type


class Function(Typed):
    """`takes` are the families of its parameters; text constants become dates where a date may stand."""

    takes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    gives: ClassVar[Type] = BOOLEAN

    def __init_subclass__(cls) -> None:
        cls.arity = (len(cls.takes), len(cls.takes))

    def result(self, check: Checker) -> Type | None:
        fine = [self.taken(check, index, families) for index, families in enumerate(self.takes)]
        return self.gives if all(fine) else None

    def taken(self, check: Checker, index: int, families: tuple[str, ...]) -> bool:
        found = check.type_of(self.arguments[index])
        if isinstance(self.arguments[index], str) and families[0] in {"date", "instant"}:
            found = check.fit(self, (index,), found, DATE if families[0] == "date" else INSTANT)
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
        path, inner = remembered_path(self), self.arguments[0]
        if path is None or (self.operator == "since" and not path.startswith("account.")):
            check.fault(self, *_not_remembered(self.operator, path or "", check.names))
            return None
        found = check.resolve_path(inner if isinstance(inner, Node) else self, path)
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
        ids = sorted({one.split(".")[1] for one in check.names.paths() if one.startswith("runs.")})
        meant = nearest(playbook, ids)
        fix = f'Did you mean "{meant}"?' if meant else f"Known: {', '.join(ids)}." if ids else ""
        check.fault(self, f'there is no playbook "{playbook}"', fix, 0)
        return None


def _not_remembered(operator: str, path: str, names: Names) -> tuple[str, str]:
    if path.startswith("item."):
        fix = f"Compare it with what it was when the run started: at_start({path})."
        return "since takes a field of the account: when those of contacts and records changed is not kept", fix
    what = "a field of the account" if operator == "since" else "a name"
    dates = (one for one in names.paths() if one.startswith("account.") and _is_date(names.type_of(one)))
    return f"{operator} takes {what}", f"Write {operator}({next(dates, 'account.name')})."


def _is_date(type_: Type | None) -> bool:
    return type_ is not None and type_.kind == "date"


def remembered_path(node: Node) -> str | None:
    inner = node.arguments[0]
    if isinstance(inner, Node) and inner.operator == "var" and len(inner.arguments) == 1:
        path = inner.arguments[0]
        return path if isinstance(path, str) and "." in path else None
    return None


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
