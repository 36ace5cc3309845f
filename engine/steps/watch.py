"""`watch`: under `meanwhile`, steps for each time that a condition becomes true or an event comes, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue

from engine.guarded import check_guard
from engine.inside import rounds
from engine.limits import Again
from engine.logic import Condition
from engine.quantities import Duration
from engine.run import Flipped, Open
from engine.steps.base import Awaited, Given, Move, Park, Rest, Spec, StepModel, Through, keep
from engine.stored import to_json
from engine.values import read_instant

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


MOST_IN_A_ROW: Final = 100
"""How often it may become true in one instant: whatever comes more often goes round for ever."""


class Model(StepModel):
    noun: ClassVar[str] = "a watch"

    watch: str
    when: Any = None
    on: str | None = None
    where: Any = None
    for_: str | None = Field(default=None, alias="for")
    again: str = "always"
    do: list[Any]


class WatchSpec(Spec):
    """The condition is in `conditions["rise"]`; one that waits `on` an event may say `where` which is meant."""

    kind: Literal["watch"] = "watch"
    on: str | None = None
    where: Condition | None = None
    lasting: Duration | None = None
    again: Again = Field(default_factory=lambda: Again(mode="always"))

    def awaits(self) -> tuple[Condition, ...]:
        return (*self.conditions.values(), *((self.where,) if self.where else ()))

    def awaited(self, name: str) -> Awaited:
        return (
            Awaited(self.conditions.get(name), lasting=self.lasting)
            if self.on is None
            else Awaited(self.where, self.on)
        )


def outcomes(_: Model) -> tuple[str, ...]:
    return ()


def compile_step(model: Model, place: Place) -> WatchSpec | None:
    again = place.how_often(model.again)
    if (model.when is None) == (model.on is None):
        message = "a watch says either 'when' (a condition) or 'on' (an event)"
        fix = "Write one of them, for example 'when: CONDITION'."
        place.fault(message=message, fix=fix, code="watch-what", lacking=("when", "on"))
        rounds(place, model.do)
        return None
    spec = _by_event(model, model.on, place) if model.on is not None else _by_condition(model, place)
    rounds(place, model.do, spec.on if spec else None)
    for condition in spec.awaits() if spec else ():
        check_guard(place, condition, "", "where" if model.on is not None else "when", event=model.on)
    return spec.model_copy(update={"again": again}) if spec and again else None


def _by_event(model: Model, name: str, place: Place) -> WatchSpec | None:
    if model.for_ is not None:
        message = "'for' does not go with 'on': an event happens in an instant"
        place.fault("for", message=message, fix="Take one of them away.", code="event-or-condition")
    event = place.event(name, "on")
    where = place.event_condition(model.where, event, "where") if event and model.where is not None else None
    if event is None or (model.where is not None and where is None):
        return None
    return WatchSpec(on=event, where=where)


def _by_condition(model: Model, place: Place) -> WatchSpec | None:
    if model.where is not None:
        message = "'where' says which events are meant, and no event is waited for"
        place.fault("where", message=message, fix="Write 'on: EVENT' before it.", code="no-event")
    lasting = place.lasting(model.for_)
    condition = place.condition(model.when, "when")
    return WatchSpec(conditions={"rise": condition}, lasting=lasting) if condition else None


def enter(_spec: WatchSpec, ctx: Context) -> Move:
    return Rest(watches=("rise",), memo=ctx.memo)


def resume(spec: WatchSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Flipped(name="rise"):
            return _rise(spec, open_, given, ctx)
        case Through():
            return Rest(watches=open_.watches, memo={**open_.memo, "ended": to_json(ctx.now)})
        case _:
            return keep(open_)


def _rise(spec: WatchSpec, open_: Open, given: Flipped, ctx: Context) -> Move:
    """A rise that comes while the former is at work, or too soon behind it, is used up."""
    said = open_.memo.get("count")
    count = said if isinstance(said, int) else 0
    reason = "open" if ctx.strands else None if _free(spec.again, count, open_, ctx) else "again"
    if reason:
        ctx.log("skipped", reason=reason, why=given.why)
        return keep(open_)
    rises = _rises(open_.memo, ctx) if spec.on is None else 0
    if rises >= MOST_IN_A_ROW:
        return Park(_round(open_.path, ctx), memo=open_.memo)
    ctx.log("occurred", occurrence=count + 1, why=given.why)
    memo = {**open_.memo, "count": count + 1}
    memo |= {"rose": to_json(ctx.now), "rises": rises + 1} if spec.on is None else {}
    return Rest(watches=open_.watches, memo=memo, begins=(f"#{count + 1}",), event=given.event)


def _free(again: Again, count: int, open_: Open, ctx: Context) -> bool:
    ended = open_.memo.get("ended")
    if count == 0 or again.mode == "always":
        return True
    if again.mode == "never" or again.after is None or (again.at_most is not None and count >= again.at_most):
        return False
    return not isinstance(ended, str) or ctx.calendar.add(again.after, read_instant(ended), "opens") <= ctx.now


def _rises(memo: Mapping[str, JsonValue], ctx: Context) -> int:
    """How often it has become true in a row, up to now."""
    rises, rose = memo.get("rises"), memo.get("rose")
    if not isinstance(rises, int) or not isinstance(rose, str) or ctx.now > read_instant(rose):
        return 0
    return rises


def _round(path: str, ctx: Context) -> str:
    """Says which watches of this run have risen in a row, this one first, in the order of the file."""
    at_it = [one.path for one in ctx.run.open.values() if one.step == one.path and _rises(one.memo, ctx) > 1]
    start = at_it.index(path)
    names = [one.rpartition("/")[2] for one in (*at_it[start:], *at_it[:start], path)]
    ring = f": {' -> '.join(names)}" if len(at_it) > 1 else ""
    return f"it became true {MOST_IN_A_ROW} times in a row, as what follows from it makes it so again{ring}"
