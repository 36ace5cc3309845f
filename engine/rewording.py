"""What a mail that was put off says when its time has come: what is so then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue

from engine.context import Context, Made, World
from engine.mailing import about_of
from engine.plan import Plan
from engine.run import Effect, Run
from engine.steps import email, sequence
from engine.steps.base import Unready

_ANEW: Final[dict[str, Callable[[Any, Effect, Context], dict[str, JsonValue] | None]]] = {
    "email": email.anew,
    "sequence": sequence.anew,
}


def reworded(effect: Effect, plan: Plan, run: Run, world: World, now: datetime) -> Effect:
    """It stays as it was where a person has approved it, and where something that it says is not known any more. Its
    topic, its hours and its end are those with which it was put off.
    """
    open_ = run.open.get(effect.path)
    if open_ is None or open_.visit != effect.visit or effect.channel != "email":
        return effect
    step = plan.step_at(effect.path).like(open_.way)
    ctx = Context(plan, run, step, effect.path, effect.visit, now, world, Made(), open_.memo, open_.way, open_.strands)
    try:
        content = _ANEW[step.kind](step.spec, effect, ctx) if step.kind in _ANEW else None
    except Unready:
        return effect
    return effect if content is None else effect.model_copy(update={"content": content | about_of(effect)})
