"""What people do with tasks: each act is one row of history, one input of the run, one wake, in one transaction."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.desks import Bench, bench
from activities.host import Host
from activities.runs import AdvanceFailed, advance, locked_account
from activities.store import accounts, inputs, runs, tasks, wakes
from activities.store.tasks import TaskEvent
from engine.problems import suggest
from engine.run import Acknowledged, Input, Operated, Task, TaskActed

LONGEST: Final = timedelta(days=365)  # that a task can be put off beyond its due, or beyond now
CLOSING: Final = {"acknowledge": "acknowledged", "complete": "done", "completed": "auto_closed", "cleared": "cleared"}


class NoSuchTask(Exception):
    """No task has this id."""


class _Behind(Exception):
    """The run has not been fed all that came before."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run = run


@dataclass(frozen=True, slots=True)
class Done:
    """The act counts; the task as it now stands. `aside`: a sentence on what it does not do, where one may think so."""

    task: Task
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The act does not count; `reason` is a sentence for whoever acted. `by` was faster, where somebody was. `wrong` is
    the part of what was said that cannot be, however the task stands.
    """

    task: Task
    reason: str
    by: str | None = None
    wrong: Literal["", "outcome", "until"] = ""


Answer = Done | Refused


Edited = Mapping[Literal["subject", "preheader", "body"], str]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does; which of the rest is needed depends on the verb."""

    verb: str
    by: str | None = None
    outcome: str | None = None
    until: datetime | None = None
    to: str | None = None
    note: str | None = None
    edited: Edited | None = None


def complete(
    host: Host,
    task: str,
    outcome: str = "done",
    by: str | None = None,
    note: str | None = None,
    edited: Edited | None = None,
) -> Answer:
    """The first outcome wins. `edited` is what an approved mail says instead. Every act raises NoSuchTask."""
    return _do(host, task, Act("complete", by, outcome=outcome, note=note, edited=edited))


def snooze(host: Host, task: str, until: datetime, by: str | None = None, note: str | None = None) -> Answer:
    return _do(host, task, Act("snooze", by, until=until, note=note))


def reassign(host: Host, task: str, to: str, by: str | None = None, note: str | None = None) -> Answer:
    return _do(host, task, Act("reassign", by, to=to, note=note))


def claim(host: Host, task: str, by: str) -> Answer:
    return _do(host, task, Act("claim", by))


def note(host: Host, task: str, text: str, by: str | None = None) -> Answer:
    return _do(host, task, Act("note", by, note=text))


def reopen(host: Host, task: str, by: str | None = None, note: str | None = None) -> Answer:
    return _do(host, task, Act("reopen", by, note=note))


def acknowledge(host: Host, task: str, by: str | None = None) -> Answer:
    """Somebody takes an escalation on."""
    return _do(host, task, Act("acknowledge", by))


def _do(host: Host, task: str, act: Act) -> Answer:
    """The run is first fed what came before the act, so that nobody is told "done" of what was taken back by then."""
    try:
        answer = host.database.write(lambda connection: _acted(bench(host, connection), task, act, in_time=True))
    except _Behind as behind:
        with suppress(AdvanceFailed):  # a run that our own code cannot advance keeps nobody from acting
            advance(host, behind.run)
        answer = host.database.write(lambda connection: _acted(bench(host, connection), task, act))
    host.stir()
    return answer


def _behind(connection: Connection, run: str, act: Act, now: datetime) -> bool:
    """Whether something that the run has not been fed yet may have taken the task back, or closed the one that is
    opened again. What comes in the very instant of an act comes after it: timers, a goal, but no operator's word.
    """
    row = runs.find(connection, run)
    if row is None or row.paused or row.fault is not None:
        return False
    if row.look_at is not None and row.look_at < now:
        return True
    waiting = inputs.waiting(connection, run)
    return any(one.at < now or act.verb == "reopen" or isinstance(one, Operated) for _, one in waiting)


def _acted(at: Bench, task_id: str, act: Act, *, in_time: bool = False) -> Answer:
    """Raises _Behind, before anything is done, where the act must be `in_time` and the run is behind."""
    found = tasks.find(at.connection, task_id)
    if found is None:
        raise NoSuchTask(task_id)
    account = locked_account(at.connection, found.run)
    task = tasks.find(at.connection, task_id) or found  # again, now that nobody else can act on it
    now = at.now(account)
    touches_run = act.verb == "reopen" or (act.verb != "note" and task.state == "open")
    if in_time and touches_run and _behind(at.connection, task.run, act, now):
        raise _Behind(task.run)
    if refused := _refused(task, act, now):
        return refused
    changed, aside = _changed(task, act, now), _aside(at.connection, task, act)
    lines = [TaskEvent(task.id, now, act.verb, act.by, _fields(act))]
    if act.verb == "reassign" and (cover := _cover(at, task, act.to, now)):
        changed = changed.model_copy(update={"person": cover})
        lines.append(TaskEvent(task.id, now, "reassigned", None, {"person": cover, "covers": act.to}))
    tasks.save(at.connection, [changed])
    tasks.record(at.connection, lines, by_people=True)
    accounts.stamp(at.connection, [account.id], now)
    if told := _told(task, act, now):
        inputs.latch(at.connection, [(task.run, told)], at.real)
        wakes.write(at.connection, [task.run], at.real)
    return Done(changed, aside)


def _refused(task: Task, act: Act, now: datetime) -> Refused | None:
    match act.verb:
        case "note":
            return None
        case "reopen" if task.state == "done":
            return Refused(task, _decided(task), task.by) if task.kind == "approval" else None
        case "reopen" if task.state == "open":
            return Refused(task, "It is open.", task.by)
        case _ if task.state != "open":
            return Refused(task, _over(task), task.by)
        case "complete" if act.outcome not in task.outcomes:
            return Refused(task, _no_outcome(task, act.outcome or ""), wrong="outcome")
        case "snooze":
            return _no_snooze(task, act, now)
        case "acknowledge" if task.kind != "escalation":
            outcomes = ", ".join(task.outcomes)
            return Refused(task, f"Only an escalation is acknowledged; complete this task with one of {outcomes}.")
    return None


def _no_snooze(task: Task, act: Act, now: datetime) -> Refused | None:
    if task.kind == "escalation":
        return Refused(task, "An escalation cannot be put off; acknowledge it, or give it to somebody else.")
    if act.until is None or act.until <= now:
        return Refused(task, "It can be put off to an instant that lies ahead only.", wrong="until")
    last = max(now, task.due or now) + LONGEST
    if act.until > last:
        since = "after it is due" if task.due is not None and task.due > now else "from now"
        return Refused(task, f"It can be put off until {last:%Y-%m-%d} at most, a year {since}.", wrong="until")
    return None


def _decided(task: Task) -> str:
    """The mail waits for nobody's word any more."""
    if task.outcome == "approved":
        instead = f"What has not gone yet is kept back by `playbook skip {task.run}`."
        return f"The mail was approved, and the run has sent it on its way. {instead}"
    instead = "Write it yourself, or start the playbook for the account anew where it may be started by hand."
    return f"The mail was declined, and the run has gone on without it. {instead}"


def _aside(connection: Connection, task: Task, act: Act) -> str:
    """A run hears of the first outcome alone."""
    closed = (one for one in tasks.history(connection, task.id) if one.verb in CLOSING)
    first = next(closed, None) if act.verb in {"reopen", "complete", "acknowledge"} else None
    if first is None:
        return ""
    of_what = "another outcome" if act.verb == "reopen" else "this one"
    went_on = f"The run went on with '{first.fields.get('outcome') or CLOSING[first.verb]}' when it was closed first"
    return f"{went_on}, and hears nothing of {of_what}."


def _no_outcome(task: Task, said: str) -> str:
    noun = "an escalation" if task.kind == "escalation" else "this task"
    wrong = f"'{said}' is no outcome of {noun}; what can be said of it: {', '.join(task.outcomes)}."
    return f"{wrong} {suggest(said, task.outcomes)}".strip()


def _over(task: Task) -> str:
    if task.state == "withdrawn":
        return "It is not needed any more: the playbook has taken it back."
    who = f" by {task.by}" if task.by else ""
    return f"It is done already: {task.outcome}{who}."


def _changed(task: Task, act: Act, now: datetime) -> Task:
    match act.verb:
        case "complete" | "acknowledge":
            outcome = "acknowledged" if task.kind == "escalation" else act.outcome
            changes = {"state": "done", "outcome": outcome, "by": act.by, "closed": now, "snoozed": None}
            return task.model_copy(update=changes)
        case "snooze":
            return task.model_copy(update={"snoozed": act.until})
        case "reassign" | "claim":
            return task.model_copy(update={"person": act.to or act.by, "by_hand": True, "taken": act.to or act.by})
        case "reopen":
            return task.model_copy(
                update={"state": "open", "outcome": None, "by": None, "closed": None, "identity": None}
            )
    return task


def _cover(at: Bench, task: Task, to: str | None, now: datetime) -> str | None:
    """Who has it in place of somebody who is away, as the run will find when it hears of it."""
    directory = at.current.setting.directory
    person = directory.people.get(to)
    found = directory.cover(person, task.role or "", now) if person else None
    return found.person.id if found and found.covers else None


def _told(task: Task, act: Act, now: datetime) -> Input | None:
    """What the run is told. A note is nothing to it; and when a task is opened again, the run has gone on long ago."""
    at = {"at": now, "path": task.rests_at, "visit": task.visit, "by": act.by}
    match act.verb:
        case "acknowledge":
            return Acknowledged.model_validate(at)
        case "complete" | "snooze" | "reassign" | "claim":
            given = {"verb": act.verb, "outcome": act.outcome, "until": act.until, "to": act.to, "note": act.note}
            return TaskActed.model_validate(at | given | {"edited": act.edited})
    return None


def _fields(act: Act) -> dict[str, JsonValue]:
    until = act.until.isoformat() if act.until else None
    given: dict[str, JsonValue] = {"outcome": act.outcome, "until": until, "to": act.to, "note": act.note}
    given |= {"edited": True if act.edited else None}
    return {name: value for name, value in given.items() if value is not None}
