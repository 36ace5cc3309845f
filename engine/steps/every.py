"""`every`: a cadence of touchpoints, one at a time, until a day, a condition, or so many."""

from __future__ import annotations

import re
from datetime import date, datetime
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue

from engine.cadence import AtOnce, Every, Recurrence, Schedule, parse_cadence
from engine.inside import rounds
from engine.logic import Condition
from engine.quantities import Around, DayOf, Duration, Moment, OnDate, Refused, parse_moment
from engine.quantities import Field as DateField
from engine.recurring import Phase, next_after
from engine.rules import counted, ends, parse_rule, says_an_end
from engine.run import Flipped, Open
from engine.steps.base import NEXT, Given, Move, Over, Rest, Spec, Through, TimeUp, Unready, WaitingModel, keep
from engine.stored import pack, to_json
from engine.validation import shown
from engine.values import read_instant

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place
    from engine.plan import Step

MOST_TIMES: Final = 10_000
# Rounds that follow one another in one instant are one piece of work for the engine.
MOST_AT_ONCE: Final = 1_000
_TIME: Final = re.compile(r"\s*\d+(\.\d+)?\s*([a-zA-Z]+\s*)*")


class Model(WaitingModel):
    noun: ClassVar[str] = "an every"

    every: str
    schedule: Any
    do: list[Any]
    until: Any = None
    times: int | None = None


class EverySpec(Spec):
    """`until` is a day or instant; a condition is in `conditions["until"]` instead. `reads` is the path that the day
    hangs on: `moved`, `vanished` and `told` tell of it; `shifted` and `lost` of the anchor, where the cadence counts
    from it.
    """

    kind: Literal["every"] = "every"
    schedule: Schedule
    until: Moment | None = None
    reads: str | None = None
    counts_from: str | None = None
    times: int | None = Field(default=None, ge=1)


def outcomes(model: Model) -> tuple[str, ...]:
    return ("until", "times", "timed_out") if model.at_most else ("until", "times")


# --- what the author may write


def compile_step(model: Model, place: Place) -> EverySpec | None:
    schedule = _schedule(model.schedule, place)
    if model.times is not None and not 1 <= model.times <= MOST_TIMES:
        fix = f"Write a whole number from 1 to {MOST_TIMES}."
        place.fault("times", message=f"'{model.times}' is not a number of times", fix=fix, code="times")
    rounds(place, model.do)
    if isinstance(schedule, AtOnce) and model.times is not None and 1 <= model.times <= MOST_TIMES:
        _check_at_once(model.times, place)
    limit = place.at_most(model)
    until = _until(model, place)
    _check_end(model, schedule, until, place)
    place.otherwise(model)
    if schedule is None or (model.until is not None and until is None):
        return None
    moment = until if not isinstance(until, Condition) else None
    reads = place.date_read(moment) if moment else None
    counts_from = place.compiler.anchor if schedule.anchored else None
    conditions = place.date_conditions(reads) | place.date_conditions(counts_from, ("shifted", "lost"))
    conditions |= place.told(reads) if reads is not None else {}  # whatever is always known may vanish for a while
    conditions |= {"until": until} if isinstance(until, Condition) else {}
    return EverySpec(
        schedule=schedule,
        until=moment,
        reads=reads,
        counts_from=counts_from,
        times=model.times if model.times and model.times > 0 else None,
        conditions=conditions,
        at_most=limit,
    )


def _schedule(said: Any, place: Place) -> Schedule | None:
    found: Schedule | Refused
    keys: tuple[str, ...] = ("schedule",)
    match said:
        case {"rrule": str(rule)} if len(said) == 1:
            found, keys = parse_rule(rule), ("schedule", "rrule")
        case {"rrule": str(rule), **others} if set(others.values()) == {None}:
            whole = ",".join((rule, *map(str, others)))
            found = Refused("braces cut a rule at its commas", f'Put quotes around it: {{rrule: "{whole}"}}.')
            keys = ("schedule", "rrule")
        case str():
            found = parse_cadence(said, place.policy.fiscal_year)
        case _:
            found = Refused(f"{shown(said)} is not a cadence", "Write 'week on tuesday 10:00', or '{rrule: FREQ=…}'.")
    if isinstance(found, Refused):
        place.fault(*keys, message=found.message, fix=found.fix, code="cadence")
        return None
    return found


def _check_at_once(times: int, place: Place) -> None:
    """With what goes on at once inside of it, of which each round has all."""
    inside = {
        path: max(one.times or 1 for one in step.specs if isinstance(one, EverySpec))
        for path, step in place.compiler.steps.items()
        if path.startswith(f"{place.path}/") and _is_at_once(step)
    }
    nested = (prod(n for around, n in inside.items() if f"{path}/".startswith(f"{around}/")) for path in inside)
    most = times * max(nested, default=1)
    if most > MOST_AT_ONCE:
        message = f"{most} rounds could follow one another in one instant"
        fix = f"At most {MOST_AT_ONCE} may 'at once': say fewer, or a schedule such as 'day'."
        place.fault("times", message=message, fix=fix, code="times")


def _is_at_once(step: Step) -> bool:
    return any(isinstance(one, EverySpec) and isinstance(one.schedule, AtOnce) for one in step.specs)


def _until(model: Model, place: Place) -> Condition | Moment | None:
    """A day or an instant where it can be read as one, else a condition."""
    said = model.until
    if said is None:
        return None
    found = parse_moment(said) if isinstance(said, str) else None
    if isinstance(found, DateField) and (type_ := place.names.type_of(found.path)) and type_.kind == "boolean":
        found = None
    if (found is None or isinstance(found, Refused)) and not _is_time(said):
        return place.condition(said, "until")
    return place.moment(said, "until")


def _is_time(said: object) -> bool:
    """Whether it is meant as a time, right or wrong."""
    return isinstance(said, int) or (isinstance(said, str) and _TIME.fullmatch(said) is not None)


def _check_end(model: Model, schedule: Schedule | None, until: Condition | Moment | None, place: Place) -> None:
    counts = ends(schedule) if isinstance(schedule, Recurrence) else schedule is None and says_an_end(model.schedule)
    over = counts or model.times is not None or model.at_most is not None
    if isinstance(schedule, AtOnce) and model.times is None:
        message = "'at once' has no end of its own: it lacks 'times'"
        place.fault(message=message, fix="Add 'times: 5', for example.", code="could-go-on", lacking=("times",))
    elif not over and model.until is None and not place.is_meanwhile:
        message = "it would go on for ever: it lacks 'until' or 'times'"
        fix = "Add 'until: day 90', 'until: CONDITION' or 'times: 12'."
        place.fault(message=message, fix=fix, code="could-go-on", lacking=("until", "times", "at_most"))
    if isinstance(until, Condition) or until is None or over or place.is_meanwhile:
        return
    reads = place.date_read(until)
    if reads is not None and not place.always_known(reads):
        message, fix = f"{reads} may be unknown, and then it would go on for ever", "Add 'times: 50', for example."
        place.fault("until", message=message, fix=fix, code="could-go-on")


# --- what a run does


def enter(spec: EverySpec, ctx: Context) -> Move:
    condition = spec.conditions.get("until")
    if condition is not None and condition.truth(ctx.scope):
        return Over("until", "until")
    memo = {"reached": to_json(ctx.now), "count": 0} | dict(ctx.memo)
    if _all_done(spec, _count(memo)) and not ctx.strands:
        return Over("times", "times")
    if isinstance(spec.schedule, AtOnce):
        return _at_once(spec, memo, ctx) if not ctx.strands else Rest(watches=_watched(spec, None), memo=memo)
    return _planned(spec, memo, ctx)


def resume(spec: EverySpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case TimeUp(name=timer) if timer == NEXT:
            return _due(spec, open_, given, ctx)
        case TimeUp(name="until") | Flipped(name="until"):
            return Over("until", "until")
        case Flipped():
            return _planned(spec, open_.memo, ctx, due=open_.timers.get(NEXT))
        case Through() if _all_done(spec, _count(open_.memo)) and not ctx.strands:
            return Over("times", "times")
        case Through() if isinstance(spec.schedule, AtOnce):
            return _at_once(spec, dict(open_.memo), ctx)
        case Through() if NEXT not in open_.timers and not ctx.strands and _never_again(spec, open_.memo, ctx):
            return _run_out(spec)
        case _:
            return keep(open_)


def _at_once(spec: EverySpec, memo: dict[str, JsonValue], ctx: Context) -> Move:
    end = _end(spec, memo, ctx)
    if end is not None and end <= ctx.now:
        return Over("until", "until")
    number = _count(memo) + 1
    ctx.log("occurred", occurrence=number)
    timers = {"until": end} if end is not None else {}
    kept = memo | _awaited(spec, ctx) | {"count": number}
    return Rest(timers=timers, watches=_watched(spec, end), memo=kept, begins=(f"#{number}",))


def _planned(spec: EverySpec, memo: dict[str, JsonValue], ctx: Context, due: datetime | None = None) -> Move:
    """When it comes next and when it is over, by the dates as they now are. What is `due` in this very instant is not
    passed over, unless it counts from the date that has moved.
    """
    end = _end(spec, memo, ctx)
    if end is not None and end <= ctx.now:
        return Over("until", "until")
    following = _following(spec, memo, ctx.now, end, ctx)
    if due is not None and due <= ctx.now and not spec.schedule.anchored:
        following = due
    if following is None and not ctx.strands and _never_again(spec, memo, ctx):
        return _run_out(spec)
    timers = {name: at for name, at in ((NEXT, following), ("until", end)) if at is not None}
    return Rest(timers=timers, watches=_watched(spec, end), memo=memo | _awaited(spec, ctx))


def _due(spec: EverySpec, open_: Open, given: TimeUp, ctx: Context) -> Move:
    """One at a time: what comes due while the former is open is passed over, and so is what is overtaken by the next
    while the run is catching up.
    """
    number, end = _count(open_.memo) + 1, open_.timers.get("until")
    memo = open_.memo | {"count": number}
    following = _following(spec, memo, given.at, end, ctx)
    reason = "open" if ctx.strands else "missed" if following is not None and following <= given.horizon else None
    ctx.log("skipped" if reason else "occurred", occurrence=number, reason=reason)
    if reason and _all_done(spec, number) and not ctx.strands:
        return Over("times", "times")
    rested = keep(open_, next=following)
    begins = () if reason else (f"#{number}",)
    return Rest(timers=rested.timers, watches=open_.watches, memo=memo, begins=begins)


def _run_out(spec: EverySpec) -> Over:
    """Its rule has come to its end."""
    outcome = "times" if isinstance(spec.schedule, Recurrence) and counted(spec.schedule) else "until"
    return Over(outcome, outcome)


def _never_again(spec: EverySpec, memo: dict[str, JsonValue], ctx: Context) -> bool:
    """Whether its rule has run out, whatever else would end it."""
    return isinstance(spec.schedule, Recurrence) and _next(spec.schedule, spec, memo, ctx.now, ctx) is None


def _following(
    spec: EverySpec, memo: dict[str, JsonValue], now: datetime, end: datetime | None, ctx: Context
) -> datetime | None:
    """The next occurrence behind `now`, if there is to be one."""
    if isinstance(spec.schedule, AtOnce) or _all_done(spec, _count(memo)):
        return None
    following = _next(spec.schedule, spec, memo, now, ctx)
    return following if following is None or end is None or following < end else None


def _next(
    schedule: Every | Recurrence, spec: EverySpec, memo: dict[str, JsonValue], now: datetime, ctx: Context
) -> datetime | None:
    anchor = ctx.anchor
    if schedule.anchored and anchor is None:
        raise Unready(f"it counts from {spec.counts_from}, which is not known", spec.counts_from)
    reached = _reached(memo, ctx)
    return next_after(schedule, now, Phase(reached, anchor or reached, ctx.world.policy.fiscal_year), ctx.calendar)


def _end(spec: EverySpec, memo: dict[str, JsonValue], ctx: Context) -> datetime | None:
    """When it is over by itself: a day counts whole. None while that is not known."""
    if spec.until is None:
        return None
    found = ctx.calendar.resolve(spec.until, _reached(memo, ctx), ctx.anchor, ctx.scope.values, "opens")
    if not isinstance(found, datetime):
        return None
    return ctx.calendar.next_midnight(found) if _is_day(spec.until, ctx) else found


def _is_day(until: Moment, ctx: Context) -> bool:
    match until:
        case DayOf() | OnDate():
            return True
        case Around(amount=amount):
            return not amount.is_clock
        case DateField(path=path, on_business_day=moved):
            value = ctx.scope.values.get(path)
            return moved or (isinstance(value, date) and not isinstance(value, datetime))
        case Duration(unit=unit):
            return unit == "business day"
        case _:
            return False


def _reached(memo: dict[str, JsonValue], ctx: Context) -> datetime:
    said = memo.get("reached")
    return read_instant(said) if isinstance(said, str) else ctx.now


def _count(memo: dict[str, JsonValue]) -> int:
    count = memo.get("count")
    return count if isinstance(count, int) else 0


def _all_done(spec: EverySpec, number: int) -> bool:
    return spec.times is not None and number >= spec.times


def _watched(spec: EverySpec, end: datetime | None) -> tuple[str, ...]:
    """Of a date that is not known it is waited for that it is told."""
    idle = {"moved", "vanished"} if end is None else {"told"}
    return tuple(name for name in spec.conditions if name not in idle)


def _awaited(spec: EverySpec, ctx: Context) -> dict[str, JsonValue]:
    """The dates as they were when it was planned, so that it is noticed when they move."""
    read = (("awaited", spec.reads), ("awaited/shifted", spec.counts_from))
    return {name: pack(ctx.scope.values[path]) for name, path in read if path and path in ctx.scope.values}
