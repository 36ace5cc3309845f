"""`meeting`: asks the owner to hold one, and waits for the event that says it was held, until it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue

from engine import tasks
from engine.assignment import HOLDER, covers, held, turn
from engine.calendar import Calendar
from engine.logic import Condition, compile_condition
from engine.people import Found
from engine.problems import suggest_or_list
from engine.quantities import DayOf, Duration, Moment
from engine.run import Flipped, Open, Task, TaskActed
from engine.steps.base import Awaited, Done, Given, Into, Move, Rest, Spec, TimeUp, Unready, WaitingModel, keep
from engine.stored import pack

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

EVENT: Final = "meeting"
HELD: Final = "held"
_ON_EVENT: Final = frozenset({HELD, "other"})
_BY_HAND: Final[dict[str, JsonValue]] = {"outcome": HELD}


class Model(WaitingModel):
    noun: ClassVar[str] = "a meeting"
    elsewhere: ClassVar = {
        "overdue": "A meeting has no ladder: what is to be done when it is due and was not held stands in 'otherwise'."
    }

    meeting: str
    title: str | None = None
    assign: str | None = None
    with_: str | list[str] | None = Field(default=None, alias="with")
    where: Any = None
    due: Any = None
    then: list[Any] | None = None


class MeetingSpec(Spec):
    """The conditions `held` and `other` tell of each meeting event which one it is; `reads` is the field that `due`
    hangs on, and `moved` and `vanished` tell when it does. `contacts` are the roles that are to be there.
    """

    kind: Literal["meeting"] = "meeting"
    title: str
    assign: str
    contacts: tuple[str, ...] = ()
    due: Moment
    reads: str | None = None

    def awaited(self, name: str) -> Awaited:
        return Awaited(self.conditions[name], EVENT if name in _ON_EVENT else None)


def outcomes(model: Model) -> tuple[str, ...]:
    return (HELD, "missed", *(("timed_out",) if model.at_most else ()))


def compile_step(model: Model, place: Place) -> MeetingSpec | None:
    assign = place.assignee(model.assign)
    due = place.policy.tasks.due if model.due is None else place.moment(model.due, "due")
    if model.title is not None:
        place.text(model.title, "title")
    contacts = _contacts(model, place)
    said = _said_by_events(model, place)
    limit = place.at_most(model, alone=True)
    _blocks(model, place)
    if assign is None or due is None or said is None:
        return None
    reads = place.date_read(due)
    conditions = {**said, **place.date_conditions(reads), HOLDER: place.holder(assign)}
    return MeetingSpec(
        title=model.title or f"Hold a meeting: {place.id.replace('_', ' ')}",
        assign=assign,
        contacts=contacts,
        due=due,
        reads=reads,
        conditions={name: one for name, one in conditions.items() if one},
        at_most=limit,
    )


def _contacts(model: Model, place: Place) -> tuple[str, ...]:
    names = [model.with_] if isinstance(model.with_, str) else model.with_ or []
    field = place.vocabulary.contact_fields.get("role")
    known = field.type.choices if field else ()
    for index, name in enumerate(names):
        if name not in known:
            at = ("with",) if isinstance(model.with_, str) else ("with", index)
            message, fix = f"'{name}' is not a role of contacts", suggest_or_list(name, known)
            place.fault(*at, message=message, fix=fix, code="unknown-role")
    return tuple(dict.fromkeys(names))


def _said_by_events(model: Model, place: Place) -> dict[str, Condition] | None:
    """Which event is the meeting that was held, and which one tells that it was not."""
    fields = place.vocabulary.events.get(EVENT, {})
    outcome = fields.get("outcome")
    if outcome is None or HELD not in outcome.type.choices:
        fix = "Add 'meeting: {outcome: {type: choice, of: [held, cancelled, no_show]}}' below 'events'."
        place.fault(message="the vocabulary has no event 'meeting' that can be held", fix=fix, code="no-meeting")
        return None
    where = place.event_condition(model.where, EVENT, "where") if model.where is not None else None
    if model.where is not None and where is None:
        return None
    if where is not None and "event.outcome" in where.reads:
        message, fix = "only a meeting that was held counts", "Take event.outcome away; say which kind is meant."
        place.fault("where", message=message, fix=fix, code="says-nothing")
    names = place.compiler.with_events(place.names, (EVENT,))
    is_held: object = {"==": [{"var": "event.outcome"}, HELD]}
    found: dict[str, Condition] = {}
    for name, logic in ((HELD, is_held), ("other", {"!": [is_held]})):
        one = compile_condition({"and": [logic, where.logic]} if where else logic, names)
        if isinstance(one, Condition):
            found[name] = one
    return found


def _blocks(model: Model, place: Place) -> None:
    compiler, before = place.compiler, place.compiler.events
    with place.alternatives() as way:
        for name, steps in (("then", model.then), ("otherwise", model.otherwise)):
            with way():
                if name == "then":
                    compiler.events = (EVENT,)
                if steps is not None:
                    place.block(name, steps, name)
    compiler.events = tuple(dict.fromkeys((*before, EVENT)))


# --- in a run


def enter(spec: MeetingSpec, ctx: Context) -> Move:
    found = ctx.found(spec.assign)
    due = _due(spec, _calendar(found, ctx), ctx)
    if due is None or due < ctx.now:
        return _too_late(due, ctx)
    title = ctx.text(spec.title)
    task = tasks.new(ctx, title, spec.assign, found, kind="meeting", outcomes=(HELD,), due=due)
    whom: list[JsonValue] = [*spec.contacts]
    said: dict[str, JsonValue] = {"assigned": spec.assign, "person": task.person, "due": ctx.shown(due)}
    said |= {"covers": covers(found), "with": whom or None}
    ctx.log("opened", "", None, **said)
    ctx.tell(found.person if found else None, "task", task.title, task=task.id)
    return Rest(
        timers={"due": due} | turn(task, ctx),
        watches=tuple(spec.conditions),
        memo=ctx.save(task, **held(spec.assign, ctx), **_date(spec, ctx)),
    )


def _calendar(found: Found | None, ctx: Context) -> Calendar:
    return ctx.calendar_of(found.person if found else None)


def _due(spec: MeetingSpec, calendar: Calendar, ctx: Context) -> datetime | None:
    """The end of the owner's working hours, but for hours by the clock and what falls on an instant. A date that it
    hangs on and that is not known leaves none.
    """
    due = ctx.resolve(spec.due, "closes", calendar)
    if due is not None and isinstance(spec.due, Duration) and not spec.due.is_clock:
        return calendar.closes(calendar.date_of(due))
    if due is None and isinstance(spec.due, DayOf):
        raise Unready(f"it is due on {spec.due}, counted from {ctx.plan.anchor}, which is not known", ctx.plan.anchor)
    return due


def _date(spec: MeetingSpec, ctx: Context) -> dict[str, JsonValue]:
    """What is remembered to hear that the date has moved."""
    return {"awaited/moved": pack(ctx.scope.values[spec.reads])} if spec.reads else {}


def _too_late(due: datetime | None, ctx: Context) -> Move:
    ctx.log("timed_out", reason="past" if due else "unknown", until=ctx.shown(due))
    return Into("otherwise", "missed")


def resume(spec: MeetingSpec, open_: Open, given: Given, ctx: Context) -> Move:
    task = tasks.task_of(open_)
    match given:
        case TimeUp(name="due"):
            return _missed(task, ctx)
        case TimeUp(name="cover") | Flipped(name="holder"):
            return tasks.follow(task, open_, ctx)[1]
        case TimeUp(name=tasks.SNOOZED):
            awake = task.model_copy(update={"snoozed": None})
            return replace(keep(open_, snoozed=None), memo=ctx.save(awake, held=None))
        case Flipped(name="held"):
            tasks.close(task, HELD, None, ctx)
            return Into("then", HELD, given.event)
        case Flipped(name="other"):
            return _not_held(open_, given, ctx)
        case Flipped(name="moved" | "vanished"):
            return _moved(spec, task, open_, ctx)
        case TaskActed():
            move = tasks.act(task, open_, given, ctx)
            return Into("then", HELD, _BY_HAND) if isinstance(move, Done) else move
        case _:
            return keep(open_)


def _not_held(open_: Open, given: Flipped, ctx: Context) -> Move:
    """It was cancelled, or somebody did not come: that is recorded, and the waiting goes on."""
    said = given.event.get("outcome") if given.event else None
    ctx.log("waiting", reason=str(said), until=ctx.shown(open_.timers.get("due")))
    return keep(open_)


def _moved(spec: MeetingSpec, task: Task, open_: Open, ctx: Context) -> Move:
    due = _due(spec, ctx.calendar_of(ctx.person(task.person)), ctx)
    if due is None or due < ctx.now:
        _take_back(task, ctx)
        return _too_late(due, ctx)
    ctx.log("waiting", until=ctx.shown(due))
    memo = ctx.save(task.model_copy(update={"due": due}), **_date(spec, ctx))
    return replace(keep(open_, due=due), memo=memo)


def _missed(task: Task, ctx: Context) -> Move:
    _take_back(task, ctx)
    ctx.log("timed_out")
    return Into("otherwise", "missed")


def _take_back(task: Task, ctx: Context) -> None:
    ctx.save(task.model_copy(update={"state": "withdrawn", "closed": ctx.now, "snoozed": None}))
    ctx.withdraw_effects("the meeting was not held in time")
