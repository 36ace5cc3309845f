"""A life told by a simulation, and lived on a host with a database, to be held against each other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select

from activities import facts, starts, tasks
from activities.applied import Applied, read_setting, texts_of
from activities.clock import Clock
from activities.host import Channel, Host
from activities.mail import choices, responses
from activities.store import effects, runs, tables, versions
from activities.store.database import Database
from activities.store.tasks import listed
from engine.mailing import EVERY
from engine.moments import Act, Answer, Moment
from engine.plan import Plan
from engine.run import Task
from engine.setting import Setting
from engine.simulate import Simulation
from engine.story import Story
from engine.trace import Entry
from tests.support.hosts import Noting
from tests.support.playbooks import compiled
from tests.support.workspaces import FOLDER

OTHER = """
playbook: other
stage: any
owner: csm
start: {by_hand: true, when: account.name == "nobody", again: always}
steps:
  - {wait: word, on: survey, at_most: 300 days, otherwise: []}
  - {end: done}
"""
CARE = """
topics: {product: {title: Product news}}
quiet_hours: {customers: "20:00-08:00", also: [weekends]}
caps:
  - {email: 2 per 7 days, per: contact, gather: 6 hours}
  - {email: 5 per 7 days, per: account}
"""
Key = tuple[str, int]
Chronicle = dict[Key, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, repr=False)
class Life:
    """A playbook of which only one account can be in, and that account's story."""

    plan: Plan
    story: Story
    text: str

    def __repr__(self) -> str:
        """What somebody needs who tells it again."""
        then = [one.model_dump(exclude_defaults=True) for one in self.story.model.then]
        return f"{self.story.model.metrics} {then}\n{self.text[:20_000]}"

    @property
    def account(self) -> str:
        return self.story.account


@cache
def texts(care: bool = False) -> Mapping[str, str]:
    """The standard workspace; with `care`, policy holds mails back."""
    standard = texts_of(FOLDER)
    return standard | ({"policy": standard["policy"] + CARE} if care else {})


@cache
def setting_of(care: bool = False) -> Setting:
    return read_setting(texts(care), ("example", "other"))


def bound(text: str, account: str) -> str:
    """The playbook, which only that account can enter, under a name that is the account's."""
    head = json.loads(text) | {"playbook": f"of-{account}"}
    start, mine = head["start"], f"account.id == '{account}'"
    if isinstance(start, dict):
        key = "when" if "when" in start else "where"
        said = f"{mine} and ({start[key]})" if key in start else mine
        head["start"] = start | {key: said}
    return json.dumps(head)


# --- what a simulation says


class Chronicler(Simulation):
    """Keeps apart what each run says."""

    def __init__(self, plan: Plan, story: Story, setting: Setting, until: datetime) -> None:
        super().__init__(plan, story, setting, until)
        self.entries: list[tuple[str, Entry]] = []
        self.subjects: dict[str, str] = {}

    def note(self, run: str, entry: Entry) -> None:
        self.entries.append((run, entry))
        super().note(run, entry)

    def absorb(self, now: datetime) -> None:
        self.subjects |= {run.id: run.subject for run in self.desk.changes.runs.values()}
        super().absorb(now)


def simulated(life: Life, until: datetime, care: bool = False) -> Chronicle:
    world = Chronicler(life.plan, life.story, setting_of(care), until)
    world.tell()
    return chronicle(world.entries, world.subjects)


def chronicle(entries: Iterable[tuple[str, Entry]], subjects: Mapping[str, str]) -> Chronicle:
    """By subject, and the number of its run; 0 is what belongs to no run."""
    numbers: dict[str, Key] = {}
    found: Chronicle = {}
    for run, entry in entries:
        if run and run not in numbers:
            subject = subjects[run]
            numbers[run] = (subject, 1 + sum(one == subject for one, _ in numbers.values()))
        found.setdefault(numbers[run] if run else (entry.subject, 0), []).append(entry.to_json())
    return found


# --- what a host says


def host_of(
    database: Database, lives: Sequence[Life], clock: Clock, *, care: bool = False, queues: str = "test"
) -> Host:
    """All the lives' playbooks in one workspace."""
    times = {"deadline": timedelta(seconds=5), "lease": timedelta(seconds=10), "seconds": 20.0}
    channels = {name: Channel(Noting(), f"{queues}-{name}", **times) for name in ("email", "slack", "webhook")}
    host = Host(database=database, clock=clock, applied=Applied(), channels=channels)
    plans = [compiled(OTHER), *(life.plan for life in lives)]
    host.database.write(lambda c: versions.apply(c, plans, texts(care), at=clock.now(), by="test"))
    return host


def happen(host: Host, life: Life, moments: Sequence[Moment]) -> None:
    """What the life's story tells at one instant, by the doors through which it comes in reality."""
    said = [raw | {"id": f"{life.account}/{raw['id']}"} for moment in moments for raw in moment.facts]
    if said:
        told(host, said)
    if moments[0] is life.story.moments[0] and life.plan.start.by_hand and not life.plan.start.by_rule:
        starts.start(host, life.plan.playbook, life.account, by="the story")
    for number, moment in enumerate(one for one in moments if one.ended):
        name = f"{life.account}/{moment.at.isoformat()}/{number}"
        told(host, [{"id": name, "account": life.account, "at": moment.at, "event": "survey", "data": {}}])
    for moment in moments:
        for answer in moment.answers:
            respond(host, life, answer)
        for act in moment.acts:
            do(host, life, act)


def respond(host: Host, life: Life, answer: Answer) -> None:
    """Who unsubscribes does so by the link in the last mail that has come."""
    mails = host.database.read(lambda c: effects.listed(c, account=life.account, channel="email", limit=1000))
    gone = [one for one in mails if one.recipient == answer.contact and one.state == "sent"]
    if answer.verb == "unsubscribe" and gone:
        last = max(gone, key=lambda one: one.settled_at or one.effect.at)
        choices.leave(host, last.id, everything=answer.topic == EVERY)
    else:
        responses.respond(host, life.account, answer.contact, answer.verb)


def told(host: Host, said: Sequence[Mapping[str, object]]) -> None:
    answers = facts.post(host, said)
    assert {one.status for one in answers} == {"stored"}, answers


def do(host: Host, life: Life, act: Act) -> None:
    """As people do: who finds nothing to do, or is refused, leaves it."""
    found = open_task(host, life, act)
    if found is None:
        return
    match act.verb:
        case "complete":
            tasks.complete(host, found.id, act.outcome or found.outcomes[0], by=act.by)
        case "snooze" if act.until is not None:
            tasks.snooze(host, found.id, act.until, by=act.by)
        case "reassign" if act.to is not None:
            tasks.reassign(host, found.id, act.to, by=act.by)
        case "claim" if act.by is not None:
            tasks.claim(host, found.id, act.by)
        case "acknowledge":
            tasks.acknowledge(host, found.id, by=act.by)


def open_task(host: Host, life: Life, act: Act) -> Task | None:
    mine = host.database.read(
        lambda c: listed(c, account=life.account, playbook=life.plan.playbook, state="open", limit=1_000)
    )
    fit = [one for one in mine if act.step in {one.step, one.path} and act.subject in {None, one.subject}]
    return max(fit, key=lambda one: one.opened, default=None)


def lived(host: Host, life: Life) -> Chronicle:
    name = life.plan.playbook
    rows = host.database.read(lambda c: runs.listed(c, account=life.account, playbook=name, limit=1_000))
    query = select(tables.trace.c.run, tables.trace.c.body).order_by(tables.trace.c.seq)
    query = query.where(tables.trace.c.account == life.account, tables.trace.c.playbook == name)
    said = host.database.read(lambda c: [tuple(row) for row in c.execute(query)])
    return chronicle(
        [(run, Entry.model_validate_json(body)) for run, body in said], {row.id: row.subject for row in rows}
    )
