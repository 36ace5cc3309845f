"""Steps inside a step that come again and again, or side by side: each may read what another has come to."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from engine.document import Path
from engine.problems import Problems
from engine.types import Type

if TYPE_CHECKING:
    from engine.compile import Compiler
    from engine.place import Place

OTHERWISE = "otherwise"


def rounds(place: Place, do: list[Any], event: str | None = None) -> None:
    """The steps of each round; in theirs `event` is at hand."""
    compiler, before = place.compiler, place.compiler.events
    if not do:
        fix = "Write the steps that are due each time."
        place.fault("do", message="'do' has no steps", fix=fix, code="no-steps")
    for index, one in enumerate(do):
        if isinstance(one, dict) and OTHERWISE in list(one.values())[:1]:
            message = f"'{OTHERWISE}' is what the trace calls the steps for when the time is over"
            place.fault("do", index, message=message, fix="Choose another id.", code="reserved-id")
    if event is not None:
        compiler.events = (event,)
    compiler.seen = {**compiler.seen, **rehearsed(compiler, place.path, (*place.at, "do"), do)}
    compiler.block(place.path, (*place.at, "do"), do)
    compiler.events = before


def side_by_side(place: Place, tracks: Mapping[str, list[Any]]) -> None:
    """What one track has heard is not at hand in another, nor behind them."""
    compiler, before = place.compiler, place.compiler.events
    where: dict[str, Path] = {name: (*place.at, "tracks", name) for name in tracks}
    for name, steps in tracks.items():
        found = rehearsed(compiler, f"{place.path}/{name}", where[name], steps)
        compiler.seen = {**compiler.seen, **found}
    for name, steps in tracks.items():
        compiler.events = before
        compiler.block(f"{place.path}/{name}", where[name], steps)
    compiler.events = before


def rehearsed(compiler: Compiler, block: str, at: Path, steps: list[Any]) -> Mapping[str, Type]:
    """The outcomes of the block's steps, from compiling it once without telling what is wrong. Blocks inside are not
    rehearsed once more.
    """
    if compiler.again or compiler.rehearsing:
        return {}
    other = copy(compiler)
    for name, value in vars(compiler).items():
        if isinstance(value, dict | set):
            setattr(other, name, copy(value))
    other.rehearsing, other.problems = True, Problems()
    other.block(block, at, steps)
    return other.seen
