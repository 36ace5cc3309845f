"""What a condition asks, for people who do not read conditions: `NPS is less than 5`.

A part that has no plain words stands as its author wrote it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.conditions.tree import Argument, Node
from engine.conditions.wording import phrase
from engine.filters import money
from engine.logic import Expression
from engine.recipients import Recipients
from engine.render.reasons import day, words
from engine.render.whys import printable
from engine.types import NUMERIC
from engine.vocabulary import Field, Vocabulary

_HOW: Final[Mapping[str, str]] = {
    "==": "is {}", "!=": "is not {}", "<": "is less than {}", "<=": "is {} or less", ">": "is more than {}",
    ">=": "is {} or more",
}  # fmt: skip
_WHEN: Final[Mapping[str, str]] = {
    "<": "is before {}", "<=": "is not after {}", ">": "is after {}", ">=": "is not before {}",
}  # fmt: skip
_CAME: Final[Mapping[str, str]] = {"==": "came out as {}", "!=": "did not come out as {}"}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_PARTS: Final[Mapping[str, str]] = {
    "value": "{}", "zone": "{}", "previous": "{} before", "change": "the change of {}",
    "attainment": "{}, of its target,", "target": "the target of {}",
}  # fmt: skip
_CALLS: Final[Mapping[str, str]] = {
    "days_until": "number of days to {}", "days_since": "number of days since {}",
    "business_days_until": "number of business days to {}", "business_days_since": "number of business days since {}",
    "hours_until": "number of hours to {}", "hours_since": "number of hours since {}", "at_start": "{} at the start",
}  # fmt: skip
ITSELF: Final = {
    "contact.id == item.id": "the contact that the run is for",
    "contact.id == event.contact": "the contact that the event came from",
}
_PATH: Final = re.compile(r"\baccount\.(\w+)")


class AsWritten:
    """How conditions and moments are said to authors."""

    def said(self, condition: Expression) -> str:
        return condition.text

    def moment(self, moment: object) -> str:
        return str(moment)

    def whom(self, to: Recipients) -> str:
        condition = to.each or to.first
        if condition is not None and condition.text in ITSELF:
            return ITSELF[condition.text]
        return f"contact where {self.said(condition)}" if condition else str(to)


AS_WRITTEN: Final = AsWritten()


@dataclass(frozen=True, slots=True)
class InWords(AsWritten):
    """And to everybody else, with the titles of a vocabulary."""

    vocabulary: Vocabulary

    def said(self, condition: Expression) -> str:
        return _Wording(self.vocabulary).said(condition.machine.tree)

    def moment(self, moment: object) -> str:
        return _PATH.sub(lambda found: _named(found[1]), str(moment))


@dataclass(frozen=True, slots=True)
class _Wording:
    vocabulary: Vocabulary

    def said(self, argument: Argument, inside: str = "") -> str:
        """`inside` is the word that joins it to others: an `or` within an `and` goes into brackets."""
        if not isinstance(argument, Node):
            return phrase(argument)
        match argument.operator, argument.arguments:
            case ("and" | "or") as word, [_, _, *_] as parts:
                told = f" {word} ".join(self.said(one, word) for one in parts)
                return f"({told})" if inside not in {"", word} else told
            case "!", [inner]:
                return self.denied(inner)
        return self.plain(argument) or phrase(argument)

    def plain(self, node: Node) -> str | None:
        match node.operator, node.arguments:
            case "known", [what] if subject := self.subject(what):
                return f"{subject} is known"
            case "in", [left, list() as several] if subject := self.subject(left):
                return f"{subject} is {self.either(several, left)}"
            case operator, [left, right] if operator in _HOW:
                return self.compared(operator, left, right)
            case ("<" | "<=") as operator, [low, middle, high] if subject := self.subject(middle):
                return self.between(operator, low, subject, high, of=middle)
            case "some", _ if role := _role(node):
                return f"there is a contact with the role of {role}"
        return None

    def denied(self, inner: Argument) -> str:
        if isinstance(inner, Node):
            match inner.operator, inner.arguments:
                case "some", _ if role := _role(inner):
                    return f"there is no contact with the role of {role}"
                case "known", [what] if subject := self.subject(what):
                    return f"{subject} is not known"
                case "in", [left, list() as several] if subject := self.subject(left):
                    return f"{subject} is neither {self.either(several, left, 'nor')}"
        return f"it is not so that {self.said(inner, 'not')}"

    def either(self, several: list[Argument], left: Argument, word: str = "or") -> str:
        return f" {word} ".join(self.shown(one, left) for one in several)

    def between(self, operator: str, low: Argument, subject: str, high: Argument, of: Argument) -> str:
        ends = self.shown(low, of), self.shown(high, of)
        form = "{} is from {} to {}" if operator == "<=" else "{} is more than {} and less than {}"
        return form.format(subject, *ends)

    def compared(self, operator: str, left: Argument, right: Argument) -> str | None:
        if self.subject(left) is None:
            operator, left, right = _TURNED[operator], right, left
        subject = self.subject(left)
        if subject is None or isinstance(right, list):
            return None
        if isinstance(right, bool) and operator in {"==", "!="}:
            return f"{subject} is {'so' if right is (operator == '==') else 'not so'}"
        came = _CAME if (_path(left) or "").startswith("outcome.") else {}
        how = came.get(operator) or (_WHEN if self.is_date(left) else {}).get(operator) or _HOW[operator]
        return f"{subject} {how.format(self.subject(right) or self.shown(right, left))}"

    def subject(self, argument: Argument) -> str | None:
        """What is asked about; None for what has no name of its own."""
        if isinstance(argument, Node) and argument.operator in _CALLS and (of := self.subject(argument.arguments[0])):
            return _CALLS[argument.operator].format(of)
        room, _, rest = (_path(argument) or "").partition(".")
        name, _, part = rest.partition(".")
        match room:
            case "metrics" if (metric := self.vocabulary.metrics.get(name)) and part in _PARTS:
                return _PARTS[part].format(printable(metric.title))
            case "outcome":
                return f"“{words(rest)}”"
            case "account":
                return _named(rest)
            case "item" | "event" | "contact":
                return f"{_named(rest)} of the {room}"
        return None

    def is_date(self, argument: Argument) -> bool:
        field = self.field(argument)
        return field is not None and field.type.kind in {"date", "instant"}

    def field(self, argument: Argument) -> Field | None:
        return self.vocabulary.fields.get((_path(argument) or "").removeprefix("account."))

    def shown(self, argument: Argument, of: Argument) -> str:
        match argument:
            case Node(operator="date", arguments=[str() as text]):
                return day(dt.date.fromisoformat(text))
            case str():
                return printable(argument.replace("_", " "))
            case int() | Decimal() if (field := self.field(of)) and field.type.kind in NUMERIC and field.type.unit:
                return money(argument, field.type.unit)
            case _:
                return phrase(argument)


def _named(field: str) -> str:
    return field.upper() if len(field) == 3 else words(field).lower()


def _path(argument: Argument) -> str | None:
    if isinstance(argument, Node) and argument.operator == "var" and len(argument.arguments) == 1:
        return argument.arguments[0] if isinstance(argument.arguments[0], str) else None
    return None


def _role(node: Node) -> str | None:
    """Of `any(c.role == "champion" for c in contacts)` the role."""
    match node.arguments[:2]:
        case [source, Node(operator="==", arguments=[asked, str() as role])]:
            mine = _path(source) == "contacts" and _path(asked) == "role"
            return words(role).lower() if mine else None
    return None
