"""What lies on one account's desk, and what can be read from it at any instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.account import Account
from engine.changes import Changes
from engine.context import World
from engine.decided import Decided
from engine.facts import Fact
from engine.held import Gate, Wide
from engine.logic import Condition, Scope
from engine.overlay import Overlay
from engine.plan import Exit, Plan
from engine.quantities import Duration
from engine.run import Key, Run, Task, Watch
from engine.setting import Setting
from engine.sofar import known_from, so_since
from engine.subjects import Items, RunFacts, items_of, slot, with_item
from engine.ticks import ticks
from engine.trace import Entry
from engine.trigger import Bar, Entries, Rules, bar
from engine.values import unpack
from engine.view import View


def nothing(_: datetime) -> Iterable[Fact]:
    """What is heard where no run is ever late."""
    return ()


def no_work() -> Iterable[Task]:
    """What is open where nobody's work is shared."""
    return ()


@dataclass(slots=True)
class Table:
    """`plans` finds a plan by its hash; `new_run` names a run; `gate` is what the world says to a start; `heard` gives
    the events that were told of the account since an instant; `working` gives its open tasks. Where there is an
    `elsewhere`, playbooks that are not among the rules count as started when they are played, unless what it knows of
    them bars it. `depth` counts how many causes led here; `unjudged`
    are the playbooks whose start has been applied since the account was last judged by all; `behind`: anything has;
    `unheeded`, where somebody wants to know, gathers the events that are none of those that a playbook starts on or a
    run waits for.
    `_followed` are the runs that say facts or play others just now: where each stands, and what it awaits that holds.
    """

    setting: Setting
    rules: Rules
    account: Account
    plans: Callable[[str], Plan]
    new_run: Callable[[str, str], str]
    gate: Gate = field(default_factory=Wide)
    heard: Callable[[datetime], Iterable[Fact]] = nothing
    working: Callable[[], Iterable[Task]] = no_work
    elsewhere: Mapping[str, Plan] | None = None
    unheeded: list[Entry] | None = None
    decided: Decided = field(default_factory=Decided)
    unjudged: frozenset[str] = frozenset()
    behind: bool = False
    entries: dict[str, Entries] = field(default_factory=dict)
    watches: dict[str, list[Watch]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    depth: int = 0
    _seen: View | None = None
    _items: tuple[View, str, Items] | None = None
    _advancing: str | None = None
    _followed: dict[str, tuple[datetime, frozenset[Key]]] = field(default_factory=dict)
    _horizon: datetime | None = None

    @property
    def due_at(self) -> datetime | None:
        """The earliest instant at which time alone could change a decision or a watched condition."""
        decided = self.decided.next_at
        watched = [one.next_at for several in self.watches.values() for one in several if one.next_at is not None]
        return min([decided, *watched] if decided else watched, default=None)

    def scope(self, now: datetime) -> Scope:
        seen = self._view(now).scope
        if not self.entries:
            return seen
        return Scope(values=Overlay(RunFacts(self.entries), seen.values), now=now, calendar=seen.calendar)

    def scope_for(self, each: str | None, subject: str, now: datetime, whole: Scope | None = None) -> Scope:
        """With the item of a subject and its own runs; `whole` is the scope without them, if it is at hand."""
        scope = whole or self.scope(now)
        if each is None or not subject:
            return scope
        return with_item(scope, self.items(each, now).get(subject), RunFacts(self.entries, subject))

    def items(self, each: str, now: datetime) -> Items:
        """The contacts or records that there are."""
        view = self._view(now)
        if self._items is None or self._items[0] is not view or self._items[1] != each:
            self._items = (view, each, items_of(view.scope, each))
        return self._items[2]

    def world(self, now: datetime, plan: Plan | None = None, subject: str = "") -> World:
        setting = self.setting
        return World(
            scope=self.scope_for(plan.start.each if plan else None, subject, now),
            account=self.account.id,
            team=self.account.team,
            directory=setting.directory,
            policy=setting.policy,
            vocabulary=setting.vocabulary,
            templates=setting.templates,
            open_work=self._open_work,
        )

    def _open_work(self, identity: str) -> Task | None:
        known = {one.id: one for one in self.working()} | self.changes.tasks
        return next((one for one in known.values() if one.identity == identity and one.state == "open"), None)

    def _view(self, now: datetime) -> View:
        """The account at that instant; what has not moved since the last look is not reckoned again."""
        at = ticks(now)
        if self._seen is None:
            self._seen = View(self.account, self.setting.vocabulary, self.setting.policy, at)
        elif self._seen.at != at:
            self._seen = self._seen.then(at)
        return self._seen

    def _scope_of(self, watch: Watch, now: datetime) -> Scope:
        """With what only the run itself knows."""
        scope = self.scope_for(watch.each, watch.subject, now)
        own = {path: unpack(value) for path, value in watch.extra.items()}
        return Scope(values=Overlay(own, scope.values), now=now, calendar=scope.calendar)

    def bar(self, plan: Plan, subject: str, scope: Scope) -> Bar | None:
        """What keeps the account, or one subject of it, out of a playbook though its condition holds in this scope."""
        each, now = plan.start.each, scope.now

        def lasted(one: Exit) -> bool:
            since = self.so_since(one.when, one.lasting, each, subject, now) if one.lasting else now
            return since is not None and (not one.lasting or scope.calendar.add(one.lasting, since, "opens") <= now)

        entries = self.entries_of(plan.playbook, subject)
        return bar(plan, entries, scope, self.account.id, self.setting.policy, lasted)

    def so_since(
        self, condition: Condition, lasting: Duration, each: str | None, subject: str, now: datetime
    ) -> datetime | None:
        """Since when it has been so without a break, by what the account's history tells. What only a run knows was not
        known before.
        """
        begun = known_from(condition.reads, self.account, self.entries, each)
        if begun is None:
            return None
        return so_since(condition, lasting, lambda at: self.scope_for(each, subject, at), begun, now)

    def entries_of(self, playbook: str, subject: str = "") -> Entries:
        return self.entries.get(slot(playbook, subject), Entries())

    def _all_watches(self) -> list[Watch]:
        """In an order that hangs on nothing but what they are: however they were kept, they are told the same."""
        several = (self.watches[run_id] for run_id in sorted(self.watches))
        return [watch for watches in several for watch in sorted(watches, key=_place)]


def _place(watch: Watch) -> tuple[str, int, int, str]:
    """Of several goals or stops the first comes first, the tenth behind the second."""
    return watch.path, watch.visit, len(watch.name), watch.name


def earliest_after(now: datetime, *instants: datetime | None) -> datetime | None:
    return min((one for one in instants if one is not None and one > now), default=None)
