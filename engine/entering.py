"""Who enters: by a rule, an event or a person's word; what bars the entry, and what holds it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine import stored
from engine.facts import Fact
from engine.hearing import Event, awaits, beside, is_news, is_recent, said, sender
from engine.held import LET_BE, MOST, REASONS, Held, Reason, running_wild
from engine.logic import Scope
from engine.own import own_values
from engine.plan import Plan
from engine.run import Flipped, Watch
from engine.subjects import CONTACTS, is_of_item, marked, slot
from engine.table import Table, earliest_after
from engine.tailoring import OwnUnfit, Unfit, tailored
from engine.trace import not_started, unheard
from engine.trigger import (
    DELAYS,
    LASTING,
    Decision,
    Entries,
    free_at,
    is_meant,
    judged,
    outside,
    rises,
    why_event,
    why_now,
)

FAULT_RETRY = timedelta(minutes=5)
NOBODY = "nobody"
"""What bars a start of an item that is not there."""
NO_CONTACT = "no_contact"
"""What bars a run for each contact where the event does not say which one it comes from."""
PARAMETERS = "parameters"
"""What bars a start with values that the playbook, which has been changed since, does not take any more."""
UNHEEDED = "event"
"""Why an event starts nothing that is not one that the playbook means; no trace keeps it, as most events are none."""
Given = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Entering:
    """An account, or one subject of it, about to enter, and why. `rose`: because something came to be so, and not
    because it still is.
    """

    plan: Plan
    why: dict[str, JsonValue] | None
    rose: bool
    event: Event | None = None
    subject: str = ""


@dataclass(slots=True)
class Entrance(Table):
    """The part of a desk that lets accounts into playbooks."""

    @abstractmethod
    def _begin(
        self,
        plan: Plan,
        now: datetime,
        tree: dict[str, JsonValue] | None,
        by: str | None,
        event: Event | None = None,
        subject: str = "",
    ) -> str:
        """A run, advanced until it rests; its id."""

    @abstractmethod
    def _react(
        self, plans: Iterable[Plan], changed: frozenset[str], now: datetime, heard: Iterable[Entering] = ()
    ) -> None:
        """All that hangs on a change of these paths."""

    # --- by its rule

    def fill(self, now: datetime) -> None:
        """First decisions, when versions have been applied, over an account that is known: they are recorded and fire
        nothing, but for `is`. So are those that hang on a vocabulary or a policy that is another now.
        """
        names, self.unjudged, self.behind = sorted(self.unjudged), frozenset(), False
        if self.account.first_data is None:
            return
        self._record((plan for name in names if (plan := self.rules.plans.get(name))), now)

    def _record(self, plans: Iterable[Plan], now: datetime) -> None:
        """Their decisions as over an account that was known when they were applied."""
        standing = [plan for plan in plans if plan.start.standing]
        self.decided.want(plan.playbook for plan in standing)
        for plan in standing:
            for subject in self._subjects(plan, now):
                scope, rule = self._scope_in(plan, subject, now), self.rules.rules[plan.playbook]
                former = self.decided.get(plan.playbook, subject)
                decision, enters = judged(rule, former, scope, applied=former is None, subject=subject)
                self._keep(decision)
                if enters and plan.start.mode == "is":
                    tree = why_now(plan, former, decision, scope)
                    self._enter(Entering(plan, tree, rose=True, subject=subject), now)

    def _scope_in(self, plan: Plan, subject: str, now: datetime, whole: Scope | None = None) -> Scope:
        return self.scope_for(plan.start.each, subject, now, whole)

    def _subjects(self, plan: Plan, now: datetime) -> list[str]:
        """Whom there may be runs of: the account itself, or each item."""
        each = plan.start.each
        return [""] if each is None else sorted(self.items(each, now))

    def _judge_all(self, plan: Plan, now: datetime, changed: frozenset[str]) -> Iterator[Entering]:
        """The rule, for every subject to which the change may matter."""
        if plan.start.each is None:
            subjects = [""]
        else:
            rule, each = self.rules.rules[plan.playbook], plan.start.each
            others = changed & (rule.beside - {each}) or (each in rule.beside and each in changed)
            there = set(self.items(each, now))
            subjects = sorted(there if others or not changed else there & marked(changed, each))
            if rule.closed(self.scope(now)):
                subjects = sorted(self.decided.subjects(plan.playbook).intersection(subjects))
        whole = self.scope(now)
        for subject in subjects:
            if (found := self._judge(plan, now, subject, whole)) is not None:
                yield found

    def _judge(self, plan: Plan, now: datetime, subject: str = "", whole: Scope | None = None) -> Entering | None:
        """One rule, on its own: one that raises is our fault, keeps its truth, and is tried again; the fact is kept all
        the same.
        """
        former = self.decided.get(plan.playbook, subject)
        scope = self._scope_in(plan, subject, now, whole)
        try:
            decision, enters = judged(self.rules.rules[plan.playbook], former, scope, subject=subject)
        except Exception as error:  # noqa: BLE001 - whatever it is, the account's facts and other rules go on
            broken = former or Decision(playbook=plan.playbook, start_hash=plan.start_hash, subject=subject)
            self._keep(replace(broken, fault=type(error).__name__, next_at=now + FAULT_RETRY))
            return None
        self._keep(decision)
        rose = rises(former, decision)
        return Entering(plan, why_now(plan, former, decision, scope), rose=rose, subject=subject) if enters else None

    def _keep(self, decision: Decision) -> None:
        if self.decided.keep(decision):
            self.changes.decisions[decision.key] = decision

    # --- by an event

    def _hear(self, fact: Fact, now: datetime) -> Iterator[Entering]:
        """Each event that fits is a rise, and an input of every run that waits for one."""
        plans = self.rules.on(fact.event or "") if is_recent(fact, now) else []
        watches = [one for one in self._all_watches() if awaits(one, fact) and one.run != self._advancing]
        if not plans and not watches:
            return
        event = said(fact, self.setting.vocabulary)
        for watch in watches:
            self._tell(watch, event, now)
        for plan in plans:
            if plan.start.each == CONTACTS and sender(event) is None and not _says_whose(plan):
                self._from_nobody(plan, event, now)
                continue
            for subject in self._told_of(plan, event, now):
                scope = beside(self._scope_in(plan, subject, now), event)
                if not is_meant(plan, scope):
                    self._let_pass(plan, scope, subject)
                elif is_news(fact, now):
                    yield Entering(plan, why_event(plan, scope), rose=True, event=event, subject=subject)
                else:
                    self._not_started(plan, "late", now, why_event(plan, scope), subject)

    def _let_pass(self, plan: Plan, scope: Scope, subject: str) -> None:
        if self.unheeded is not None:
            self.unheeded.append(not_started(scope.now, UNHEEDED, subject, why=why_event(plan, scope)))

    def _told_of(self, plan: Plan, event: Event, now: datetime) -> list[str]:
        """An event that comes from a contact is about that one, for a playbook with a run for each."""
        subjects, whose = self._subjects(plan, now), sender(event)
        return subjects if plan.start.each != CONTACTS or whose is None else [one for one in subjects if one == whose]

    def _from_nobody(self, plan: Plan, event: Event, now: datetime) -> None:
        """A rise, and nobody's, if what is asked of the event and of the account holds."""
        scope = beside(self.scope(now), event)
        asked = [one for one in (plan.start.scope, plan.start.where) if one is not None]
        if all(one.truth(scope) for one in asked):
            self._not_started(plan, NO_CONTACT, now, why_event(plan, scope))
        else:
            self._let_pass(plan, scope, "")

    def _tell(self, watch: Watch, event: Event, at: datetime) -> None:
        """The event is latched for the run that waits, if it is one that the run means."""
        scope = beside(self._scope_of(watch, at), event)
        if watch.condition is None or watch.condition.truth(scope):
            told = stored.why(watch.condition, scope) if watch.condition else None
            rise = Flipped(at=at, path=watch.path, visit=watch.visit, name=watch.name, why=told, event=event)
            self.changes.latched.setdefault(watch.run, []).append(rise)
        elif self.unheeded is not None:
            self.unheeded.append(unheard(at, watch, stored.why(watch.condition, scope)))

    # --- what bars it, and what holds it

    def _enter_all(self, entering: Iterable[Entering | None], now: datetime) -> None:
        for one in entering:
            if one is not None:
                self._enter(one, now)

    def _enter(self, one: Entering, now: datetime) -> None:
        """A bar uses up the rise; under `is`, and while the anchor is unknown, it only delays and is recorded once.
        What nothing bars may still be held for a person, which is told whenever it begins.
        """
        subject = one.subject
        try:
            plan = self.plan_with(one.plan.playbook, None, now)
        except Unfit as unfit:
            if one.rose:
                self._not_started(one.plan, PARAMETERS, now, one.why, subject, unfit.reasons)
            return
        scope, entries = beside(self._scope_in(plan, subject, now), one.event), self.entries_of(plan.playbook, subject)
        former = self.decided.get(plan.playbook, subject)
        decision = former or Decision(plan.playbook, plan.start_hash, subject=subject)
        if not one.rose and decision.barred in {*REASONS, LET_BE}:
            return
        reason = self.bar(plan, subject, scope)
        held = None if reason else self._held(plan, entries, now) or ("limit" if self.gate.full(plan, now) else None)
        if (barred := reason or held) is None:
            self._begin(plan, now, one.why, None, one.event, subject)
            return
        only_delays = plan.start.mode == "is"
        begins = barred != decision.barred and (held is not None or not only_delays)
        if one.rose or begins:
            self._not_started(plan, barred, now, one.why, subject)
        if held:
            told = {"playbook": plan.playbook, "subject": subject, "why": one.why, "event": one.event}
            self._hold(Held.model_validate({**told, "reason": held, "at": now}))
        if plan.start.standing:
            free = free_at(plan, entries, scope) if reason == "again" and only_delays else None
            kept = barred if only_delays or barred in DELAYS else None
            self._keep(replace(decision, barred=kept, next_at=earliest_after(now, decision.next_at, free)))

    def _held(self, plan: Plan, entries: Entries, now: datetime) -> Reason | None:
        if self.gate.paused(plan.playbook):
            return "paused"
        return running_wild(entries, self.depth, now)

    def _hold(self, held: Held) -> None:
        self.changes.held[held.key] = held

    def _not_started(
        self,
        plan: Plan,
        reason: str,
        now: datetime,
        tree: dict[str, JsonValue] | None,
        subject: str = "",
        unfit: tuple[str, ...] = (),
    ) -> None:
        self.changes.trace.append(("", plan.playbook, not_started(now, reason, subject, why=tree, unfit=[*unfit])))

    def _entered(self, plan: Plan, run_id: str, now: datetime, subject: str) -> None:
        key = slot(plan.playbook, subject)
        entries, decision = self.entries_of(plan.playbook, subject), self.decided.get(plan.playbook, subject)
        more = {"live": run_id, "count": entries.count + 1, "recent": (*entries.recent, now)[-MOST:]}
        self.entries[key] = entries.model_copy(update=more)
        self.changes.started.append(run_id)
        self.changes.held.pop(key, None)
        if decision is not None and decision.barred not in {None, LASTING}:
            self._keep(replace(decision, barred=None))

    # --- by a person's word

    def plan_with(self, playbook: str, given: Given | None, now: datetime) -> Plan:
        """The playbook with these values, and else the account's own, in place of its parameters' defaults. Raises
        Unfit, and OwnUnfit where it is the account's own that do not fit.
        """
        plan = self.rules.plans.get(playbook) or (self.elsewhere or {})[playbook]
        made = tailored(plan, given, self.setting) if given else plan
        own = own_values(plan, self.scope(now).values) if plan.own else {}
        try:
            return tailored(plan, own | dict(given or {}), self.setting) if own else made
        except Unfit as unfit:
            raise OwnUnfit(unfit.reasons) from None

    def barred(self, plan: Plan, now: datetime, event: Event | None = None, subject: str = "") -> str | None:
        """What keeps the account from being started by hand: stage and tiers, which items are meant, and what bars any
        start; never the condition.
        """
        if (subject not in self.items(plan.start.each, now)) if plan.start.each is not None else subject:
            return NOBODY
        scope = beside(self._scope_in(plan, subject, now), event)
        return outside(plan, scope) or self.bar(plan, subject, scope)

    def meant(self, playbook: str, now: datetime) -> list[str]:
        """The subjects that a start by hand is for when it names none: the account, or each item that is meant."""
        plan = self.rules.plans[playbook]
        found = self._subjects(plan, now)
        return [one for one in found if not one or outside(plan, self._scope_in(plan, one, now)) != "only"]

    def barred_by_hand(self, playbook: str, now: datetime, given: Given | None = None, subject: str = "") -> str | None:
        """And a person's pause: one who starts it may not know of it. Raises Unfit."""
        return self._bar_by_hand(playbook, now, given, subject)[0]

    def _bar_by_hand(
        self, playbook: str, now: datetime, given: Given | None, subject: str
    ) -> tuple[str | None, tuple[str, ...]]:
        """The word for it and, of values that do not fit, why, in sentences."""
        try:
            barred = self.barred(self.plan_with(playbook, given, now), now, subject=subject)
        except OwnUnfit as unfit:
            return PARAMETERS, unfit.reasons
        return barred or ("paused" if self.gate.paused(playbook) else None), ()

    def start(
        self, playbook: str, now: datetime, by: str | None = None, given: Given | None = None, subject: str = ""
    ) -> str | None:
        """By hand: stage, tiers, `again` and the one-live-run rule apply, the condition does not. None: it did not
        start; the trace says why. Raises Unfit.
        """
        reason, unfit = self._bar_by_hand(playbook, now, given, subject)
        if reason is not None:
            self._not_started(self.rules.plans[playbook], reason, now, None, subject, unfit)
            return None
        return self._begin(self.plan_with(playbook, given, now), now, None, by, subject=subject)

    def release(self, held: Held, now: datetime, by: str | None = None) -> str | None:
        """A held start goes on, whether or not its condition is still true: a person has decided. None: it is barred
        by now, and used up; the trace says why.
        """
        unfit: tuple[str, ...] = ()
        try:
            plan = self.plan_with(held.playbook, held.parameters, now)
            reason = self.barred(plan, now, held.event, held.subject)
        except Unfit as found:
            plan, reason, unfit = self.rules.plans[held.playbook], PARAMETERS, found.reasons
        if reason is None:
            return self._begin(plan, now, held.why, by, held.event, held.subject)
        self._not_started(plan, reason, now, held.why, held.subject, unfit)
        decision = self.decided.get(held.playbook, held.subject)
        if decision is not None and decision.barred in REASONS:
            self._keep(replace(decision, barred=reason))
        return None


def _says_whose(plan: Plan) -> bool:
    """Whether the start itself asks which item an event is about, as `event.email == item.email` does."""
    where = plan.start.where
    return where is not None and any(is_of_item(path) for path in where.reads)
