"""`wait`: for a duration, until a day or an instant, for a condition to become true, or for an event."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from engine.guarded import check_guard
from engine.logic import Condition
from engine.quantities import Duration, Moment
from engine.run import Flipped, Open
from engine.steps.base import Awaited, Done, Given, Into, Move, Rest, Spec, TimeUp, Unready, WaitingModel, keep
from engine.stored import pack, why

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


# What is meant as a duration, right or wrong: a number and perhaps words behind it.
_TIME: Final = re.compile(r"\s*\d+(\.\d+)?\s*([a-zA-Z]+\s*)*")


class Model(WaitingModel):
    noun: ClassVar[str] = "a wait"

    wait: str
    for_: Any = Field(default=None, alias="for")
    on: str | None = None
    where: Any = None
    until: Any = None
    then: list[Any] | None = None
    late: Literal["do", "skip"] = "do"


class WaitSpec(Spec):
    """`until` is a duration, day or instant; a wait for a condition has it in `conditions["for"]` instead.

    Where the instant hangs on a field, `reads` is its path, and the conditions `moved` and `vanished` tell when the
    wait must move. One that waits `on` an event may say `where` which is meant.
    """

    added: ClassVar = frozenset({"on", "where"})

    kind: Literal["wait"] = "wait"
    until: Moment | None = None
    reads: str | None = None
    late: Literal["do", "skip"] = "do"
    on: str | None = None
    where: Condition | None = None

    def awaits(self) -> tuple[Condition, ...]:
        return (*self.conditions.values(), *((self.where,) if self.where else ()))

    def awaited(self, name: str) -> Awaited:
        return Awaited(self.where, self.on) if name == "on" else Awaited(self.conditions[name])

    @property
    def condition(self) -> Condition | None:
        return self.conditions.get("for")


def outcomes(_: Model) -> tuple[str, ...]:
    return ("true", "timed_out", "past", "unknown")


def compile_step(model: Model, place: Place) -> WaitSpec | None:
    spec = _what(model, place)
    compiler, event = place.compiler, spec.on if spec else None
    before = compiler.events
    with place.alternatives() as way:
        for name, steps in (("then", model.then), ("otherwise", model.otherwise)):
            with way():
                if name == "then" and event is not None:
                    compiler.events = (event,)
                if steps is not None:
                    place.block(name, steps, name)
    for key, condition in (("for", spec.condition), ("where", spec.where)) if spec else ():
        check_guard(place, condition, "then", key, event=event)
    if event is not None:
        # What was at hand before is so behind the wait only for whoever comes there without the event.
        gone = compiler.block_ends(f"{place.path}/otherwise")
        compiler.events = (event,) if gone else tuple(dict.fromkeys((*before, event)))
    return spec


def _what(model: Model, place: Place) -> WaitSpec | None:
    said = [key for key, value in (("for", model.for_), ("on", model.on), ("until", model.until)) if value is not None]
    if len(said) != 1:
        place.fault(
            message="a wait says one of 'for' (a duration or a condition), 'on' (an event) and 'until' (a day or an"
            " instant)",
            fix="Write one of them, for example 'for: 3 days'.",
            code="wait-for-what",
        )
        return None
    if model.where is not None and model.on is None:
        message = "'where' says which events are meant, and no event is waited for"
        place.fault("where", message=message, fix="Write 'on: EVENT' before it.", code="no-event")
    if model.on is not None:
        return _event(model, model.on, place)
    if model.until is not None:
        return _until(model, place.moment(model.until, "until"), "until", place)
    if _TIME.fullmatch(_words(model.for_)):
        return _until(model, place.duration(model.for_, "for"), "for", place)
    return _condition(model, place)


def _event(model: Model, name: str, place: Place) -> WaitSpec | None:
    event = place.event(name, "on")
    where = place.event_condition(model.where, event, "where") if event and model.where is not None else None
    limit = _limit(model, place, "an event")
    if event is None or (model.where is not None and where is None):
        return None
    return WaitSpec(on=event, where=where, at_most=limit)


def _words(said: object) -> str:
    """A number without its unit is a duration that lacks it, and no condition."""
    return str(said) if isinstance(said, str | int | Decimal) and not isinstance(said, bool) else ""


def _until(model: Model, moment: Moment | None, key: str, place: Place) -> WaitSpec | None:
    limit = place.at_most(model, alone=True)
    if moment is None:
        return None
    reads = place.date_read(moment)
    if reads is not None and model.otherwise is None and not place.always_known(reads):
        place.fault(
            key,
            message=f"{reads} may be unknown, and the wait does not say what happens then",
            fix="Add 'otherwise: [steps]' ('otherwise: []' to go on).",
            code="wait-without-otherwise",
        )
    if reads is None and limit is None and model.otherwise:
        place.fault(
            "otherwise",
            message="these steps can never be reached: what is awaited always comes",
            fix="Take 'otherwise' away.",
            code="unreachable",
        )
    conditions = place.date_conditions(reads)
    return WaitSpec(until=moment, reads=reads, late=model.late, conditions=conditions, at_most=limit)


def _condition(model: Model, place: Place) -> WaitSpec | None:
    condition = place.condition(model.for_, "for")
    limit = _limit(model, place, "a condition")
    return None if condition is None else WaitSpec(conditions={"for": condition}, at_most=limit)


def _limit(model: Model, place: Place, what: str) -> Duration | None:
    """How long something is waited for that may never come."""
    missing = [name for name, value in (("at_most", model.at_most), ("otherwise", model.otherwise)) if value is None]
    if missing:
        place.fault(
            message=f"a wait for {what} could hang for ever: it lacks {' and '.join(missing)}",
            fix="Say how long and what then: 'at_most: 30 days' with 'otherwise: [{end: unresolved}]'.",
            code="wait-could-hang",
            lacking=missing,
        )
    if model.late == "skip":
        place.fault(
            "late",
            message=f"{what} has no instant that could have passed, so 'late' says nothing",
            fix="Take it away.",
            code="says-nothing",
        )
    return None if missing else place.at_most(model, alone=True)


def enter(spec: WaitSpec, ctx: Context) -> Move:
    if spec.on is not None:
        ctx.log("waiting", until=ctx.shown(ctx.after(spec.at_most) if spec.at_most else None))
        return Rest(watches=("on",))
    return _wait_for(spec.condition, spec, ctx) if spec.condition else _wait_until(spec, ctx)


def _wait_for(condition: Condition, spec: WaitSpec, ctx: Context) -> Move:
    seen = why(condition, ctx.scope)
    if condition.truth(ctx.scope):
        ctx.log("waited", why=seen)
        return Into("then", "true")
    ctx.log("waiting", until=ctx.shown(ctx.after(spec.at_most) if spec.at_most else None), why=seen)
    return Rest(watches=("for",))


def _wait_until(spec: WaitSpec, ctx: Context) -> Move:
    due = ctx.resolve(spec.until, "opens") if spec.until else None
    if due is None:
        if not ctx.has("otherwise"):
            raise Unready(f"{spec.reads} is awaited and not known any more", spec.reads)
        ctx.log("skipped", reason="unknown")
        return Into("otherwise", "unknown")
    if due < ctx.now:
        ctx.log("skipped", reason="past", until=ctx.shown(due), late="skip" if spec.late == "skip" else None)
        return Into("then", "past") if spec.late == "do" else Done("past")
    if due == ctx.now:
        return _came(ctx)
    ctx.log("waiting", until=ctx.shown(due))
    return _rest_until(spec, due, ctx)


def _moved(spec: WaitSpec, given: Flipped, ctx: Context) -> Move:
    """The date is another now, or not known any more; one that has passed by now has come, as the run was here before
    it.
    """
    due = ctx.resolve(spec.until, "opens") if spec.until else None
    return _came(ctx, given) if due is not None and due < ctx.now else _wait_until(spec, ctx)


def _rest_until(spec: WaitSpec, due: datetime, ctx: Context) -> Rest:
    if spec.reads is None:
        return Rest(timers={"until": due})
    awaited = pack(ctx.scope.values[spec.reads])
    return Rest(timers={"until": due}, watches=("moved", "vanished"), memo={"awaited": awaited})


def _came(ctx: Context, given: Flipped | None = None) -> Move:
    ctx.log("waited", why=given.why if given else None)
    return Into("then", "true", given.event if given else None)


def resume(spec: WaitSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case TimeUp(name="until"):
            return _came(ctx)
        case Flipped(name="for" | "on"):
            return _came(ctx, given)
        case Flipped():
            return _moved(spec, given, ctx)
        case _:
            return keep(open_)
