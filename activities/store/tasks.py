"""Work items of people, and the history of each: one row for everything that anybody did."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, func, insert, select

from activities.store import cards
from activities.store.tables import task_history, tasks
from activities.store.writing import upsert
from engine.run import Task

_FIELDS: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One line of a task's history; `fields` are those of the verb (outcome, until, to, note)."""

    task: str
    at: datetime
    verb: str
    by: str | None
    fields: dict[str, JsonValue]


def save(connection: Connection, ones: Sequence[Task]) -> None:
    rows = [
        {
            "id": one.id,
            "run": one.run,
            "account": one.account,
            "playbook": one.playbook,
            "person": one.person,
            "state": one.state,
            "opened": one.opened,
            "due": one.due,
            "body": one.model_dump_json(),
        }
        for one in ones
    ]
    cards.touch_changed(connection, {str(row["id"]): str(row["body"]) for row in rows})
    upsert(connection, tasks, rows)


def find(connection: Connection, task: str) -> Task | None:
    body = connection.scalar(select(tasks.c.body).where(tasks.c.id == task))
    return Task.model_validate_json(body) if body else None


def record(connection: Connection, events: Sequence[TaskEvent], *, by_people: bool = False) -> None:
    """What people did is shown before all else."""
    rows = [
        {"task": one.task, "at": one.at, "verb": one.verb, "by": one.by, "body": _FIELDS.dump_json(one.fields).decode()}
        for one in events
    ]
    if rows:
        connection.execute(insert(task_history), rows)
        cards.touch(connection, {one.task for one in events}, first=by_people)


def history(connection: Connection, task: str) -> list[TaskEvent]:
    query = select(task_history).where(task_history.c.task == task).order_by(task_history.c.seq)
    rows = connection.execute(query)
    return [TaskEvent(row.task, row.at, row.verb, row.by, _FIELDS.validate_json(row.body)) for row in rows]


def history_after(connection: Connection, task: str, seq: int) -> list[tuple[int, TaskEvent]]:
    """What came behind that line of it, each with its number."""
    query = select(task_history).where(task_history.c.task == task, task_history.c.seq > seq)
    rows = connection.execute(query.order_by(task_history.c.seq))
    return [(row.seq, TaskEvent(row.task, row.at, row.verb, row.by, _FIELDS.validate_json(row.body))) for row in rows]


def last_line(connection: Connection, task: str) -> int:
    """The number of the newest line of its history; 0 while there is none."""
    return connection.scalar(select(func.max(task_history.c.seq)).where(task_history.c.task == task)) or 0


def listed(
    connection: Connection,
    *,
    account: str | None = None,
    person: str | None = None,
    playbook: str | None = None,
    run: str | None = None,
    state: str | None = None,
    due_by: datetime | None = None,
    after: str = "",
    limit: int = 100,
) -> list[Task]:
    """By id, from the one after `after`."""
    query = select(tasks.c.body).where(tasks.c.id > after)
    given = {"account": account, "person": person, "playbook": playbook, "run": run, "state": state}
    for name, value in given.items():
        query = query.where(tasks.c[name] == value) if value is not None else query
    query = query.where(tasks.c.due <= due_by) if due_by else query
    bodies = connection.scalars(query.order_by(tasks.c.id).limit(limit))
    return [Task.model_validate_json(body) for body in bodies]


def of_person(connection: Connection, person: str, limit: int) -> list[Task]:
    """Their open ones, those that are due first."""
    query = select(tasks.c.body).where(tasks.c.state == "open", tasks.c.person == person)
    query = query.order_by(tasks.c.due.is_(None), tasks.c.due, tasks.c.id).limit(limit)
    return [Task.model_validate_json(body) for body in connection.scalars(query)]


def shared(connection: Connection, account: str) -> list[Task]:
    """Open ones of an account that others may wait for too."""
    query = select(tasks.c.body).where(tasks.c.account == account, tasks.c.state == "open")
    query = query.where(tasks.c.body.contains('"identity":"')).order_by(tasks.c.opened, tasks.c.id)
    return [Task.model_validate_json(body) for body in connection.scalars(query)]


def nobodys(connection: Connection, there: Collection[str], limit: int = 1_000) -> list[Task]:
    """Open ones that belong to no person who is still there."""
    nobodys = tasks.c.person.is_(None) | tasks.c.person.not_in(sorted(there))
    query = select(tasks.c.body).where(tasks.c.state == "open", nobodys)
    return [Task.model_validate_json(body) for body in connection.scalars(query.order_by(tasks.c.id).limit(limit))]


def unheard(connection: Connection, now: datetime, limit: int = 1_000) -> list[Task]:
    """Escalations whose last rung has run out: while there is a higher one, `due` moves on with it."""
    query = select(tasks.c.body).where(tasks.c.state == "open", tasks.c.due <= now)
    query = query.where(tasks.c.body.contains('"kind":"escalation"')).order_by(tasks.c.due, tasks.c.id)
    return [Task.model_validate_json(body) for body in connection.scalars(query.limit(limit))]


def used_up(connection: Connection, limit: int = 1_000) -> list[Task]:
    """Open ones that the last rung of their ladder has not moved, and that nobody has put off since."""
    query = select(tasks.c.body).where(tasks.c.state == "open", tasks.c.body.contains('"used_up":true'))
    query = query.where(tasks.c.body.contains('"snoozed":null')).order_by(tasks.c.due, tasks.c.id)
    return [Task.model_validate_json(body) for body in connection.scalars(query.limit(limit))]


def asleep(connection: Connection, due_by: datetime, limit: int = 1_000) -> list[Task]:
    """Open ones that were due by then, and that somebody has put off beyond now."""
    query = select(tasks.c.body).where(tasks.c.state == "open", tasks.c.due <= due_by)
    query = query.where(~tasks.c.body.contains('"snoozed":null')).order_by(tasks.c.due, tasks.c.id)
    return [Task.model_validate_json(body) for body in connection.scalars(query.limit(limit))]


def expired(connection: Connection, since: datetime, limit: int = 1_000) -> list[Task]:
    """Approvals that nobody gave before their mail was not worth sending any more."""
    query = select(tasks.c.body).where(tasks.c.state == "withdrawn", tasks.c.body.contains('"kind":"approval"'))
    query = query.where(tasks.c.body.contains('"outcome":"expired"')).order_by(tasks.c.due.desc(), tasks.c.id)
    found = [Task.model_validate_json(body) for body in connection.scalars(query.limit(limit))]
    return [task for task in found if task.closed is not None and task.closed >= since]


def counted(connection: Connection) -> dict[str, int]:
    """How many tasks there are by state."""
    rows = connection.execute(select(tasks.c.state, func.count()).group_by(tasks.c.state))
    return {row[0]: row[1] for row in rows}
