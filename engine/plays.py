"""Playbooks that start one another in a circle, by plays or by the fields that they set: only holding starts
ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from engine.plan import Plan, Step
from engine.steps.play import PlaySpec
from engine.steps.update import UpdateSpec
from engine.trigger import rule_reads


@dataclass(frozen=True, slots=True)
class Circle:
    """A step that starts a playbook from which its own is reached again: the way there and back, and whether all of it
    is plays.
    """

    plan: Plan
    step: Step
    way: tuple[str, ...]
    plays: bool


def circles(plans: Mapping[str, Plan]) -> Iterator[Circle]:
    """Each step that begins one. A start that an account never passes twice ends every circle."""
    played = {name: _targets(plan, plans, plays=True) for name, plan in sorted(plans.items())}
    edges = {name: sorted({*played[name], *_targets(plan, plans, plays=False)}) for name, plan in plans.items()}
    for name, plan in sorted(plans.items()):
        for step in plan.steps.values():
            ways = (_way(edges, other, name) for other in _started(step, plan, plans))
            if way := next((one for one in ways if one), ()):
                whole = (name, *way)
                all_plays = all(after in played[before] for before, after in pairwise(whole))
                yield Circle(plan, step, whole, isinstance(step.spec, PlaySpec) and all_plays)


def values_given(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, PlaySpec]]:
    """Each step that plays another of these playbooks with values of its own."""
    for _, plan in sorted(plans.items()):
        for step in plan.steps.values():
            spec = step.spec
            if isinstance(spec, PlaySpec) and spec.parameters and spec.playbook in plans:
                yield plan, step, spec


def _targets(plan: Plan, plans: Mapping[str, Plan], *, plays: bool) -> set[str]:
    steps = [step for step in plan.steps.values() if isinstance(step.spec, PlaySpec) is plays]
    return {other for step in steps for other in _started(step, plan, plans)}


def _started(step: Step, plan: Plan, plans: Mapping[str, Plan]) -> list[str]:
    """The playbooks that the step plays, or that may start by what it sets."""
    match step.spec:
        case PlaySpec() as play:
            return [play.playbook]
        case UpdateSpec() as update:
            others = [one for one in plans.values() if one.playbook != plan.playbook]
            return sorted(one.playbook for one in others if _may_start(update, one))
        case _:
            return []


def _may_start(update: UpdateSpec, other: Plan) -> bool:
    if not other.start.standing or other.start.again.mode == "never":
        return False
    reads = rule_reads(other)
    kept_out = _is_not(update, "stage", other.stages) or _is_not(update, "tier", other.tiers)
    return not kept_out and any(f"account.{name}" in reads for name in update.values)


def _is_not(update: UpdateSpec, field: str, among: tuple[str, ...] | None) -> bool:
    """Whether the field is set to a word that is none of these."""
    value = update.values.get(field)
    return among is not None and isinstance(value, str) and value not in among


def plays_each(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, Plan]]:
    """Each step that plays a playbook with a run for each item, from one that has no such item."""
    for _, plan in sorted(plans.items()):
        for step in plan.steps.values():
            other = plans.get(step.spec.playbook) if isinstance(step.spec, PlaySpec) else None
            if other is not None and other.start.each not in {None, plan.start.each}:
                yield plan, step, other


def _way(edges: Mapping[str, list[str]], start: str, goal: str) -> tuple[str, ...]:
    """The shortest way from one to the other, both named; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:
        if way[-1] == goal:
            return way
        for following in edges.get(way[-1], ()):
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()
