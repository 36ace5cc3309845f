"""All ways in which a condition can come to a truth, as far as can be told without values.

A way says of each quantity what it may be; one that contradicts itself is dropped. Where nothing is left, the condition
never comes to that truth. What is not understood may be anything, so that no condition is called idle that is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Final, TypeAlias, cast

from engine.conditions.agreement import items_of
from engine.conditions.checking import Checker
from engine.conditions.comparisons import COMPARE
from engine.conditions.domains import ABSENT, KNOWN, Domain, Numbers, Span, Words, against
from engine.conditions.items import fused
from engine.conditions.quantity import Linear, NoAnswer, Part, key, linear, needed, numbers_of, words_of
from engine.conditions.ranges import range_of, total, within
from engine.conditions.tree import Argument, Node, made
from engine.types import NUMERIC, Type

Way: TypeAlias = Mapping[str, Domain]
# Which of the two is the question everywhere below.
Truth: TypeAlias = bool

# Beyond it a condition is too involved to be judged here; then nothing is said of it.
MOST_WAYS: Final = 256
_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WHOLE: Final = frozenset({"integer", "date", "instant"})
_ORDERED: Final = NUMERIC | {"date", "instant"}
_ANYHOW: Final[list[Way]] = [{}]


class TooMany(Exception):
    """More ways than are worth looking at."""


def joined(one: list[Way], two: list[Way]) -> list[Way]:
    """Ways in which both come true."""
    if len(one) * len(two) > MOST_WAYS:
        raise TooMany
    return [way for a in one for b in two if (way := _met(a, b)) is not None]


def _met(one: Way, two: Way) -> Way | None:
    met = dict(one)
    for name, domain in two.items():
        met[name] = domain.meet(met[name]) if name in met else domain
        if not met[name]:
            return None
    return met


def either(several: Iterable[list[Way]]) -> list[Way]:
    """Ways in which one of them comes true. Those that speak of one quantity alone become one."""
    found: list[Way] = []
    alone: dict[str, Domain] = {}
    for way in (way for ways in several for way in ways):
        if len(way) == 1:
            name, domain = next(iter(way.items()))
            alone[name] = alone[name].join(domain) if name in alone else domain
        else:
            found.append(way)
    found += [{name: domain} for name, domain in alone.items()]
    if len(found) > MOST_WAYS:
        raise TooMany
    return found


class Ways:
    """`check` knows the types of what stands in a tree that has been checked."""

    def __init__(self, check: Checker) -> None:
        self.check = check

    def to(self, argument: Argument, truth: Truth) -> list[Way]:
        """Raises TooMany."""
        if isinstance(argument, bool):
            return _ANYHOW if argument is truth else []
        if not isinstance(argument, Node):
            return _ANYHOW
        try:
            return [way for way in self._of(argument, truth) if all(way.values())]
        except NoAnswer:
            return []

    def _of(self, node: Node, truth: Truth) -> list[Way]:
        match node.operator:
            case "and" | "or":
                return self._joined(node.arguments, truth, every=truth is (node.operator == "and"))
            case "!" | "!!" | "log" if self._is_condition(node.arguments[0]):
                return self.to(node.arguments[0], truth is not (node.operator == "!"))
            case "if":
                return self._chosen(node.arguments, truth)
            case "known":
                return self._known(node.arguments[0], truth)
            case "some" | "all" | "none":
                return self._over_items(node, truth)
            case "in":
                return self._held(node, truth)
            case name if name in COMPARE:
                links = [self._compared(name, one, two, truth) for one, two in pairwise(node.arguments)]
                return self._all(links) if truth else either(links)
            case _:
                return self._opaque(node, truth)

    def _is_condition(self, argument: Argument) -> bool:
        found = self.check.type_of(argument)
        return found is not None and found.kind == "boolean"

    # --- what joins conditions

    def _joined(self, arguments: Iterable[Argument], truth: Truth, *, every: bool) -> list[Way]:
        parts = (self.to(one, truth) for one in arguments)
        return self._all(parts) if every else either(parts)

    def _all(self, several: Iterable[list[Way]]) -> list[Way]:
        found: list[Way] = _ANYHOW
        for ways in several:
            found = joined(found, ways)
        return found

    def _chosen(self, arguments: list[Argument], truth: Truth) -> list[Way]:
        """Of `if`: all choices before did not hold, this one did, and gave the truth."""
        *pairs, last = arguments
        found: list[list[Way]] = []
        before: list[Way] = _ANYHOW
        for when, then in zip(pairs[::2], pairs[1::2], strict=True):
            found.append(joined(joined(before, self._when(when, truth=True)), self.to(then, truth)))
            before = joined(before, self._when(when, truth=False))
        return either([*found, joined(before, self.to(last, truth))])

    def _when(self, argument: Argument, *, truth: Truth) -> list[Way]:
        return self.to(argument, truth) if self._is_condition(argument) else _ANYHOW

    # --- what is asked of one thing

    def _opaque(self, node: Node, truth: Truth) -> list[Way]:
        """Something that is true or false, and no more is known of it."""
        if truth and _is_too_high(node):
            return []
        return [{**dict.fromkeys(needed(node), KNOWN), key(node): _word(truth)}]

    def _known(self, argument: Argument, truth: Truth) -> list[Way]:
        try:
            names = list(dict.fromkeys(needed(argument)))
        except NoAnswer:
            return [] if truth else _ANYHOW
        if not isinstance(argument, Node) or self._always_known(argument):
            return _ANYHOW if truth else []
        if names == [key(argument)]:
            return [{names[0]: KNOWN if truth else ABSENT}]
        itself: Way = {f"known {key(argument)}": _word(truth)}
        return [{**dict.fromkeys(names, KNOWN), **itself}] if truth else [itself]

    def _always_known(self, node: Node) -> bool:
        """A name that no account can lack."""
        type_ = self.check.type_of(node) if node.operator == "var" and len(node.arguments) == 1 else None
        return type_ is not None and type_.known

    def _over_items(self, node: Node, truth: Truth) -> list[Way]:
        name, source = node.operator, fused(node)[0]
        needs_item = truth is (name == "some")
        if needs_item and not self._of_item(node, truth=name != "all"):
            return []
        itself = f"{'all' if name == 'all' else 'some'} {key(cast('Argument', node.arguments[:2]))}"
        return [{**dict.fromkeys(needed(source), KNOWN), itself: _word(truth is not (name == "none"))}]

    def _of_item(self, node: Node, *, truth: Truth) -> list[Way]:
        item = items_of(self.check, node)
        if item is None:
            return _ANYHOW
        with self.check.within(node, item):
            return self.to(fused(node)[1], truth)

    # --- comparisons

    def _held(self, node: Node, truth: Truth) -> list[Way]:
        needle, hay = node.arguments
        if not isinstance(hay, list):
            return self._opaque(node, truth)
        links = [self._compared("==", needle, one, truth) for one in hay]
        known: list[Way] = [dict.fromkeys(needed(needle), KNOWN)]
        return either(links) if truth else self._all([known, *links])

    def _compared(self, sign: str, left: Argument, right: Argument, truth: Truth) -> list[Way]:
        types = [self.check.type_of(one) for one in (left, right)]
        if all(one and one.kind in _ORDERED for one in types):
            return self._ordered(linear(left).minus(linear(right)), sign if truth else _OPPOSITE[sign])
        equal = truth is (sign == "==")
        for one, other in ((left, right), (right, left)):
            if isinstance(other, (str, bool)):
                return self._is_word(one, other, equal=equal)
        if all(one and one.kind == "boolean" for one in types):
            both = [joined(self.to(left, one), self.to(right, one is equal)) for one in (True, False)]
            return either(both)
        names = sorted((key(left), key(right)))
        known = dict.fromkeys([*needed(left), *needed(right)], KNOWN)
        if names[0] == names[1]:
            return [known] if equal else []
        return [{**known, " == ".join(names): _word(equal)}]

    def _is_word(self, argument: Argument, word: str | Truth, *, equal: bool) -> list[Way]:
        if not isinstance(argument, Node):
            return _ANYHOW if (argument == word) is equal else []
        type_ = self.check.type_of(argument)
        if isinstance(word, bool) and argument.operator not in {"var", "at_start"}:
            return self.to(argument, equal is word)
        if argument.operator == "lower" and isinstance(word, str) and word != word.lower():
            return [] if equal else [dict.fromkeys(needed(argument), KNOWN)]
        held = words_of(type_).meet(Words(frozenset({word}), but=not equal))
        told = self._told(type_, held) if type_ and argument.operator == "var" else {}
        return [{**dict.fromkeys(needed(argument), KNOWN), **told, key(argument): Domain(held)}]

    def _told(self, type_: Type, held: Words) -> Way:
        """What the words that are left over say of numbers elsewhere."""
        spans: dict[str, Numbers] = {}
        for word, path, limits in type_.tells:
            if word in held.held:
                span = reduce(Numbers.meet, (against(*limit) for limit in limits))
                spans[path] = spans[path].join(span) if path in spans else span
        types = {path: self.check.names.type_of(path) for path in spans}
        return {key(made("var", path)): Domain(_fitting(spans[path], types[path])) for path in spans}

    def _ordered(self, form: Linear, sign: str) -> list[Way]:
        """`form sign 0`, where what has several parts is one quantity of its own."""
        parts = sorted((name, part) for name, part in form.parts.items() if part.factor)
        known: dict[str, Domain] = {}
        for part in form.parts.values():
            known |= dict.fromkeys(needed(part.node), KNOWN)
        if not parts:
            return [known] if COMPARE[sign](form.rest, 0) else []
        factor = parts[0][1].factor
        limit = against(sign if factor > 0 else _MIRRORED[sign], -form.rest / factor)
        name = " + ".join(f"{one.factor / factor} {name}" for name, one in parts) if len(parts) > 1 else parts[0][0]
        limit = self._within(parts[0][1], limit) if len(parts) == 1 else within(limit, self._all_of(parts))
        return list(_possible([{**known, name: Domain(limit)}]))

    def _within(self, part: Part, limit: Numbers) -> Numbers:
        """As far as the quantity can go at all."""
        type_ = self.check.type_of(part.node)
        found = within(limit, range_of(part.node, self.check))
        if part.node.operator == "count":
            none = not self._of_item(part.node, truth=True)
            found = found.meet(against("==" if none else ">=", Fraction(0)))
        return _fitting(found, type_)

    def _all_of(self, parts: list[tuple[str, Part]]) -> Span:
        """How far several go together, so many times the first of them."""
        first = parts[0][1].factor
        return total(Linear(Fraction(0), {name: Part(one.node, one.factor / first) for name, one in parts}), self.check)


def _fitting(found: Numbers, type_: Type | None) -> Numbers:
    found = found.meet(numbers_of(type_))
    return found.whole() if type_ and type_.kind in _WHOLE else found


def _is_too_high(node: Node) -> bool:
    """Capitals are looked for where all have been made small."""
    if node.operator not in {"in", "contains", "starts_with"}:
        return False
    sought, text = node.arguments if node.operator == "in" else reversed(node.arguments)
    return isinstance(text, Node) and text.operator == "lower" and isinstance(sought, str) and sought != sought.lower()


def _word(truth: Truth) -> Domain:
    return Domain(Words(frozenset({truth}), but=False))


def _possible(ways: list[Way]) -> Iterator[Way]:
    yield from (way for way in ways if all(way.values()))
