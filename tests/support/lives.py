"""Any playbook and any story about Acme, for laws that hold for all of them; and hosts that are less kind than a
simulation.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from engine.account import Account
from engine.compile import compile_with_notes
from engine.decided import Decided
from engine.desk import Changes, Desk
from engine.facts import Fact
from engine.plan import Plan
from engine.problems import Problems
from engine.run import Acknowledged, Flipped, Input, Played, Run, Settled, TaskActed, Watch
from engine.simulate import Simulation
from engine.source import read
from engine.story import Story, facts_of
from engine.trace import Entry
from engine.trigger import Entries, Rules
from tests.support.playbooks import setting, story

Step = dict[str, Any]

CONDITIONS = (
    "metrics.nps.value >= 8",
    "metrics.nps.value < 5",
    "metrics.nps.change <= -30%",
    'account.status == "paused"',
    'account.tier == "growth"',
    "account.arr >= 50000",
    "days_until(account.renewal_date) <= 60",
    "metrics.sev2_tickets.value == 0",
    "metrics.quiet_days.value > 7",
    'any(c.role == "champion" for c in contacts)',
)
CLOCK = ("1 hour", "48 hours", "30 minutes")
LONG = ("1 day", "3 days", "2 weeks", "1 month", "1 business day", "4 business days")
conditions = st.sampled_from(CONDITIONS)
durations = st.sampled_from((*CLOCK, *LONG))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def step(kind: str, **keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step that has no id yet, its kind first, without the keys that came out as nothing."""
    return st.fixed_dictionaries(keys).map(
        lambda made: {kind: ""} | {key: value for key, value in made.items() if value is not None}
    )


def by_tier(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One for all, or one for each tier."""
    return st.one_of(strategy, st.fixed_dictionaries(dict.fromkeys(("enterprise", "growth", "starter"), strategy)))


def limited(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    return st.one_of(st.just({}), st.fixed_dictionaries({"at_most": by_tier(durations), "otherwise": steps}))


def joined(*parts: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    return st.tuples(*parts).map(lambda made: {key: value for part in made for key, value in part.items()})


def tasks(steps: st.SearchStrategy[list[Step]], *, ladders: bool) -> st.SearchStrategy[Step]:
    rung = st.fixed_dictionaries({"after": by_tier(durations)}).flatmap(
        lambda when: st.sampled_from([when | {"remind": "assignee"}, when | {"escalate": "cs_manager"}])
    )
    own = step(
        "task",
        due=maybe(st.one_of(durations, st.sampled_from(["day 10", "30 days before account.renewal_date"]))),
        overdue=maybe(st.lists(rung, max_size=3)) if ladders else st.none(),
        then=st.sampled_from([None, "continue"]),
        auto_close=maybe(conditions),
        raci=st.sampled_from([None, {"accountable": "vp_cs", "consulted": ["ae"], "informed": ["technical_lead"]}]),
        same_as=st.sampled_from([None, None, "this", "that"]),
    )
    return joined(own, limited(steps))


def escalations(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    rung = st.fixed_dictionaries({"to": st.sampled_from(["csm", "cs_manager", "vp_cs"]), "within": by_tier(durations)})
    own = step(
        "escalate",
        reason=st.just("{{ account.name }} needs help"),
        ladder=st.lists(rung, min_size=1, max_size=3),
        clears=maybe(conditions),
        then=st.sampled_from([None, "continue"]),
    )
    return joined(own, limited(steps))


def waits(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    on_date = step(
        "wait",
        until=st.sampled_from(
            ["30 days before account.renewal_date", "account.renewal_date", "5 days after account.asked"]
        ),
        otherwise=steps,
        then=maybe(steps),
        late=st.sampled_from([None, "skip"]),
    )
    for_long = step("wait", **{"for": durations}, then=maybe(steps))
    until_day = step("wait", until=st.sampled_from(["day 3", "day 30 on a business day"]), then=maybe(steps))
    till = step("wait", **{"for": conditions}, at_most=durations, otherwise=steps, then=maybe(steps))
    comes = {"on": st.just("ticket"), "where": maybe(st.just("event.severity <= 2"))}
    event = step("wait", **comes, at_most=durations, otherwise=steps, then=maybe(steps))
    return st.one_of(on_date, for_long, until_day, till, event)


def plays(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    other = {"playbook": st.just("other")}
    waiting = step("play", **other, wait=st.just(True), at_most=durations, otherwise=steps)
    return st.one_of(step("play", **other), waiting)


def meetings(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    due = st.one_of(durations, st.sampled_from(["day 10", "30 days before account.renewal_date"]))
    return step(
        "meeting",
        **{"with": st.sampled_from([None, "champion"])},
        where=maybe(st.just('event.kind == "qbr"')),
        due=maybe(due),
        then=maybe(steps),
        otherwise=maybe(steps),
    )


def branches(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    case = st.fixed_dictionaries({"when": conditions, "then": st.one_of(steps, st.just([{"end": "early"}]))})
    cases = st.lists(case, min_size=1, max_size=3)
    return step("branch", cases=cases, otherwise=steps)


SCHEDULES = st.sampled_from(
    ["week", "2 weeks", "week on tuesday and thursday 10:00", "month on first business day", "day 02:30",
     "quarter on day 1", {"rrule": "FREQ=MONTHLY;BYDAY=2TU"}]
)  # fmt: skip


def rhythms(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    do = steps.filter(bool)
    until = st.one_of(conditions, st.sampled_from(["day 20", "30 days", "2026-04-10T12:00:00Z", "account.asked"]))
    paced = step("every", schedule=SCHEDULES, times=st.integers(1, 6), until=maybe(until), do=do)
    at_once = step("every", schedule=st.just("at once"), times=st.integers(1, 3), do=do)
    return joined(st.one_of(paced, at_once), limited(steps))


def tracks(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    some = steps.filter(bool)
    two = st.fixed_dictionaries({"one": some, "two": some})
    own = step("parallel", tracks=two, until=st.sampled_from([None, "any"]))
    return joined(own, limited(steps))


def watches(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    do, again = steps.filter(bool), st.sampled_from([None, "never", "after 3 days, at most 3 times"])
    rise = step("watch", when=conditions, **{"for": st.sampled_from([None, "30 hours"])}, again=again, do=do)
    return st.one_of(rise, step("watch", on=st.just("ticket"), again=again, do=do))


def beside(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[list[Step]]:
    paced = step("every", schedule=SCHEDULES, do=steps.filter(bool))
    return st.lists(st.one_of(watches(steps), paced), max_size=2)


UPDATES = st.sampled_from(
    [{"status": "paused"}, {"status": "active"}, {"arr": "60000"}, {"tier": '"enterprise"'}, {"asked": "now"}]
)
updates = step("update", set=UPDATES)
mails = step(
    "email",
    to=st.sampled_from(["champion", "economic_buyer", {"each": "contact.relationship >= 0"}]),
    subject=st.just("Hi"),
    text=st.just("Hello {{ contact.name | or('you') }}"),
    missing=st.sampled_from([None, "skip", "wait"]),
    send=maybe(st.sampled_from([{"on": ["tuesday"]}, {"window": "09:00-12:00"}])),
    expires=maybe(durations),
    approval=st.sampled_from([None, None, "cs_manager"]),
    cc=st.sampled_from([None, "csm"]),
)
sequences = step(
    "sequence",
    to=st.sampled_from(["champion", "economic_buyer", {"each": "contact.relationship >= 0"}]),
    mails=st.lists(
        st.fixed_dictionaries({"after": durations, "subject": st.just("Hi"), "text": st.just("Hello")}),
        min_size=1,
        max_size=3,
    ),
    stop_on=maybe(
        st.lists(
            st.sampled_from(["click", "login", {"event": "ticket", "where": "event.severity <= 2"}])
            | conditions.map(lambda when: {"when": when}),
            min_size=1,
            max_size=2,
        )
    ),
    missing=st.sampled_from([None, "skip", "wait"]),
)
posts = step(
    "webhook",
    url=st.just("crm"),
    body=st.just({"account": "account.id", "arr": "account.arr", "seats": "account.seats"}),
)
messages = step("slack", to=st.sampled_from(["csm", "#fires"]), text=st.just("Look"))


@cache
def step_lists(*, ladders: bool = True, sends: bool = True, loops: bool = True) -> st.SearchStrategy[list[Step]]:
    leaves = [updates, *([mails, sequences, messages, posts] if sends else [])]
    flat = st.lists(st.one_of(*leaves), max_size=2)
    return st.recursive(
        flat,
        lambda inner: st.lists(
            st.one_of(
                tasks(inner, ladders=ladders),
                tasks(inner, ladders=ladders),
                escalations(inner),
                waits(inner),
                meetings(inner),
                branches(inner),
                tracks(inner),
                *([rhythms(inner)] if loops else []),
                # A run that is late finds the runs of other playbooks as they are by then.
                *([plays(inner)] if sends else []),
                *leaves,
            ),
            min_size=1,
            max_size=3,
        ),
        max_leaves=6,
    )


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
EACH = st.sampled_from([{}, {}, {"each": "contacts"}, {"each": "contacts", "only": 'item.role == "champion"'}])
STOPS = st.sampled_from([None, {"when": 'account.status == "churned"', "outcome": "churned"}])


@st.composite
def playbooks(
    draw: st.DrawFn,
    *,
    ladders: bool = True,
    sends: bool = True,
    loops: bool = True,
    flows: bool = False,
    starts: Any = STARTS,
) -> str:
    """`flows`: it starts for sure, and its first step is one that has strands of its own."""
    steps = draw(step_lists(ladders=ladders, sends=sends, loops=loops).filter(bool))
    inner = step_lists(ladders=ladders, sends=sends, loops=loops)
    aside = draw(beside(inner)) if loops else []
    if flows:
        steps = [draw(st.one_of(rhythms(inner), tracks(inner))), *steps]
        starts = st.just("by hand")
    head = {"playbook": "example", "owner": "csm", "start": draw(starts), "goal": draw(GOALS), "stop": draw(STOPS)}
    head |= draw(EACH)
    numbers = iter(range(1000))
    named(steps, numbers)
    named(aside, numbers)
    kept = {key: value for key, value in (head | {"meanwhile": aside or None}).items() if value is not None}
    return json.dumps(kept | {"steps": steps})


def named(steps: list[Step], numbers: Iterator[int]) -> None:
    """Gives every step its id, in place; drawn parts may be the same object, so each is copied first."""
    for index, step in enumerate(steps):
        own = steps[index] = json.loads(json.dumps(step))
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


@cache
def items(*, contacts: bool = True) -> st.SearchStrategy[Step]:
    facts = [
        st.fixed_dictionaries({"metrics": st.fixed_dictionaries({"nps": st.integers(0, 10)})}),
        st.fixed_dictionaries(
            {"account": st.fixed_dictionaries({"status": st.sampled_from(["active", "paused", "churned"])})}
        ),
        st.fixed_dictionaries(
            {"account": st.fixed_dictionaries({"renewal_date": st.sampled_from([None, "2026-04-20", "2026-05-03"])})}
        ),
        st.fixed_dictionaries({"account": st.fixed_dictionaries({"arr": st.sampled_from([10000, 90000])})}),
        st.just({"event": "ticket", "data": {"severity": 2}}),
        st.just({"event": "login", "data": {"user": "kim"}}),
        *(st.just({"event": "meeting", "data": {"kind": "qbr", "outcome": said}}) for said in ("held", "no_show")),
        st.just({"ended": "other", "outcome": "done"}),
        st.sampled_from([{verb: "c1"} for verb in ("reply", "unsubscribe", "bounce", "click", "open")]),
    ]
    buyer = {"id": "c2", "name": "Lee", "role": "economic_buyer", "email": "lee@acme.test"}
    told = st.one_of(*facts, *([st.just({"contacts": [buyer]})] if contacts else []))
    return joined(HOURS, told)


@cache
def acts(tasks_: tuple[str, ...], escalations_: tuple[str, ...]) -> tuple[st.SearchStrategy[Step], ...]:
    """What people may do with the tasks and escalations that there are."""
    on_task = [{"complete": "", "outcome": "done"}, {"complete": "", "outcome": "skipped", "by": "ana"}]
    on_task += [{"snooze": "", "until": "5 days"}, {"reassign": "", "to": "ben"}]
    on_escalation = [{"acknowledge": "", "by": "max"}, {"reassign": "", "to": "ben"}]
    both = ((tasks_, on_task), (escalations_, on_escalation))
    return tuple(_act(ids, verbs) for ids, verbs in both if ids)


def _act(ids: tuple[str, ...], verbs: list[Step]) -> st.SearchStrategy[Step]:
    done = st.tuples(st.sampled_from(ids), st.sampled_from(verbs)).map(
        lambda made: {key: value or made[0] for key, value in made[1].items()}
    )
    return joined(HOURS, done)


def _ids(plan: Plan, kind: str) -> tuple[str, ...]:
    return tuple(sorted(one.id for one in plan.steps.values() if one.kind == kind))


@cache
def _told(contacts: bool, tasks_: tuple[str, ...], escalations_: tuple[str, ...]) -> st.SearchStrategy[list[Step]]:
    return st.lists(st.one_of(items(contacts=contacts), *acts(tasks_, escalations_)), max_size=8)


NPS = st.integers(0, 10)


@st.composite
def lives(draw: st.DrawFn, *, contacts: bool = True, **how: Any) -> tuple[Plan, Story]:
    """A playbook and a story in which it may start."""
    plan = plan_of(draw(playbooks(**how)))
    assume(plan is not None)
    assert plan is not None
    then = draw(_told(contacts, _ids(plan, "task"), _ids(plan, "escalate")))
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
    plan = plan_of(json.dumps({key: value for key, value in head.items() if value is not None} | {"steps": steps}))
    assert plan is not None
    then = draw(_told(False, _ids(plan, "task"), ()))
    return plan, story(then=then, metrics={"nps": draw(NPS)})


# --- hosts


@dataclass
class Seen:
    """What a simulation keeps to itself."""

    entries: list[tuple[str, Entry]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    bodies: list[tuple[str, object]] = field(default_factory=list)
    posts: list[tuple[str, str, object]] = field(default_factory=list)
    ignored: list[Input] = field(default_factory=list)
    acted: list[tuple[str, Input]] = field(default_factory=list)

    def of_run(self, run: str) -> list[dict[str, object]]:
        return [entry.to_json() for name, entry in self.entries if name == run]


class Watched(Simulation):
    """A simulation that shows what goes on in it."""

    def __init__(self, plan: Plan, story: Story, until: datetime | None = None) -> None:
        super().__init__(plan, story, setting(), until)
        self.seen = Seen()

    def absorb(self, now: datetime) -> None:
        changes = self.desk.changes
        self.seen.entries += [(run, entry) for run, _, entry in changes.trace]
        self.seen.effects += changes.effects
        self.seen.bodies += [(one.to, one.content.get("body")) for one in changes.effects.values()]
        made = [one for one in changes.effects.values() if one.channel == "webhook"]
        self.seen.posts += [(one.to, one.address, one.content["body"]) for one in made]
        self.seen.ignored += [one for _, one in changes.ignored]
        super().absorb(now)

    def run_until_quiet(self, now: datetime) -> None:
        acted = (TaskActed, Acknowledged)
        self.seen.acted += [
            (run, one)
            for run, told in self.inputs.items()
            for one in told
            if isinstance(one, acted) and run in self.desk.runs
        ]
        super().run_until_quiet(now)


class Sharing(Watched):
    """Looks for identities of which two tasks are open, and for visits that wait for a task which is closed, whenever
    nothing is left to be done at an instant.
    """

    def __init__(self, plan: Plan, story: Story, until: datetime | None = None) -> None:
        super().__init__(plan, story, until)
        self.doubled: list[str] = []
        self.forgotten: list[str] = []

    def run_until_quiet(self, now: datetime) -> None:
        super().run_until_quiet(now)
        current = {one.id: one for one in self.tasks.values() if one.state == "open"}
        shared = [one.identity for one in current.values() if one.identity]
        self.doubled += sorted({one for one in shared if shared.count(one) > 1})
        waiting = [open_ for run in self.desk.runs.values() for open_ in run.open.values() if "task" not in open_.memo]
        self.forgotten += [open_.path for open_ in waiting if open_.memo.get("joined", "") not in {"", *current}]


class Stored(Watched):
    """Everything is written as JSON and read back whenever the desk is left, its plan too."""

    def absorb(self, now: datetime) -> None:
        super().absorb(now)
        desk, text = self.desk, self.plan.model_dump_json()
        self.inputs = {run: [_stored_input(one) for one in told] for run, told in self.inputs.items()}
        self.desk = Desk(
            setting=desk.setting,
            rules=Rules.of([Plan.model_validate_json(text)]),
            account=Account.from_json(json.loads(json.dumps(desk.account.to_json()))),
            plans=lambda _: Plan.model_validate_json(text),
            new_run=desk.new_run,
            working=desk.working,
            decided=Decided(dict(desk.decided.known)),
            entries={key: Entries.model_validate_json(one.model_dump_json()) for key, one in desk.entries.items()},
            watches={
                run: [Watch.model_validate_json(one.model_dump_json()) for one in several]
                for run, several in desk.watches.items()
            },
            runs={key: Run.model_validate_json(one.model_dump_json()) for key, one in desk.runs.items()},
            changes=Changes(),
            alone=True,
        )


def _stored_input(one: Input) -> Input:
    return type(one).model_validate_json(one.model_dump_json())


class Late(Watched):
    """Facts come in, but no run is advanced before the outage is over; what people did is told as it was latched."""

    def __init__(self, plan: Plan, story: Story, until: datetime, acted: list[tuple[str, Input]]) -> None:
        super().__init__(plan, story, until)
        self.acted = acted
        self.desk.heard = self.heard

    def heard(self, since: datetime) -> list[Fact]:
        """The events that the story has told by then, as a database finds them."""
        told = [fact for moment in self.story.moments for fact in facts_of(moment, self.desk.setting.vocabulary)]
        return [fact for fact in told if fact.event is not None and since < fact.at <= self.last]

    def tell(self) -> Any:
        told = super().tell()
        for run, one in self.acted:
            self.inputs.setdefault(run, []).append(one)
        self.desk.tick(self.last)
        self.absorb(self.last)
        super().run_until_quiet(self.last)
        return told

    def next_instant(self, coming: list[Any]) -> datetime | None:
        due = self.desk.due_at
        return min((*(moment.at for moment in coming[:1]), *([due] if due else [])), default=None)

    def do(self, act: Any, at: datetime) -> None:
        """It was done already."""

    def run_until_quiet(self, now: datetime) -> None:
        """Nobody is there."""


class Pestered(Watched):
    """Whatever is over hears of it again and again."""

    def __init__(self, plan: Plan, story: Story) -> None:
        super().__init__(plan, story)
        self.visits: dict[str, set[tuple[str, int]]] = {}

    def run_until_quiet(self, now: datetime) -> None:
        for name, run in self.desk.runs.items():
            known = self.visits.setdefault(name, set())
            over = known - {(one.path, one.visit) for one in run.open.values()}
            for path, visit in sorted(over):
                self.inputs.setdefault(name, []).extend(_stale(now, path, visit))
        super().run_until_quiet(now)

    def absorb(self, now: datetime) -> None:
        for name, run in self.desk.changes.runs.items():
            self.visits.setdefault(name, set()).update((one.path, one.visit) for one in run.open.values())
        super().absorb(now)


def _stale(now: datetime, path: str, visit: int) -> list[Input]:
    return [
        TaskActed(at=now, path=path, visit=visit, verb="complete", outcome="done"),
        Acknowledged(at=now, path=path, visit=visit),
        Flipped(at=now, path=path, visit=visit, name="for"),
        Settled(at=now, path=path, visit=visit, effect="e", to="c1", state="sent"),
        Played(at=now, path=path, visit=visit),
    ]


def after(begin: datetime, days: int) -> datetime:
    return begin + timedelta(days=days)
