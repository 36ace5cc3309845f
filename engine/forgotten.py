"""Tasks that nobody is reminded of, and behind which a run may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan import Plan, Step
from engine.steps.task import TaskSpec


def forgotten(plan: Plan) -> Iterator[Step]:
    """Those that hold up what follows them, where nothing but their outcome lets the run go on or ends it."""
    if plan.goals or plan.stops:
        return
    around = {path: block for block, paths in plan.blocks.items() for path in paths}
    for step in plan.steps.values():
        if _waits(step) and _holds_up(step.path, plan, around):
            yield step


def _waits(step: Step) -> bool:
    specs = step.ways.values() if step.ways else (step.spec,)
    return any(isinstance(one, TaskSpec) and not _ends(one) for one in specs)


def _ends(spec: TaskSpec) -> bool:
    return spec.goes_on or bool(spec.rungs) or spec.at_most is not None or "auto_close" in spec.conditions


def _holds_up(path: str, plan: Plan, around: dict[str, str]) -> bool:
    """Whether a step comes behind it, there or behind what it is part of; not where that is given up in time."""
    block = around.get(path)
    if block is None:
        return False
    owner = max((one for one in plan.steps if block.startswith(f"{one}/")), key=len, default=None)
    if owner is not None and plan.steps[owner].spec.at_most is not None:
        return False
    follows = plan.blocks[block][-1] != path
    return follows or (owner is not None and _holds_up(owner, plan, around))
