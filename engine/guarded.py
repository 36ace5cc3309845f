"""A condition that must come true before some steps are reached, and asks for what those steps come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.logic import Condition, exclude

if TYPE_CHECKING:
    from engine.place import Place


def check_guard(
    place: Place, condition: Condition | None, block: str, *keys: str | int, event: str | None = None
) -> None:
    """An outcome is not known before its step has happened: a condition that is never true until then leads nowhere.
    `block` is that of the steps behind it, as it follows the step's path; `event` is the one that it asks about.
    """
    inside = f"{place.path}/{block}/" if block else f"{place.path}/"
    steps = place.compiler.steps.items()
    asked = [step.id for path, step in steps if path.startswith(inside) and step.kind != "end"]
    asked = [name for name in asked if condition is not None and f"outcome.{name}" in condition.reads]
    if condition is None or not asked:
        return
    lacks = {"and": [{"!": [{"known": [{"var": f"outcome.{name}"}]}]} for name in asked]}
    names = place.compiler.with_events(place.names, (event,)) if event else place.names
    if exclude(condition, Condition(text="", logic=lacks), names):
        name = asked[0]
        message = f"this is never true before '{name}' has happened, and '{name}' is reached by this alone"
        fix = f"Write 'not known(outcome.{name}) or …': an outcome is unknown until then."
        place.fault(*keys, message=message, fix=fix, code="leads-nowhere")
