"""One account with everything that depends on it, on the table at once: facts, start decisions, watched conditions,
runs.

The host (a database transaction, or a simulation) lays the desk out, says what happened, and takes the `Changes` away.
Both hosts run the same code here, which is why a simulation tells what a real run will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine import stored
from engine.account import apply
from engine.advance import Advanced, advance, begin, upcoming
from engine.changes import Changes
from engine.entering import Entering
from engine.facts import Fact
from engine.hearing import Event, awaits, said
from engine.plan import Plan
from engine.playing import Playing
from engine.rewording import reworded
from engine.run import Effect, Flipped, Input, Key, Run, Watch
from engine.sharing import passed_on
from engine.subjects import hangs_on, slot
from engine.subjects import touched as items_touched
from engine.table import earliest_after
from engine.trigger import rule_reads, run_paths
from engine.watching import kept, lasted, lasts_until, watches_of

__all__ = ["Changes", "Desk"]

_TICK = timedelta(microseconds=1)


@dataclass(slots=True)
class Desk(Playing):
    """A run that is late is fed one instant after the other, each with the account as it was then. Contacts, records
    and the team have no history: a late run sees them as they are now.
    """

    # --- what happens

    def take(self, *facts: Fact, now: datetime, quietly: bool = False) -> None:
        """Facts told together at `now`: readings, starts and the flips of waiting runs follow from all of them at
        once. `quietly`: what they tell has been so for long, and starts what it would if it had been known when the
        playbooks were applied.
        """
        self.tick(now - _TICK)
        new = self.account.first_data is None
        changed = self._know(facts, now)
        heard = [one for fact in facts if fact.event is not None for one in self._hear(fact, now)]
        about = self.rules.at_first(changed) if new else self.rules.reading(changed)
        self._react(() if quietly else about, changed, now, () if quietly else heard)
        self._record(about if quietly else (), now)
        self.tick(now)

    def _know(self, facts: Sequence[Fact], now: datetime) -> frozenset[str]:
        """The paths that may read otherwise now."""
        # A rule that was applied after the account was known is judged on the state before the fact first.
        if self.behind or self.unjudged:
            self.fill(now)
        changed: frozenset[str] = frozenset()
        for fact in facts:
            self.account, touched = apply(self.account, fact, self.setting.vocabulary, self.setting.policy)
            changed |= touched
        changed |= items_touched(facts)
        self.changes.account = True
        self._seen = None
        return changed

    def fill(self, now: datetime) -> None:
        """As for starts; what runs wait for may be due at another time now, or have come true."""
        Playing.fill(self, now)
        for watch in self._all_watches():
            if watch.run != self._advancing:
                self._check(watch, now)

    def tick(self, until: datetime) -> None:
        """What time alone changed: each at its own due instant, one after another, until the next lies ahead."""
        while (due := self.due_at) is not None and due <= until:
            found = [(self.rules.plans.get(one.playbook), one.subject) for one in self.decided.due(due)]
            entering = [self._judge(plan, due, subject) for plan, subject in found if plan]
            for watch in [watch for watch in self._all_watches() if _is_due(watch, due)]:
                self._check(watch, due)
            self._enter_all(entering, due)

    def _react(
        self, plans: Iterable[Plan], changed: frozenset[str], now: datetime, heard: Iterable[Entering] = ()
    ) -> None:
        """All that hangs on a change is judged before anything follows from it: a run that starts may change more."""
        about = list(plans)
        self.decided.want(plan.playbook for plan in about)
        entering = [found for plan in about for found in self._judge_all(plan, now, changed)]
        for watch in self._all_watches():
            if watch.run not in self._followed and _hangs_on(watch, changed):
                self._check(watch, now)
        for run_id in self._followed:
            self._look_again(run_id, [one for one in self.watches.get(run_id, ()) if _hangs_on(one, changed)])
        self._enter_all([*entering, *heard], now)

    def advance(self, run_id: str, inputs: Sequence[Input], now: datetime) -> None:
        """Feeds a run everything that has come for it by `now`, and what time alone brings it until then."""
        plan = self.plans(self.runs[run_id].plan)
        waiting = list(inputs)
        self._advancing, self._horizon = run_id, now
        while (at := self._next(run_id, waiting, now)) is not None:
            waiting = self._follow(plan, self._advanced(plan, run_id, waiting, at, now), at)
        self._advancing = self._horizon = None
        self._leave(run_id, waiting, inputs)

    def reworded(self, effect: Effect, now: datetime) -> Effect:
        """A mail that was put off, as it is for the account now."""
        run = self.runs.get(effect.run)
        if run is None:
            return effect
        plan = self.plans(run.plan)
        return reworded(effect, plan, run, self.world(now, plan, run.subject), now)

    def _advanced(
        self, plan: Plan, run_id: str, waiting: Sequence[Input], at: datetime, horizon: datetime | None = None
    ) -> Advanced:
        run = self.runs[run_id]
        return advance(plan, run, waiting, self.world(at, plan, run.subject), at, horizon)

    def _begin(
        self,
        plan: Plan,
        now: datetime,
        tree: dict[str, JsonValue] | None,
        by: str | None,
        event: Event | None = None,
        subject: str = "",
    ) -> str:
        run_id = self.new_run(self.account.id, plan.playbook)
        if plan.of is not None:
            self.changes.plans[plan.hash] = plan
        self._entered(plan, run_id, now, subject)
        world = self.world(now, plan, subject)
        begun = begin(plan, run_id, world, now, why=tree, by=by, event=event, subject=subject)
        waiting = self._follow(plan, begun, now)
        if self.runs[run_id].live:
            self._react_to_run_of(plan.playbook, now)
        while upcoming(self.runs[run_id], waiting, now) is not None:
            waiting = self._follow(plan, self._advanced(plan, run_id, waiting, now), now)
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
        """Takes in what an advance made: the facts it said, the playbooks that it plays, the conditions that are true
        already, the end. What the run is yet to be fed is returned.
        """
        run = advanced.run
        self._collect(advanced)
        self._rewatch(plan, run, at)
        if (made := advanced.made).fields or made.plays:
            # It hears of all that comes of this from where it stands, and what others that start by it do, too.
            self._followed[run.id] = (at, self._true_of(run.id, at))
            for said_at, name, fields in made.fields:
                self._say(run.id, said_at, name, fields)
            for play in made.plays:
                self._play(run, play)
            del self._followed[run.id]
        if not run.live and self.entries_of(run.playbook, run.subject).live == run.id:
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
        now = self._not_before_last(at)
        changed = self._know([fact], now)
        self._look_again(run_id, self.watches.get(run_id, ()))
        self.depth += 1
        self._react(self.rules.reading(changed), changed, now)
        self.tick(now)
        self.depth -= 1

    def _ended(self, run: Run) -> None:
        at = run.ended or run.clock
        entries = self.entries_of(run.playbook, run.subject)
        self.entries[slot(run.playbook, run.subject)] = entries.model_copy(
            update={"live": None, "last_ended": at, "last_outcome": run.outcome}
        )
        mine = self.rules.plans.get(run.playbook)
        again = (
            mine is not None
            and mine.start.standing
            and (mine.start.mode == "is" or rule_reads(mine) & run_paths(run.playbook))
        )
        self.depth += 1
        if mine is not None and again:
            self._enter_all([self._judge(mine, at, run.subject)], at)
        self.depth -= 1
        self._react_to_run_of(run.playbook, self._not_before_last(at))

    def _react_to_run_of(self, playbook: str, now: datetime) -> None:
        """Others may ask whether it runs, how it ended and when; its own rule is judged by itself."""
        changed = run_paths(playbook)
        self.depth += 1
        self._react([plan for plan in self.rules.reading(changed) if plan.playbook != playbook], changed, now)
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
        for (path, visit, to), reason in made.spared.items():
            changes.spare(run.id, path, visit, to, reason)
        changes.effects |= made.effects
        changes.ignored += [(run.id, one) for one in advanced.ignored]
        for other, told in (*made.joins, *passed_on(made.tasks.values(), advanced.ignored)):
            changes.latched.setdefault(other, []).append(told)

    # --- watched conditions

    def _rewatch(self, plan: Plan, run: Run, now: datetime) -> None:
        """The run's watches as its new state has them. One that is true already is a rise: nothing is missed between
        check and watch.
        """
        former = {watch.key: watch for watch in self.watches.get(run.id, [])}
        wanted = [kept(watch, former.get(watch.key)) for watch in watches_of(plan, run)]
        if wanted or former:
            self.watches[run.id] = self.changes.watches[run.id] = wanted
        for watch in list(wanted):
            if watch.key not in former:
                self._check(self._with_past(watch, now), now)
            elif former[watch.key].extra != watch.extra:
                self._check(watch, now)
            if watch.event is not None and watch.key not in former:
                self._catch_up(watch, now)

    def _with_past(self, watch: Watch, now: datetime) -> Watch:
        """What must last may have been so before the run waited for it."""
        if watch.condition is None or watch.lasting is None:
            return watch
        since = self.so_since(watch.condition, watch.lasting, watch.each, watch.subject, now)
        return watch.model_copy(update={"since": since})

    def _catch_up(self, watch: Watch, since: datetime) -> None:
        """A run that is late begins to wait in the past: what has been told since then counts."""
        late = self._horizon is not None and since < self._horizon
        for fact in self.heard(since) if late else ():
            if awaits(watch, fact):
                self._tell(watch, said(fact, self.setting.vocabulary), fact.at)

    def _check(self, watch: Watch, now: datetime) -> None:
        """Looks at one watched condition; a rise is an input of its run."""
        if watch.condition is None or watch.event is not None:
            return
        scope = self._scope_of(watch, now)
        seen = lasted(watch, watch.condition, scope)
        turns = watch.condition.lasts_until(scope), lasts_until(seen, scope)
        self._touch(seen.model_copy(update={"next_at": earliest_after(now, *turns)}))
        if seen.truth and not watch.truth:
            told = stored.why(watch.condition, scope)
            rise = Flipped(at=now, path=watch.path, visit=watch.visit, name=watch.name, why=told)
            self.changes.latched.setdefault(watch.run, []).append(rise)

    def _true_of(self, run_id: str, at: datetime) -> frozenset[Key]:
        """The run's watched conditions that hold at that instant, as far as it is known by now."""
        return frozenset(one.key for one in self.watches.get(run_id, ()) if self._holds(one, at))

    def _holds(self, watch: Watch, at: datetime) -> bool:
        if watch.event is not None or watch.condition is None:
            return False
        return watch.condition.truth(self._scope_of(watch, at)) is True

    def _look_again(self, run_id: str, watches: Iterable[Watch]) -> None:
        """What has changed while the run is followed, as it is where the run stands: newer facts may have overtaken it,
        and turned a condition already; it was so before, and the run stood there.
        """
        at, before = self._followed[run_id]
        for watch in list(watches):
            holds, held = self._holds(watch, at), watch.key in before
            if (holds and not held) or not watch.truth:
                self._check(watch.model_copy(update={"truth": False}), at)
            elif held and not holds:
                self._check(watch, at)
            before = before | {watch.key} if holds else before - {watch.key}
        self._followed[run_id] = (at, before)

    def _touch(self, watch: Watch) -> None:
        mine = self.watches.setdefault(watch.run, [])
        for index, one in enumerate(mine):
            if one.key == watch.key and one != watch:
                mine[index] = watch
                self.changes.touched[watch.key] = watch


def _hangs_on(watch: Watch, changed: frozenset[str]) -> bool:
    condition = watch.condition
    return condition is not None and not changed.isdisjoint(hangs_on(condition, watch.each, watch.subject))


def _is_due(watch: Watch, by: datetime) -> bool:
    return watch.next_at is not None and watch.next_at <= by
