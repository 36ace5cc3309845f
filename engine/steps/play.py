"""`play`: starts another playbook for the account, or joins its live run; with `wait` until that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, JsonValue

from engine.logic import Condition, compile_condition
from engine.parameters import misfits, packed
from engine.problems import suggest_or_list
from engine.run import Flipped, Open, Played
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, WaitingModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

NOT_STARTED = "not_started"
ENDED = "ended"
"""The condition that a step waits for until the other's run is over."""


class Model(WaitingModel):
    noun: ClassVar[str] = "a play"

    play: str
    playbook: str
    wait: bool = False
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")


class PlaySpec(Spec):
    """The condition `ended` tells when no run of the other playbook is live. `parameters` are the values that it is
    given in place of its defaults.
    """

    added: ClassVar = frozenset({"parameters"})

    kind: Literal["play"] = "play"
    playbook: str
    wait: bool = False
    parameters: dict[str, JsonValue] | None = None


def outcomes(_: Model) -> None:
    """The other's own, which are any word; of one that is not waited for only that it did not start is known."""


def compile_step(model: Model, place: Place) -> PlaySpec | None:
    known = place.compiler.setting.playbooks
    if model.playbook not in known:
        fix = suggest_or_list(model.playbook, known)
        place.fault("playbook", message=f"there is no playbook '{model.playbook}'", fix=fix, code="unknown-playbook")
    elif model.playbook == place.compiler.head.playbook:
        message = "a playbook cannot play itself: a run of it is live while this step is reached"
        place.fault(
            "playbook", message=message, fix="Name another, or write 'again' below 'start'.", code="plays-itself"
        )
    if model.at_most is not None and not model.wait:
        message = "without 'wait: true' the run goes on at once, so 'at_most' says nothing"
        place.fault("at_most", message=message, fix="Add 'wait: true', or take it away.", code="says-nothing")
    _check_values(model, place)
    limit = place.at_most(model)
    place.otherwise(model)
    ended = compile_condition({"!": [{"running": [model.playbook]}]}, place.names)
    if not isinstance(ended, Condition):
        return None
    conditions = {ENDED: ended} if model.wait else {}
    values = packed(model.with_) or None
    return PlaySpec(playbook=model.playbook, wait=model.wait, conditions=conditions, at_most=limit, parameters=values)


def _check_values(model: Model, place: Place) -> None:
    """What the values come to in the other playbook is looked at when all have been read."""
    declared = (place.compiler.setting.parameters or {}).get(model.playbook)
    for one in misfits(declared, model.with_) if declared is not None else ():
        place.fault("with", one.name, message=one.message, fix=one.fix, code="unknown-parameter")


def enter(spec: PlaySpec, ctx: Context) -> Move:
    ctx.play(spec.playbook, spec.parameters, waits=spec.wait)
    return Rest()


def resume(spec: PlaySpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Played(reason=str(reason)):
            ctx.log("skipped", reason=reason, playbook=spec.playbook)
            return Done(NOT_STARTED)
        case Played(ring=ring) if spec.wait and ring:
            # Both would wait for ever. Here a person may pass over this step; when the other ends, it is over, too.
            return Park(f"it would wait for a run that waits for this one: {' -> '.join(ring)}", watches=(ENDED,))
        case Played(joined=joined) if spec.wait:
            until = open_.timers.get("at_most")
            ctx.log("waiting", playbook=spec.playbook, joined=joined or None, until=ctx.shown(until))
            return Rest(timers=open_.timers, watches=(ENDED,))
        case Played(joined=joined):
            ctx.log("completed", playbook=spec.playbook, joined=joined or None)
            return Done()
        case Flipped(name=name) if name == ENDED:
            outcome = ctx.scope.values.get(f"runs.{spec.playbook}.last_outcome")
            shown = outcome if isinstance(outcome, str) else None
            ctx.log("completed", playbook=spec.playbook, outcome=shown)
            return Done(shown)
        case _:
            return keep(open_)
