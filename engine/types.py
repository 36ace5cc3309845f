"""The types that values have, on the type protocol of the jsonlogic package.

A Type is a JSONSchemaType of that package with the finer kinds that a vocabulary declares; `binary_op` and `unary_op`
are its rules of arithmetic and order. `name` is how a person hears the type named.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from jsonlogic.json_schema.types import BinaryOp, JSONSchemaType, UnaryOp, UnsupportedOperation

Kind: TypeAlias = Literal[
    "text", "number", "integer", "boolean", "choice", "date", "instant", "country", "time_zone", "email", "url",
    "percent", "points", "item", "list", "duration",
]  # fmt: skip

Limits: TypeAlias = tuple[tuple[str, Fraction], ...]
"""Signs and what stands behind them: (("<", 1),)."""
Tells: TypeAlias = tuple[tuple[str, str, Limits], ...]
"""A word, the flat path of a number, and within what that one is wherever the word is said."""

NUMERIC: Final = frozenset({"number", "integer", "percent", "points"})
TEXTUAL: Final = frozenset({"text", "choice", "country", "time_zone", "email", "url"})

_ORDER: Final = frozenset({"<", "<=", ">", ">="})
_WORDS: Final[dict[str, str]] = {
    "boolean": "true or false", "date": "a date", "instant": "an instant", "text": "text", "integer": "a whole number",
    "percent": "a percentage", "points": "points", "country": "a country", "time_zone": "a time zone",
    "email": "an email address", "url": "a web address", "duration": "a duration",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type(JSONSchemaType):
    """`choices` of a choice; `unit` of a number (a word such as USD, or "ratio" for a quotient) or of a duration
    ("clock" or "calendar"); `of` is what a list holds; `fields` are an item's.

    What follows makes no type of its own: `bounds` are the least and the most that a number can be; `known` says that
    no account can lack it; `words` are those that a text mostly is; `tells` is what a word says of numbers elsewhere.
    """

    kind: Kind
    choices: tuple[str, ...] = ()
    unit: str | None = None
    of: "Type | None" = None
    fields: tuple[tuple[str, "Type"], ...] = ()
    bounds: tuple[int | None, int | None] = field(default=(None, None), compare=False)
    known: bool = field(default=False, compare=False)
    words: tuple[str, ...] = field(default=(), compare=False)
    tells: Tells = field(default=(), compare=False)

    @property
    def name(self) -> str:
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.kind == "number":
            return f"a number ({self.unit})" if self.unit and self.unit != "ratio" else "a number"
        if self.kind == "list":
            return f"a list of {self.of.plural}" if self.of else "a list"
        if self.kind == "item":
            return f"a {self.unit}" if self.unit else "an item"
        return _WORDS[self.kind]

    @property
    def plural(self) -> str:
        if self.kind == "item":
            return f"{self.unit or 'item'}s"
        return "texts" if self.kind in TEXTUAL else f"{self.kind}s"

    @property
    def family(self) -> str:
        """Values of one family can be compared with ==."""
        return "number" if self.kind in NUMERIC else "text" if self.kind in TEXTUAL else self.kind

    def binary_op(self, other: JSONSchemaType, op: BinaryOp, /) -> JSONSchemaType:
        if not isinstance(other, Type):
            return other
        if op in _ORDER:
            return self._ordered(other)
        if self.kind in NUMERIC and other.kind in NUMERIC:
            return self._reckoned(other, op)
        if op in {"+", "-"} and other.kind == "duration":
            return self._moved(other)
        raise UnsupportedOperation

    def unary_op(self, op: UnaryOp) -> JSONSchemaType:
        if op == "bool":
            return BOOLEAN
        if self.kind in NUMERIC:
            return self
        raise UnsupportedOperation

    def _ordered(self, other: "Type") -> "Type":
        if self.family == other.family and self.family in {"number", "date", "instant"}:
            return BOOLEAN
        raise UnsupportedOperation

    def _reckoned(self, other: "Type", op: BinaryOp) -> "Type":
        if op == "/":
            return RATIO
        if op in {"+", "-"} and "percent" in {self.kind, other.kind}:
            return PERCENT
        if self.kind == other.kind == "integer":
            return INTEGER
        unit = self.unit if self.unit != "ratio" else other.unit
        return Type("number", unit=unit or other.unit)

    def _moved(self, span: "Type") -> "Type":
        if self.kind == "instant" or (self.kind == "date" and span.unit == "calendar"):
            return self
        raise UnsupportedOperation


BOOLEAN: Final = Type("boolean")
INTEGER: Final = Type("integer")
NUMBER: Final = Type("number")
PERCENT: Final = Type("percent")
RATIO: Final = Type("number", unit="ratio")
TEXT: Final = Type("text")
DATE: Final = Type("date")
INSTANT: Final = Type("instant")
