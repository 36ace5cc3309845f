"""Which conditions a run waits for: its stops and goals, and those of the steps that it rests at."""

from __future__ import annotations

from pydantic import JsonValue

from engine import stored
from engine.context import run_values
from engine.logic import Condition
from engine.plan import Plan
from engine.run import Run, Watch

KNOWN = "known"


def watches_of(plan: Plan, run: Run) -> list[Watch]:
    own = {path: stored.pack(value) for path, value in run_values(run).items()}
    found: list[Watch] = []
    if run.live:
        for path, exits in (("stop", plan.stops), ("goal", plan.goals)):
            found += [_watch(run, path, 0, str(index), one.when, own) for index, one in enumerate(exits)]
    for open_ in run.open.values():
        conditions = plan.steps[open_.step].spec.conditions
        memo = own | {"awaited": open_.memo.get("awaited")}
        found += [_watch(run, open_.path, open_.visit, name, conditions[name], memo) for name in open_.watches]
        if open_.parked and open_.awaits is not None:
            found.append(_watch(run, open_.path, open_.visit, KNOWN, known(open_.awaits), own))
    return found


def known(path: str) -> Condition:
    """That the path has a value: what a parked step waits for."""
    return Condition(text=f"known({path})", logic={"known": [{"var": path}]})


def kept(watch: Watch, former: Watch | None) -> Watch:
    """With what was last known of it, if it was watched before."""
    return watch if former is None else watch.model_copy(update={"truth": former.truth, "next_at": former.next_at})


def _watch(run: Run, path: str, visit: int, name: str, condition: Condition, own: dict[str, JsonValue]) -> Watch:
    extra = {read: own[read] for read in sorted(condition.reads) if read in own}
    return Watch(run=run.id, path=path, visit=visit, name=name, condition=condition, extra=extra)
