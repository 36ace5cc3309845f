"""One account with everything that depends on it, on the table at once: facts, start decisions, watched conditions,
runs.

The host (a database transaction, or a simulation) lays the desk out, says what happened, and takes the `Changes` away.
Both hosts run the same code here, which is why a simulation tells what a real run will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine.account import Account, Picture, apply, picture
from engine.advance import Advanced, advance, begin
from engine.context import Made, World, run_values
from engine.facts import Fact
from engine.logic import Condition, Scope
from engine.overlay import Overlay
from engine.plan import Plan
from engine.run import Effect, Flipped, Input, Run, Task, Watch
from engine import stored
from engine.setting import Setting
from engine.trace import Entry
from engine.trigger import Decision, Entries, Rules, bar, free_at, judged, reads_of, why
from engine.values import Value, unpack

DEPTH = 10
FAULT_RETRY = timedelta(minutes=5)
_TICK = timedelta(microseconds=1)


@dataclass(slots=True)
class Changes:
    """What the host must write, all in the transaction that laid the desk out.

    `latched` are new inputs of runs, each of which needs a wake; `left` are inputs that the host handed in and that
    stay unfed, because the run is paused; every other one that it handed in is consumed. `watches` are a run's whole
    new set, `touched` single ones of others.
    """

    account: bool = False
    decisions: dict[str, Decision] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    latched: dict[str, list[Input]] = field(default_factory=dict)
    left: dict[str, tuple[Input, ...]] = field(default_factory=dict)
    watches: dict[str, list[Watch]] = field(default_factory=dict)
    touched: dict[tuple[str, str, int, str], Watch] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    withdrawn: list[tuple[str, str, int, str]] = field(default_factory=list)
    trace: list[tuple[str, str, Entry]] = field(default_factory=list)
    ignored: list[tuple[str, Input]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """`plans` finds a plan by its hash; `new_run` names a run; `depth` counts how many causes led here."""

    setting: Setting
    rules: Rules
    account: Account
    plans: Callable[[str], Plan]
    new_run: Callable[[str, str], str]
    decisions: dict[str, Decision] = field(default_factory=dict)
    entries: dict[str, Entries] = field(default_factory=dict)
    watches: dict[str, list[Watch]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    depth: int = 0
    _pictured: tuple[datetime, Picture] | None = None

    # --- what happens

    def take(self, *facts: Fact, now: datetime) -> None:
        """Facts told together at `now`: readings, starts and the flips of waiting runs follow from all of them at once."""
        self.tick(now - _TICK)
        new = self.account.first_data is None
        # A rule that was applied after the account was known is judged on the state before the fact first.
        self.fill(now)
        changed: frozenset[str] = frozenset()
        for fact in facts:
            self.account, touched = apply(self.account, fact, self.setting.vocabulary, self.setting.policy)
            changed |= touched
        self.changes.account = True
        self._pictured = None
        plans = (
            [plan for plan in self.rules.plans.values() if plan.start.by_rule] if new else self.rules.reading(changed)
        )
        self._react(plans, changed, now)
        self.tick(now)

    def tick(self, until: datetime) -> None:
        """What time alone changed: each at its own due instant, one after another, until the next lies ahead."""
        while (due := self.due_at) is not None and due <= until:
            for name, decision in sorted(self.decisions.items()):
                if decision.next_at is not None and decision.next_at <= due and (plan := self.rules.plans.get(name)):
                    self._decide(plan, due)
            for watch in self._all_watches():
                if watch.next_at is not None and watch.next_at <= due:
                    self._check(watch, due)

    def start(self, playbook: str, now: datetime, by: str | None = None) -> str | None:
        """By hand: stage, tiers, `again` and the one-live-run rule apply, the condition does not. None: it did not
        start; the trace says why.
        """
        plan = self.rules.plans[playbook]
        scope = self.scope(now)
        inside = plan.start.scope is None or plan.start.scope.truth(scope) is True
        barred = bar(plan, self._entries(playbook), scope, self.account.id, self.setting.policy) if inside else "stage"
        if barred is not None:
            self._not_started(plan, barred, now, None)
            return None
        return self._begin(plan, now, None, by)

    def advance(self, run_id: str, inputs: Sequence[Input], now: datetime) -> None:
        """Feeds a run everything that has come for it by `now`."""
        self.tick(now)
        own = self.changes.latched.pop(run_id, [])
        run = self.runs[run_id]
        plan = self.plans(run.plan)
        self._follow(plan, advance(plan, run, (*inputs, *own), self.world(now), now), now, inputs)

    @property
    def due_at(self) -> datetime | None:
        """The earliest instant at which time alone could change a decision or a watched condition."""
        decided = (
            one.next_at for name, one in self.decisions.items() if one.next_at is not None and name in self.rules.plans
        )
        watched = (one.next_at for one in self._all_watches() if one.next_at is not None)
        return min((*decided, *watched), default=None)

    # --- what is known

    def scope(self, now: datetime) -> Scope:
        seen = self.picture(now)
        if not self.entries:
            return seen.scope
        return Scope(values=Overlay(self._run_facts(), seen.scope.values), now=now, calendar=seen.scope.calendar)

    def picture(self, now: datetime) -> Picture:
        if self._pictured is None or self._pictured[0] != now:
            self._pictured = (now, picture(self.account, self.setting.vocabulary, self.setting.policy, now))
        return self._pictured[1]

    def world(self, now: datetime) -> World:
        setting = self.setting
        return World(
            scope=self.scope(now),
            account=self.account.id,
            team=self.account.team,
            directory=setting.directory,
            policy=setting.policy,
            vocabulary=setting.vocabulary,
            templates=setting.templates,
        )

    def _run_facts(self) -> dict[str, Value]:
        """What conditions may ask of this account's runs of other playbooks."""
        known: dict[str, Value] = {}
        for name, one in self.entries.items():
            known[f"runs.{name}.running"] = one.live is not None
            if one.last_outcome is not None and one.last_ended is not None:
                known |= {f"runs.{name}.last_outcome": one.last_outcome, f"runs.{name}.last_ended": one.last_ended}
        return known

    def _entries(self, playbook: str) -> Entries:
        return self.entries.get(playbook, Entries())

    def _all_watches(self) -> list[Watch]:
        return [watch for run_id in sorted(self.watches) for watch in self.watches[run_id]]

    # --- starts

    def fill(self, now: datetime) -> None:
        """First decisions, when versions have been applied, over an account that is known: they are recorded and fire
        nothing, but for `is`.
        """
        if self.account.first_data is None:
            return
        for name, plan in self.rules.plans.items():
            if not plan.start.by_rule or self._current(name, plan):
                continue
            decision, rise = judged(plan, None, self.scope(now))
            self._record(plan, decision, now)
            if rise and plan.start.mode == "is":
                self._enter(plan, now)

    def _current(self, name: str, plan: Plan) -> bool:
        decision = self.decisions.get(name)
        return decision is not None and decision.start_hash == plan.start_hash

    def _react(self, plans: Iterable[Plan], changed: frozenset[str], now: datetime) -> None:
        for plan in plans:
            self._decide(plan, now)
        for watch in self._all_watches():
            if watch.condition is not None and reads_of(watch.condition) & changed:
                self._check(watch, now)

    def _decide(self, plan: Plan, now: datetime) -> None:
        """One rule, on its own: one that raises is our fault, keeps its truth, and is tried again; the fact is kept all
        the same.
        """
        former = self.decisions.get(plan.playbook)
        former = former if former and former.start_hash == plan.start_hash else None
        try:
            decision, rise = judged(plan, former, self.scope(now))
        except Exception as error:
            broken = former or Decision(playbook=plan.playbook, start_hash=plan.start_hash)
            self._record(
                plan, broken.model_copy(update={"fault": type(error).__name__, "next_at": now + FAULT_RETRY}), now
            )
            return
        self._record(plan, decision, now)
        if rise:
            self._enter(plan, now)

    def _record(self, plan: Plan, decision: Decision, now: datetime) -> None:
        """Keeps a decision, with the earliest instant at which its conditions or the readings under them change by time
        alone.
        """
        ahead = (decision.next_at, self._slides(plan_reads(plan), now))
        next_at = min((one for one in ahead if one is not None and one > now), default=None)
        self._keep(decision.model_copy(update={"next_at": next_at}))

    def _keep(self, decision: Decision) -> None:
        if self.decisions.get(decision.playbook) != decision:
            self.decisions[decision.playbook] = self.changes.decisions[decision.playbook] = decision

    def _slides(self, reads: frozenset[str], now: datetime) -> datetime | None:
        """When time alone changes a reading that is read: a window slides, a dwell ends."""
        turns = self.picture(now).turns
        names = {path.split(".")[1] for path in reads if path.startswith("metrics.")}
        return min((turns[name] for name in names if name in turns), default=None)

    def _enter(self, plan: Plan, now: datetime) -> None:
        scope = self.scope(now)
        reason = bar(plan, self._entries(plan.playbook), scope, self.account.id, self.setting.policy)
        reason = "depth" if self.depth >= DEPTH else reason
        if reason is None:
            self._begin(plan, now, why(plan, scope), None)
            return
        decision = self.decisions[plan.playbook]
        if plan.start.mode != "is" or decision.barred != reason:
            self._not_started(plan, reason, now, why(plan, scope))
        if plan.start.mode == "is":
            free = free_at(plan, self._entries(plan.playbook), scope) if reason == "again" else None
            waits = [one for one in (decision.next_at, free) if one is not None and one > now]
            self._keep(decision.model_copy(update={"barred": reason, "next_at": min(waits, default=None)}))

    def _not_started(self, plan: Plan, reason: str, now: datetime, tree: dict[str, JsonValue] | None) -> None:
        fields: dict[str, JsonValue] = {"reason": reason} | ({"why": tree} if tree else {})
        entry = Entry(at=now, path="start", step=None, kind="playbook", event="not_started", fields=fields)
        self.changes.trace.append(("", plan.playbook, entry))

    def _begin(self, plan: Plan, now: datetime, tree: dict[str, JsonValue] | None, by: str | None) -> str:
        run_id = self.new_run(self.account.id, plan.playbook)
        entries = self._entries(plan.playbook)
        self.entries[plan.playbook] = entries.model_copy(update={"live": run_id, "count": entries.count + 1})
        self.changes.started.append(run_id)
        self._follow(plan, begin(plan, run_id, self.world(now), now, why=tree, by=by), now)
        return run_id

    # --- runs

    def _follow(self, plan: Plan, advanced: Advanced, now: datetime, given: Sequence[Input] = ()) -> None:
        """Takes in what an advance made until the run rests: the facts it said, and the conditions that are true
        already.
        """
        while True:
            run = advanced.run
            self._collect(advanced)
            rises = self._rewatch(plan, run, now)
            for at, name, fields in advanced.made.fields:
                self._say(at, name, fields)
            rises += self.changes.latched.pop(run.id, [])
            inputs = (*advanced.left, *rises)
            if not advanced.short and not rises:
                self._rest(run, advanced.left, given)
                return
            advanced = advance(plan, run, inputs, self.world(now), now)

    def _rest(self, run: Run, left: tuple[Input, ...], given: Sequence[Input]) -> None:
        """What a paused run has not been fed stays latched; a run that has ended makes room for the next."""
        mine = {id(one) for one in given}
        self.changes.left[run.id] = tuple(one for one in left if id(one) in mine)
        if new := [one for one in left if id(one) not in mine]:
            self.changes.latched[run.id] = new
        if not run.live and self._entries(run.playbook).live == run.id:
            self._ended(run)

    def _say(self, at: datetime, name: str, fields: dict[str, JsonValue]) -> None:
        fact = Fact.model_validate({"id": name, "account": self.account.id, "at": at, "fields": fields})
        self.changes.facts.append(fact)
        self.depth += 1
        self.take(fact, now=at)
        self.depth -= 1

    def _ended(self, run: Run) -> None:
        entries = self._entries(run.playbook)
        self.entries[run.playbook] = entries.model_copy(
            update={"live": None, "last_ended": run.ended, "last_outcome": run.outcome}
        )
        own = f"runs.{run.playbook}"
        changed = frozenset({f"{own}.running", f"{own}.last_outcome", f"{own}.last_ended"})
        plans = {plan.playbook: plan for plan in self.rules.reading(changed)}
        mine = self.rules.plans.get(run.playbook)
        if mine is not None and mine.start.by_rule and mine.start.mode == "is":
            plans[mine.playbook] = mine
        self.depth += 1
        self._react([plans[name] for name in sorted(plans)], changed, run.clock)
        self.depth -= 1

    def _collect(self, advanced: Advanced) -> None:
        run, made, changes = advanced.run, advanced.made, self.changes
        self.runs[run.id] = changes.runs[run.id] = run
        changes.trace += [(run.id, run.playbook, entry) for entry in made.trace]
        changes.tasks |= made.tasks
        self._take_back(run.id, made)
        changes.effects |= made.effects
        changes.ignored += [(run.id, one) for one in advanced.ignored]

    def _take_back(self, run_id: str, made: Made) -> None:
        for (path, visit), reason in made.withdrawn.items():
            for name, effect in list(self.changes.effects.items()):
                if (effect.run, effect.path, effect.visit) == (run_id, path, visit):
                    del self.changes.effects[name]
            self.changes.withdrawn.append((run_id, path, visit, reason))

    # --- watched conditions

    def _rewatch(self, plan: Plan, run: Run, now: datetime) -> list[Input]:
        """The run's watches as its new state has them. One that is true already is a rise: nothing is missed between
        check and watch.
        """
        former = {watch.key: watch for watch in self.watches.get(run.id, [])}
        wanted = [self._kept(watch, former.get(watch.key)) for watch in watches_of(plan, run)]
        if wanted or former:
            self.watches[run.id] = wanted
            self.changes.watches[run.id] = wanted
        rises: list[Input] = []
        for watch in list(wanted):
            if watch.key not in former or former[watch.key].extra != watch.extra:
                rises += self._seen(watch, now)
        return rises

    @staticmethod
    def _kept(watch: Watch, former: Watch | None) -> Watch:
        return watch if former is None else watch.model_copy(update={"truth": former.truth, "next_at": former.next_at})

    def _check(self, watch: Watch, now: datetime) -> None:
        for rise in self._seen(watch, now):
            self.changes.latched.setdefault(watch.run, []).append(rise)

    def _seen(self, watch: Watch, now: datetime) -> list[Input]:
        """Looks at one watched condition; a rise is an input of its run."""
        if watch.condition is None:
            return []
        scope = self.scope(now)
        own = {path: unpack(value) for path, value in watch.extra.items()}
        scope = Scope(values=Overlay(own, scope.values), now=now, calendar=scope.calendar)
        truth = watch.condition.truth(scope)
        turns = [watch.condition.next_change(scope), self._slides(watch.condition.reads, now)]
        next_at = min((one for one in turns if one is not None and one > now), default=None)
        self._touch(watch.model_copy(update={"truth": watch.truth if truth is None else truth, "next_at": next_at}))
        if truth is not True or watch.truth:
            return []
        return [
            Flipped(at=now, path=watch.path, visit=watch.visit, name=watch.name, why=stored.why(watch.condition, scope))
        ]

    def _touch(self, watch: Watch) -> None:
        mine = self.watches.setdefault(watch.run, [])
        for index, one in enumerate(mine):
            if one.key == watch.key:
                mine[index] = watch
                self.changes.touched[watch.key] = watch


def plan_reads(plan: Plan) -> frozenset[str]:
    return frozenset(path for one in (plan.start.scope, plan.start.when) if one is not None for path in one.reads)


def watches_of(plan: Plan, run: Run) -> list[Watch]:
    """Every condition that the run waits for: its stops and goals, and those of the steps it rests at."""
    if run.over:
        return []
    own = {path: stored.pack(value) for path, value in run_values(run).items()}
    found: list[Watch] = []
    if run.live:
        for path, exits in (("stop", plan.stops), ("goal", plan.goals)):
            found += [_watch(run, path, 0, str(index), one.when, own) for index, one in enumerate(exits)]
    for open_ in run.open.values():
        conditions = plan.steps[open_.step].spec.conditions
        memo = own | {"awaited": open_.memo.get("awaited")}
        found += [_watch(run, open_.path, open_.visit, name, conditions[name], memo) for name in open_.watches]
    return found


def _watch(run: Run, path: str, visit: int, name: str, condition: Condition, own: dict[str, JsonValue]) -> Watch:
    extra = {read: own[read] for read in sorted(condition.reads) if read in own}
    return Watch(run=run.id, path=path, visit=visit, name=name, condition=condition, extra=extra)
