"""Playbooks that play one another in a circle: each joins the other's live run or starts it anew, without an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.plan import Plan, Step
from engine.steps.play import PlaySpec


def circles(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, tuple[str, ...]]]:
    """Each step that plays a playbook from which, by plays alone, its own is reached again, with the way there."""
    edges = {name: sorted({spec.playbook for _, spec in _plays(plan)}) for name, plan in sorted(plans.items())}
    for name, plan in sorted(plans.items()):
        for step, spec in _plays(plan):
            if way := _way(edges, spec.playbook, name):
                yield plan, step, (name, *way)


def values_given(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, PlaySpec]]:
    """Each step that plays another of these playbooks with values of its own."""
    for _, plan in sorted(plans.items()):
        for step, spec in _plays(plan):
            if spec.parameters and spec.playbook in plans:
                yield plan, step, spec


def _plays(plan: Plan) -> Iterator[tuple[Step, PlaySpec]]:
    return ((step, step.spec) for step in plan.steps.values() if isinstance(step.spec, PlaySpec))


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
