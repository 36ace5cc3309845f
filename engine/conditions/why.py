"""Why a condition is what it is: its text, part by part, each with what it saw, and which parts decided."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal, TypeAlias, cast

from engine.conditions.closures import View, lower, shown
from engine.conditions.comparisons import COMPARE
from engine.conditions.items import framed, fused
from engine.conditions.places import Around, inside
from engine.conditions.tree import Argument, Node
from engine.conditions.wording import item_name, phrase
from engine.values import JSON, UNKNOWN, Value, to_json

Join: TypeAlias = Literal["all", "any", "part", "none"]
Explain: TypeAlias = Callable[[View], "Why"]

_TRUTHS: Final = frozenset(COMPARE) | {
    "and", "or", "!", "!!", "in", "some", "all", "none", "known", "contains", "starts_with", "running",
}  # fmt: skip
_JOINS: Final[Mapping[str, Join]] = {"and": "all", "or": "any", "!": "part", "some": "any", "all": "all", "none": "any"}
_LITERALS: Final = frozenset({"percent", "date", "instant", "duration"})
_READS: Final = frozenset({"var", "at_start", "since", "running", "last_outcome", "last_ended"})
_LOOKED_THROUGH: Final = frozenset({"some", "all", "none", "count"})
_RATIOS: Final = (".change", ".attainment")
_LIKE_THEIR_PARTS: Final = frozenset({"+", "-", "min", "max", "if"})
# Of a large collection the items that matter are told, not all.
_MOST_ITEMS: Final = 10


@dataclass(frozen=True, slots=True)
class Why:
    """`saw` is the truth or value at that time, UNKNOWN when it could not be known. `join` tells how the parts make up
    the whole: "all" and "any" of them, the one "part", or "none" (it is judged by itself). `percent`: the author writes
    such a number with a % behind it.
    """

    text: str
    saw: Value
    parts: tuple["Why", ...] = ()
    is_truth: bool = False
    join: Join = "none"
    decided: bool = False
    percent: bool = False

    @property
    def truth(self) -> bool | None:
        return self.saw if isinstance(self.saw, bool) else None

    def to_json(self) -> dict[str, JSON]:
        """{"text", "truth" or "value", "parts"}; null is unknown; "decided": true stands on the parts that decided, and
        "unit": "percent" on a ratio.
        """
        found: dict[str, JSON] = {"text": self.text, "truth" if self.is_truth else "value": to_json(self.saw)}
        found |= {"unit": "percent"} if self.percent else {}
        found["parts"] = [part.to_json() for part in self.parts]
        return found | ({"decided": True} if self.decided else {})

    def deciding(self) -> "Why":
        """The same with the parts marked that made it what it is: for a false `and` the false ones, and so on."""
        if not self._deciders():
            return replace(self, decided=True)
        marked = {id(part) for part in self._deciders()}
        return replace(self, parts=tuple(part.deciding() if id(part) in marked else part for part in self.parts))

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Why"]]:
        """Every part with how deep it stands, as it would be printed."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)

    def _deciders(self) -> list["Why"]:
        if self.join == "none" or not self.parts:
            return []
        if self.join == "part":
            return list(self.parts)
        settling = self.join == "any"
        settled = [part for part in self.parts if part.truth is settling]
        if settled:
            return settled[:1]
        unknown = [part for part in self.parts if part.truth is None]
        return unknown or list(self.parts)


def explaining(
    argument: Argument, around: Around = (), names: tuple[str, ...] = (), *, percent: bool = False
) -> Explain:
    """Built once like the answer's own closures; names are those of the items around. `percent`: it is held against
    numbers that are written with a %.
    """
    text, ask = phrase(argument, around, names), lower(argument, around)
    node = argument if isinstance(argument, Node) else None
    name = node.operator if node else ""
    tell = _parts(argument, around, names, percent=percent)
    is_percent = percent or _is_ratio(argument)
    join, is_truth = _JOINS.get(name, "none"), name in _TRUTHS

    def explain(view: View) -> Why:
        saw = told(ask(view))
        ratio = is_percent and isinstance(saw, int | Decimal) and not isinstance(saw, bool)
        return Why(text, saw, tell(view), is_truth or isinstance(saw, bool), join, percent=ratio)

    return explain


def told(value: object) -> Value:
    """From the closures' None to the UNKNOWN that everybody else sees."""
    if value is None:
        return UNKNOWN
    return tuple([told(one) for one in value]) if isinstance(value, tuple) else cast("Value", shown(value))


def _parts(
    argument: Argument, around: Around, names: tuple[str, ...], *, percent: bool
) -> Callable[[View], tuple[Why, ...]]:
    if isinstance(argument, Node) and argument.operator in _LOOKED_THROUGH:
        return _items(argument, around, names)
    inner = _in_percent(argument, percent=percent)
    found = [explaining(one, inside, names, percent=inner) for one, inside in _asked(argument, around)]
    return lambda view: tuple([explain(view) for explain in found])


def _is_ratio(argument: Argument) -> bool:
    path = argument.arguments[0] if isinstance(argument, Node) and argument.operator == "var" else None
    return isinstance(path, str) and path.startswith("metrics.") and path.endswith(_RATIOS)


def _in_percent(argument: Argument, *, percent: bool) -> bool:
    """Whether what the argument is made of are ratios: they stand against one, or make one up."""
    if not isinstance(argument, Node):
        return False
    against = any(isinstance(one, Node) and one.operator == "percent" for one in argument.arguments)
    return against if argument.operator in COMPARE else percent and argument.operator in _LIKE_THEIR_PARTS


def _asked(argument: Argument, around: Around) -> Iterator[tuple[Argument, Around]]:
    """The parts worth telling: what reads something. Constants say nothing new, collections are told by their items."""
    if isinstance(argument, list):
        for one in argument:
            yield from _asked_of(one, around)
    elif isinstance(argument, Node) and argument.operator not in _READS | _LITERALS:
        inner = argument.arguments[:1] if argument.operator in {"filter", "map", "reduce"} else argument.arguments
        for one in inner:
            yield from _asked_of(one, around)


def _asked_of(argument: Argument, around: Around) -> Iterator[tuple[Argument, Around]]:
    if isinstance(argument, Node) and argument.operator not in _LITERALS:
        yield argument, around
    elif isinstance(argument, list):
        yield from _asked(argument, around)


def _items(node: Node, around: Around, names: tuple[str, ...]) -> Callable[[View], tuple[Why, ...]]:
    source, body = fused(node)
    within, name = inside(node, 1, around), item_name(node)
    items, explain, collection = (
        lower(source, around),
        explaining(body, within, (*names, name)),
        phrase(source, around, names),
    )
    settling = _JOINS.get(node.operator) == "any" or node.operator == "count"

    def tell(view: View) -> tuple[Why, ...]:
        held = items(view)
        if held is None:
            return (Why(collection, UNKNOWN),)
        found = [_of_item(view, item, name, explain) for item in cast("tuple[object, ...]", held)]
        if len(found) > _MOST_ITEMS:
            found.sort(key=lambda why: (why.truth is not settling, why.truth is not None))
        return tuple(found[:_MOST_ITEMS])

    return tell


def _of_item(view: View, item: object, name: str, explain: Explain) -> Why:
    frame = framed(view)
    frame.item = item
    why = explain(frame)
    return replace(why, text=f"{name} = {_label(item)}: {why.text}")


def _label(item: object) -> str:
    if isinstance(item, Mapping):
        return str(next((item[key] for key in ("name", "id") if isinstance(item.get(key), str)), "an item"))
    return str(item)
