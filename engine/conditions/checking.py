"""The type check of a tree against the names that may be read where it stands.

It rides on the jsonlogic package's TypecheckContext: each operator types itself, findings are its diagnostics. Names
are resolved here, and constants take the type of what they are compared with: "2026-01-05" beside a date becomes one.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

from jsonlogic.json_schema.types import AnyType
from jsonlogic.typechecking import Diagnostic, TypecheckContext

from engine.calendar import is_country, is_time_zone, time_zones
from engine.conditions.faults import ADD_IT, Fault, Pointer, did_you_mean, nearest, slip_of
from engine.conditions.places import Around, Place, place
from engine.conditions.scope import Names
from engine.conditions.tree import REGISTRY, Argument, Node
from engine.conditions.wording import item_name, phrase
from engine.types import BOOLEAN, INSTANT, INTEGER, NUMBER, NUMERIC, TEXT, Type
from engine.values import read_date, read_instant

# A number or a flag that somebody put into quotes.
_BARE: Final = re.compile(r"-?\d+(\.\d+)?%?|true|false")
_SCIENTIFIC: Final = re.compile(r"-?\d+(\.\d+)?[eE][+-]?\d{1,2}")


@dataclass
class Finding(Diagnostic):
    """A diagnostic of the package with what its author needs: what to do, and where it stands."""

    fix: str
    pointer: Pointer


class Checker(TypecheckContext):
    def __init__(self, names: Names) -> None:
        super().__init__({})
        self.names = names
        self.items: list[Type] = []
        self.item_names: list[str] = []
        self.around: Around = ()

    @property
    def faults(self) -> list[Fault]:
        return [
            Fault(one.message, one.fix, pointer=one.pointer) for one in self.diagnostics if isinstance(one, Finding)
        ]

    def fault(self, node: Node, message: str, fix: str, *index: int) -> None:
        pointer = node.at(*index) if index else node.pointer
        self.diagnostics.append(Finding(message, "general", "error", node, fix, pointer))

    def fault_at(self, fault: Fault, node: Node) -> None:
        self.diagnostics.append(Finding(fault.message, "general", "error", node, fault.fix, fault.pointer))

    def phrase(self, argument: Argument) -> str:
        return phrase(argument, self.around, tuple(self.item_names))

    def said(self, argument: Argument, type_: Type) -> str:
        """ "account.arr is a number (USD)": the part of a message that tells what somebody wrote."""
        return f"{self.phrase(argument)} is {type_.name}"

    def type_of(self, argument: Argument) -> Type | None:
        """None when its fault has been told already."""
        match argument:
            case Node():
                found = argument.typecheck(self)
                return None if isinstance(found, AnyType) or not isinstance(found, Type) else found
            case bool():
                return BOOLEAN
            case int():
                return INTEGER
            case Decimal():
                return NUMBER
            case str():
                return TEXT
        types = [self.type_of(one) for one in argument]
        return Type("list", of=next((one for one in types if one), None))

    def types(self, node: Node) -> list[Type | None]:
        return [self.type_of(one) for one in node.arguments]

    # --- names

    @contextmanager
    def within(self, node: Node, item: Type) -> Iterator[None]:
        """Inside the second argument of an operator over items."""
        before = self.around
        self.around = (*before, "pair" if node.operator == "reduce" else "item")
        self.items.append(item)
        self.item_names.append(item_name(node))
        yield
        self.around = before
        self.items.pop()
        self.item_names.pop()

    def resolve(self, node: Node, path: str) -> Type | None:
        where = place(path, self.around)
        if where.level is not None:
            return self._of_item(node, where, where.level)
        if path == "now":
            return INSTANT
        return self.resolve_path(node, path)

    def resolve_path(self, node: Node, path: str) -> Type | None:
        """A flat path of the root."""
        if said := self.names.why_not(path):
            self.fault(node, said.rstrip("."), "")
            return None
        if (fields := self.names.item_types(path)) is not None:
            kind = "contact" if path == "contacts" else "record"
            return Type("list", of=Type("item", unit=kind, fields=tuple(sorted(fields.items()))))
        if found := self.names.type_of(path):
            return found
        self.fault(node, *self._unknown(path))
        return None

    def _of_item(self, node: Node, where: Place, level: int) -> Type | None:
        if level >= len(self.items):
            self.fault(node, f"'{where.path}@{level}' looks out of more items than there are", "Lower the level.")
            return None
        found = self.items[-1 - level]
        for key in where.keys:
            fields = dict(found.fields)
            if key not in fields:
                fix = did_you_mean(key, fields, f"It has {', '.join(sorted(fields))}." if fields else "")
                self.fault(node, f"{found.name} has no '{key}'", fix)
                return None
            found = fields[key]
        return found

    def _unknown(self, path: str) -> tuple[str, str]:
        """The message names the part of the path that is wrong, not all of it."""
        if not path:
            return '"" is the item that is looked at, and here is none', 'Write {"var": "account.arr"}, for example.'
        known = sorted(self.names.paths())
        parts = path.split(".")
        for end in range(2, len(parts) + 1):
            start = ".".join(parts[:end])
            if not any(one == start or one.startswith(start + ".") for one in known):
                heads = {".".join(one.split(".")[:end]) for one in known}
                ends = sorted(one for one in known if parts[end - 1] in one.split(".")[1:])
                meant = _nearest_below(start, heads) or (ends[0] if ends else None)
                if parts[0] == "outcome":
                    return f"there is no step '{parts[1]}' with an outcome", f"Did you mean {meant}?" if meant else ""
                add = ADD_IT if parts[0] in {"account", "metrics"} else ""
                return f"{start} is not in the vocabulary", f"Did you mean {meant}?" if meant else add
        longer = [one for one in known if one.startswith(path + ".")]
        wanted = next((one for one in longer if one.endswith(".value")), longer[0] if longer else "")
        return f"{path} is not a value by itself", f"Write {wanted}, for example." if wanted else ""

    # --- constants

    def fit(self, node: Node, index: tuple[int, ...], own: Type | None, other: Type | None) -> Type | None:
        """The type of an argument beside another type; a constant takes that type on, or is a fault."""
        argument = argument_at(node, index)
        if own is None or other is None:
            return own
        if isinstance(argument, list) and own.kind == "list":
            for at, one in enumerate(argument):
                if not isinstance(one, Node):
                    self.fit(node, (*index, at), self.type_of(one), other.of if other.kind == "list" else other)
            return own
        if isinstance(argument, Node):
            return self._fit_percent(node, index, argument, own, other)
        if isinstance(argument, str):
            return self._fit_text(node, index, argument, other)
        if own.kind in NUMERIC and other.kind in NUMERIC and isinstance(argument, (int, Decimal)):
            return self._fit_number(node, index, argument, other)
        return own

    def _fit_percent(self, node: Node, index: tuple[int, ...], literal: Node, own: Type, other: Type) -> Type | None:
        if (
            literal.operator != "percent"
            or other.kind not in NUMERIC
            or other.kind == "percent"
            or other.unit == "ratio"
        ):
            return own
        fix = f"Write {self.phrase(literal.arguments[0])} if that is what you mean."
        self.fault(node, f"{self.phrase(literal)} is compared with {other.name}", fix, *index)
        return None

    def _fit_number(self, node: Node, index: tuple[int, ...], number: int | Decimal, other: Type) -> Type | None:
        if other.kind == "percent" and not -1 <= number <= 1:
            fix = f"Write {number}%, or {Decimal(number).scaleb(-2).normalize():f} for the same."
            self.fault(node, f"{number} is compared with a percentage", fix, *index)
            return None
        return other

    def _fit_text(self, node: Node, index: tuple[int, ...], text: str, other: Type) -> Type | None:
        match other.kind:
            case "date" | "instant":
                return self._fit_time(node, index, text, other)
            case "choice" if text not in other.choices:
                meant = nearest(text, other.choices)
                fix = f'Did you mean "{meant}"?' if meant else f"It is {other.name}."
                self.fault(node, f'"{text}" is not one of its choices', fix, *index)
                return None
            case "country" if not is_country(text):
                upper = text.upper() if is_country(text.upper()) else None
                fix = f'Did you mean "{upper}"?' if upper else 'Write its ISO code, such as "US" or "DE-BY".'
                self.fault(node, f'"{text}" is not a country', fix, *index)
                return None
            case "time_zone" if not is_time_zone(text):
                fix = did_you_mean(text, time_zones(), 'Name one of the IANA data base, such as "Europe/Berlin".')
                self.fault(node, f'"{text}" is not a time zone', fix, *index)
                return None
            case _ if meant := slip_of(text, other.words):
                said = f'"{text}" is not one of its outcomes: {", ".join(other.words)}'
                self.fault(node, said, f'Did you mean "{meant}"?', *index)
                return None
            case _ if other.family in {"number", "boolean"}:
                self.fault(node, f'"{text}" is text, where {other.name} is due', _unquoted(text, other), *index)
                return None
            case _:
                return other if other.family == "text" else TEXT

    def _fit_time(self, node: Node, index: tuple[int, ...], text: str, other: Type) -> Type | None:
        try:
            (read_date if other.kind == "date" else read_instant)(text)
        except ValueError as error:
            example = "2026-01-05" if other.kind == "date" else "2026-01-05T09:00:00Z"
            said, _, _ = str(error).replace("'", '"').partition(";")
            self.fault(node, said, f'Write {other.name} as "{example}".', *index)
            return None
        put(node, index, cast("Node", REGISTRY.get(other.kind).from_expression(other.kind, [text])))
        return other


def _unquoted(text: str, other: Type) -> str:
    """What to write instead; in JSON below YAML a text may have no quotes at all: 1e5."""
    if _BARE.fullmatch(text):
        return "Take the quotes away."
    if other.family == "boolean":
        return "Write true or false."
    if _SCIENTIFIC.fullmatch(text):
        return f"Write {Decimal(text):f}."
    return "Write digits with at most one point, such as 1500 or 0.5."


def argument_at(node: Node, index: tuple[int, ...]) -> Argument:
    found: Argument = node.arguments
    for step in index:
        found = cast("list[Argument]", found)[step]
    return found


def put(node: Node, index: tuple[int, ...], new: Argument) -> None:
    *way, last = index
    items = node.arguments
    for step in way:
        items = cast("list[Argument]", items[step])
    items[last] = new


def _nearest_below(path: str, known: Iterable[str]) -> str | None:
    """By its last part, where the others are right: all metrics begin alike."""
    above, _, last = path.rpartition(".")
    beside = {one.removeprefix(f"{above}."): one for one in known if one.startswith(f"{above}.")}
    found = nearest(last, beside) if beside else None
    return beside[found] if found else None if beside else nearest(path, known)
