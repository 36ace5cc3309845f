"""Watches of a playbook that make one another true by what they set, one after another without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, cast

from engine.calendar import Calendar
from engine.filled import Text
from engine.logic import Condition, Expression, Names, Scope, compile_asking, exclude
from engine.plan import MEANWHILE, Plan, Step
from engine.plays import changed_by
from engine.steps.escalate import EscalateSpec
from engine.steps.play import PlaySpec
from engine.steps.slack import SlackSpec
from engine.steps.task import TaskSpec
from engine.steps.update import UpdateSpec
from engine.steps.watch import WatchSpec
from engine.steps.webhook import WebhookSpec
from engine.values import UNKNOWN, Value, from_json
from engine.vocabulary import Vocabulary

_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST: Final = 4
_LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True)
class _Watch:
    """`sets` are the fields, with UNKNOWN for a value that hangs on something; `turns` are the paths that then may read
    otherwise.
    """

    step: Step
    when: Condition
    sets: Mapping[str, Value]
    turns: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        return frozenset(path.removeprefix("since.") for path in self.when.reads)


def rings(plan: Plan, vocabulary: Vocabulary) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """Each watch at which a ring begins, and the names around it: one of its rings is enough to tell."""
    watches = [one for path in plan.blocks.get(MEANWHILE, ()) if (one := _watch(plan, plan.steps[path], vocabulary))]
    names = vocabulary.names()
    for start in range(len(watches)):
        ways = islice(_ways([watches[start]], watches[start + 1 :]), _LOOKED_AT)
        if way := next((one for one in ways if _goes_round(one) and _at_once(one, names)), None):
            yield way[0].step, tuple(one.step.id for one in (*way, way[0]))


def _ways(way: list[_Watch], others: Sequence[_Watch]) -> Iterator[list[_Watch]]:
    """Every way through some of the others and back on which each may turn the next."""
    if len(way) > 1 and way[-1].turns & way[0].reads:
        yield way
    for one in others if len(way) < _LONGEST else ():
        if way[-1].turns & one.reads:
            yield from _ways([*way, one], [other for other in others if other is not one])


def _goes_round(way: list[_Watch]) -> bool:
    """Whether each may be true behind the one before it, and otherwise elsewhere in the ring."""
    states = [_behind(way, index) for index in range(len(way))]
    truths = [[one.when.truth(_with(state)) for state in states] for one in way]
    for index, one in enumerate(way):
        seen = [{path: state.get(path) for path in sorted(one.reads) if path in state} for state in states]
        varies = any(other != seen[0] or UNKNOWN in other.values() for other in seen) or _by_metrics(one, way)
        if truths[index][index - 1] is False or not (False in truths[index] or varies):
            return False
    return True


def _by_metrics(one: _Watch, way: list[_Watch]) -> bool:
    """Whether it hangs on what is only reckoned with the fields that are set."""
    fields = {path for other in way for path in other.sets}
    return any((other.turns - fields) & one.reads for other in way)


def _behind(way: list[_Watch], index: int) -> dict[str, Value]:
    """What is set when the one at that place has done its steps: what came later counts."""
    state: dict[str, Value] = {}
    for one in (*way[index + 1 :], *way[: index + 1]):
        state |= one.sets
    return state


def _at_once(way: list[_Watch], names: Names) -> bool:
    """Whether what else they ask for does not exclude itself: red in one and green in the other go round no ring."""
    fixed = [part for one in way for part in _parts(one.when) if not part.reads & _turned(way)]
    parts = [one for one in fixed if isinstance(compile_asking(one.logic, names), Condition)]
    return not any(exclude(one, two, names) for i, one in enumerate(parts) for two in parts[i + 1 :])


def _turned(way: list[_Watch]) -> frozenset[str]:
    return frozenset().union(*(one.turns for one in way))


def _parts(when: Condition) -> list[Condition]:
    """The conditions that must all be true for it."""
    logic = cast("Any", when.logic)
    parts = logic["and"] if isinstance(logic, dict) and "and" in logic else [logic]
    return [Condition(text="", logic=one) for one in parts]


def _with(values: Mapping[str, Value]) -> Scope:
    return Scope(values=values, now=_ANY, calendar=Calendar())


# --- what a watch does


def _watch(plan: Plan, step: Step, vocabulary: Vocabulary) -> _Watch | None:
    """None for one that is not a watch, or that waits for time or a person somewhere: it goes round nothing."""
    spec = step.spec
    if not isinstance(spec, WatchSpec) or spec.lasting is not None or spec.again.mode != "always":
        return None
    when, inside = spec.conditions.get("rise"), _inside(plan, step.path)
    if when is None or not all(_takes_no_time(one) for one in inside):
        return None
    updates = [(one.path.rpartition("/")[0] == step.path, one.spec) for one in inside]
    sets: dict[str, Value] = {}
    turns: set[str] = set()
    for always, update in updates:
        if isinstance(update, UpdateSpec):
            said = {name: _value(name, one, vocabulary) for name, one in update.values.items()}
            sets |= {f"account.{name}": one if always else UNKNOWN for name, one in said.items()}
            turns |= changed_by(update, vocabulary)
    return _Watch(step, when, sets, frozenset(turns)) if turns else None


def _inside(plan: Plan, path: str) -> list[Step]:
    return [step for name, step in plan.steps.items() if name.startswith(f"{path}/")]


def _takes_no_time(step: Step) -> bool:
    match step.spec:
        case TaskSpec() | EscalateSpec() as asked:
            return asked.goes_on
        case PlaySpec() as play:
            return not play.wait
        case UpdateSpec() | SlackSpec() | WebhookSpec():
            return True
        case other:
            return other.kind == "branch"


def _value(name: str, said: object, vocabulary: Vocabulary) -> Value:
    if isinstance(said, Expression):
        return said.value(_with({})) if not said.reads else UNKNOWN
    return UNKNOWN if said is None or isinstance(said, Text) else from_json(said, vocabulary.fields[name].type)
