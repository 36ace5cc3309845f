"""Whether mails and playbooks did what they are for: what became of each mail, and who reached the goal of those who
were in the playbook and of those whom the holdout kept out.

Whoever was in it and whoever was not are judged alike: by the facts, for the same time from the start that was or would
have been. A run that ended by its goal has reached it; who left it otherwise is looked after for the rest of that time.
So is each mail, from when it was sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from activities.desks import Bench, bench
from activities.host import Host
from activities.store import facts, results
from activities.store.results import Began
from engine.account import Account, apply, picture
from engine.logic import Scope
from engine.overlay import Overlay
from engine.plan import Plan
from engine.values import UNKNOWN, Value

COMPARED: Final = 400  # runs, and accounts of those held out, whose facts are looked at: the newest
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """`reached` of those that have had the whole time to do so."""

    of: int = 0
    reached: int = 0


@dataclass(frozen=True, slots=True)
class MailResult:
    """`counts` by what happened; each mail counts once, however often it did. None: nobody could have told."""

    step: str
    template: str
    counts: Mapping[str, int | None]
    goal: Share


@dataclass(frozen=True, slots=True)
class PlaybookResult:
    """`entered` and `held_out` are compared where the playbook has a goal and the policy a holdout; else None."""

    playbook: str
    runs: int
    mails: tuple[MailResult, ...] = ()
    entered: Share | None = None
    held_out: Share | None = field(default=None)


def results_of(host: Host, since: datetime, within: timedelta, playbook: str | None = None) -> list[PlaybookResult]:
    """By playbook, of what was sent and begun from `since` on."""
    return host.database.read(lambda connection: _results(bench(host, connection), since, within, playbook))


def _results(at: Bench, since: datetime, within: timedelta, playbook: str | None) -> list[PlaybookResult]:
    until = at.host.clock.now() - within
    counts = results.mails(at.connection, since, playbook)
    runs = results.entered(at.connection, since, playbook)
    found = []
    for name in sorted({*runs, *(mail[0] for mail in counts)}):
        followed = _followed(at, name, since, until, within)
        mails = [
            MailResult(mail[1], mail[2], counts[mail], followed.get(mail, Share()))
            for mail in sorted(counts)
            if mail[0] == name
        ]
        compared = _compared(at, name, since, until, within)
        found.append(PlaybookResult(name, runs.get(name, 0), tuple(mails), *compared))
    return found


def _followed(
    at: Bench, playbook: str, since: datetime, until: datetime, within: timedelta
) -> dict[results.Mail, Share]:
    """How many of each mail were followed by the goal in time, also where the run was over by then."""
    sent = results.sent_between(at.connection, playbook, since, until, COMPARED)
    last: dict[Began, datetime] = {}
    for _, when, run in sent:
        last[run] = max(when, last.get(run, when))
    plan = at.current.rules.plans.get(playbook)
    reached = {run: _reached_at(at, plan, run, when + within) for run, when in last.items()}
    found: dict[results.Mail, Share] = {}
    for mail, when, run in sent:
        goal, so_far = reached[run], found.get(mail, Share())
        in_time = goal is not None and when <= goal <= when + within
        found[mail] = Share(so_far.of + 1, so_far.reached + in_time)
    return found


# --- against the holdout


def _compared(
    at: Bench, playbook: str, since: datetime, until: datetime, within: timedelta
) -> tuple[Share | None, Share | None]:
    plan = at.current.rules.plans.get(playbook)
    if plan is None or not plan.goals or plan.start.each is not None or at.current.setting.policy.holdout is None:
        return None, None
    out = results.held_out(at.connection, playbook, since, until, COMPARED)
    without = sum(_first(at, plan, account, began, began + within) is not None for account, began in out)
    inside = results.began(at.connection, playbook, since, until, COMPARED)
    with_it = sum(_reached_at(at, plan, one, one.started + within) is not None for one in inside)
    return Share(len(inside), with_it), Share(len(out), without)


def _reached_at(at: Bench, plan: Plan | None, one: Began, until: datetime) -> datetime | None:
    if one.ended is None or one.ended > until:
        return None  # a goal would have ended it
    if one.by_goal or plan is None or not plan.goals or plan.start.each is not None:
        return one.ended if one.by_goal else None
    return _first(at, plan, one.account, one.started, until)


def _first(at: Bench, plan: Plan, account: str, began: datetime, until: datetime) -> datetime | None:
    """When a goal became true in that time: looked at with each fact, and once a day."""
    setting, known = at.current.setting, Account(account)
    coming = facts.received_by(at.connection, account, until)
    days = {began + _DAY * number for number in range(1, (until - began) // _DAY + 1)}
    moments = sorted({one.at for one in coming if one.at > began} | days | {until})
    at_first: dict[str, Value] | None = None
    for now in [began, *moments]:
        while coming and coming[0].at <= now:
            known, _ = apply(known, coming.pop(0), setting.vocabulary, setting.policy)
        scope = picture(known, setting.vocabulary, setting.policy, now).scope
        if at_first is None:
            at_first = {f"at_start.{path}": scope.values.get(path, UNKNOWN) for path in plan.at_start}
        elif _is_reached(plan, scope, at_first):
            return now
    return None


def _is_reached(plan: Plan, scope: Scope, at_first: Mapping[str, Value]) -> bool:
    seen = Scope(values=Overlay(at_first, scope.values), now=scope.now, calendar=scope.calendar)
    return any(goal.when.truth(seen) is True for goal in plan.goals)
