"""Playbooks that start one another in a circle: by plays, by the fields that they set, by asking about one another's
runs. Only holding starts ends it. What comes back from outside, a webhook's receiver or a customer, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from engine.plan import Plan, Step
from engine.reliance import reliance
from engine.steps.play import PlaySpec
from engine.steps.update import UpdateSpec
from engine.trigger import rule_reads, run_paths
from engine.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Circle:
    """A playbook from which its own start is reached again: the way there and back, and whether all of it is plays.
    `step` is the one that goes that way; None where the start asks about the runs of the last before it. `waits`: each
    on the way waits for the end of the next, so that it is not the start that is reached, but the run.
    """

    plan: Plan
    step: Step | None
    way: tuple[str, ...]
    plays: bool
    waits: bool = False


def circles(plans: Mapping[str, Plan], vocabulary: Vocabulary) -> Iterator[Circle]:
    """One for each step or start that closes one. A start that an account never passes twice ends every circle."""
    ways, waits = _Ways.of(plans, vocabulary), _Ways.waiting(plans)
    for name, plan in sorted(plans.items()):
        for step in plan.steps.values():
            if way := waits.back(waits.by_step.get((name, step.path), []), name):
                yield Circle(plan, step, (name, *way), plays=True, waits=True)
            elif way := ways.back(ways.by_step.get((name, step.path), []), name):
                yield Circle(plan, step, (name, *way), ways.all_plays((name, *way)))
        asked = [other for other in ways.asked.get(name, ()) if name == other or ways.between(name, other)]
        if asked:
            way = () if name in asked else ways.between(name, asked[0])
            yield Circle(plan, None, (*(way or (name,)), name), plays=False)


@dataclass(frozen=True, slots=True)
class _Ways:
    """Which playbooks each step may start, about whose runs each start asks, and both as ways from one to others."""

    by_step: Mapping[tuple[str, str], list[str]]
    asked: Mapping[str, list[str]]
    played: frozenset[tuple[str, str]]
    edges: Mapping[str, list[str]]

    @classmethod
    def of(cls, plans: Mapping[str, Plan], vocabulary: Vocabulary) -> _Ways:
        again = {name: plan for name, plan in sorted(plans.items()) if plan.start.again.mode != "never"}
        steps = [(name, step) for name, plan in plans.items() for step in plan.steps.values()]
        by_step = {(name, step.path): _started(step, name, again, vocabulary) for name, step in steps}
        asked = {name: [one for one in plans if _asks(plan, one)] for name, plan in again.items()}
        edges: dict[str, set[str]] = {name: set() for name in plans}
        for (name, _), others in by_step.items():
            edges[name].update(others)
        for name, others in asked.items():
            for other in others:
                edges[other].add(name)
        plays = [(name, step) for name, step in steps if isinstance(step.spec, PlaySpec)]
        played = frozenset((name, other) for name, step in plays for other in by_step[name, step.path])
        return cls(by_step, asked, played, {name: sorted(others) for name, others in edges.items()})

    @classmethod
    def waiting(cls, plans: Mapping[str, Plan]) -> _Ways:
        """Which playbooks each step plays and waits for."""
        steps = [(name, step.path, step.spec) for name, plan in plans.items() for step in plan.steps.values()]
        by_step = {
            (name, path): [spec.playbook] for name, path, spec in steps if isinstance(spec, PlaySpec) and spec.wait
        }
        edges = {name: sorted(o for (of, _), found in by_step.items() if of == name for o in found) for name in plans}
        return cls(by_step, {}, frozenset(), edges)

    def back(self, started: list[str], name: str) -> tuple[str, ...]:
        """From the first of these from which the playbook is reached, to it."""
        found = (self.between(other, name) for other in started)
        return next((way for way in found if way), ())

    def between(self, start: str, goal: str) -> tuple[str, ...]:
        """The shortest way from one to the other, both named; empty when there is none."""
        ways: list[tuple[str, ...]] = [(start,)]
        seen = {start}
        for way in ways:
            if way[-1] == goal:
                return way
            for following in self.edges.get(way[-1], ()):
                if following not in seen:
                    seen.add(following)
                    ways.append((*way, following))
        return ()

    def all_plays(self, way: tuple[str, ...]) -> bool:
        return all(pair in self.played for pair in pairwise(way))


def _started(step: Step, name: str, again: Mapping[str, Plan], vocabulary: Vocabulary) -> list[str]:
    """The playbooks that the step plays, or that may start by what it sets."""
    match step.spec:
        case PlaySpec() as play:
            return [play.playbook] if play.playbook in again else []
        case UpdateSpec() as update:
            return [other for other, plan in again.items() if other != name and _may_start(update, plan, vocabulary)]
        case _:
            return []


def _may_start(update: UpdateSpec, other: Plan, vocabulary: Vocabulary) -> bool:
    if not other.start.standing or _is_not(update, "stage", other.stages) or _is_not(update, "tier", other.tiers):
        return False
    reads = {path.removeprefix("since.") for path in rule_reads(other)}
    return not reads.isdisjoint(changed_by(update, vocabulary))


def changed_by(update: UpdateSpec, vocabulary: Vocabulary) -> set[str]:
    """The fields that it sets, and what the metrics that are reckoned with them read."""
    on = reliance(vocabulary)
    metrics = {one for field in update.values for one in on.on_field.get(field, ())}
    return {f"account.{field}" for field in update.values}.union(*(on.paths[one] for one in metrics))


def _asks(plan: Plan, other: str) -> bool:
    """Whether the start hangs on this account's runs of the other playbook."""
    return plan.start.standing and not rule_reads(plan).isdisjoint(run_paths(other))


def _is_not(update: UpdateSpec, field: str, among: tuple[str, ...] | None) -> bool:
    """Whether the field is set to a word that is none of these."""
    value = update.values.get(field)
    return among is not None and isinstance(value, str) and value not in among


def values_given(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, PlaySpec]]:
    """Each step that plays another of these playbooks with values of its own."""
    for _, plan in sorted(plans.items()):
        for step in plan.steps.values():
            spec = step.spec
            if isinstance(spec, PlaySpec) and spec.parameters and spec.playbook in plans:
                yield plan, step, spec


def plays_each(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, Plan]]:
    """Each step that plays a playbook with a run for each item, from one that has no such item."""
    for _, plan in sorted(plans.items()):
        for step in plan.steps.values():
            other = plans.get(step.spec.playbook) if isinstance(step.spec, PlaySpec) else None
            if other is not None and other.start.each not in {None, plan.start.each}:
                yield plan, step, other
