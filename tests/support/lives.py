"""Any playbook and any story about Acme, for laws that hold for all of them."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from engine.compile import compile_with_notes
from engine.plan import Plan
from engine.plan import Step as PlanStep
from engine.problems import Problems
from engine.source import read
from engine.steps.email import EmailSpec
from engine.story import Story
from tests.support.drawn_steps import (
    CLOCK,
    LONG,
    Step,
    beside,
    conditions,
    joined,
    limited,
    maybe,
    rhythms,
    some,
    step,
    step_lists,
    tracks,
)
from tests.support.playbooks import setting, story

STARTS = st.sampled_from(
    [
        "by hand",
        {"when": "metrics.nps.value <= 6", "again": "always"},
        {"when": "metrics.nps.value <= 6", "again": "after 10 days", "mode": "is"},
        {"when": "metrics.nps.value >= 5", "mode": "leaves", "again": "after 2 days, at most 2 times"},
        {"when": "days_until(account.renewal_date) <= 80"},
        {"when": "metrics.nps.value <= 6", "for": "3 days", "again": "always"},
        {"on": "ticket", "where": "event.severity <= 2", "again": "always"},
        {"when": "running('other')", "again": "always"},
    ]
)
GOALS = st.sampled_from(
    [
        None,
        {"when": "metrics.nps.value >= 9", "outcome": "recovered"},
        {"when": "metrics.nps.value >= 7", "for": "30 hours", "outcome": "steady"},
        {"when": "account.arr > at_start(account.arr)", "outcome": "grown"},
    ]
)
EACH = st.sampled_from(
    [{}, {}, {}, {"each": "contacts"}, {"each": "contacts", "only": 'item.role == "champion"'}, {"each": "teams"}]
)
ANCHORS = st.sampled_from([{}, {}, {"anchor": "account.renewal_date"}])
STOPS = st.sampled_from([None, {"when": 'account.status == "churned"', "outcome": "churned"}])


TO_CHAMPION = {"email": "", "to": "champion", "subject": "Hi", "text": "Hello"}


@st.composite
def playbooks(
    draw: st.DrawFn,
    *,
    ladders: bool = True,
    sends: bool = True,
    loops: bool = True,
    flows: bool = False,
    answered: bool = False,
    starts: Any = STARTS,
) -> str:
    """`flows`: it starts for sure, and its first step is one that has strands of its own. `answered`: it starts for
    sure and writes to the champion, for whom a day is left to answer, and again in the end.
    """
    steps = draw(some(step_lists(ladders=ladders, sends=sends, loops=loops)))
    inner = step_lists(ladders=ladders, sends=sends, loops=loops)
    aside = draw(beside(inner)) if loops else []
    if flows:
        steps = [draw(st.one_of(rhythms(inner), tracks(inner))), *steps]
        starts = st.just("by hand")
    if answered:
        steps = [TO_CHAMPION, {"wait": "", "for": "1 day"}, *steps, TO_CHAMPION]
        starts = st.just("by hand")
    head = {"playbook": "example", "owner": "csm", "start": draw(starts), "goal": draw(GOALS), "stop": draw(STOPS)}
    head |= draw(EACH) | draw(ANCHORS)
    numbers = iter(range(1000))
    named(steps, numbers)
    named(aside, numbers)
    return written(head | {"meanwhile": aside or None, "steps": steps})


def written(playbook: Step) -> str:
    """Without the keys that say nothing. A parameter must be used, so it is declared where it is."""
    kept = {key: value for key, value in playbook.items() if value is not None}
    declared = {"parameters": {"pause": "3 days"}} if "$pause" in json.dumps(kept) else {}
    return json.dumps(kept | declared)


def named(steps: list[Step], numbers: Iterator[int]) -> None:
    """Gives every step its id, in place; drawn parts may be the same object, so each is copied first."""
    for index, drawn in enumerate(steps):
        own = steps[index] = json.loads(json.dumps(drawn))
        kind = next(iter(own))
        if kind != "end":
            own[kind] = f"s{next(numbers)}"
        inner = [own.get("then"), own.get("otherwise"), own.get("do"), *own.get("tracks", {}).values()]
        inner += [case["then"] for case in own.get("cases", [])]
        for block in inner:
            if isinstance(block, list):
                named(block, numbers)


def plan_of(text: str) -> Plan | None:
    """None for the few that are drawn wrong (a step behind a branch that always ends)."""
    document = read(text, "example.yaml")
    assert not isinstance(document, Problems), str(document)
    plan, found = compile_with_notes(document, setting())
    assert plan is not None or {one.code for one in found} == {"unreachable"}, str(found)
    return plan


# --- stories

HOURS = st.integers(0, 60 * 24).map(lambda hours: {"after": f"{hours} hours"})
# In the very instant of a timer, as steps are drawn.
TIES = st.sampled_from(
    [*CLOCK, *(one for one in LONG if one != "$pause"), "2 hours", "2 days", "4 days", "1 week"]
).map(lambda after: {"after": after})


@cache
def items(*, contacts: bool = True) -> st.SearchStrategy[Step]:
    """What may be told at some instant or other."""
    facts = [
        st.fixed_dictionaries({"metrics": st.fixed_dictionaries({"nps": st.integers(0, 10)})}),
        st.fixed_dictionaries(
            {"account": st.fixed_dictionaries({"status": st.sampled_from(["active", "paused", "churned"])})}
        ),
        st.fixed_dictionaries(
            {"account": st.fixed_dictionaries({"renewal_date": st.sampled_from([None, "2026-04-20", "2026-05-03"])})}
        ),
        st.fixed_dictionaries({"account": st.fixed_dictionaries({"seats": st.sampled_from([None, 40])})}),
        st.fixed_dictionaries({"account": st.fixed_dictionaries({"arr": st.sampled_from([10000, 90000])})}),
        st.just({"event": "ticket", "data": {"severity": 2}}),
        st.just({"event": "login", "data": {"user": "kim"}}),
        *(st.just({"event": "meeting", "data": {"kind": "qbr", "outcome": said}}) for said in ("held", "no_show")),
        st.just({"ended": "other", "outcome": "done"}),
        st.sampled_from([{verb: "c1"} for verb in ("reply", "unsubscribe", "bounce", "click", "open")]),
    ]
    buyer = {"id": "c2", "name": "Lee", "role": "economic_buyer", "email": "lee@acme.test"}
    gone = {"id": "c1", "active": False}
    teams = [{"records": {"teams": [{"id": name, "seats": 40, "active": 33}]}} for name in ("sales", "it")]
    return st.one_of(
        *facts,
        *([st.sampled_from([{"contacts": [buyer]}, {"contacts": [gone]}, *teams])] if contacts else []),
    )


ON_TASK = (
    {"complete": "", "outcome": "done"},
    {"complete": "", "outcome": "skipped", "by": "ana"},
    {"snooze": "", "until": "5 days"},
    {"reassign": "", "to": "ben"},
    {"claim": "", "by": "ben"},
)
ON_ESCALATION = ({"acknowledge": "", "by": "max"}, {"reassign": "", "to": "ben"})
ON_APPROVAL = ({"complete": "", "outcome": "approved", "by": "max"}, {"complete": "", "outcome": "refused"})
ON = {"task": ON_TASK, "escalate": ON_ESCALATION, "email": ON_APPROVAL}


def acts(plan: Plan) -> list[Step]:
    """What people may do with the tasks, escalations and approvals that there are."""
    found = [(one, verb) for one in plan.steps.values() for verb in ON.get(one.kind, ()) if _is_asked(one)]
    return [{key: value or one.id for key, value in verb.items()} for one, verb in found]


def _is_asked(one: PlanStep) -> bool:
    return not isinstance(one.spec, EmailSpec) or one.spec.approval is not None


def tellings(
    plan: Plan, *, contacts: bool = True, at: st.SearchStrategy[Step] = HOURS
) -> st.SearchStrategy[list[Step]]:
    return st.lists(joined(at, told_of(plan, contacts=contacts)), max_size=8)


ANSWERED = st.sampled_from(
    [{"after": "5 hours", verb: "c1"} for verb in ("unsubscribe", "bounce", "reply")]
    + [{"after": "5 hours", "unsubscribe": "c1", "topic": "all"}]
)


def told_of(plan: Plan, *, contacts: bool = True) -> st.SearchStrategy[Step]:
    done = [st.sampled_from(several)] if (several := acts(plan)) else []
    return st.one_of(items(contacts=contacts), *done)


NPS = st.integers(0, 10)


@st.composite
def lives(draw: st.DrawFn, *, contacts: bool = True, **how: Any) -> tuple[Plan, Story]:
    """A playbook and a story in which it may start."""
    plan = plan_of(draw(playbooks(**how)))
    assume(plan is not None)
    assert plan is not None
    then = draw(tellings(plan, contacts=contacts))
    return plan, story(then=then, metrics={"nps": draw(NPS)})


def any_lives() -> st.SearchStrategy[tuple[Plan, Story]]:
    return st.one_of(lives(), lives(flows=True))


@st.composite
def shared_work(draw: st.DrawFn) -> tuple[Plan, Story]:
    """A playbook that is entered again and again and in which several steps want the same done."""
    own = step(
        "task",
        same_as=st.sampled_from(["this", "that"]),
        then=st.sampled_from([None, "continue", "continue"]),
        auto_close=maybe(conditions),
    )
    pause = step("wait", **{"for": st.sampled_from(["1 hour", "3 days"])})
    given_up = limited(st.just([]))
    steps = draw(st.lists(st.one_of(joined(own, given_up), joined(own, given_up), pause), min_size=3, max_size=6))
    named(steps, iter(range(1000)))
    start = {"when": "metrics.nps.value <= 6", "again": "always"}
    head = {"playbook": "example", "owner": "csm", "start": start, "goal": draw(GOALS), "stop": draw(STOPS)}
    plan = plan_of(written(head | {"steps": steps}))
    assert plan is not None
    then = draw(tellings(plan, contacts=False))
    return plan, story(then=then, metrics={"nps": draw(NPS)})
