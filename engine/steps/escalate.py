"""`escalate`: a ladder of people, each with a time; an acknowledgement stops it, `clears` closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine import messages
from engine.quantities import Duration
from engine.run import Acknowledged, Flipped, Frozen, Open, Task, TaskActed, task_id
from engine.steps.base import Done, Given, Move, Rest, Spec, StepModel, TimeUp, WaitingModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

OUTCOMES = ("acknowledged", "cleared")


class RungModel(StepModel):
    noun: ClassVar[str] = "a rung"

    to: str
    within: str


class Model(WaitingModel):
    noun: ClassVar[str] = "an escalation"

    escalate: str
    reason: str
    ladder: list[RungModel]
    clears: Any = None
    channel: str | None = None
    then: Literal["continue"] | None = None


class LadderRung(Frozen):
    """Whom to tell, and how long they have before the next one is told."""

    to: str
    within: Duration


class EscalateSpec(Spec):
    kind: Literal["escalate"] = "escalate"
    reason: str
    ladder: tuple[LadderRung, ...]
    channel: str | None = None
    goes_on: bool = False


def outcomes(model: Model) -> tuple[str, ...]:
    return (*OUTCOMES, "timed_out") if model.at_most else OUTCOMES


def compile_step(model: Model, place: Place) -> EscalateSpec | None:
    place.text(model.reason, "reason")
    if not model.ladder:
        place.fault(
            "ladder",
            message="the ladder has no rung",
            fix="Write '- {to: ROLE, within: 1 business day}'.",
            code="no-rungs",
        )
    rungs = [_rung(rung, index, place) for index, rung in enumerate(model.ladder)]
    clears = place.condition(model.clears, "clears") if model.clears is not None else None
    if model.channel is not None:
        messages.check_colleague(place, model.channel, "channel")
    limit = place.at_most(model)
    place.otherwise(model)
    return EscalateSpec(
        reason=model.reason,
        ladder=tuple(one for one in rungs if one),
        channel=model.channel,
        goes_on=model.then == "continue",
        conditions={"clears": clears} if clears else {},
        at_most=limit,
    )


def _rung(rung: RungModel, index: int, place: Place) -> LadderRung | None:
    place.role(rung.to, "ladder", index, "to")
    within = place.duration(rung.within, "ladder", index, "within")
    return LadderRung(to=rung.to, within=within) if within else None


def enter(spec: EscalateSpec, ctx: Context) -> Move:
    clears = spec.conditions.get("clears")
    if clears is not None and clears.truth(ctx.scope):
        ctx.log("cleared")
        return Done("cleared")
    task = Task(
        id=task_id(ctx.run.id, ctx.path, ctx.visit),
        run=ctx.run.id,
        account=ctx.world.account,
        playbook=ctx.plan.playbook,
        path=ctx.path,
        step=ctx.step.id,
        visit=ctx.visit,
        kind="escalation",
        title=ctx.text(spec.reason),
        role=None,
        person=None,
        outcomes=("acknowledged",),
        opened=ctx.now,
    )
    if spec.channel is not None:
        ctx.want(
            "slack", "escalate", spec.channel, spec.channel, {"body": task.title, "incident": task.id}, blocking=False
        )
    return _climb(spec, task, 1, ctx)


def _climb(spec: EscalateSpec, task: Task, number: int, ctx: Context) -> Rest:
    """Rung `number` is told, and those below it that it has gone up."""
    rung = spec.ladder[number - 1]
    found = ctx.find(rung.to)
    person = found.id if found else None
    below = f"ladder/{number}"
    next_at = ctx.after(rung.within, calendar=ctx.calendar_of(found))
    raised = task.model_copy(update={"rung": number, "role": rung.to, "person": person, "due": next_at})
    ctx.log("opened" if number == 1 else "escalated", below=below, to=rung.to, person=person, rung=number)
    ctx.tell(found, "escalate", raised.title, below=below, incident=raised.id)
    for lower in spec.ladder[: number - 1]:
        ctx.tell(ctx.find(lower.to), "escalate", f"Now with {rung.to}: {raised.title}", below=below, incident=raised.id)
    timers = {f"rung/{number + 1}": next_at} if number < len(spec.ladder) else {}
    return Rest(timers=timers, watches=tuple(spec.conditions), memo=ctx.save(raised), released=spec.goes_on)


def resume(spec: EscalateSpec, open_: Open, given: Given, ctx: Context) -> Move:
    task = Task.model_validate(open_.memo["task"])
    match given:
        case TimeUp(name=name) if name.startswith("rung/"):
            return _climb(spec, task, int(name.removeprefix("rung/")), ctx)
        case Acknowledged() | TaskActed(verb="complete"):
            return _close(task, "acknowledged", given.by, ctx)
        case Flipped(name="clears"):
            return _close(task, "cleared", None, ctx)
        case _:
            return keep(open_)


def _close(task: Task, outcome: Literal["acknowledged", "cleared"], by: str | None, ctx: Context) -> Done:
    ctx.save(task.model_copy(update={"state": "done", "outcome": outcome, "closed": ctx.now, "by": by}))
    ctx.withdraw_effects(f"the escalation is {outcome}")
    ctx.log(outcome, by=by)
    return Done(outcome)
