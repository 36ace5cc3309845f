"""Tasks of one identity, wherever they are written: whoever comes second waits for the first one's outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.plan import Plan, Step
from engine.steps.task import TaskSpec


def unlike(plans: Mapping[str, Plan]) -> Iterator[tuple[Plan, Step, str]]:
    """Each task whose outcomes are others than those of the first task with its identity, which is named."""
    first: dict[str, tuple[str, frozenset[str]]] = {}
    for name, plan in sorted(plans.items()):
        for step in plan.steps.values():
            spec = step.spec
            if isinstance(spec, TaskSpec) and spec.same_as is not None:
                own = frozenset(spec.outcomes)
                where, theirs = first.setdefault(spec.same_as, (f"'{step.id}' of {name}", own))
                if own != theirs:
                    yield plan, step, where
