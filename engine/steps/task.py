"""`task`: a work item for a person, with an overdue ladder; the run waits for its outcome unless `then: continue`."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from engine.quantities import Duration, Moment
from engine.run import Flipped, Frozen, Open, Task, TaskActed, task_id
from engine.steps.base import Done, Given, Move, Rest, Spec, StepModel, TimeUp, WaitingModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.people import Person
    from engine.place import Place

OUTCOMES = ("done", "skipped")
_OURS: Final = frozenset({"auto_closed", "timed_out", "withdrawn"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class RungModel(StepModel):
    noun: ClassVar[str] = "a rung"

    after: str | None = None
    before: str | None = None
    remind: str | None = None
    escalate: str | None = None


class Model(WaitingModel):
    noun: ClassVar[str] = "a task"

    task: str
    title: str | None = None
    instructions: str | None = None
    assign: str | None = None
    due: Any = None
    outcomes: list[str] | None = None
    overdue: list[RungModel] = Field(default_factory=list)
    auto_close: Any = None
    then: Literal["continue"] | None = None


class Rung(Frozen):
    """One step of the overdue ladder. `to` is a role, or `assignee`."""

    event: Literal["reminded", "escalated"]
    to: str
    distance: Duration
    before: bool


class TaskSpec(Spec):
    kind: Literal["task"] = "task"
    title: str
    instructions: str
    assign: str
    due: Moment
    outcomes: tuple[str, ...]
    rungs: tuple[Rung, ...] = ()
    goes_on: bool = False


def outcomes(model: Model) -> tuple[str, ...]:
    closed = ("auto_closed",) if model.auto_close is not None else ()
    return tuple(
        dict.fromkeys((*(model.outcomes or OUTCOMES), "skipped", *closed, *(("timed_out",) if model.at_most else ())))
    )


def compile_step(model: Model, place: Place) -> TaskSpec | None:
    assign = place.assignee(model.assign)
    due = place.policy.tasks.due if model.due is None else place.moment(model.due, "due")
    rungs = [_rung_of(rung, index, place) for index, rung in enumerate(model.overdue)]
    for key, text in (("title", model.title), ("instructions", model.instructions)):
        if text is not None:
            place.text(text, key)
    conditions = {"auto_close": place.condition(model.auto_close, "auto_close")} if model.auto_close is not None else {}
    if model.outcomes is not None:
        _check_outcomes(model.outcomes, place)
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


def _rung_of(rung: RungModel, index: int, place: Place) -> Rung | None:
    """One rung of the overdue ladder: when, and whom."""
    at = ("overdue", index)
    if (rung.after is None) == (rung.before is None):
        message, fix = "a rung says either 'after' or 'before' the due instant", "Write 'after: 1 business day'."
        place.fault(*at, message=message, fix=fix, code="rung-when")
    if (rung.remind is None) == (rung.escalate is None):
        message, fix = "a rung says either 'remind' or 'escalate'", "Write 'remind: assignee' or 'escalate: ROLE'."
        place.fault(*at, message=message, fix=fix, code="rung-whom")
    times = [key for key in ("after", "before") if getattr(rung, key) is not None]
    verbs = [key for key in ("remind", "escalate") if getattr(rung, key) is not None]
    distances = [place.duration(getattr(rung, key), *at, key) for key in times]
    known = [(verb, getattr(rung, verb)) for verb in verbs if _somebody(getattr(rung, verb), place, *at, verb)]
    if len(times) != 1 or len(known) != len(verbs) or len(verbs) != 1 or distances[0] is None:
        return None
    verb, to = known[0]
    event: Literal["reminded", "escalated"] = "reminded" if verb == "remind" else "escalated"
    return Rung(event=event, to=to, distance=distances[0], before=times == ["before"])


def _somebody(to: str, place: Place, *keys: str | int) -> bool:
    return to == "assignee" or place.role(to, *keys) is not None


def enter(spec: TaskSpec, ctx: Context) -> Move:
    found = ctx.find(spec.assign)
    calendar = ctx.calendar_of(found)
    due = ctx.resolve(spec.due, "closes", calendar) or ctx.resolve(ctx.world.policy.tasks.due, "closes", calendar)
    task = Task(
        id=task_id(ctx.run.id, ctx.path, ctx.visit),
        run=ctx.run.id,
        account=ctx.world.account,
        playbook=ctx.plan.playbook,
        path=ctx.path,
        step=ctx.step.id,
        visit=ctx.visit,
        title=ctx.text(spec.title),
        instructions=ctx.text(spec.instructions),
        role=spec.assign,
        person=found.id if found else None,
        outcomes=spec.outcomes,
        opened=ctx.now,
        due=due,
    )
    ctx.log("opened", assigned=spec.assign, person=task.person, due=ctx.shown(due))
    ctx.tell(found, "task", task.title, task=task.id)
    ahead = {name: at for name, at in _ladder(spec, task, ctx).items() if at >= ctx.now or not _is_before(spec, name)}
    return Rest(timers=ahead, watches=tuple(spec.conditions), memo=ctx.save(task), released=spec.goes_on)


def _ladder(spec: TaskSpec, task: Task, ctx: Context) -> dict[str, datetime]:
    """When each rung acts, on the assignee's calendar, counted from the due instant."""
    if task.due is None:
        return {}
    calendar = ctx.calendar_of(ctx.person(task.person))
    return {
        f"rung/{number}": calendar.subtract(rung.distance, task.due, "opens")
        if rung.before
        else calendar.add(rung.distance, task.due, "opens")
        for number, rung in enumerate(spec.rungs, 1)
    }


def _number(timer: str) -> int:
    return int(timer.rpartition("/")[2])


def _is_before(spec: TaskSpec, timer: str) -> bool:
    return spec.rungs[_number(timer) - 1].before


def resume(spec: TaskSpec, open_: Open, given: Given, ctx: Context) -> Move:
    task = Task.model_validate(open_.memo["task"])
    match given:
        case TimeUp(name="snoozed"):
            return _wake(spec, task, open_, ctx)
        case TimeUp():
            return _rung(spec, task, open_, given, ctx)
        case Flipped(name="auto_close"):
            return close(task, "auto_closed", None, ctx)
        case TaskActed(verb="reassign" | "claim"):
            return _hand_over(spec, task, open_, given, ctx)
        case TaskActed():
            return act(task, open_, given, ctx)
        case _:
            return keep(open_)


def act(task: Task, open_: Open, given: TaskActed, ctx: Context) -> Move:
    """What a person may do with any task, whatever step opened it."""
    match given.verb:
        case "complete":
            return close(task, given.outcome or task.outcomes[0], given.by, ctx)
        case "snooze" if given.until is not None:
            ctx.log("snoozed", kind=_kind(task), by=given.by, until=ctx.shown(given.until))
            memo = ctx.save(task.model_copy(update={"snoozed": given.until}))
            return Rest(
                timers=_quiet(open_) | {"snoozed": given.until},
                watches=open_.watches,
                memo=memo,
                released=open_.released,
            )
        case "reassign" | "claim":
            memo = ctx.save(_handed(task, given, ctx))
            return Rest(timers=open_.timers, watches=open_.watches, memo=memo, released=open_.released)
        case _:
            return keep(open_)


def close(task: Task, outcome: str, by: str | None, ctx: Context) -> Done:
    ctx.save(
        task.model_copy(update={"state": "done", "outcome": outcome, "closed": ctx.now, "by": by, "snoozed": None})
    )
    ctx.withdraw_effects(f"the task is closed: {outcome}")
    ctx.log("completed", kind=_kind(task), outcome=outcome, by=by)
    return Done(outcome)


def _kind(task: Task) -> str | None:
    """A task for a missing contact stands in a mail's place, and is a task all the same."""
    return "task" if task.kind == "missing" else None


def _quiet(open_: Open) -> dict[str, datetime]:
    """The timers without the ladder: it is held while the task is snoozed."""
    return {name: due for name, due in open_.timers.items() if not name.startswith("rung/")}


def _handed(task: Task, given: TaskActed, ctx: Context) -> Task:
    person = given.to or given.by
    ctx.log("reassigned", kind=_kind(task), by=given.by, person=person)
    return task.model_copy(update={"person": person, "by_hand": True})


def _hand_over(spec: TaskSpec, task: Task, open_: Open, given: TaskActed, ctx: Context) -> Move:
    """`due` stays; the rungs that are still ahead follow the new assignee's calendar."""
    handed = _handed(task, given, ctx)
    ctx.tell(ctx.person(handed.person), "task", handed.title, below=f"reassigned/{ctx.now.isoformat()}", task=handed.id)
    ladder = _ladder(spec, handed, ctx)
    timers = {name: ladder.get(name, due) for name, due in open_.timers.items()}
    return Rest(timers=timers, watches=open_.watches, memo=ctx.save(handed), released=open_.released)


def _wake(spec: TaskSpec, task: Task, open_: Open, ctx: Context) -> Move:
    """The snooze is over: the highest rung that came due meanwhile acts, the others are ahead again."""
    awake = task.model_copy(update={"snoozed": None})
    ladder = {name: at for name, at in _ladder(spec, task, ctx).items() if _number(name) > task.rung}
    missed = max((name for name, at in ladder.items() if at <= ctx.now), key=_number, default=None)
    timers = _quiet(open_) | {name: at for name, at in ladder.items() if at > ctx.now}
    timers.pop("snoozed", None)
    rested = Rest(timers=timers, watches=open_.watches, memo=ctx.save(awake), released=open_.released)
    return _act_rung(spec, awake, rested, _number(missed), ctx) if missed else rested


def _rung(spec: TaskSpec, task: Task, open_: Open, given: TimeUp, ctx: Context) -> Move:
    number = _number(given.name)
    rested = keep(open_, **{given.name: None})
    higher = any(name.startswith("rung/") and _number(name) > number for name in given.overtaken)
    return rested if higher else _act_rung(spec, task, rested, number, ctx)


def _act_rung(spec: TaskSpec, task: Task, rested: Rest, number: int, ctx: Context) -> Rest:
    rung = spec.rungs[number - 1]
    below = f"overdue/{number}"
    person: Person | None = ctx.person(task.person) if rung.to == "assignee" else ctx.find(rung.to)
    ctx.log(rung.event, below=below, to=rung.to, person=person.id if person else None, rung=number)
    words = "is due" if rung.before else "is overdue"
    ctx.tell(
        person, "remind" if rung.event == "reminded" else "escalate", f"{task.title} {words}", below=below, task=task.id
    )
    memo = ctx.save(task.model_copy(update={"rung": max(task.rung, number)}))
    return Rest(timers=rested.timers, watches=rested.watches, memo=memo, released=rested.released)
