"""What a manager asks of a stretch of time, counted from the app database alone."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from activities.store import tables
from activities.store.effects import counted
from engine.account import Account
from engine.run import Task
from engine.trace import Entry

NO_TIER = "no tier"
# Why a start did not happen, in words.
BARRED = {"again": "too soon after the last run", "live": "while a run was live"}


@dataclass(slots=True)
class Entered:
    """Runs of one playbook by accounts of one tier. `attention`: those running that wait until a person has
    looked.
    """

    started: int = 0
    running: int = 0
    attention: int = 0
    ended: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Worked:
    """Tasks of one playbook. `late` are among the done, `overdue` among the open, `escalated` among all."""

    opened: int = 0
    done: int = 0
    late: int = 0
    escalated: int = 0
    withdrawn: int = 0
    open: int = 0
    overdue: int = 0


@dataclass(slots=True)
class Raised:
    """Escalations: who took them on, and how high they went. `overdue` are among the open."""

    opened: int = 0
    acknowledged: int = 0
    late: int = 0
    cleared: int = 0
    withdrawn: int = 0
    open: int = 0
    overdue: int = 0
    higher: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """`runs` by playbook and tier, `tasks` by playbook, `effects` by channel, purpose and state, `barred` by reason.
    `reminders` by what became of them.
    """

    accounts: Counter[str]
    runs: dict[tuple[str, str], Entered]
    tasks: dict[str, Worked]
    escalations: Raised
    effects: dict[tuple[str, str, str], int]
    barred: Counter[str]
    reminders: Counter[str]


def figures(connection: Connection, now: datetime) -> Figures:
    tiers = tiers_of(connection)
    entries = _entries(connection, ("escalated", "not_started"))
    climbed = {(run, _base(one.path)) for run, one in entries if one.event == "escalated"}
    effects = counted(connection)
    work = [Task.model_validate_json(body) for body in connection.scalars(select(tables.tasks.c.body))]
    return Figures(
        accounts=Counter(tiers.values()),
        runs=_runs(connection, tiers),
        tasks=_tasks([one for one in work if one.kind != "escalation"], climbed, now),
        escalations=_raised([one for one in work if one.kind == "escalation"], climbed, now),
        effects=effects,
        barred=Counter(str(one.fields.get("reason")) for _, one in entries if one.event == "not_started"),
        reminders=_reminders(effects),
    )


def tiers_of(connection: Connection) -> dict[str, str]:
    """By account, as it now stands."""
    query = select(tables.accounts.c.id, tables.accounts.c.state).where(tables.accounts.c.state.is_not(None))
    return {
        row.id: value_of(Account.from_json(json.loads(row.state)), "tier") or NO_TIER
        for row in connection.execute(query)
    }


def value_of(account: Account, name: str) -> str:
    """The newest value of one of its fields, as text; empty when it has none."""
    series = account.fields.get(name)
    return str(series.values[-1]) if series and len(series) else ""


def _entries(connection: Connection, events: tuple[str, ...]) -> list[tuple[str, Entry]]:
    query = select(tables.trace.c.run, tables.trace.c.body).where(tables.trace.c.event.in_(events))
    return [(row.run, Entry.model_validate_json(row.body)) for row in connection.execute(query)]


def _reminders(effects: dict[tuple[str, str, str], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, purpose, state), number in effects.items():
        if purpose == "remind":
            found[state] += number
    return found


def _base(path: str) -> str:
    """The task's or escalation's own path, of that of one of its rungs."""
    return path.partition("/overdue/")[0].partition("/ladder/")[0]


def _runs(connection: Connection, tiers: dict[str, str]) -> dict[tuple[str, str], Entered]:
    runs = tables.runs.c
    found: dict[tuple[str, str], Entered] = {}
    query = select(runs.playbook, runs.account, runs.outcome, runs.parked, runs.fault).order_by(runs.playbook)
    for row in connection.execute(query):
        one = found.setdefault((row.playbook, tiers.get(row.account, NO_TIER)), Entered())
        one.started += 1
        if row.outcome is not None:
            one.ended[row.outcome] += 1
        else:
            one.running += 1
            one.attention += row.parked is not None or row.fault is not None
    return found


def _tasks(work: list[Task], climbed: set[tuple[str, str]], now: datetime) -> dict[str, Worked]:
    found: dict[str, Worked] = {}
    for task in sorted(work, key=lambda one: one.playbook):
        one = found.setdefault(task.playbook, Worked())
        one.opened += 1
        one.done += task.state == "done"
        one.late += task.state == "done" and _late(task)
        one.withdrawn += task.state == "withdrawn"
        one.open += task.state == "open"
        one.overdue += _overdue(task, now)
        one.escalated += (task.run, task.path) in climbed
    return found


def _overdue(task: Task, now: datetime) -> bool:
    return task.state == "open" and task.due is not None and task.due < now


def _late(task: Task) -> bool:
    return task.due is not None and task.closed is not None and task.closed > task.due


def _raised(work: list[Task], climbed: set[tuple[str, str]], now: datetime) -> Raised:
    cleared = sum(one.state == "done" and one.outcome == "cleared" for one in work)
    return Raised(
        opened=len(work),
        acknowledged=sum(one.state == "done" for one in work) - cleared,
        late=sum(one.state == "done" and one.outcome != "cleared" and (one.run, one.path) in climbed for one in work),
        cleared=cleared,
        withdrawn=sum(one.state == "withdrawn" for one in work),
        open=sum(one.state == "open" for one in work),
        overdue=sum(_overdue(one, now) for one in work),
        higher=sum((one.run, one.path) in climbed for one in work),
    )
