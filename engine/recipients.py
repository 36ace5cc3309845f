"""Which contacts a mail goes to: the one with a role, everyone who matches, or the first who does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from engine.logic import Condition, Expression, Scope
from engine.overlay import Overlay
from engine.run import Frozen
from engine.values import Value

if TYPE_CHECKING:
    from engine.context import Context


class Recipients(Frozen):
    """One of the three ways to say it. The conditions read `contact.*` beside all that a condition may read."""

    role: str | None = None
    each: Condition | None = None
    first: Condition | None = None

    @property
    def conditions(self) -> tuple[Expression, ...]:
        return tuple(one for one in (self.each, self.first) if one is not None)

    def __str__(self) -> str:
        if self.role is not None:
            return self.role
        condition = self.each or self.first
        return f"contact where {condition.text}" if condition else "contact"


def chosen(to: Recipients, ctx: Context, but: Collection[str] = ()) -> list[Mapping[str, Value]]:
    """The contacts meant, best first: highest influence, then relationship, then id. Only those with an address, and
    not those who turned out to be out of reach.
    """
    able = sorted((one for one in ctx.contacts() if one.get("email") and str(one["id"]) not in but), key=_rank)
    match = [one for one in able if _meant(to, one, ctx.scope)]
    return match if to.each is not None else match[:1]


def unreachable(to: Recipients, ctx: Context) -> list[str]:
    """The names of the contacts meant who have no address; the best first."""
    meant = [one for one in ctx.contacts() if not one.get("email") and _meant(to, one, ctx.scope)]
    return [str(one.get("name") or one["id"]) for one in sorted(meant, key=_rank)]


def _meant(to: Recipients, contact: Mapping[str, Value], scope: Scope) -> bool:
    if to.role is not None:
        return contact.get("role") == to.role
    condition = to.each or to.first
    values = Overlay({f"contact.{name}": value for name, value in contact.items()}, scope.values)
    return (
        condition is not None and condition.truth(Scope(values=values, now=scope.now, calendar=scope.calendar)) is True
    )


def _rank(contact: Mapping[str, Value]) -> tuple[int, int, str]:
    return (-_whole(contact.get("influence")), -_whole(contact.get("relationship")), str(contact["id"]))


def _whole(value: Value | None) -> int:
    return value if isinstance(value, int) else 0
