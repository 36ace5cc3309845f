"""What one version of a playbook has otherwise than another, in words."""

from collections.abc import Iterator

from pydantic import BaseModel

from engine.plan import Plan, Step
from engine.render.plans import audience, each_words, exit_words, start_words, step_words
from engine.render.specs import keys, said


def differences(before: Plan, after: Plan) -> list[str]:
    """A line for each thing that changes; none when the versions do the same."""
    return [*_head(before, after), *_steps(before, after)]


def _head(before: Plan, after: Plan) -> Iterator[str]:
    for name, old, new in (
        ("title", before.title, after.title),
        ("for", audience(before), audience(after)),
        ("each", each_words(before.start), each_words(after.start)),
        ("starts", start_words(before.start), start_words(after.start)),
        ("goal", _exits(before.goals), _exits(after.goals)),
        ("stop", _exits(before.stops), _exits(after.stops)),
        ("limit", before.limit, after.limit),
        ("owner", before.owner, after.owner),
        ("priority", before.priority, after.priority),
        ("days count from", before.anchor, after.anchor),
    ):
        if old != new:
            yield f"{name}: {said(old)} -> {said(new)}"


def _exits(exits: tuple[BaseModel, ...]) -> str:
    return "; ".join(exit_words(one) for one in exits)  # type: ignore[arg-type]


def _steps(before: Plan, after: Plan) -> Iterator[str]:
    old, new = before.steps, after.steps
    yield from (f"removes {step_words(old[path])}{_place(path)}" for path in old if path not in new)
    for path, step in new.items():
        if path not in old:
            yield f"adds {step_words(step)}{_after(after, path)}"
        else:
            yield from _changed(old[path], step)
    both = [path for path in old if path in new]
    if both != [path for path in new if path in old] or _moved(before, after):
        yield "the order of the steps changes"


def _moved(before: Plan, after: Plan) -> bool:
    """Whether the steps that both have stand in another order in their blocks."""
    for block, paths in before.blocks.items():
        kept = [path for path in paths if path in after.steps]
        if kept != [path for path in after.blocks.get(block, ()) if path in before.steps]:
            return True
    return False


def _changed(before: Step, after: Step) -> Iterator[str]:
    if before.kind != after.kind:
        yield f"{after.id} is now {step_words(after)}"
        return
    for way in dict.fromkeys((*(before.ways or {}), *(after.ways or {}))) or [None]:
        old, new = keys(before.like(way).spec), keys(after.like(way).spec)
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                for_ = f" for {way}" if way else ""
                yield f"{after.kind} {after.id}{for_}: {key}: {said(old.get(key))} -> {said(new.get(key))}"


def _after(plan: Plan, path: str) -> str:
    """ " after review", or where else it stands."""
    block = path.rpartition("/")[0]
    siblings = plan.blocks.get(block, ())
    place = siblings.index(path) if path in siblings else 0
    return f" after {plan.steps[siblings[place - 1]].id}" if place else f" first in {block or 'the steps'}"


def _place(path: str) -> str:
    block = path.rpartition("/")[0]
    return f" from {block}" if block else ""
