"""Whether mails and playbooks did what they are for: what became of each mail, and who reached the goal of those who
were in the playbook and of those whom the holdout kept out.

Whoever was in it and whoever was not are judged alike: by the facts, for the same time from the start that was or would
have been. A run that ended by its goal has reached it; who left it otherwise is looked after for the rest of that time.
So is each mail, from when it was sent.

Only of who left otherwise, and of who was held out, the facts must be looked at, which takes milliseconds for each.
"""

from collections import Counter
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

LOOKED_AT: Final = 1_000  # accounts of a playbook whose facts are looked at unless all are wanted: the newest
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """`reached` of those that have had the whole time to do so; `left` are older ones that were not looked at."""

    of: int = 0
    reached: int = 0
    left: int = 0


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


def results_of(
    host: Host, since: datetime, within: timedelta, playbook: str | None = None, *, most: int | None = LOOKED_AT
) -> list[PlaybookResult]:
    """By playbook, of what was sent and begun from `since` on. `most`: accounts of each whose facts are looked at, of
    its runs and of those held out; None: all.
    """
    return host.database.read(lambda connection: _results(bench(host, connection), since, within, playbook, most))


def _results(
    at: Bench, since: datetime, within: timedelta, playbook: str | None, most: int | None
) -> list[PlaybookResult]:
    until = at.host.clock.now() - within
    counts = results.mails(at.connection, since, playbook)
    runs = results.entered(at.connection, since, playbook)
    found = []
    for name in sorted({*runs, *(mail[0] for mail in counts)}):
        reached = _reached(at, name, since, until, within, most)
        followed = _followed(at, name, since, until, within, reached)
        mails = [
            MailResult(mail[1], mail[2], counts[mail], followed.get(mail, Share()))
            for mail in sorted(counts)
            if mail[0] == name
        ]
        compared = _compared(at, name, since, until, within, reached, most)
        found.append(PlaybookResult(name, runs.get(name, 0), tuple(mails), *compared))
    return found


@dataclass(frozen=True, slots=True)
class _Reached:
    """When a run's account reached a goal, by run, as far as they were looked at; `began` are those of the time."""

    began: tuple[Began, ...]
    goals: Mapping[str, datetime | None]


def _reached(
    at: Bench, playbook: str, since: datetime, until: datetime, within: timedelta, most: int | None
) -> _Reached:
    """Of the runs that began or sent a mail in the time, the newest first, until too many had to be looked at."""
    plan, looks = at.current.rules.plans.get(playbook), 0
    goals: dict[str, datetime | None] = {}
    last = results.last_sent(at.connection, playbook, since, until)
    runs = results.concerned(at.connection, playbook, since, until)
    for one in runs:
        end = max(one.started if one.started >= since else last[one.run], last.get(one.run, one.started)) + within
        unsaid = one.ended is not None and one.ended <= end and not one.by_goal
        looks += unsaid and _may_be_looked_at(plan)
        if most is not None and looks > most:
            break
        goals[one.run] = _reached_at(at, plan, one, end)
    return _Reached(tuple(one for one in runs if one.started >= since), goals)


def _followed(
    at: Bench, playbook: str, since: datetime, until: datetime, within: timedelta, reached: _Reached
) -> dict[results.Mail, Share]:
    """How many of each mail were followed by the goal in time, also where the run was over by then."""
    of: Counter[results.Mail] = Counter()
    in_time: Counter[results.Mail] = Counter()
    left: Counter[results.Mail] = Counter()
    for mail, when, run in results.sent_between(at.connection, playbook, since, until):
        if run not in reached.goals:
            left[mail] += 1
            continue
        of[mail] += 1
        goal = reached.goals[run]
        in_time[mail] += goal is not None and when <= goal <= when + within
    return {mail: Share(of[mail], in_time[mail], left[mail]) for mail in {*of, *left}}


# --- against the holdout


def _compared(
    at: Bench,
    playbook: str,
    since: datetime,
    until: datetime,
    within: timedelta,
    reached: _Reached,
    most: int | None,
) -> tuple[Share | None, Share | None]:
    plan = at.current.rules.plans.get(playbook)
    if plan is None or not _may_be_looked_at(plan) or at.current.setting.policy.holdout is None:
        return None, None
    out = results.held_out(at.connection, playbook, since, until)
    looked_at = out if most is None else out[:most]
    without = sum(_first(at, plan, account, began, began + within) is not None for account, began in looked_at)
    return _entered(reached, within), Share(len(looked_at), without, len(out) - len(looked_at))


def _entered(reached: _Reached, within: timedelta) -> Share:
    judged = [(one, reached.goals[one.run]) for one in reached.began if one.run in reached.goals]
    in_time = sum(goal is not None and goal <= one.started + within for one, goal in judged)
    return Share(len(judged), in_time, len(reached.began) - len(judged))


def _may_be_looked_at(plan: Plan | None) -> bool:
    """Whether facts tell when its goal is reached."""
    return plan is not None and bool(plan.goals) and plan.start.each is None


def _reached_at(at: Bench, plan: Plan | None, one: Began, until: datetime) -> datetime | None:
    if one.ended is None or one.ended > until:
        return None  # a goal would have ended it
    if one.by_goal or plan is None or not _may_be_looked_at(plan):
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
