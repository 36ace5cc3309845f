"""`parallel`: tracks side by side, until all are through or any one is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from engine.inside import side_by_side
from engine.run import Open
from engine.steps.base import Given, Move, Over, Rest, Spec, Through, WaitingModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

ALL: Final = "all"
LOST: Final = "lost"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Model(WaitingModel):
    noun: ClassVar[str] = "a parallel"

    parallel: str
    tracks: dict[str, list[Any]]
    until: Literal["all", "any"] = "all"


class ParallelSpec(Spec):
    kind: Literal["parallel"] = "parallel"
    tracks: tuple[str, ...]
    until: Literal["all", "any"] = "all"


def outcomes(model: Model) -> tuple[str, ...]:
    """The track that was through first, where one is enough."""
    through = tuple(model.tracks) if model.until == "any" else (ALL,)
    return (*through, "timed_out") if model.at_most else through


def compile_step(model: Model, place: Place) -> ParallelSpec:
    if len(model.tracks) < 2:
        fix = "Write 'tracks: {one: [steps], other: [steps]}', or the steps alone."
        place.fault("tracks", message="a parallel needs two tracks at least", fix=fix, code="no-tracks")
    for name, steps in model.tracks.items():
        _check_track(name, steps, place)
    side_by_side(place, model.tracks)
    limit = place.at_most(model)
    place.otherwise(model)
    return ParallelSpec(tracks=tuple(model.tracks), until=model.until, at_most=limit)


def _check_track(name: str, steps: list[Any], place: Place) -> None:
    if not _NAME.fullmatch(name) or name in {"otherwise", "timed_out", ALL}:
        message, fix = f"'{name}' is not a name for a track", "Use small letters, digits and _, and a word of your own."
        place.fault("tracks", name, message=message, fix=fix, code="invalid-name")
    if not steps:
        message, fix = f"the track '{name}' has no steps", "Write its steps, or take it away."
        place.fault("tracks", name, message=message, fix=fix, code="no-steps")


def enter(spec: ParallelSpec, ctx: Context) -> Move:
    ctx.log("opened")
    return Rest(begins=tuple(f"/{track}" for track in spec.tracks))


def resume(spec: ParallelSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Through(block=block) if spec.until == "any":
            return Over(block.removeprefix("/"), LOST)
        case Through() if not ctx.strands:
            return Over(ALL, LOST)
        case _:
            return keep(open_)
