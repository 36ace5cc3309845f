"""Where a playbook ends itself by its own goal or stop, with steps behind that are then never done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, cast

from engine.calendar import Calendar
from engine.conditions.tree import JsonLogic
from engine.conditions.wording import dump
from engine.filled import Text
from engine.logic import Expression, Scope
from engine.plan import MAIN, MEANWHILE, Exit, Plan, Step
from engine.steps.end import EndSpec
from engine.steps.update import UpdateSpec
from engine.steps.wait import WaitSpec
from engine.types import NUMERIC
from engine.values import UNKNOWN, Value, from_json
from engine.vocabulary import Vocabulary

_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TRIED: Final = 7
# They answer of what is not known, too: with next to nothing known their answer says nothing.
_TWO_VALUED: Final = ('"known"', '"missing"', '"missing_some"')


def ended_by_itself(plan: Plan, vocabulary: Vocabulary) -> Iterator[tuple[Step, str, str]]:
    """Each step at which that happens, with what happens there and what to do."""
    named = [("stop", one) for one in plan.stops] + [("goal", one) for one in plan.goals]
    exits = [(name, one) for name, one in named if one.lasting is None]
    for step in plan.steps.values():
        for name, exit_ in exits:
            if _makes_true(step, exit_, vocabulary) and not _meant(plan, step, name, exit_):
                message = f"this makes the {name} '{exit_.when.text}' true, and the run ends here as '{exit_.outcome}'"
                fix = f"Change the {name}, or take away what stands behind this step: it is never reached."
                if name == "stop":
                    fix = "Change the stop, or make it a goal."
                yield step, message, fix
            if _waits_for_the_same(step, exit_) and _has_more(plan, step):
                message = (
                    f"the {name} is the same condition and ends the run as '{exit_.outcome}' before this can be true"
                )
                yield step, message, f"Take the {name} away, or what follows when this comes true."


def _makes_true(step: Step, exit_: Exit, vocabulary: Vocabulary) -> bool:
    """Whether what the step sets, whatever else is so, does."""
    spec, when = step.spec, exit_.when
    if not isinstance(spec, UpdateSpec) or any(word in _logic(when) for word in _TWO_VALUED):
        return False
    values = {f"account.{name}": _constant(name, said, vocabulary) for name, said in spec.values.items()}
    if when.reads.isdisjoint(values):
        return False
    return (not when.timely and when.truth(_with(values)) is True) or _takes_across(spec, exit_, vocabulary)


def _takes_across(spec: UpdateSpec, exit_: Exit, vocabulary: Vocabulary) -> bool:
    """Whether what it calculates does from wherever it is not true yet: a date put off by a year, a number raised."""
    calculated = {f"account.{name}": one for name, one in spec.values.items() if isinstance(one, Expression)}
    reads = frozenset().union(exit_.when.reads, *(one.reads for one in calculated.values()))
    taken = False
    for number in range(_TRIED):
        before = {path: _example(path, number, vocabulary) for path in reads}
        if exit_.when.truth(_with(before)) is True:
            continue
        after = before | {path: one.value(_with(before)) for path, one in calculated.items()}
        if exit_.when.truth(_with(after)) is not True:
            return False
        taken = True
    return taken


def _example(path: str, number: int, vocabulary: Vocabulary) -> Value:
    """One of several values, the same for what the field was when the run began; dates lie in the next half year."""
    root, _, name = path.removeprefix("at_start.").partition(".")
    field = vocabulary.fields.get(name)
    if root != "account" or field is None:
        return UNKNOWN
    day = _ANY + timedelta(days=30 * number)
    match field.type.kind:
        case "date":
            return day.date()
        case "instant":
            return day
        case kind if kind in NUMERIC:
            return Decimal(10) ** number
        case _:
            return UNKNOWN


def _constant(name: str, said: object, vocabulary: Vocabulary) -> Value:
    """The value that a field is set to; UNKNOWN where that hangs on something."""
    if isinstance(said, Expression):
        return said.value(_with({})) if not said.reads and not said.timely else UNKNOWN
    return UNKNOWN if said is None or isinstance(said, Text) else from_json(said, vocabulary.fields[name].type)


def _with(values: dict[str, Value]) -> Scope:
    return Scope(values=values, now=_ANY, calendar=Calendar())


def _meant(plan: Plan, step: Step, name: str, exit_: Exit) -> bool:
    """The run is to end there, and as it does: it is said again behind, or left to the goal."""
    following = plan.next(step.path)
    if following is None:
        return name == "goal" and _is_last(plan, step.path)
    spec = plan.steps[following].spec
    return isinstance(spec, EndSpec) and spec.outcome == exit_.outcome


def _is_last(plan: Plan, path: str) -> bool:
    """Whether nothing stands behind it, nor behind what it stands in."""
    block = path.rpartition("/")[0]
    if block == MAIN or block.startswith(f"{MEANWHILE}/"):
        return True
    owner = plan.owner_of(block)
    alone = plan.steps[owner].spec.kind not in {"parallel", "every"}
    return alone and plan.next(owner) is None and _is_last(plan, owner)


def _waits_for_the_same(step: Step, exit_: Exit) -> bool:
    spec = step.spec
    return isinstance(spec, WaitSpec) and spec.condition is not None and _logic(spec.condition) == _logic(exit_.when)


def _has_more(plan: Plan, step: Step) -> bool:
    """Whether something can be reached only when it comes true."""
    if plan.has_steps(f"{step.path}/then"):
        return True
    otherwise = plan.blocks.get(f"{step.path}/otherwise", ())
    return plan.next(step.path) is not None and any(isinstance(plan.steps[path].spec, EndSpec) for path in otherwise)


def _logic(one: Expression) -> str:
    return dump(cast("JsonLogic", one.logic))
