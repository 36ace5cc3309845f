"""The function: a run and what came in, and out comes the run that follows and what is to be done.

`advance` feeds inputs at the instant they were latched and timers at the instant they were due, in that order, until
the run rests. At one instant facts come first, then stop, goal, conditions, timers; an operator's word comes before
everything. It has no clock, no network and no database, and gives the same answer for the same arguments for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from engine.context import Context, Made, World
from engine.plan import MAIN, Plan
from engine.run import Acknowledged, Flipped, Input, Open, Operated, Run, Settled, Task, TaskActed
from engine.steps import KINDS
from engine.steps.base import Done, Finish, Given, Into, Move, Park, Rest, TimeUp, Unready
from engine.trace import Entry
from engine.stored import pack
from engine.values import UNKNOWN

EXITS = ("stop", "goal")
_RANKS = {"stop": 1, "goal": 2}


@dataclass(frozen=True, slots=True)
class Advanced:
    """The run as it now rests, what it made, and the inputs not fed yet: `advance` stops short when the run has said
    facts about the account, so that the host can take them in and call again. `ignored` were for a visit that is over.
    """

    run: Run
    made: Made
    left: tuple[Input, ...]
    ignored: tuple[Input, ...]

    @property
    def short(self) -> bool:
        return bool(self.made.fields)


def begin(
    plan: Plan,
    run_id: str,
    world: World,
    now: datetime,
    *,
    why: dict[str, JsonValue] | None = None,
    by: str | None = None,
    event: dict[str, JsonValue] | None = None,
) -> Advanced:
    """A new run, advanced until it rests."""
    values = world.scope.values
    remembered = {path: pack(values.get(path, UNKNOWN)) for path in sorted(plan.at_start)}
    run = Run(
        id=run_id,
        playbook=plan.playbook,
        plan=plan.hash,
        account=world.account,
        started=now,
        clock=now,
        at_start=remembered,
        event=event,
    )
    going = _Going(plan, run, world, now)
    going.log("start", None, "playbook", "started", why=why, by=by)
    going.enter_block(MAIN)
    going.work()
    return going.result()


def advance(plan: Plan, run: Run, inputs: Sequence[Input], world: World, now: datetime) -> Advanced:
    """The run after everything that has come by `now`."""
    going = _Going(plan, run, world, now, queue=sorted(inputs, key=_order))
    going.work()
    return going.result()


def _order(given: Input) -> tuple[int, datetime, int]:
    if isinstance(given, Operated):
        return (0, given.at, 0)
    if isinstance(given, Flipped):
        return (1, given.at, _RANKS.get(given.path, 3))
    return (1, given.at, 0)


@dataclass(slots=True)
class _Going:
    """One call of advance, under way."""

    plan: Plan
    run: Run
    world: World
    horizon: datetime
    queue: list[Input] = field(default_factory=list)
    made: Made = field(default_factory=Made)
    arrivals: list[str] = field(default_factory=list)
    held: list[Input] = field(default_factory=list)
    ignored: list[Input] = field(default_factory=list)

    def result(self) -> Advanced:
        return Advanced(self.run, self.made, (*self.held, *self.queue), tuple(self.ignored))

    def change(self, **changes: object) -> None:
        self.run = self.run.model_copy(update=changes)

    # --- the loop

    def work(self) -> None:
        """Feeds what is due, earliest first, until the run rests or has said facts that must be taken in first."""
        while not self.made.fields:
            if self.arrivals:
                self.enter(self.arrivals.pop())
            elif not self.feed_next():
                return

    def feed_next(self) -> bool:
        due = self.next_timer()
        if self.queue and (due is None or isinstance(self.queue[0], Operated) or self.queue[0].at <= due[0]):
            self.feed(self.queue.pop(0))
            return True
        if due is None:
            return False
        at, path, name = due
        self.tell_time(at, path, name)
        return True

    def next_timer(self) -> tuple[datetime, str, str] | None:
        """The earliest timer that is due by the horizon; a paused run has none."""
        if self.run.paused:
            return None
        due = [
            (at, order, path, name)
            for order, (path, open_) in enumerate(self.run.open.items())
            for name, at in open_.timers.items()
            if at <= self.horizon
        ]
        if not due:
            return None
        at, _, path, name = min(due)
        return at, path, name

    def tell_time(self, at: datetime, path: str, name: str) -> None:
        open_ = self.run.open[path]
        self.at(at)
        self.put(open_.model_copy(update={"timers": {one: when for one, when in open_.timers.items() if one != name}}))
        if name == "at_most":
            self.give_up(path)
            return
        overtaken = frozenset(one for one, when in open_.timers.items() if one != name and when <= self.horizon)
        self.resume(path, TimeUp(name, overtaken))

    def at(self, instant: datetime) -> None:
        """The instant of what is fed now. A story never goes back in time."""
        self.change(clock=max(instant, self.run.clock))

    # --- inputs

    def feed(self, given: Input) -> None:
        match given:
            case Operated():
                self.at(given.at)
                self.operate(given)
            case Flipped(path="goal" | "stop"):
                self.at(given.at)
                self.leave(given)
            case _ if self.run.paused:
                self.held.append(given)
            case _:
                self.at(given.at)
                self.hand(given)

    def hand(self, given: Flipped | Settled | TaskActed | Acknowledged) -> None:
        """To the visit that it is addressed to; when that is over it is counted and ignored."""
        open_ = self.run.open.get(given.path)
        if open_ is None or open_.visit != given.visit or open_.parked:
            self.ignored.append(given)
            return
        self.resume(given.path, given)

    def leave(self, given: Flipped) -> None:
        """A goal or stop came true: the run ends here and now."""
        exits = self.plan.stops if given.path == "stop" else self.plan.goals
        if not self.run.live:
            self.ignored.append(given)
            return
        reason = given.path
        self.end(
            exits[int(given.name)].outcome,
            by=reason,
            path=reason,
            step=None,
            kind="playbook",
            why=given.why,
            withdraw=reason,
        )

    def operate(self, given: Operated) -> None:
        match given.verb:
            case "pause":
                self.change(paused=True)
            case "resume":
                self.change(paused=False)
                self.queue = sorted((*self.queue, *self.held), key=_order)
                self.held = []
            case "stop" if self.run.live:
                self.end(
                    given.outcome or "stopped",
                    by="operator",
                    path="stop",
                    step=None,
                    kind="playbook",
                    withdraw="operator",
                )
            case "skip" | "retry" if given.path in self.run.open:
                self.move_on(given)
            case _:
                self.ignored.append(given)

    def move_on(self, given: Operated) -> None:
        """An operator skips a step, or lets a parked one try again."""
        path = given.path or ""
        open_ = self.run.open[path]
        if given.verb == "retry":
            if open_.parked is None:
                self.ignored.append(given)
                return
            self.log(path, open_.step, None, "resumed", by=given.by)
            self.drop(path)
            self.apply(path, open_.visit, self.ask(path, open_.visit, None, None), came=True)
            return
        self.withdraw(open_, "operator")
        self.log(path, open_.step, None, "skipped", by=given.by, reason="operator")
        self.finish_step(path, "skipped")

    # --- steps

    def enter_block(self, block: str) -> None:
        if first := self.plan.first(block):
            self.arrivals.append(first)

    def enter(self, path: str) -> None:
        step = self.plan.step_at(path)
        visit = self.run.visits.get(step.id, 0) + 1
        self.change(visits=self.run.visits | {step.id: visit})
        self.apply(path, visit, self.ask(path, visit, None, None), came=True)

    def resume(self, path: str, given: Given) -> None:
        open_ = self.run.open[path]
        self.apply(path, open_.visit, self.ask(path, open_.visit, open_, given), came=False)

    def ask(self, path: str, visit: int, open_: Open | None, given: Given | None) -> Move:
        """The kind's answer. A text or value that is not known parks the step: nothing half-made leaves."""
        step = self.plan.steps[open_.step] if open_ else self.plan.step_at(path)
        ctx = Context(
            self.plan,
            self.run,
            step,
            path,
            visit,
            self.run.clock,
            self.world,
            self.made,
            since=open_.since if open_ else None,
        )
        kind = KINDS[step.kind]
        try:
            move: Move = kind.enter(step.spec, ctx) if given is None else kind.resume(step.spec, open_, given, ctx)
        except Unready as missing:
            return Park(str(missing))
        return move

    def apply(self, path: str, visit: int, move: Move, *, came: bool) -> None:
        """`came`: the strand arrived with this visit, so a released step lets it go on."""
        match move:
            case Done(outcome):
                self.finish_step(path, outcome)
            case Rest():
                self.rest(path, visit, move, came=came)
            case Into(block, outcome):
                self.go_into(path, visit, block, outcome)
            case Finish(outcome):
                step = self.plan.step_at(path)
                self.drop(path)
                self.end(outcome, by="end", path=path, step=step.id, kind=step.kind, withdraw=None)
            case Park(reason):
                self.park(path, visit, reason)
        self.take_attached()

    def rest(self, path: str, visit: int, move: Rest, *, came: bool) -> None:
        former = self.run.open.get(path)
        timers = dict(move.timers)
        limit = self.plan.step_at(path).spec.at_most if former is None and came else None
        if limit is not None:
            timers["at_most"] = self.world.scope.calendar.add(limit, self.run.clock, "opens")
        if former is not None and "at_most" in former.timers:
            timers.setdefault("at_most", former.timers["at_most"])
        released = move.released or (former is not None and former.released)
        self.put(
            Open(
                path=path,
                step=former.step if former else self.plan.step_at(path).path,
                visit=visit,
                since=former.since if former else self.run.clock,
                timers=timers,
                watches=tuple(move.watches),
                memo=dict(move.memo),
                released=released,
            )
        )
        if came and released:
            self.go_on(path)

    def go_into(self, path: str, visit: int, block: str, outcome: str | None) -> None:
        self.note_outcome(path, outcome)
        inside = f"{path}/{block}"
        if not self.plan.has_steps(inside):
            self.finish_step(path, outcome)
            return
        former = self.run.open.get(path)
        since = former.since if former else self.run.clock
        released = former is not None and former.released
        memo: dict[str, JsonValue] = {"outcome": outcome}
        self.put(
            Open(
                path=path,
                step=self.plan.step_at(path).path,
                visit=visit,
                since=since,
                inside=block,
                memo=memo,
                released=released,
            )
        )
        self.enter_block(inside)

    def park(self, path: str, visit: int, reason: str) -> None:
        former = self.run.open.get(path)
        step = former.step if former else self.plan.step_at(path).path
        self.put(
            Open(
                path=path,
                step=step,
                visit=visit,
                since=self.run.clock,
                parked=reason,
                released=bool(former and former.released),
            )
        )
        self.log(path, step, None, "parked", reason=reason)

    def give_up(self, path: str) -> None:
        """The step's time is over: what is open of it is withdrawn and its `otherwise` follows."""
        open_ = self.run.open[path]
        self.withdraw(open_, "timed_out")
        self.log(path, open_.step, None, "timed_out")
        self.go_into(path, open_.visit, "otherwise", "timed_out")

    def finish_step(self, path: str, outcome: str | None) -> None:
        open_ = self.run.open.get(path)
        self.drop(path)
        if open_ is not None and open_.path != self.plan.path_like(open_):
            return
        self.note_outcome(path, outcome)
        if open_ is None or not open_.released:
            self.go_on(path)

    def note_outcome(self, path: str, outcome: str | None) -> None:
        if outcome is not None:
            self.change(outcomes=self.run.outcomes | {self.plan.step_at(path).id: outcome})

    def go_on(self, path: str) -> None:
        """The strand goes to the next step of its block, or out of the block, or the steps have run out."""
        if not self.run.live:
            return
        if following := self.plan.next(path):
            self.arrivals.append(following)
            return
        block = path.rpartition("/")[0]
        if block == MAIN:
            self.end("completed", by="steps", path="end", step=None, kind="playbook", withdraw=None)
            return
        owner = self.plan.owner_of(block)
        outcome = self.run.open[owner].memo.get("outcome")
        self.finish_step(owner, outcome if isinstance(outcome, str) else None)

    # --- the end

    def end(
        self,
        outcome: str,
        *,
        by: str,
        path: str,
        step: str | None,
        kind: str,
        withdraw: str | None,
        why: dict[str, JsonValue] | None = None,
    ) -> None:
        """`withdraw` says why open work is taken back; a run that ends in the normal way leaves the tasks that it did
        not wait for.
        """
        self.arrivals.clear()
        for open_ in list(self.run.open.values()):
            if withdraw is None and open_.released and "task" in open_.memo:
                continue
            self.withdraw(open_, withdraw or "ended")
            self.drop(open_.path)
        self.log_at(path, step, kind, "ended", outcome=outcome, by=by, why=why)
        self.change(outcome=outcome, ended=self.run.clock)

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
        self.log(open_.path, open_.step, "task" if task.kind == "missing" else None, "withdrawn", reason=reason)

    # --- the record

    def put(self, open_: Open) -> None:
        self.change(open=self.run.open | {open_.path: open_})

    def drop(self, path: str) -> None:
        self.change(open={name: open_ for name, open_ in self.run.open.items() if name != path})

    def take_attached(self) -> None:
        if self.made.opened:
            self.change(open=self.run.open | self.made.opened)
            self.made.opened.clear()

    def log(self, path: str, step_path: str | None, kind: str | None, event: str, **fields: JsonValue) -> None:
        step = self.plan.steps[step_path] if step_path else None
        self.log_at(path, step.id if step else None, kind or (step.kind if step else "playbook"), event, **fields)

    def log_at(self, path: str, step: str | None, kind: str, event: str, **fields: JsonValue) -> None:
        shown: dict[str, JsonValue] = {name: value for name, value in fields.items() if value is not None}
        self.made.trace.append(
            Entry(
                at=self.run.clock, path=path, step=step, kind=kind, event=event, subject=self.run.subject, fields=shown
            )
        )
