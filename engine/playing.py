"""Who enters by another playbook's step; and of playbooks that are not on this desk, what a story tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.context import Play
from engine.entering import PARAMETERS, Entrance
from engine.held import Held
from engine.plan import Plan
from engine.run import Played, Run
from engine.steps.play import ENDED
from engine.subjects import slot
from engine.tailoring import Unfit
from engine.trigger import run_paths, runs_read


@dataclass(slots=True)
class Playing(Entrance):
    """The part of a desk where playbooks start one another."""

    def _play(self, run: Run, play: Play) -> None:
        """Starts another playbook for a run, or joins its live run; what became of it is an input of the run."""
        other = self.rules.plans.get(play.playbook) or (self.elsewhere or {}).get(play.playbook)
        subject = run.subject if other is not None and other.start.each is not None else ""
        joined = self.entries_of(play.playbook, subject).live is not None
        self.depth += 1
        reason = None if joined else self._played(play, run.playbook, subject)
        self.depth -= 1
        ring = self._waits_for(run, play.playbook, subject, (run.playbook,)) if play.waits and reason is None else ()
        told = Played(at=play.at, path=play.path, visit=play.visit, joined=joined, reason=reason, ring=ring)
        self.changes.latched.setdefault(run.id, []).append(told)

    def _waits_for(self, run: Run, playbook: str, subject: str, way: tuple[str, ...]) -> tuple[str, ...]:
        """The way on which the playbook's live run waits for this one, perhaps through others; empty if it does not."""
        live = (self.entries_of(playbook, subject).live or self.entries_of(playbook).live) or ""
        if live == run.id:
            return (*way, playbook)
        for watch in self.watches.get(live, ()) if playbook not in way else ():
            for other in runs_read(watch.condition.reads) if watch.name == ENDED and watch.condition else ():
                if found := self._waits_for(run, other, watch.subject, (*way, playbook)):
                    return found
        return ()

    def _played(self, play: Play, by: str, subject: str) -> str | None:
        """Why it did not start, if it did not: as by hand, but that it is held while starts are paused."""
        playbook, now = play.playbook, play.at
        plan = self.rules.plans.get(playbook)
        if plan is None:
            return "not applied" if self.elsewhere is None else self._played_elsewhere(play, subject)
        try:
            plan = self.plan_with(playbook, play.parameters, now)
        except Unfit as unfit:
            # It was changed since the run's own playbook was checked.
            self._not_started(plan, PARAMETERS, now, None, subject, unfit.reasons)
            return PARAMETERS
        reason = self.barred(plan, now, subject=subject)
        held = None if reason else self._held(plan, self.entries_of(playbook, subject), now)
        if held:
            given = dict(play.parameters) if play.parameters else None
            self._hold(Held(playbook=playbook, reason=held, at=now, parameters=given, subject=subject))
        if reason or held:
            self._not_started(plan, reason or held or "", now, None, subject)
        else:
            self._begin(plan, now, None, by, subject=subject)
        return reason or held

    # --- what a story tells of others

    def _played_elsewhere(self, play: Play, subject: str) -> str | None:
        """It counts as started unless its head bars it; one whose file is not sound is taken at its word."""
        playbook, now = play.playbook, play.at
        reason: str | None = None
        if playbook in (self.elsewhere or {}):
            try:
                reason = self.barred(self.plan_with(playbook, play.parameters, now), now, subject=subject)
            except Unfit:
                reason = PARAMETERS
        if reason is None:
            count = self.entries_of(playbook, subject).count + 1
            self._another(playbook, (subject,), now, live=slot(playbook, subject), count=count)
        return reason

    def another_started(
        self, playbook: str, now: datetime, subject: str | None, at_first: Callable[[str], list[str]]
    ) -> str | None:
        """A run of a playbook that this desk only hears of has begun: the subject's, or those of all that it can have
        (`at_first`: the items of a kind before anything is known). Why the story cannot mean that, if it cannot.
        """
        new = self.account.first_data is None
        if subject is not None and (fault := self._not_of(playbook, subject, now)):
            return fault
        plan = (self.elsewhere or {}).get(playbook)
        each = plan.start.each if plan is not None else None
        every = at_first(each) if new and each is not None else self._every(playbook, now)
        for one in every if subject is None else (subject,):
            if (known := self.entries_of(playbook, one)).live is None:
                self.entries[slot(playbook, one)] = known.model_copy(
                    update={"live": slot(playbook, one), "count": known.count + 1}
                )
        if not new:
            self._react(self.rules.reading(run_paths(playbook)), run_paths(playbook), now)
        return None

    def another_ended(self, playbook: str, outcome: str, now: datetime, subject: str | None = None) -> str | None:
        """A run of a playbook that this desk only hears of has ended: the subject's, or all that are live. Why the
        story cannot mean that, if it cannot.
        """
        subjects = self._live(playbook) or (self._every(playbook, now) if subject is None else ())
        if subject is not None and subject not in subjects and (fault := self._not_of(playbook, subject, now)):
            return fault
        named = subjects if subject is None else (subject,)
        self._another(playbook, named, now, live=None, last_ended=now, last_outcome=outcome)
        return None

    def _not_of(self, playbook: str, subject: str, now: datetime) -> str | None:
        plan = (self.elsewhere or {}).get(playbook)
        if plan is None:
            return None
        if plan.start.each is None:
            return f"'{playbook}' has one run for the account, so 'subject' says nothing"
        if subject in self.items(plan.start.each, now):
            return None
        return f"there is no '{subject}' that '{playbook}' could have a run of"

    def _live(self, playbook: str) -> tuple[str, ...]:
        """The subjects of its live runs."""
        runs = {key.partition("/")[::2]: one for key, one in self.entries.items() if one.live is not None}
        return tuple(subject for name, subject in runs if name == playbook)

    def _every(self, playbook: str, now: datetime) -> tuple[str, ...]:
        plan: Plan | None = (self.elsewhere or {}).get(playbook)
        return tuple(self._subjects(plan, now)) if plan is not None else ("",)

    def _another(self, playbook: str, subjects: tuple[str, ...], now: datetime, **changes: object) -> None:
        for subject in subjects:
            known = self.entries_of(playbook, subject)
            self.entries[slot(playbook, subject)] = known.model_copy(update=changes)
        changed = run_paths(playbook)
        self._react(self.rules.reading(changed), changed, now)
