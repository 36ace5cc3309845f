"""The colleagues at work: what `people_play` says that somebody will do, done at its time as a person would do it."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from activities import tasks
from activities.host import Host
from activities.store import tables
from activities.store import tasks as rows
from engine.run import Task
from workers.demo.people_play import Item, played

NO_DUE = timedelta(days=5)  # to act in, for what has no due instant of its own


@dataclass(slots=True)
class Played:
    """Counts of what was tried; `too_late` is what the playbook had closed before anybody came to it."""

    done: int = 0
    too_late: int = 0


@dataclass(slots=True)
class Players:
    host: Host
    seed: str
    played: Played = field(default_factory=Played)
    _seen: set[str] = field(default_factory=set)
    _coming: list[tuple[datetime, str, str]] = field(default_factory=list)

    def look(self) -> None:
        """Takes note of what was opened since the last look."""
        new = self.host.database.read(self._new)
        for task in new:
            self._seen.add(task.id)
            deed = played(item_of(task), self.seed)
            if deed is not None:
                heapq.heappush(self._coming, (deed.at, task.id, deed.outcome or ""))

    def act(self, now: datetime) -> None:
        """Everything whose time has come."""
        while self._coming and self._coming[0][0] <= now:
            _, task, outcome = heapq.heappop(self._coming)
            self._do(task, outcome)

    def _new(self, connection: Connection) -> list[Task]:
        ids = connection.scalars(select(tables.tasks.c.id).where(tables.tasks.c.state == "open"))
        return list(self._found(connection, [one for one in ids if one not in self._seen]))

    @staticmethod
    def _found(connection: Connection, ids: list[str]) -> Iterator[Task]:
        return (task for one in ids if (task := rows.find(connection, one)) is not None)

    def _do(self, task_id: str, outcome: str) -> None:
        """By whoever has the task by now: it may have moved to a cover or a manager."""
        task = self.host.database.read(lambda connection: rows.find(connection, task_id))
        by = task.person if task else None
        if outcome:
            answer = tasks.complete(self.host, task_id, outcome, by)
        else:
            answer = tasks.acknowledge(self.host, task_id, by)
        if isinstance(answer, tasks.Done):
            self.played.done += 1
        else:
            self.played.too_late += 1


def item_of(task: Task) -> Item:
    """Named by what it is about, since ids of runs are drawn by lot: the same demo tells the same story."""
    name = f"{task.account}/{task.playbook}/{task.path}/{task.visit}"
    due = task.due or task.opened + NO_DUE
    if task.kind == "escalation":
        return Item(name, "escalate", task.opened, due)
    return Item(name, "task", task.opened, due, task.outcomes)
