"""What a step may see and do while a run visits it.

One `Context` is one visit at one instant. Reading goes through it (the account as it stands, people, calendars, texts),
and so does everything that the step wants done: it is collected in `Made` and leaves `advance` as plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal, TypeVar

from pydantic import JsonValue

from engine.calendar import Calendar
from engine.logic import Scope, reads_of
from engine.overlay import Below, Overlay
from engine.people import Directory, Found, Person, channel_address, reach
from engine.plan import Plan, Step
from engine.policy import Policy
from engine.quantities import Duration, Moment
from engine.rendering import Into
from engine.run import Effect, Joined, Open, Run, Task, effect_key
from engine.steps.base import Unready
from engine.stored import to_json
from engine.templates import Rendered, Templates, Unfit
from engine.trace import Entry
from engine.values import UNKNOWN, Value, unpack
from engine.vocabulary import Vocabulary

Edge = Literal["exact", "opens", "closes"]
T = TypeVar("T")


def _none_open(_: str) -> Task | None:
    return None


_ROOMS = ("account", "metrics", "team", "outcome", "event", "item")


@dataclass(frozen=True, slots=True)
class World:
    """All that a decision may read beside the plan and the run: the account as it stands, and the workspace's people
    and texts. `open_work` finds the account's open task of an identity.
    """

    scope: Scope
    account: str
    team: Mapping[str, str]
    directory: Directory
    policy: Policy
    vocabulary: Vocabulary
    templates: Templates
    open_work: Callable[[str], Task | None] = _none_open


@dataclass(frozen=True, slots=True)
class Play:
    """Another playbook that a step starts for the account, or whose live run it joins, perhaps to wait for its end."""

    at: datetime
    path: str
    visit: int
    playbook: str
    parameters: Mapping[str, JsonValue] | None = None
    waits: bool = False


@dataclass(slots=True)
class Made:
    """What one advance made; the host writes it in the transaction that fed the inputs."""

    trace: list[Entry] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    withdrawn: dict[tuple[str, int], str] = field(default_factory=dict)
    spared: dict[tuple[str, int, str], str] = field(default_factory=dict)
    fields: list[tuple[datetime, str, dict[str, JsonValue]]] = field(default_factory=list)
    opened: dict[str, Open] = field(default_factory=dict)
    plays: list[Play] = field(default_factory=list)
    joins: list[tuple[str, Joined]] = field(default_factory=list)
    outcomes: bool = False  # some that conditions read

    @property
    def matters(self) -> bool:
        """Whether conditions must be looked at before the run goes on."""
        return self.outcomes or bool(self.fields or self.plays)

    def want(self, effect: Effect) -> None:
        self.effects[effect.id] = effect

    def withdraw(self, path: str, visit: int, reason: str) -> None:
        """What the visit still wants is not to be done: what this advance made is forgotten, what was made before is
        named by visit.
        """
        mine = [key for key, one in self.effects.items() if (one.path, one.visit) == (path, visit)]
        for key in mine:
            del self.effects[key]
        self.withdrawn[path, visit] = reason

    def spare(self, path: str, visit: int, to: str, reason: str) -> None:
        """Likewise of what the visit wants to send to one."""
        mine = [key for key, one in self.effects.items() if (one.path, one.visit, one.to) == (path, visit, to)]
        for key in mine:
            del self.effects[key]
        self.spared[path, visit, to] = reason


def run_values(run: Run, path: str = "") -> dict[str, Value]:
    """What only the run itself knows at that step: outcomes, the event that was heard, values at the run's start."""
    values: dict[str, Value] = {f"outcome.{step}": outcome for step, outcome in run.outcomes.items()}
    values |= {f"event.{name}": unpack(value) for name, value in (run.event_at(path) or {}).items()}
    values |= {f"at_start.{path}": unpack(value) for path, value in run.at_start.items()}
    return values


@dataclass
class Context:
    """One visit of one step at one instant. `now` is the event's own instant; `plan`, `run` and `world` are as they
    stand; `memo` is what the step remembers, also of a former try after which it was parked; `strands` are the blocks
    of its own that still have one.
    """

    plan: Plan
    run: Run
    step: Step
    path: str
    visit: int
    now: datetime
    world: World
    made: Made
    memo: Mapping[str, JsonValue] = field(default_factory=dict)
    way: str | None = None
    strands: tuple[str, ...] = ()

    @staticmethod
    def shown(instant: datetime | None) -> str | None:
        """An instant as the trace shows it."""
        return str(to_json(instant)) if instant else None

    def has(self, block: str) -> bool:
        """Whether the author wrote that block of the step, be it empty."""
        return f"{self.step.path}/{block}" in self.plan.blocks

    # --- what it may see

    @cached_property
    def scope(self) -> Scope:
        own = self.world.scope
        return Scope(values=Overlay(run_values(self.run, self.path), own.values), now=self.now, calendar=own.calendar)

    @property
    def calendar(self) -> Calendar:
        """The account's calendar."""
        return self.world.scope.calendar

    def calendar_of(self, person: Person | None) -> Calendar:
        """The calendar of a person, the account's when there is none."""
        return self.world.policy.calendar(person.country, person.time_zone) if person else self.calendar

    def resolve(self, moment: Moment, edge: Edge, calendar: Calendar | None = None) -> datetime | None:
        """The instant that the author's words mean; None when a date that they read is unknown."""
        found = (calendar or self.calendar).resolve(moment, self.now, self.anchor, self.scope.values, edge)
        return found if isinstance(found, datetime) else None

    @property
    def anchor(self) -> date | datetime | None:
        """What "day N" counts from: the playbook's anchor field as it stands, or the day the run started."""
        if self.plan.anchor is None:
            return self.run.started
        value = self.scope.values.get(self.plan.anchor)
        return value if isinstance(value, date) else None

    def after(self, duration: Duration, edge: Edge = "opens", calendar: Calendar | None = None) -> datetime:
        return (calendar or self.calendar).add(duration, self.now, edge)

    def found(self, role: str) -> Found | None:
        """Who has the role on this account now, or covers for whoever has it, and how they were found."""
        return self.world.directory.find(role, self.world.team, self.owner, self.now)

    def find(self, role: str) -> Person | None:
        found = self.found(role)
        return found.person if found else None

    def person(self, name: str | None) -> Person | None:
        return self.world.directory.people.get(name) if name else None

    def address(self, to: str) -> tuple[str, str] | None:
        """Whom a role, a person's id, a `#channel` or a field of the account means, and where they are reached."""
        if to.startswith("#"):
            return to, to
        if to.startswith("account."):
            channel = self.scope.values.get(to)
            return (channel, channel_address(channel)) if isinstance(channel, str) and channel else None
        named = self.person(to)
        found = self.world.directory.cover(named, to, self.now) if named else self.found(to)
        return (found.person.id, reach(found.person)) if found else None

    @property
    def owner(self) -> str | None:
        """The account's owner: who fills the playbook's owner role on its team."""
        return self.world.team.get(self.plan.owner) if self.plan.owner else None

    def contacts(self) -> tuple[Mapping[str, Value], ...]:
        known = self.scope.values.get("contacts", UNKNOWN)
        return tuple(one for one in known if isinstance(one, Mapping)) if isinstance(known, tuple) else ()

    def open_work(self, identity: str) -> Task | None:
        """The account's open task of that identity, as this advance leaves it."""
        mine = self.made.tasks
        stored = self.world.open_work(identity)
        found = [*mine.values(), *([stored] if stored and stored.id not in mine else [])]
        return next((one for one in found if one.identity == identity and one.state == "open"), None)

    # --- texts

    def text(self, source: str) -> str:
        """A title, reason or message of the author, filled in. Raises Unready when it reads what is not known."""
        return self._fit(self.world.templates.render_text(source, self._names(), scope=self.scope))

    def words(self, source: str) -> str:
        """A message to colleagues in Slack, which the author may have marked. Raises Unready likewise."""
        return self._fit(self.world.templates.render_text(source, self._names(), into="mrkdwn", scope=self.scope))

    def template(self, template: str) -> Rendered:
        """Such a message from a file. Raises Unready likewise."""
        names = self._names() | {"contact": {}}
        return self._fit(self.world.templates.render(template, names, into="mrkdwn", scope=self.scope))

    def mail(self, template: str, contact: Mapping[str, Value], sender: Person | None) -> Rendered:
        """A template, filled in for one contact, in the contact's language. Raises Unready likewise."""
        said, names = contact.get("language"), self._names() | {"contact": contact, "sender": _signs(sender)}
        language = said if isinstance(said, str) else None
        return self._fit(self.world.templates.render(template, names, language, into="markdown", scope=self.scope))

    def text_for(
        self, source: str, contact: Mapping[str, Value], sender: Person | None, *, into: Into = "plain"
    ) -> str:
        names = self._names() | {"contact": contact, "sender": _signs(sender)}
        return self._fit(self.world.templates.render_text(source, names, into=into, scope=self.scope))

    def _fit(self, rendered: T | Unfit) -> T:
        if isinstance(rendered, Unfit):
            of_event = rendered.missing.startswith("event.") and self.run.event_at(self.path) is None
            lack = "and no event has begun this run" if of_event else "which is not known"
            raise Unready(f"the text needs {rendered.missing}, {lack}", self.lacked(rendered.missing))
        return rendered

    def lacked(self, said: str) -> str | None:
        """The path, if it is one of the account's own that has no value now; a calculation that has no answer, if all
        that it reads is the account's own.
        """
        own = ("account.", "metrics.", "team.")
        if said.replace(".", "_").isidentifier():
            return said if said.startswith(own) and self.scope.values.get(said, UNKNOWN) is UNKNOWN else None
        reads = reads_of(said)
        return said if reads and all(path.startswith(own) for path in reads) else None

    def _names(self) -> dict[str, object]:
        values = self.scope.values
        rooms: dict[str, object] = {room: Below(room, values, deep=room == "metrics") for room in _ROOMS}
        run = {"id": self.run.id, "playbook": self.run.playbook, "title": self.plan.title, "started": self.run.started}
        owner = self.find(self.plan.owner) if self.plan.owner else None  # or who covers for them
        return rooms | {"run": run, "now": self.now, "sender": _signs(owner)}

    # --- what it may do

    def log(self, event: str, below: str = "", kind: str | None = None, **fields: JsonValue) -> None:
        path = f"{self.path}/{below}" if below else self.path
        entry = Entry(
            at=self.now,
            path=path,
            step=self.step.id,
            kind=kind or self.step.kind,
            event=event,
            subject=self.run.subject,
            fields={name: value for name, value in fields.items() if value is not None},
        )
        self.made.trace.append(entry)

    def tell(
        self,
        person: Person | None,
        purpose: Literal["task", "remind", "escalate"],
        body: str,
        below: str = "",
        **content: JsonValue,
    ) -> None:
        """A message to a colleague that the run does not wait for. Nobody found: nothing to send, the task itself shows
        it.
        """
        if person is None:
            return
        self.want("slack", purpose, person.id, reach(person), {"body": body, **content}, below=below, blocking=False)

    def want(
        self,
        channel: Literal["email", "slack", "webhook"],
        purpose: Literal["email", "slack", "webhook", "task", "remind", "escalate"],
        to: str,
        address: str,
        content: dict[str, JsonValue],
        *,
        below: str = "",
        blocking: bool = True,
    ) -> None:
        name = f"{self.step.id}/{below}" if below else self.step.id
        self.made.want(
            Effect(
                key=effect_key(self.run.id, name, self.visit, to, channel),
                run=self.run.id,
                path=self.path,
                step=self.step.id,
                visit=self.visit,
                channel=channel,
                purpose=purpose,
                to=to,
                address=address,
                priority=self.plan.priority,
                blocking=blocking,
                at=self.now,
                content=content,
            )
        )

    def save(self, task: Task, **more: JsonValue) -> dict[str, JsonValue]:
        """Writes the task as it stands and gives the memo that keeps it in the run's state."""
        self.made.tasks[task.id] = task
        return {**self.memo, "task": task.model_dump(mode="json"), **more}

    def join(self, run: str, told: Joined) -> None:
        """Another run's task is waited for from here too."""
        self.made.joins.append((run, told))

    def withdraw_effects(self, reason: str) -> None:
        """What this visit still wants need not be done any more."""
        self.made.withdraw(self.path, self.visit, reason)

    def withdraw_from(self, to: str, reason: str) -> None:
        """What this visit still wants to send to one of several need not be sent any more."""
        self.made.spare(self.path, self.visit, to, reason)

    def attach(
        self, below: str, memo: Mapping[str, JsonValue], timers: Mapping[str, datetime], watches: tuple[str, ...]
    ) -> None:
        """Opens a record beside the step that lives on when the strand has gone on."""
        path = f"{self.path}/{below}"
        self.made.opened[path] = Open(
            path=path,
            step=self.step.path,
            visit=self.visit,
            since=self.now,
            timers=dict(timers),
            watches=watches,
            memo=dict(memo),
            released=True,
            way=self.way,
        )

    def set_fields(self, fields: dict[str, JsonValue]) -> None:
        """Facts about the account, said by the run. `advance` stops after them so that what they change is seen by the
        next step.
        """
        self.made.fields.append((self.now, f"{self.run.id}·{self.path}·{self.visit}", fields))

    def play(self, playbook: str, parameters: Mapping[str, JsonValue] | None = None, *, waits: bool = False) -> None:
        """The other one is begun as soon as `advance` returns; what became of it comes as an input."""
        self.made.plays.append(Play(self.now, self.path, self.visit, playbook, parameters, waits))


def _signs(sender: Person | None) -> dict[str, object]:
    """Who a text is from, as it reads them."""
    return {"id": sender.id, "name": sender.name, "email": sender.email, "slack": sender.slack} if sender else {}
