"""A run's strands while they move: steps are entered and resumed, rest, give way to the next, and the run ends.

Every change of the run goes through here, at the instant that its `clock` shows; engine/advance.py decides what is fed
when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from engine.context import Context, Made, World
from engine.plan import MAIN, Plan, Step, way_of
from engine.run import Open, Run, Task
from engine.steps import KINDS
from engine.steps.base import Done, Finish, Given, Into, Move, Park, Rest, Unready
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
class Strands:
    """`arrivals` are the paths of steps that a strand has come to and not yet entered; `ways` what the account was
    when steps that hang on it were entered.
    """

    plan: Plan
    run: Run
    world: World
    made: Made = field(default_factory=Made)
    arrivals: list[str] = field(default_factory=list)
    ways: dict[str, str] = field(default_factory=dict)

    def change(self, **changes: object) -> None:
        self.run = self.run.model_copy(update=changes)

    def at(self, instant: datetime) -> None:
        """The instant of what is fed now. A story never goes back in time."""
        self.change(clock=max(instant, self.run.clock))

    # --- steps

    def enter_block(self, block: str) -> None:
        if first := self.plan.first(block):
            self.arrivals.append(first)

    def enter(self, path: str) -> None:
        step = self.plan.step_at(path)
        visit = self.run.visits.get(step.id, 0) + 1
        self.change(visits=self.run.visits | {step.id: visit})
        self._apply(path, visit, self._arrive(step, path, visit), came=True)

    def resume(self, path: str, given: Given) -> None:
        open_ = self.run.open[path]
        step = self.plan.steps[open_.step].like(open_.way)
        self._apply(path, open_.visit, self._ask(step, path, open_.visit, open_, given), came=False)

    def try_again(self, path: str) -> None:
        """A parked step is entered again, in the same visit: what it did already keeps its key."""
        open_ = self.run.open[path]
        step = self.plan.steps[open_.step]
        self._apply(path, open_.visit, self._arrive(step, path, open_.visit, open_), came=not open_.released)

    def skip(self, path: str) -> None:
        """An operator passes the step over, with whatever is open inside it."""
        open_ = self.run.open[path]
        inside = [one for one in self.run.open.values() if one.path.startswith(f"{path}/")]
        for inner in [one for one in inside if one.step != open_.step]:
            self.withdraw(inner, "operator")
            self.drop(inner.path)
        self.withdraw(open_, "operator")
        self._finish_step(path, "skipped")

    def give_up(self, path: str) -> None:
        """The step's time is over: what is open of it is withdrawn and its `otherwise` follows, as long as the run
        lives.
        """
        open_ = self.run.open[path]
        self.withdraw(open_, "timed_out")
        self.log(open_, "timed_out")
        if self.run.live:
            self._go_into(path, open_.visit, "otherwise", "timed_out")
        else:
            self._finish_step(path, "timed_out")

    def _arrive(self, step: Step, path: str, visit: int, open_: Open | None = None) -> Move:
        """The step as it is for the account as that is now. For one of which nothing is said a person must look."""
        if step.by is None:
            return self._ask(step, path, visit, open_)
        self.ways.pop(path, None)
        words = {by: self.world.scope.values.get(f"account.{by}") for by in step.by}
        way = way_of(str(word) for word in words.values())
        if step.ways and way in step.ways:
            self.ways[path] = way
            return self._ask(step.like(way), path, visit, open_)
        unknown = next((f"account.{by}" for by, word in words.items() if not isinstance(word, str)), None)
        said = f"{unknown} is not known" if unknown else f"the step says nothing for {' and '.join(step.by)} {way}"
        return Park(f"its values are by {' and '.join(step.by)}, and {said}", awaits=unknown)

    def _ask(self, step: Step, path: str, visit: int, open_: Open | None = None, given: Given | None = None) -> Move:
        """The kind's answer. A text or value that is not known parks the step: nothing half-made leaves."""
        ctx = Context(
            plan=self.plan,
            run=self.run,
            step=step,
            path=path,
            visit=visit,
            now=self.run.clock,
            world=self.world,
            made=self.made,
            memo=open_.memo if open_ else {},
            way=self._way(path),
        )
        kind = KINDS[step.kind]
        try:
            move: Move = kind.enter(step.spec, ctx) if given is None else kind.resume(step.spec, open_, given, ctx)
        except Unready as missing:
            return Park(str(missing), awaits=missing.awaits)
        return move

    def _apply(self, path: str, visit: int, move: Move, *, came: bool) -> None:
        """`came`: the strand arrived with this visit, so a released step lets it go on."""
        match move:
            case Done(outcome):
                self._finish_step(path, outcome)
            case Rest():
                self._rest(path, visit, move, came=came)
            case Into(block, outcome, event):
                if event is not None:
                    self.change(event=event)
                self._go_into(path, visit, block, outcome)
            case Finish(outcome):
                self.drop(path)
                self.end(Leaving(outcome, by="end", path=path, step=self.plan.step_at(path)))
            case Park():
                self._park(path, visit, move)
        self._take_attached()

    def _rest(self, path: str, visit: int, move: Rest, *, came: bool) -> None:
        former = self.run.open.get(path)
        released = move.released or (former is not None and former.released)
        rested = self._opened(path, visit, released=released).model_copy(
            update={
                "timers": self._limited(path, move, former),
                "watches": tuple(move.watches),
                "memo": dict(move.memo),
            }
        )
        self.put(rested)
        if came and released:
            self._go_on(path)

    def _limited(self, path: str, move: Rest, former: Open | None) -> dict[str, datetime]:
        """The step's timers, with the one at which it is given up."""
        timers = dict(move.timers)
        limit = self.plan.step_at(path).like(self._way(path)).spec.at_most if former is None or former.parked else None
        if limit is not None:
            timers["at_most"] = self.world.scope.calendar.add(limit, self.run.clock, "opens")
        if former is not None and "at_most" in former.timers:
            timers["at_most"] = former.timers["at_most"]
        return timers

    def _go_into(self, path: str, visit: int, block: str, outcome: str | None) -> None:
        self._note_outcome(path, outcome)
        inside = f"{path}/{block}"
        if not self.plan.has_steps(inside):
            self._finish_step(path, outcome)
            return
        self.put(self._opened(path, visit).model_copy(update={"inside": block, "memo": {"outcome": outcome}}))
        self.enter_block(inside)

    def _park(self, path: str, visit: int, move: Park) -> None:
        former = self.run.open.get(path)
        kept = dict(move.memo or (former.memo if former else {}))
        update = {"parked": move.reason, "awaits": move.awaits, "memo": kept, "since": self.run.clock}
        parked = self._opened(path, visit).model_copy(update=update)
        self.put(parked)
        self.log(parked, "parked", reason=move.reason)

    def _opened(self, path: str, visit: int, *, released: bool | None = None) -> Open:
        """The step as it rests, bare: since when, and whether the strand has gone on, stay as they were."""
        former = self.run.open.get(path)
        kept = former is not None and former.released
        return Open(
            path=path,
            step=former.step if former else self.plan.step_at(path).path,
            visit=visit,
            since=former.since if former and not former.parked else self.run.clock,
            released=kept if released is None else released,
            way=self._way(path),
        )

    def _way(self, path: str) -> str | None:
        former = self.run.open.get(path)
        return self.ways.get(path, former.way if former else None)

    def _finish_step(self, path: str, outcome: str | None) -> None:
        open_ = self.run.open.get(path)
        self.drop(path)
        if open_ is not None and open_.path != self.plan.path_like(open_):
            return
        self._note_outcome(path, outcome)
        if open_ is None or not open_.released:
            self._go_on(path)

    def _note_outcome(self, path: str, outcome: str | None) -> None:
        if outcome is not None:
            self.change(outcomes=self.run.outcomes | {self.plan.step_at(path).id: outcome})

    def _go_on(self, path: str) -> None:
        """The strand goes to the next step of its block, or out of the block, or the steps have run out."""
        if following := self.plan.next(path):
            self.arrivals.append(following)
            return
        block = path.rpartition("/")[0]
        if block == MAIN:
            self.end(Leaving("completed", by="steps", path="end"))
            return
        owner = self.plan.owner_of(block)
        outcome = self.run.open[owner].memo.get("outcome")
        self._finish_step(owner, outcome if isinstance(outcome, str) else None)

    # --- the end

    def end(self, leaving: Leaving) -> None:
        self.arrivals.clear()
        for open_ in list(self.run.open.values()):
            if leaving.withdraw is None and open_.released and "task" in open_.memo:
                continue
            self.withdraw(open_, leaving.withdraw or "ended")
            self.drop(open_.path)
        kind = leaving.step.kind if leaving.step else "playbook"
        step = leaving.step.id if leaving.step else None
        self.record(leaving.path, step, kind, "ended", outcome=leaving.outcome, by=leaving.by, why=leaving.why)
        # What was held back while the run was paused may be counted now: nothing waits for a word to go on any more.
        self.change(outcome=leaving.outcome, ended=self.run.clock, paused=False)

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
        self.log(open_, "withdrawn", reason=reason)

    # --- the record

    def put(self, open_: Open) -> None:
        self.change(open=self.run.open | {open_.path: open_})

    def drop(self, path: str) -> None:
        self.change(open={name: open_ for name, open_ in self.run.open.items() if name != path})

    def _take_attached(self) -> None:
        if self.made.opened:
            self.change(open=self.run.open | self.made.opened)
            self.made.opened.clear()

    def log(self, open_: Open, event: str, **fields: JsonValue) -> None:
        step = self.plan.steps[open_.step]
        kind = step.kind if open_.path == self.plan.path_like(open_) else "task"
        self.record(open_.path, step.id, kind, event, **fields)

    def record(self, path: str, step: str | None, kind: str, event: str, **fields: JsonValue) -> None:
        shown: dict[str, JsonValue] = {name: value for name, value in fields.items() if value is not None}
        entry = Entry(
            at=self.run.clock, path=path, step=step, kind=kind, event=event, subject=self.run.subject, fields=shown
        )
        self.made.trace.append(entry)
