"""Operators that look through a collection: what they take and what they give."""

from engine.conditions.agreement import boolean, items_of, same_family
from engine.conditions.checking import Checker
from engine.conditions.operators import Typed, operator
from engine.types import BOOLEAN, INTEGER, NUMBER, Type


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
