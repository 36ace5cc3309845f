"""Which conditions a run waits for: its stops and goals, and those of the steps that it rests at."""

from __future__ import annotations

import json
from datetime import datetime

from pydantic import JsonValue

from engine import stored
from engine.context import run_values
from engine.expression import parse
from engine.logic import Condition, Scope
from engine.plan import Exit, Plan, Step, words_of
from engine.run import Open, Run, Watch
from engine.steps.base import Awaited

KNOWN = "known"
LOST = "lost"
ANCHOR = "anchor"


def watches_of(plan: Plan, run: Run) -> list[Watch]:
    own = _own(run)
    found: list[Watch] = []
    if run.live:
        for path, exits in (("stop", plan.stops), ("goal", plan.goals)):
            found += [_exit(run, path, str(index), one, own) for index, one in enumerate(exits)]
        found += [_of_anchor(run, plan.anchor)] if plan.anchor else []
    for open_ in run.open.values():
        spec = plan.steps[open_.step].like(open_.way).spec
        here = _own(run, open_.path) if run.events else own
        named = [
            _watch(run, open_.path, open_.visit, name, spec.awaited(name), here | _awaited(open_, name))
            for name in open_.watches
        ]
        found += [_since(watch, open_) for watch in named]
        if open_.parked and (lacked := _lacked(open_, plan.steps[open_.step])):
            found.append(_watch(run, open_.path, open_.visit, KNOWN, Awaited(lacked), own))
    if run.subject:
        item = {"each": plan.start.each, "subject": run.subject}
        return [watch.model_copy(update=item) for watch in found]
    return found


def _of_anchor(run: Run, anchor: str) -> Watch:
    """Whether what its days count from is lost, or known again."""
    there = known(anchor)
    gone = Condition(text=f"not {there.text}", logic={"!": [there.logic]})
    return _watch(run, ANCHOR, 0, KNOWN if run.lacks else LOST, Awaited(there if run.lacks else gone), {})


def _lacked(open_: Open, step: Step) -> Condition | None:
    """What lets a parked step try again: a value that it needs, or that it says something for such an account."""
    if open_.awaits is not None:
        return known(open_.awaits)
    return _said_for(step) if step.by and step.ways and open_.way is None else None


def _said_for(step: Step) -> Condition:
    """That the account is one of those for which the step has values."""
    paths = [f"account.{by}" for by in step.by or ()]
    ways: list[list[tuple[str, str]]] = [
        list(zip(paths, words_of(way, len(paths)), strict=True)) for way in step.ways or ()
    ]
    text = " or ".join(" and ".join(f"{path} == {json.dumps(word)}" for path, word in way) for way in ways)
    all_of: list[JsonValue] = [{"and": [{"==": [{"var": path}, word]} for path, word in way]} for way in ways]
    return Condition(text=text, logic={"or": all_of})


def _awaited(open_: Open, name: str) -> dict[str, JsonValue]:
    """What the step remembers to be compared with: for one of its conditions alone, or for all."""
    memo = open_.memo
    return {"awaited": memo.get(f"awaited/{name}", memo.get("awaited"))}


def _own(run: Run, path: str = "") -> dict[str, JsonValue]:
    return {name: stored.pack(value) for name, value in run_values(run, path).items()}


def known(said: str) -> Condition:
    """That the path, or the calculation, has a value: what a parked step waits for."""
    logic = parse(said)
    return Condition(text=f"known({said})", logic={"known": [{"var": said} if isinstance(logic, list) else logic]})


def kept(watch: Watch, former: Watch | None) -> Watch:
    """With what was last known of it, if it was watched before."""
    if former is None:
        return watch
    return watch.model_copy(update={"truth": former.truth, "since": former.since, "next_at": former.next_at})


def lasted(watch: Watch, condition: Condition, scope: Scope) -> Watch:
    """The watch as its condition now is: unknown changes nothing, and what must last is true only when it has."""
    truth = condition.truth(scope)
    if watch.lasting is None or truth is False:
        return watch.model_copy(update={"truth": watch.truth if truth is None else truth, "since": None})
    since = watch.since or (scope.now if truth else None)
    over = since is not None and scope.calendar.add(watch.lasting, since, "opens") <= scope.now
    return watch.model_copy(update={"truth": watch.truth or (over and truth is True), "since": since})


def lasts_until(watch: Watch, scope: Scope) -> datetime | None:
    """When it will have lasted long enough, if nothing breaks it."""
    if watch.lasting is None or watch.since is None:
        return None
    return scope.calendar.add(watch.lasting, watch.since, "opens")


def _exit(run: Run, path: str, name: str, one: Exit, own: dict[str, JsonValue]) -> Watch:
    return _watch(run, path, 0, name, Awaited(one.when, lasting=one.lasting), own)


def _since(watch: Watch, open_: Open) -> Watch:
    """An event counts from when the step waits for it."""
    return watch.model_copy(update={"since": open_.since}) if watch.event is not None else watch


def _watch(run: Run, path: str, visit: int, name: str, awaited: Awaited, own: dict[str, JsonValue]) -> Watch:
    reads = awaited.condition.reads if awaited.condition else ()
    extra = {read: own[read] for read in sorted(reads) if read in own}
    return Watch(
        run=run.id,
        path=path,
        visit=visit,
        name=name,
        condition=awaited.condition,
        event=awaited.event,
        lasting=awaited.lasting,
        extra=extra,
    )
