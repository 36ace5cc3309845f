"""`task`: a work item for a person, with an overdue ladder; the run waits for its outcome unless `then: continue`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue

from engine import overdue, raci, sharing, tasks
from engine.assignment import HOLDER, covers, held, turn
from engine.overdue import Rung, RungModel
from engine.quantities import Around, DayOf, Duration, Moment
from engine.quantities import Field as DateField
from engine.raci import Raci, RaciModel
from engine.run import Flipped, Joined, Open, Task, TaskActed
from engine.steps.base import Done, Given, Move, Rest, Spec, TimeUp, Unready, WaitingModel, keep

if TYPE_CHECKING:
    from engine.calendar import Calendar
    from engine.context import Context
    from engine.place import Place

OUTCOMES = ("done", "skipped")
_OURS: Final = frozenset({"auto_closed", "timed_out", "withdrawn"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Model(WaitingModel):
    noun: ClassVar[str] = "a task"

    task: str
    title: str | None = None
    instructions: str | None = None
    assign: str | None = None
    due: Any = None
    raci: RaciModel | None = None
    same_as: str | None = None
    outcomes: list[str] | None = None
    overdue: list[RungModel] = Field(default_factory=list)
    auto_close: Any = None
    then: Literal["continue"] | None = None


class TaskSpec(Spec):
    """`same_as` is the text of the task's identity: of one identity an account has one open task at a time."""

    added: ClassVar = frozenset({"raci", "same_as"})

    kind: Literal["task"] = "task"
    title: str
    instructions: str
    assign: str
    due: Moment
    outcomes: tuple[str, ...]
    rungs: tuple[Rung, ...] = ()
    goes_on: bool = False
    raci: Raci | None = None
    same_as: str | None = None


def outcomes(model: Model) -> tuple[str, ...]:
    closed = ("auto_closed",) if model.auto_close is not None else ()
    return tuple(
        dict.fromkeys((*(model.outcomes or OUTCOMES), "skipped", *closed, *(("timed_out",) if model.at_most else ())))
    )


def compile_step(model: Model, place: Place) -> TaskSpec | None:
    assign = place.assignee(model.assign)
    due = place.policy.tasks.due if model.due is None else place.moment(model.due, "due")
    rungs = [overdue.compiled(rung, index, place) for index, rung in enumerate(model.overdue)]
    for key, text in (("title", model.title), ("instructions", model.instructions), ("same_as", model.same_as)):
        if text is not None:
            place.text(text, key)
    conditions = {"auto_close": place.condition(model.auto_close, "auto_close")} if model.auto_close is not None else {}
    conditions |= {HOLDER: place.holder(assign)} if assign is not None else {}
    if model.outcomes is not None:
        _check_outcomes(model.outcomes, place)
    answers = raci.compiled(model.raci, place) if model.raci else None
    limit = place.at_most(model)
    place.otherwise(model)
    if assign is None or due is None or None in rungs or None in conditions.values():
        return None
    return TaskSpec(
        title=model.title or place.id.replace("_", " ").capitalize(),
        instructions=model.instructions or "",
        assign=assign,
        due=due,
        outcomes=tuple(model.outcomes or OUTCOMES),
        rungs=tuple(one for one in rungs if one),
        goes_on=model.then == "continue",
        raci=answers,
        same_as=model.same_as,
        conditions={name: one for name, one in conditions.items() if one},
        at_most=limit,
    )


def _check_outcomes(names: list[str], place: Place) -> None:
    for index, name in enumerate(names):
        message = fix = ""
        if not _NAME.fullmatch(name):
            message, fix = f"'{name}' is not a name for an outcome", "Use small letters, digits and _."
        elif name in names[:index]:
            message, fix = f"'{name}' stands twice among the outcomes", "Take one away."
        elif name in _OURS:
            message, fix = f"a task that nobody completes has the outcome '{name}'", "Choose another word."
        if message:
            place.fault("outcomes", index, message=message, fix=fix, code="invalid-name")
    if not names:
        message, fix = "a task needs at least one outcome", "Leave 'outcomes' away for done and skipped."
        place.fault("outcomes", message=message, fix=fix, code="no-outcomes")


def enter(spec: TaskSpec, ctx: Context) -> Move:
    title, instructions = ctx.text(spec.title), ctx.text(spec.instructions)
    identity = f"task·{ctx.text(spec.same_as)}" if spec.same_as is not None else None
    if identity is not None:
        also = sharing.join(identity, title, ctx, instructions=instructions, released=spec.goes_on)
        if also is not None:
            return also
    found = ctx.found(spec.assign)
    due, note = _due(spec, ctx.calendar_of(found.person if found else None), ctx)
    task = tasks.new(ctx, title, spec.assign, found, instructions=instructions, outcomes=spec.outcomes, due=due)
    urgent = isinstance(spec.due, Duration) and spec.due.is_clock
    task = _answered(spec, task.model_copy(update={"identity": identity, "urgent": urgent}), ctx)
    named = task.accountable if spec.raci else None
    said: dict[str, JsonValue] = {"assigned": spec.assign, "person": task.person, "due": ctx.shown(due), "reason": note}
    ctx.log("opened", "", None, **said, covers=covers(found), accountable=named)
    ctx.tell(found.person if found else None, "task", task.title, task=task.id)
    raci.consult(spec.raci, task, ctx)
    return Rest(
        timers=overdue.ahead(spec.rungs, task, ctx) | turn(task, ctx),
        watches=tuple(spec.conditions),
        memo=ctx.save(task, **held(spec.assign, ctx)),
        released=spec.goes_on,
    )


def _due(spec: TaskSpec, calendar: Calendar, ctx: Context) -> tuple[datetime | None, str | None]:
    """A task is not lost for a date that nobody has told: it is due as tasks are by default, and the trace says so."""
    due = ctx.resolve(spec.due, "closes", calendar)
    if due is None and isinstance(spec.due, DayOf):
        raise Unready(f"it is due on {spec.due}, counted from {ctx.plan.anchor}, which is not known", ctx.plan.anchor)
    if due is None and isinstance(spec.due, Around | DateField):
        return ctx.resolve(ctx.world.policy.tasks.due, "closes", calendar), f"by default: {spec.due.path} is not known"
    return due, None


def _answered(spec: TaskSpec, task: Task, ctx: Context) -> Task:
    """With who answers for it, now that this person has it."""
    accountable = raci.answerable(spec.raci, ctx.person(task.person), ctx)
    named = {"consulted": spec.raci.consulted, "informed": spec.raci.informed} if spec.raci else {}
    return task.model_copy(update={"accountable": accountable, **named})


def resume(spec: TaskSpec, open_: Open, given: Given, ctx: Context) -> Move:
    if sharing.joined(open_):
        return _of_another(spec, open_, given, ctx)
    task = tasks.task_of(open_)
    match given:
        case TimeUp(name=tasks.SNOOZED):
            return _wake(spec, task, open_, ctx)
        case TimeUp(name="cover") | Flipped(name="holder"):
            return _on_new_calendar(spec, *tasks.follow(task, open_, ctx), ctx)
        case TimeUp():
            return _rung(spec, task, open_, given, ctx)
        case Flipped(name="auto_close"):
            return _told(spec, task, tasks.close(task, "auto_closed", None, ctx), ctx)
        case TaskActed():
            return _acted(spec, task, open_, given, ctx)
        case Joined():
            return replace(keep(open_), memo=ctx.save(sharing.updated(task, given, ctx)))
        case _:
            return keep(open_)


def _of_another(spec: TaskSpec, open_: Open, given: Given, ctx: Context) -> Move:
    """Another visit's task is waited for: its outcome is ours too; when it is taken back, this step opens its own."""
    match given:
        case TaskActed(verb="complete", outcome=str(outcome)):
            ctx.log("completed", outcome=outcome, by=given.by, joined=True)
            return Done(outcome)
        case TaskActed(verb="reopen"):
            return enter(spec, ctx)
        case Flipped(name="auto_close"):
            ctx.log("completed", outcome="auto_closed", joined=True)
            return Done("auto_closed")
        case _:
            return keep(open_)


def _acted(spec: TaskSpec, task: Task, open_: Open, given: TaskActed, ctx: Context) -> Move:
    if given.verb in {"reassign", "claim"} and (given.to or given.by):
        rested = tasks.hand_over(task, open_, given, ctx)
        return _on_new_calendar(spec, Task.model_validate(rested.memo["task"]), rested, ctx)
    return _told(spec, task, tasks.act(task, open_, given, ctx), ctx)


def _told(spec: TaskSpec, task: Task, move: Move, ctx: Context) -> Move:
    """When the task is closed, those who are informed hear of it."""
    if isinstance(move, Done) and move.outcome is not None:
        raci.inform(spec.raci, task, move.outcome, ctx)
    return move


def _on_new_calendar(spec: TaskSpec, task: Task, rested: Rest, ctx: Context) -> Rest:
    """`due` stays; the rungs that are still ahead follow the assignee's calendar, as who is accountable does."""
    ladder = overdue.ladder(spec.rungs, task, ctx)
    timers = {name: ladder.get(name, due) for name, due in rested.timers.items()}
    return replace(rested, timers=timers, memo={**rested.memo, "task": ctx.save(_answered(spec, task, ctx))["task"]})


def _wake(spec: TaskSpec, task: Task, open_: Open, ctx: Context) -> Rest:
    """The snooze is over: the highest rung that came due meanwhile acts, the others are ahead again."""
    task = task.model_copy(update={"snoozed": None})
    held_back = ctx.memo.get("held")
    names = held_back if isinstance(held_back, list) else []
    ladder = {name: at for name, at in overdue.ladder(spec.rungs, task, ctx).items() if name in names}
    missed = max((name for name, at in ladder.items() if at <= ctx.now), key=overdue.number, default=None)
    if missed:
        task = overdue.acted(spec.rungs, task, overdue.number(missed), ctx)
    still = {name: at for name, at in open_.timers.items() if name != tasks.SNOOZED}
    timers = still | {name: at for name, at in ladder.items() if at > ctx.now}
    return Rest(timers=timers, watches=open_.watches, memo=ctx.save(task, held=None), released=open_.released)


def _rung(spec: TaskSpec, task: Task, open_: Open, given: TimeUp, ctx: Context) -> Rest:
    rested = keep(open_, **{given.name: None})
    if overdue.overtaken(given.name, given.overtaken):
        return rested
    return replace(rested, memo=ctx.save(overdue.acted(spec.rungs, task, overdue.number(given.name), ctx)))
