"""What people order beside tasks: runs held, ended and begun; checked and counted before anything happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from activities import runs
from activities.host import Host
from activities.store.inputs import Unread
from activities.store.runs import RunRow
from engine.people import People
from engine.plan import MEANWHILE
from engine.problems import PlaybookError, suggest
from engine.run import Open, Task
from engine.steps.task import OUTCOMES

NAMED = 20  # people in a message

Verb = Literal["pause", "resume", "skip", "stop"]


class NotPossible(PlaybookError):
    """What was ordered cannot be done: why, and what could be."""

    def __init__(self, why: str, fix: str = "") -> None:
        self.why = why
        self.fix = fix
        super().__init__(f"{why}. {fix}" if fix else why)


class Unsaid(PlaybookError):
    """A task was to be closed without saying how, and its author named outcomes of their own."""


@dataclass(frozen=True, slots=True)
class Order:
    """One word for one run, as `runs.operate` takes it."""

    run: str
    verb: Literal["pause", "resume", "skip", "retry", "stop"]
    path: str | None = None
    outcome: str | None = None


def known_person(host: Host, name: str) -> str:
    """The id of a colleague. Raises NotPossible for one that people.yaml has not."""
    people = host.database.read(lambda connection: host.applied.current(connection).setting.people)
    if people.get(name) is None:
        raise NotPossible(f"'{name}' is nobody in people.yaml", suggest(name, people.ids) or _somebody(people))
    return name


def _somebody(people: People) -> str:
    """Who there is, as far as one reads."""
    there = [one.id for one in people.everyone if one.active]
    if not there:
        return "Name people in people.yaml and run `playbook apply`"
    more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
    return f"Name one who is there: {', '.join(there[:NAMED])}{more}"


def outcome_of(task: Task, said: str | None) -> str:
    """What closes the task. Only `done` goes without saying, and an escalation's one outcome. Raises Unsaid."""
    if said is not None:
        return said
    if task.state == "open" and task.kind != "escalation" and task.outcomes != OUTCOMES:
        raise Unsaid(f"say which outcome: {', '.join(task.outcomes)}")
    return task.outcomes[0]


def paused(rows: Sequence[RunRow]) -> list[Order]:
    return [Order(row.id, "pause") for row in rows if row.outcome is None and not row.paused]


def stopped(rows: Sequence[RunRow], outcome: str) -> list[Order]:
    return [Order(row.id, "stop", outcome=outcome) for row in rows if row.outcome is None]


def resumed(rows: Sequence[RunRow]) -> list[Order]:
    """Paused runs go on, and parked steps are tried again."""
    orders: list[Order] = []
    for row in rows:
        if row.paused:
            orders.append(Order(row.id, "resume"))
        if row.fault is None and row.parked is not None:
            orders += [Order(row.id, "retry", path=one.path) for one in row.run.open.values() if one.parked]
    return orders


def faulted(rows: Sequence[RunRow]) -> list[str]:
    """Runs that our own code was given up on; a person's word or a deploy has them tried again."""
    return [row.id for row in rows if row.fault is not None and row.outcome is None]


def discardable(unread: Sequence[Unread], row: RunRow, seq: int | None) -> Unread:
    """The input at which a run fails: the first that waits for it, or the one of that number. Raises NotPossible."""
    if row.fault is None:
        raise NotPossible(f"{row.id} has not failed at an input", f"`playbook run {row.id}` shows how it stands")
    found = [one for one in unread if seq in {None, one.seq}]
    if not found:
        waiting = ", ".join(str(one.seq) for one in unread)
        raise NotPossible(f"no such input waits for {row.id}", f"There wait {waiting}" if waiting else "None waits")
    return found[0]


def skipped(row: RunRow, path: str | None) -> Order:
    """The step that the run rests at, what waits for a person first, or the one of `path` among several. Raises
    NotPossible.
    """
    resting = [one for one in row.run.open.values() if not one.released]
    found = [one for one in resting if path in {one.path, one.step.rpartition("/")[2]}]
    if path is None:
        # Not what is only around another step, nor what stands beside the steps.
        own = [one for one in resting if not (one.inside or one.strands or one.step.startswith(f"{MEANWHILE}/"))]
        found = [one for one in resting if one.parked] or own
    if row.outcome is not None or not resting:
        raise NotPossible(f"{row.id} rests at no step that could be skipped", f"`playbook run {row.id}` shows it")
    if len(found) != 1:
        raise _which(row.id, resting, path)
    return Order(row.id, "skip", path=found[0].path)


def carry_out(host: Host, orders: Sequence[Order], by: str | None) -> None:
    for one in orders:
        runs.operate(host, one.run, one.verb, by=by, path=one.path, outcome=one.outcome)


def _which(run: str, resting: Sequence[Open], path: str | None) -> NotPossible:
    where = ", ".join(one.path for one in resting)
    if path:
        return NotPossible(f"{run} does not rest at '{path}'", f"It rests at {where}")
    return NotPossible(f"{run} rests at several steps", f"Name one of {where}")
