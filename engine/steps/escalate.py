"""`escalate`: a ladder of people, each with a time; an acknowledgement stops it, `clears` closes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import JsonValue

from engine import messages, overdue, sharing, tasks
from engine.assignment import COVER, HOLDER, covers, held, turn
from engine.quantities import Duration
from engine.run import Acknowledged, Flipped, Frozen, Joined, Open, Task, TaskActed
from engine.steps.base import Done, Given, Move, Rest, Spec, StepModel, TimeUp, Unready, WaitingModel, keep
from engine.stored import to_json
from engine.subjects import slot
from engine.values import read_instant

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

OUTCOMES = ("acknowledged", "cleared")
_SINCE: Final = "since"  # when the rung began


class RungModel(StepModel):
    noun: ClassVar[str] = "a rung"

    to: str
    within: str


class Model(WaitingModel):
    noun: ClassVar[str] = "an escalation"
    elsewhere: ClassVar = dict.fromkeys(
        ("to", "within", "assign", "overdue"), "Write it as a rung: `ladder: [{to: ROLE, within: 1 business day}]`."
    )

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
    conditions = {"clears": clears}
    conditions |= {_holder(number): place.holder(rung.to) for number, rung in enumerate(model.ladder, 1)}
    limit = place.at_most(model)
    place.otherwise(model)
    return EscalateSpec(
        reason=model.reason,
        ladder=tuple(one for one in rungs if one),
        channel=model.channel,
        goes_on=model.then == "continue",
        conditions={name: one for name, one in conditions.items() if one},
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
    reason, whose = ctx.text(spec.reason), slot(ctx.plan.playbook, ctx.run.subject)
    identity = f"escalate·{whose}·{ctx.step.id}"
    if (also := sharing.join(identity, reason, ctx, released=spec.goes_on)) is not None:
        return also
    task = tasks.new(ctx, reason, None, None, kind="escalation", outcomes=("acknowledged",))
    task = task.model_copy(update={"identity": identity})
    if spec.channel is not None:
        _post(spec.channel, task, ctx)
    return _climb(spec, task, 1, ctx)


def _post(channel: str, task: Task, ctx: Context) -> None:
    """The incident's own channel is told once, when it opens."""
    found = ctx.address(channel)
    if found is None:
        raise Unready(f"nobody to send it to: {channel} is not known", ctx.lacked(channel))
    recipient, address = found
    content: dict[str, JsonValue] = {"body": task.title, "incident": task.id}
    ctx.want("slack", "escalate", recipient, address, content, below="channel", blocking=False)


def _climb(spec: EscalateSpec, task: Task, number: int, ctx: Context) -> Rest:
    """Rung `number` is told, and those below it that it has gone up."""
    rung = spec.ladder[number - 1]
    found = ctx.found(rung.to)
    person = found.person if found else None
    below = f"ladder/{number}"
    next_at = ctx.after(rung.within, calendar=ctx.calendar_of(person))
    raised = task.model_copy(
        update={
            "rung": number,
            "role": rung.to,
            "person": person.id if person else None,
            "by_hand": False,
            "due": next_at,
        }
    )
    event = "opened" if number == 1 else "escalated"
    ctx.log(event, below=below, to=rung.to, person=raised.person, rung=number, covers=covers(found))
    ctx.tell(person, "escalate", raised.title, below=below, incident=raised.id)
    lower = {one.id: one for step in spec.ladder[: number - 1] if (one := ctx.find(step.to)) and one != person}
    for one in lower.values():
        ctx.tell(one, "escalate", f"Now with {rung.to}: {raised.title}", below=below, incident=raised.id)
    timers = {f"{overdue.PREFIX}{number + 1}": next_at} if number < len(spec.ladder) else {}
    watches = tuple(name for name in ("clears", _holder(number)) if name in spec.conditions)
    memo = ctx.save(raised, **held(rung.to, ctx), **{_SINCE: to_json(ctx.now)})
    return Rest(timers=timers | turn(raised, ctx), watches=watches, memo=memo, released=spec.goes_on)


def _holder(number: int) -> str:
    return f"{HOLDER}/{number}"


def resume(spec: EscalateSpec, open_: Open, given: Given, ctx: Context) -> Move:
    if sharing.joined(open_):
        return _of_another(spec, open_, given, ctx)
    task = tasks.task_of(open_)
    match given:
        case TimeUp(name=name) if name.startswith(overdue.PREFIX):
            return _climb(spec, task, overdue.number(name), ctx)
        case TimeUp(name=name) | Flipped(name=name) if name.startswith((COVER, HOLDER)):
            return _on_new_calendar(spec, tasks.follow(task, open_, ctx, f"ladder/{task.rung}")[1], ctx)
        case Flipped(name="clears"):
            return _close(task, "cleared", None, ctx)
        case Acknowledged() | TaskActed(verb="complete"):
            return _close(task, "acknowledged", given.by, ctx)
        case TaskActed(verb="reassign" | "claim") if given.to or given.by:
            return _on_new_calendar(spec, tasks.hand_over(task, open_, given, ctx), ctx)
        case Joined():
            return replace(keep(open_), memo=ctx.save(sharing.updated(task, given, ctx)))
        case _:
            return keep(open_)


def _on_new_calendar(spec: EscalateSpec, rested: Rest, ctx: Context) -> Rest:
    """The time of the rung is that of whoever has it now, from when the rung began; if that has passed, as it was."""
    task, since = Task.model_validate(rested.memo["task"]), rested.memo.get(_SINCE)
    if not (isinstance(since, str) and task.rung):
        return rested
    calendar = ctx.calendar_of(ctx.person(task.person))
    ends = calendar.add(spec.ladder[task.rung - 1].within, read_instant(since), "opens")
    if ends <= ctx.now:
        return rested
    timers = {name: ends if name.startswith(overdue.PREFIX) else at for name, at in rested.timers.items()}
    memo = {**rested.memo, "task": ctx.save(task.model_copy(update={"due": ends}))["task"]}
    return replace(rested, timers=timers, memo=memo)


def _of_another(spec: EscalateSpec, open_: Open, given: Given, ctx: Context) -> Move:
    """An incident that is open already is waited for; when it is taken back, this step opens its own."""
    match given:
        case TaskActed(verb="complete", outcome="acknowledged" | "cleared" as outcome):
            ctx.log(outcome, by=given.by, joined=True)
            return Done(outcome)
        case TaskActed(verb="reopen"):
            return enter(spec, ctx)
        case Flipped(name="clears"):
            ctx.log("cleared", joined=True)
            return Done("cleared")
        case _:
            return keep(open_)


def _close(task: Task, outcome: Literal["acknowledged", "cleared"], by: str | None, ctx: Context) -> Done:
    ctx.save(task.model_copy(update={"state": "done", "outcome": outcome, "closed": ctx.now, "by": by}))
    ctx.withdraw_effects(f"the escalation is {outcome}")
    ctx.log(outcome, by=by)
    return Done(outcome)
