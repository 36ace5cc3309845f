"""JsonLogic back into the author's text; what has no text form is told in words for people, else as JSON."""

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from engine.conditions.places import Around, place
from engine.conditions.tree import Argument, Constant, JsonLogic, Node, as_logic, made

# How strongly a form holds together; an operand that holds less than its place asks for goes into brackets.
CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(9)
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
FUNCTIONS: Final = frozenset({
    "known", "days_since", "days_until", "business_days_since", "business_days_until", "hours_since", "hours_until",
    "at_start", "since", "running", "last_outcome", "last_ended", "min", "max", "round", "lower", "contains",
    "starts_with",
})  # fmt: skip
QUANTIFIERS: Final = {"some": "any", "all": "all", "count": "count"}


class Phrase(NamedTuple):
    text: str
    holds: int


class NoText(Exception):
    """This operator can only be written as JSON."""


def phrase(argument: Argument, around: Around = (), items: tuple[str, ...] = ()) -> str:
    """The text of a part for people; `items` are the names of the items around it, outermost first."""
    return _write(argument, _Around(around, items, for_people=True)).text


def as_text(argument: Argument) -> str:
    """The text that can be parsed again: JSON for what has no other."""
    try:
        return _write(argument, _Around((), ())).text
    except NoText:
        return dump(as_logic(argument))


def dump(logic: JsonLogic) -> str:
    return json.dumps(plain(logic), ensure_ascii=False)


def plain(logic: JsonLogic) -> JsonLogic:
    """The same with each Decimal as a JSON number; 15 digits survive that exactly."""
    match logic:
        case dict():
            return {name: plain(one) for name, one in logic.items()}
        case list():
            return [plain(one) for one in logic]
        case Decimal():
            return float(logic)
        case _:
            return logic


def item_name(node: Node) -> str:
    """What the author calls an item: what he wrote, or the first letter of the collection."""
    if len(node.arguments) > 2:
        return str(node.arguments[2])
    return default_item_name(collection_path(node.arguments[0]))


def collection_path(source: Argument) -> str:
    while isinstance(source, Node) and source.operator == "filter":
        source = source.arguments[0]
    if isinstance(source, Node) and source.operator == "var" and isinstance(source.arguments[0], str):
        return source.arguments[0]
    return "item"


def is_collection(source: Argument) -> bool:
    path = collection_path(source) if isinstance(source, Node) and source.operator == "var" else ""
    return path == "contacts" or path.startswith("records.")


def default_item_name(path: str) -> str:
    return path.rsplit(".", maxsplit=1)[-1][:1]


class _Around(NamedTuple):
    kinds: Around
    names: tuple[str, ...]
    for_people: bool = False

    def within(self, name: str, kind: Literal["item", "pair"] = "item") -> "_Around":
        return _Around((*self.kinds, kind), (*self.names, name), self.for_people)

    def name_at(self, level: int) -> tuple[str, tuple[str, ...]]:
        """The name of that item, and the names that stand nearer and could hide it."""
        if level >= len(self.names):
            return f"item@{level}", ()
        index = len(self.names) - 1 - level
        return self.names[index], self.names[index + 1 :]


def _write(argument: Argument, around: _Around) -> Phrase:
    if isinstance(argument, list):
        return Phrase(f"[{', '.join(_write(one, around).text for one in argument)}]", ATOM)
    if not isinstance(argument, Node):
        return _constant(argument)
    if writer := _WRITERS.get(argument.operator):
        return writer(argument, around)
    if argument.operator in FUNCTIONS:
        return _called(argument, around)
    if around.for_people:
        return _FOR_PEOPLE.get(argument.operator, _called)(argument, around)
    raise NoText


def _called(node: Node, around: _Around) -> Phrase:
    inner = ", ".join(_write(one, around).text for one in node.arguments)
    return Phrase(f"{node.operator}({inner})", ATOM)


def _held(argument: Argument, around: _Around, least: int) -> str:
    text, holds = _write(argument, around)
    return text if holds >= least else f"({text})"


def _constant(constant: Constant) -> Phrase:
    match constant:
        case bool():
            return Phrase("true" if constant else "false", ATOM)
        case str():
            return Phrase(json.dumps(constant, ensure_ascii=False), ATOM)
        case _:
            return Phrase(format(constant, "f") if isinstance(constant, Decimal) else str(constant), ATOM)


def _var(node: Node, around: _Around) -> Phrase:
    path, *default = node.arguments
    if not isinstance(path, str):
        return Phrase(dump(as_logic(node)), ATOM)
    if default:
        read = made("var", path)
        return _if(made("if", made("known", read), read, *default), around)
    where = place(path, around.kinds)
    if where.level is None:
        return Phrase(path, ATOM)
    if around.kinds[-1] == "pair" and where.level == 0:
        return Phrase(path, ATOM)
    name, nearer = around.name_at(where.level)
    if name in nearer and not around.for_people:
        raise NoText
    return Phrase(".".join((name, *where.keys)), ATOM)


def _joined(word: str, own: int) -> Callable[[Node, _Around], Phrase]:
    def write(node: Node, around: _Around) -> Phrase:
        if len(node.arguments) == 1:
            return _write(node.arguments[0], around)
        return Phrase(f" {word} ".join(_held(one, around, own + 1) for one in node.arguments), own)

    return write


def _and(node: Node, around: _Around) -> Phrase:
    if links := _chain(node):
        first, *rest = links
        text = _held(first.arguments[0], around, SUM)
        for link in (first, *rest):
            text += f" {link.operator} {_held(link.arguments[1], around, SUM)}"
        return Phrase(text, COMPARISON)
    return _joined("and", AND)(node, around)


def _chain(node: Node) -> list[Node]:
    """The comparisons of `0 <= x < 5`, which is stored as an `and` of two that share x; else nothing."""
    links = [one for one in node.arguments if isinstance(one, Node) and one.operator in COMPARISONS]
    if len(links) < 2 or len(links) < len(node.arguments) or any(len(one.arguments) != 2 for one in links):
        return []
    if len(links) == 2 and links[0].operator == links[1].operator and links[0].operator in {"<", "<="}:
        return []
    shared = pairwise(links)
    together = all(as_logic(one.arguments[1]) == as_logic(two.arguments[0]) for one, two in shared)
    return links if together else []


def _comparison(node: Node, around: _Around) -> Phrase:
    parts = [_held(one, around, SUM) for one in node.arguments]
    return Phrase(f" {node.operator} ".join(parts), COMPARISON)


def _not(node: Node, around: _Around) -> Phrase:
    inner = node.arguments[0]
    if isinstance(inner, Node) and inner.operator == "in":
        return _in(inner, around, " not in ")
    return Phrase(f"not {_held(inner, around, NOT)}", NOT)


def _in(node: Node, around: _Around, word: str = " in ") -> Phrase:
    return Phrase(word.join(_held(one, around, SUM) for one in node.arguments), COMPARISON)


def _left_to_right(word: str, own: int) -> Callable[[Node, _Around], Phrase]:
    def write(node: Node, around: _Around) -> Phrase:
        first, *rest = node.arguments
        if not rest:
            return Phrase(f"-{_held(first, around, ATOM)}", SIGN) if word == "-" else _write(first, around)
        parts = [_held(first, around, own), *(_held(one, around, own + 1) for one in rest)]
        return Phrase(f" {word} ".join(parts), own)

    return write


def _if(node: Node, around: _Around) -> Phrase:
    *pairs, last = node.arguments
    text = ""
    for when, then in zip(pairs[::2], pairs[1::2], strict=True):
        text += f"{_held(then, around, OR)} if {_held(when, around, OR)} else "
    return Phrase(text + _write(last, around).text, CHOICE)


def _quantifier(node: Node, around: _Around) -> Phrase:
    source, body = node.arguments[:2]
    name = item_name(node)
    within = around.within(name)
    where = ""
    if isinstance(source, Node) and source.operator == "filter":
        where = f" if {_held(source.arguments[1], within, OR)}"
        source = source.arguments[0]
    if not is_collection(source) and not around.for_people:
        raise NoText
    subject = name if body is True and node.operator == "count" else _write(body, within).text
    text = f"{QUANTIFIERS[node.operator]}({subject} for {name} in {_held(source, around, OR)}{where})"
    return Phrase(text, ATOM)


def _none(node: Node, around: _Around) -> Phrase:
    return _not(made("!", made("some", *node.arguments)), around)


def _percent(node: Node, around: _Around) -> Phrase:
    return Phrase(f"{_write(node.arguments[0], around).text}%", ATOM)


def _quoted(node: Node, around: _Around) -> Phrase:
    return _write(node.arguments[0], around)


def _span(node: Node, _around: _Around) -> Phrase:
    return Phrase(str(node.arguments[0]), ATOM)


# --- what only people read


def _some_value(node: Node, around: _Around) -> Phrase:
    return Phrase(f"{_held(node.arguments[0], around, SUM)} is not empty", COMPARISON)


def _names(node: Node, _around: _Around) -> Phrase:
    names = [str(name) for one in node.arguments for name in (one if isinstance(one, list) else [one])]
    return Phrase(f"{node.operator}({', '.join(names)})", ATOM)


def _list_of(node: Node, around: _Around) -> Phrase:
    source, body = node.arguments[:2]
    name = item_name(node)
    item = _write(body, around.within(name)).text
    kept = f"{name} for {name}" if node.operator == "filter" else f"{item} for {name}"
    where = f" if {item}" if node.operator == "filter" else ""
    return Phrase(f"[{kept} in {_held(source, around, OR)}{where}]", ATOM)


def _reduced(node: Node, around: _Around) -> Phrase:
    source, body, first = node.arguments
    step = _write(body, around.within(item_name(node), "pair")).text
    return Phrase(f"reduce({step} for {_write(source, around).text}, from {_write(first, around).text})", ATOM)


_FOR_PEOPLE: Final[dict[str, Callable[[Node, _Around], Phrase]]] = {
    "!!": _some_value,
    "log": lambda node, around: _write(node.arguments[0], around),
    "missing": _names,
    "missing_some": _names,
    "filter": _list_of,
    "map": _list_of,
    "reduce": _reduced,
}
_WRITERS: Final[dict[str, Callable[[Node, _Around], Phrase]]] = {
    "var": _var,
    "and": _and,
    "or": _joined("or", OR),
    "!": _not,
    **dict.fromkeys(COMPARISONS, _comparison),
    "in": _in,
    "+": _left_to_right("+", SUM),
    "-": _left_to_right("-", SUM),
    "*": _left_to_right("*", PRODUCT),
    "/": _left_to_right("/", PRODUCT),
    "%": _left_to_right("%", PRODUCT),
    "if": _if,
    **dict.fromkeys(QUANTIFIERS, _quantifier),
    "none": _none,
    "percent": _percent,
    "date": _quoted,
    "instant": _quoted,
    "duration": _span,
}
