"""What a run's strands write: the state, what is taken back of it, and the trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from engine.context import Made, World
from engine.plan import Plan, Step
from engine.run import Open, Run, Task
from engine.trace import Entry


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a run ends: its outcome, by whom, and the path that the trace shows. `withdraw` says why open work is taken
    back; a run that ends in the normal way (None) leaves the tasks that it did not wait for.
    """

    outcome: str
    by: str
    path: str
    step: Step | None = None
    withdraw: str | None = None
    why: dict[str, JsonValue] | None = None


@dataclass(slots=True)
class Record:
    """One run as it stands. `arrivals` are steps that strands have come to and not yet entered, the next one last."""

    plan: Plan
    run: Run
    world: World
    made: Made = field(default_factory=Made)
    arrivals: list[str] = field(default_factory=list)

    def change(self, **changes: object) -> None:
        self.run = self.run.model_copy(update=changes)

    def at(self, instant: datetime) -> None:
        """The instant of what is fed now. A story never goes back in time."""
        self.change(clock=max(instant, self.run.clock))

    # --- the end

    def end(self, leaving: Leaving) -> None:
        self.arrivals.clear()
        for open_ in list(self.run.open.values()):
            if leaving.withdraw is None and open_.released and "task" in open_.memo:
                continue
            self.withdraw(open_, leaving.withdraw or leaving.by)
            self.drop(open_.path)
        kind = leaving.step.kind if leaving.step else "playbook"
        step = leaving.step.id if leaving.step else None
        self.record(leaving.path, step, kind, "ended", outcome=leaving.outcome, by=leaving.by, why=leaving.why)
        # What was held back while the run was paused may be counted now: nothing waits for a word to go on any more.
        self.change(outcome=leaving.outcome, ended=self.run.clock, paused=False, lacks=None, events={})

    def withdraw(self, open_: Open, reason: str) -> None:
        """Takes back what is open of a step: effects not yet claimed are not done, a task is closed with the reason."""
        self.made.withdraw(open_.path, open_.visit, reason)
        raw = open_.memo.get("task")
        if not isinstance(raw, dict):
            return
        task = Task.model_validate(raw)
        self.made.tasks[task.id] = task.model_copy(
            update={"state": "withdrawn", "closed": self.run.clock, "outcome": None, "snoozed": None}
        )
        self.log_task(open_, task, "withdrawn", reason=reason)

    def give_up_strands(self, path: str, reason: str) -> None:
        """Takes back all that is open in the step's own strands."""
        open_ = self.run.open.get(path)
        if open_ is None or not open_.strands:
            return
        roots = tuple(f"{path}{block}/" for block in open_.strands)
        self.arrivals = [one for one in self.arrivals if not one.startswith(roots)]
        for inner in [one for one in self.run.open.values() if one.path.startswith(roots)]:
            self.withdraw(inner, reason)
            self.drop(inner.path)
        self.leave_strands(open_, open_.strands)

    def leave_strands(self, open_: Open, blocks: Iterable[str]) -> Open:
        """These blocks have no strand any more; what has been heard in them is forgotten."""
        gone = tuple(blocks)
        roots = tuple(f"{open_.path}{block}" for block in gone)
        inside = tuple(f"{root}/" for root in roots)
        heard = {root: event for root, event in self.run.events.items() if root not in roots}
        if self.run.events:
            self.change(events={root: event for root, event in heard.items() if not root.startswith(inside)})
        left = open_.model_copy(update={"strands": tuple(one for one in open_.strands if one not in gone)})
        self.put(left)
        return left

    # --- the state

    def put(self, open_: Open) -> None:
        self.change(open=self.run.open | {open_.path: open_})

    def drop(self, path: str) -> None:
        self.change(open={name: open_ for name, open_ in self.run.open.items() if name != path})

    def log(self, open_: Open, event: str, **fields: JsonValue) -> None:
        step = self.plan.steps[open_.step]
        kind = step.kind if open_.path == self.plan.path_like(open_) else "task"
        self.record(open_.path, step.id, kind, event, **fields)

    def log_task(self, open_: Open, task: Task, event: str, **fields: JsonValue) -> None:
        """Where the task was opened: a mail's approval stands beside the mail."""
        if task.kind != "approval":
            self.log(open_, event, **fields)
            return
        self.record(task.path, task.step, "task", event, **fields)

    def record(self, path: str, step: str | None, kind: str, event: str, **fields: JsonValue) -> None:
        shown: dict[str, JsonValue] = {name: value for name, value in fields.items() if value is not None}
        entry = Entry(
            at=self.run.clock, path=path, step=step, kind=kind, event=event, subject=self.run.subject, fields=shown
        )
        self.made.trace.append(entry)
