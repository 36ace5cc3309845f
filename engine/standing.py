"""Where runs stand, in words: what a story that went otherwise than expected is told with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from engine.plan import MEANWHILE, Plan
from engine.run import Open, Run

Clock = Callable[[datetime], str]


def standing(runs: Iterable[Run], plan: Plan, clock: Clock) -> str:
    """Of the run that began last: where it waits, or how it ended."""
    last = max(runs, key=lambda run: run.started, default=None)
    if last is None:
        return "no run has begun"
    if last.ended is not None:
        return f"the run ended as {last.outcome} at {clock(last.ended)}"
    places = [_place(open_, plan, clock) for open_ in last.open.values() if _waits(open_)]
    return f"the run waits at {' and at '.join(places)}" if places else "the run has not ended"


def _waits(open_: Open) -> bool:
    """What only holds others that wait says nothing, nor does what the run went past or what goes on beside it."""
    return not (open_.strands or open_.released or open_.inside or open_.path.startswith(f"{MEANWHILE}/"))


def _place(open_: Open, plan: Plan, clock: Clock) -> str:
    parked = f", because {open_.parked}" if open_.parked else ""
    task = open_.memo.get("task")
    path = str(task["path"]) if isinstance(task, dict) else open_.path
    return f"{plan.steps[open_.step].kind} {path} since {clock(open_.since)}{parked}"
