"""One account with everything that depends on it, on the table at once: facts, start decisions, watched conditions,
runs.

The host (a database transaction, or a simulation) lays the desk out, says what happened, and takes the `Changes` away.
Both hosts run the same code here, which is why a simulation tells what a real run will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine import stored
from engine.account import Account, apply
from engine.advance import Advanced, advance, begin, upcoming
from engine.changes import Changes
from engine.context import World
from engine.decided import Decided
from engine.facts import Fact
from engine.logic import Scope
from engine.overlay import Overlay
from engine.plan import Plan
from engine.run import Flipped, Input, Run, Watch
from engine.setting import Setting
from engine.ticks import NEVER, instant, ticks
from engine.trace import Entry
from engine.trigger import DELAYS, Decision, Entries, Rules, bar, free_at, judged, reads_of, rises, rule_reads, why
from engine.values import Value, unpack
from engine.view import View
from engine.watching import kept, watches_of

__all__ = ["DEPTH", "Changes", "Desk"]

DEPTH = 10
FAULT_RETRY = timedelta(minutes=5)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Entering:
    """An account about to enter, and why. `rose`: because something came to be so, and not because it still is."""

    plan: Plan
    why: dict[str, JsonValue] | None
    rose: bool


@dataclass(slots=True)
class Desk:
    """`plans` finds a plan by its hash; `new_run` names a run; `depth` counts how many causes led here; `unjudged` are
    the playbooks whose start has been applied since the account was last judged by all.

    A run that is late is fed one instant after the other, each with the account as it was then. Contacts, records and
    the team have no history: a late run sees them as they are now.
    """

    setting: Setting
    rules: Rules
    account: Account
    plans: Callable[[str], Plan]
    new_run: Callable[[str, str], str]
    decided: Decided = field(default_factory=Decided)
    unjudged: frozenset[str] = frozenset()
    entries: dict[str, Entries] = field(default_factory=dict)
    watches: dict[str, list[Watch]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    depth: int = 0
    _seen: View | None = None
    _advancing: str | None = None

    # --- what happens

    def take(self, *facts: Fact, now: datetime) -> None:
        """Facts told together at `now`: readings, starts and the flips of waiting runs follow from all of them at
        once.
        """
        self.tick(now - _TICK)
        new = self.account.first_data is None
        # A rule that was applied after the account was known is judged on the state before the fact first.
        if self.unjudged:
            self.fill(now)
        changed: frozenset[str] = frozenset()
        for fact in facts:
            self.account, touched = apply(self.account, fact, self.setting.vocabulary, self.setting.policy)
            changed |= touched
        self.changes.account = True
        self._seen = None
        self._react(self.rules.by_rule if new else self.rules.reading(changed), changed, now)
        self.tick(now)

    def tick(self, until: datetime) -> None:
        """What time alone changed: each at its own due instant, one after another, until the next lies ahead."""
        while (due := self.due_at) is not None and due <= until:
            names = [one.playbook for one in self.decided.due(due)]
            entering = [self._judge(plan, due) for name in names if (plan := self.rules.plans.get(name))]
            for watch in [watch for watch in self._all_watches() if _is_due(watch, due)]:
                self._check(watch, due)
            self._enter_all(entering, due)

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
        """Feeds a run everything that has come for it by `now`, and what time alone brings it until then."""
        plan = self.plans(self.runs[run_id].plan)
        waiting = list(inputs)
        self._advancing = run_id
        while (at := self._next(run_id, waiting, now)) is not None:
            waiting = self._follow(plan, advance(plan, self.runs[run_id], waiting, self.world(at), at, now), at)
        self._advancing = None
        self._leave(run_id, waiting, inputs)

    @property
    def due_at(self) -> datetime | None:
        """The earliest instant at which time alone could change a decision or a watched condition."""
        decided = self.decided.next_at
        watched = [one.next_at for several in self.watches.values() for one in several if one.next_at is not None]
        return min([decided, *watched] if decided else watched, default=None)

    # --- what is known

    def scope(self, now: datetime) -> Scope:
        seen = self._view(now).scope
        if not self.entries:
            return seen
        return Scope(values=Overlay(self._run_facts(), seen.values), now=now, calendar=seen.calendar)

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

    def _view(self, now: datetime) -> View:
        """The account at that instant; what has not moved since the last look is not reckoned again."""
        at = ticks(now)
        if self._seen is None:
            self._seen = View(self.account, self.setting.vocabulary, self.setting.policy, at)
        elif self._seen.at != at:
            self._seen = self._seen.then(at)
        return self._seen

    def _turn(self, reads: Iterable[str], now: datetime) -> datetime | None:
        """When time alone changes one of these readings: a window slides, a dwell ends; for a run that is late also
        the next fact of those that have come since.
        """
        until = self._view(now).until(reads)
        found = instant(until)
        # What lies beyond the last year of the calendar never comes.
        return found if until < NEVER and ticks(found) == until else None

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

    # --- starts

    def fill(self, now: datetime) -> None:
        """First decisions, when versions have been applied, over an account that is known: they are recorded and fire
        nothing, but for `is`.
        """
        names, self.unjudged = sorted(self.unjudged), frozenset()
        if self.account.first_data is None:
            return
        for plan in [self.rules.plans[name] for name in names if name in self.rules.plans]:
            scope = self.scope(now)
            decision, enters = judged(self.rules.rules[plan.playbook], self.decided.get(plan.playbook), scope)
            self._record(plan, decision, now)
            if enters and plan.start.mode == "is":
                self._enter(_Entering(plan, why(plan, scope), rose=True), now)

    def _react(self, plans: Iterable[Plan], changed: frozenset[str], now: datetime) -> None:
        """All that hangs on a change is judged before anything follows from it: a run that starts may change more."""
        about = list(plans)
        self.decided.want(plan.playbook for plan in about)
        entering = [self._judge(plan, now) for plan in about]
        for watch in self._all_watches():
            # A run that is being advanced looks at its own conditions itself, from where it stands.
            if watch.condition and watch.run != self._advancing and reads_of(watch.condition) & changed:
                self._check(watch, now)
        self._enter_all(entering, now)

    def _judge(self, plan: Plan, now: datetime) -> _Entering | None:
        """One rule, on its own: one that raises is our fault, keeps its truth, and is tried again; the fact is kept all
        the same.
        """
        former = self.decided.get(plan.playbook)
        scope = self.scope(now)
        try:
            decision, enters = judged(self.rules.rules[plan.playbook], former, scope)
        except Exception as error:  # noqa: BLE001 - whatever it is, the account's facts and other rules go on
            broken = former or Decision(playbook=plan.playbook, start_hash=plan.start_hash)
            self._keep(replace(broken, fault=type(error).__name__, next_at=now + FAULT_RETRY))
            return None
        self._record(plan, decision, now)
        return _Entering(plan, why(plan, scope), rose=rises(former, decision)) if enters else None

    def _record(self, plan: Plan, decision: Decision, now: datetime) -> None:
        """Keeps a decision, with the earliest instant at which its conditions or the readings under them change by time
        alone.
        """
        next_at = _earliest_after(now, decision.next_at, self._turn(self.rules.rules[plan.playbook].reads, now))
        self._keep(replace(decision, next_at=next_at))

    def _keep(self, decision: Decision) -> None:
        if self.decided.keep(decision):
            self.changes.decisions[decision.playbook] = decision

    def _enter_all(self, entering: Iterable[_Entering | None], now: datetime) -> None:
        for one in entering:
            if one is not None:
                self._enter(one, now)

    def _enter(self, one: _Entering, now: datetime) -> None:
        """A bar uses up the rise; under `is`, and while the anchor is unknown, it only delays and is recorded once."""
        plan, scope = one.plan, self.scope(now)
        reason = bar(plan, self._entries(plan.playbook), scope, self.account.id, self.setting.policy)
        reason = "depth" if self.depth >= DEPTH else reason
        only_delays = plan.start.mode == "is"
        decision = self.decided.get(plan.playbook) or Decision(plan.playbook, plan.start_hash)
        if reason and (one.rose or not (only_delays or reason == decision.barred)):
            self._not_started(plan, reason, now, one.why)
        barred = reason if only_delays or reason in DELAYS else None
        free = free_at(plan, self._entries(plan.playbook), scope) if reason == "again" and only_delays else None
        next_at = _earliest_after(now, decision.next_at, free)
        self._keep(replace(decision, barred=barred, next_at=next_at))
        if reason is None:
            self._begin(plan, now, one.why, None)

    def _not_started(self, plan: Plan, reason: str, now: datetime, tree: dict[str, JsonValue] | None) -> None:
        fields: dict[str, JsonValue] = {"reason": reason} | ({"why": tree} if tree else {})
        entry = Entry(at=now, path="start", step=None, kind="playbook", event="not_started", fields=fields)
        self.changes.trace.append(("", plan.playbook, entry))

    def _begin(self, plan: Plan, now: datetime, tree: dict[str, JsonValue] | None, by: str | None) -> str:
        run_id = self.new_run(self.account.id, plan.playbook)
        entries = self._entries(plan.playbook)
        self.entries[plan.playbook] = entries.model_copy(update={"live": run_id, "count": entries.count + 1})
        self.changes.started.append(run_id)
        waiting = self._follow(plan, begin(plan, run_id, self.world(now), now, why=tree, by=by), now)
        while upcoming(self.runs[run_id], waiting, now) is not None:
            waiting = self._follow(plan, advance(plan, self.runs[run_id], waiting, self.world(now), now), now)
        self._leave(run_id, waiting, ())
        return run_id

    # --- runs

    def _next(self, run_id: str, waiting: list[Input], by: datetime) -> datetime | None:
        """The instant of what the run is to be fed next; what time alone brings before that is latched first."""
        at = upcoming(self.runs[run_id], waiting, by)
        self.tick(at or by)
        waiting += self.changes.latched.pop(run_id, [])
        return upcoming(self.runs[run_id], waiting, by)

    def _follow(self, plan: Plan, advanced: Advanced, at: datetime) -> list[Input]:
        """Takes in what an advance made: the facts it said, the conditions that are true already, the end. What the run
        is yet to be fed is returned.
        """
        run = advanced.run
        self._collect(advanced)
        self._rewatch(plan, run, at)
        for said_at, name, fields in advanced.made.fields:
            self._say(run.id, said_at, name, fields)
        if not run.live and self._entries(run.playbook).live == run.id:
            self._ended(run)
        return [*advanced.left, *self.changes.latched.pop(run.id, [])]

    def _leave(self, run_id: str, waiting: Sequence[Input], given: Sequence[Input]) -> None:
        """What a paused run has not been fed stays latched."""
        mine = {id(one) for one in given}
        self.changes.left[run_id] = tuple(one for one in waiting if id(one) in mine)
        if new := [one for one in waiting if id(one) not in mine]:
            self.changes.latched[run_id] = new

    def _say(self, run_id: str, at: datetime, name: str, fields: dict[str, JsonValue]) -> None:
        """A run that is late corrects what is known, as any late fact does; what others decided is not undone."""
        fact = Fact.model_validate({"id": name, "account": self.account.id, "at": at, "fields": fields})
        self.changes.facts.append(fact)
        self.depth += 1
        self.take(fact, now=self._not_before_last(at))
        self.depth -= 1
        # Also where newer facts have overtaken it: it was so for a while, and the run itself stood there.
        for watch in list(self.watches.get(run_id, ())):
            self._check(watch, at)

    def _ended(self, run: Run) -> None:
        at = run.ended or run.clock
        entries = self._entries(run.playbook)
        self.entries[run.playbook] = entries.model_copy(
            update={"live": None, "last_ended": at, "last_outcome": run.outcome}
        )
        own = f"runs.{run.playbook}"
        changed = frozenset({f"{own}.running", f"{own}.last_outcome", f"{own}.last_ended"})
        others = [plan for plan in self.rules.reading(changed) if plan.playbook != run.playbook]
        mine = self.rules.plans.get(run.playbook)
        again = mine is not None and mine.start.by_rule and (mine.start.mode == "is" or rule_reads(mine) & changed)
        self.depth += 1
        if mine is not None and again:
            self._enter_all([self._judge(mine, at)], at)
        self._react(others, changed, self._not_before_last(at))
        self.depth -= 1

    def _not_before_last(self, at: datetime) -> datetime:
        """What was decided on a newer state of the account is never decided again on an older one."""
        last = self.account.last_instant
        return at if last is None else max(at, last)

    def _collect(self, advanced: Advanced) -> None:
        run, made, changes = advanced.run, advanced.made, self.changes
        self.runs[run.id] = changes.runs[run.id] = run
        changes.trace += [(run.id, run.playbook, entry) for entry in made.trace]
        changes.tasks |= made.tasks
        for (path, visit), reason in made.withdrawn.items():
            changes.withdraw(run.id, path, visit, reason)
        changes.effects |= made.effects
        changes.ignored += [(run.id, one) for one in advanced.ignored]

    # --- watched conditions

    def _all_watches(self) -> list[Watch]:
        return [watch for run_id in sorted(self.watches) for watch in self.watches[run_id]]

    def _rewatch(self, plan: Plan, run: Run, now: datetime) -> None:
        """The run's watches as its new state has them. One that is true already is a rise: nothing is missed between
        check and watch.
        """
        former = {watch.key: watch for watch in self.watches.get(run.id, [])}
        wanted = [kept(watch, former.get(watch.key)) for watch in watches_of(plan, run)]
        if wanted or former:
            self.watches[run.id] = self.changes.watches[run.id] = wanted
        for watch in list(wanted):
            if watch.key not in former or former[watch.key].extra != watch.extra:
                self._check(watch, now)

    def _check(self, watch: Watch, now: datetime) -> None:
        """Looks at one watched condition; a rise is an input of its run."""
        if watch.condition is None:
            return
        scope = self.scope(now)
        own = {path: unpack(value) for path, value in watch.extra.items()}
        scope = Scope(values=Overlay(own, scope.values), now=now, calendar=scope.calendar)
        truth = watch.condition.truth(scope)
        turns = (watch.condition.next_change(scope), self._turn(watch.condition.reads, now))
        known = watch.truth if truth is None else truth
        self._touch(watch.model_copy(update={"truth": known, "next_at": _earliest_after(now, *turns)}))
        if truth is True and not watch.truth:
            told = stored.why(watch.condition, scope)
            rise = Flipped(at=now, path=watch.path, visit=watch.visit, name=watch.name, why=told)
            self.changes.latched.setdefault(watch.run, []).append(rise)

    def _touch(self, watch: Watch) -> None:
        mine = self.watches.setdefault(watch.run, [])
        for index, one in enumerate(mine):
            if one.key == watch.key and one != watch:
                mine[index] = watch
                self.changes.touched[watch.key] = watch


def _is_due(one: Decision | Watch, by: datetime) -> bool:
    return one.next_at is not None and one.next_at <= by


def _earliest_after(now: datetime, *instants: datetime | None) -> datetime | None:
    return min((one for one in instants if one is not None and one > now), default=None)
