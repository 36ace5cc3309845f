"""What is told together: facts of one instant are one thing that happened, until one of them says anew what another
has said already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.facts import Fact

__all__ = ["told_together"]


def told_together(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    """In their order. A metric that goes red and green again within one instant was red for a moment."""
    group: list[Fact] = []
    said: set[tuple[str, ...]] = set()
    for fact in facts:
        says = set(_says(fact))
        if group and (fact.at != group[-1].at or not said.isdisjoint(says)):
            yield group
            group, said = [], set()
        group.append(fact)
        said |= says
    if group:
        yield group


def _says(fact: Fact) -> Iterator[tuple[str, ...]]:
    """What a later fact would overwrite. Events overwrite nothing: they add up."""
    match fact.kind:
        case "metric":
            yield "metric", fact.metric or ""
        case "fields":
            yield from (("fields", name) for name in fact.fields or ())
        case "team":
            yield from (("team", role) for role in fact.team or ())
        case "contact":
            said = fact.contact or {}
            yield from (("contact", str(said.get("id")), name) for name in said if name != "id")
        case "record":
            said = fact.fields or {}
            yield from (("record", fact.record or "", str(said.get("id")), name) for name in said if name != "id")
        case "event":
            pass
