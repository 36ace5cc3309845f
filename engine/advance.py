"""The function: a run and what came in, and out comes the run that follows and what is to be done.

`advance` feeds inputs at the instant they were latched and timers at the instant they were due, in that order, until
the run rests. At one instant facts come first, then stop, goal, conditions, timers; an operator's word comes before
everything. It has no clock, no network and no database, and gives the same answer for the same arguments for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine.context import Made, World
from engine.plan import Plan
from engine.run import Acknowledged, Answered, Flipped, Input, Joined, Open, Operated, Played, Run, Settled, TaskActed
from engine.steps.base import NEXT, SAID, TimeUp
from engine.stored import pack, to_json
from engine.strands import Leaving, Strands
from engine.values import UNKNOWN, unpack
from engine.watching import ANCHOR, KNOWN, LOST

EXITS = ("stop", "goal")
_TICK = timedelta(microseconds=1)
_RANKS = {"stop": 1, "goal": 2, ANCHOR: 4}
_EXPIRED = 5  # what time alone has brought, as a timer does


@dataclass(frozen=True, slots=True)
class Advanced:
    """The run as it now rests, what it made, and the inputs not fed yet: `advance` stops short when the run has said
    facts about the account, plays another playbook or has outcomes that conditions read, so that the host can look at
    those and call again. `ignored` were for a visit that is over.
    """

    run: Run
    made: Made
    left: tuple[Input, ...]
    ignored: tuple[Input, ...]

    @property
    def short(self) -> bool:
        return self.made.matters


def begin(
    plan: Plan,
    run_id: str,
    world: World,
    now: datetime,
    *,
    why: dict[str, JsonValue] | None = None,
    by: str | None = None,
    event: dict[str, JsonValue] | None = None,
    subject: str = "",
) -> Advanced:
    """A new run, advanced until it rests."""
    known = world.scope.values
    remembered = {path: pack(known.get(path, UNKNOWN)) for path in sorted(plan.at_start)}
    run = Run(
        id=run_id,
        playbook=plan.playbook,
        plan=plan.hash,
        account=world.account,
        subject=subject,
        started=now,
        clock=now,
        at_start=remembered,
        event=event,
        parameters=plan.parameters,
    )
    strands = Strands(plan, run, world)
    values = {name: to_json(unpack(value)) for name, value in (plan.parameters or {}).items()}
    strands.record("start", None, "playbook", "started", why=why, by=by, parameters=values or None)
    strands.set_out()
    return _Feeding(strands, now, now).advanced()


def advance(
    plan: Plan, run: Run, inputs: Sequence[Input], world: World, now: datetime, horizon: datetime | None = None
) -> Advanced:
    """The run after everything that has come by `now`; later inputs are left. `horizon` is how far a late run has yet
    to catch up beyond `now`: a reminder that another overtakes by then is not sent.
    """
    strands = Strands(plan, run, world, arrivals=list(run.arrivals))
    return _Feeding(strands, now, horizon or now, queue=sorted(inputs, key=_order)).advanced()


def upcoming(run: Run, inputs: Iterable[Input], by: datetime) -> datetime | None:
    """The instant of what the run must be fed next; None when nothing has come by then. An operator's word waits for
    nothing, and a paused run hears only what ends it.
    """
    if run.arrivals:
        return run.clock
    told = list(inputs)
    words = [one.at for one in told if isinstance(one, Operated)]
    if words:
        return max(min(words), run.clock)
    ats = [one.at for one in told if not run.paused or _leaves(one)]
    ats += [run.look_at] if run.look_at is not None else []
    first = min(ats, default=None)
    return max(first, run.clock) if first is not None and first <= by else None


def _has_inside(
    timer: tuple[datetime, int, str, str], due: Sequence[tuple[datetime, int, str, str]], at: datetime
) -> bool:
    """Whether it brings the next round of a loop in whose last one a timer is due at the same instant."""
    _, _, path, name = timer
    return name == NEXT and any(one[0] == at and one[2].startswith(f"{path}#") for one in due)


def _leaves(given: Input) -> bool:
    return isinstance(given, Flipped) and given.path in EXITS


def _order(given: Input) -> tuple[int, datetime, int]:
    if isinstance(given, Operated):
        return (0, given.at, 0)
    if isinstance(given, Flipped):
        return (1, given.at, _RANKS.get(given.path, 3))
    if isinstance(given, Settled) and given.state == "expired":
        return (1, given.at, _EXPIRED)
    return (1, given.at, 0)


@dataclass(slots=True)
class _Feeding:
    """One call of advance, under way. `held` is what a paused run is not fed."""

    strands: Strands
    now: datetime
    horizon: datetime
    queue: list[Input] = field(default_factory=list)
    held: list[Input] = field(default_factory=list)
    ignored: list[Input] = field(default_factory=list)

    @property
    def run(self) -> Run:
        return self.strands.run

    def advanced(self) -> Advanced:
        """Feeds what is due, earliest first, until the run rests or has said facts that must be taken in first."""
        strands = self.strands
        while not strands.made.matters:
            if strands.arrivals and not self._flips_now():
                strands.enter(strands.arrivals.pop())
            elif not self._feed_next():
                break
        if self.run.arrivals != (still := tuple(strands.arrivals)):
            strands.change(arrivals=still)
        return Advanced(self.run, strands.made, (*self.held, *self.queue), tuple(self.ignored))

    def _flips_now(self) -> bool:
        """What the step before has made true, a goal above all, comes before the step that follows."""
        match self.queue[:1]:
            case [Flipped(event=None, at=at)]:
                return at <= self.run.clock and not self.run.paused
        return False

    def _feed_next(self) -> bool:
        due = self._next_timer()
        first = self.queue[0] if self.queue else None
        if first and (isinstance(first, Operated) or self._comes_first(first, due)):
            self._feed(self.queue.pop(0))
            return True
        if due is None:
            return False
        self._tell_time(*due)
        return True

    def _comes_first(self, first: Input, due: tuple[datetime, str, str] | None) -> bool:
        """Before the timer that is due. A step that has said facts goes on at once: only what ends the run is heard
        sooner.
        """
        if due is None:
            return first.at <= self.now
        return first.at <= due[0] and (due[2] != SAID or _leaves(first))

    def _next_timer(self) -> tuple[datetime, str, str] | None:
        """The earliest timer that is due by now; a paused run has none. What a loop began ends before the loop comes
        again in the same instant, so that a week's wait does not stand in the way of the next week's.
        """
        if self.run.paused:
            return None
        due = [
            (at, order, path, name)
            for order, (path, open_) in enumerate(self.run.open.items())
            for name, at in open_.timers.items()
            if at <= self.now
        ]
        if not due:
            return None
        at = min(one[0] for one in due)
        _, _, path, name = min((one for one in due if one[0] == at), key=lambda one: (_has_inside(one, due, at), *one))
        return at, path, name

    def _tell_time(self, at: datetime, path: str, name: str) -> None:
        open_ = self.run.open[path]
        self.strands.at(at)
        others = {one: when for one, when in open_.timers.items() if one != name}
        self.strands.put(open_.model_copy(update={"timers": others}))
        if name == "at_most":
            self.strands.give_up(path)
            return
        end = self._undisturbed(open_)
        overtaken = frozenset(one for one, when in others.items() if when <= end)
        self.strands.resume(path, TimeUp(name, at, end, overtaken))

    def _undisturbed(self, open_: Open) -> datetime:
        """How far the step's timers run by themselves: until just before it is given up, or something comes for it."""
        ends = [one.at for one in self.queue if _leaves(one) or _addressee(one) == (open_.path, open_.visit)]
        ends += [open_.timers["at_most"]] if "at_most" in open_.timers else []
        return min((self.horizon, *(one - _TICK for one in ends)))

    # --- inputs

    def _feed(self, given: Input) -> None:
        match given:
            case Operated():
                self.strands.at(given.at)
                self._operate(given)
            case Flipped(path="goal" | "stop"):
                self.strands.at(given.at)
                self._leave(given)
            case _ if self.run.paused:
                self.held.append(given)
            case Flipped(path="anchor", visit=0):
                self.strands.at(given.at)
                self._count_from(given)
            case _:
                self.strands.at(given.at)
                self._hand(given)

    def _hand(self, given: Flipped | Settled | Answered | TaskActed | Acknowledged | Played | Joined) -> None:
        """To the visit that it is addressed to; when that is over, or its steps have gone on inside, it is counted and
        ignored.
        """
        open_ = self.run.open.get(given.path)
        if open_ is None or open_.visit != given.visit or open_.inside is not None:
            self.ignored.append(given)
            return
        if open_.parked:
            self._mended(open_, given)
            return
        self.strands.resume(given.path, given)

    def _mended(self, open_: Open, given: Input) -> None:
        """What a parked step lacked is known: it tries again. What it watches and what people answer it hears, and all
        else that comes for it is ignored.
        """
        match given:
            case Flipped(name=name) if name == KNOWN:
                self.strands.log(open_, "resumed")
                self.strands.try_again(open_.path)
            case Flipped(name=name) if name in open_.watches:
                self.strands.resume(open_.path, given)
            case Answered():
                self.strands.resume(open_.path, given)
            case _:
                self.ignored.append(given)

    def _count_from(self, given: Flipped) -> None:
        """The days of the run count from nothing any more: a person must look, and what does not hang on it goes on.
        Where a step has just said so that is enough.
        """
        anchor, lost = self.strands.plan.anchor, given.name == LOST
        told = any(one.awaits == anchor for one in self.run.open.values())
        if not self.run.live or lost == (self.run.lacks is not None) or (lost and told):
            self.ignored.append(given)
            return
        self.strands.change(lacks=anchor if lost else None)
        reason = f"its days count from {anchor}, which is not known any more" if lost else None
        self.strands.record(ANCHOR, None, "playbook", "parked" if lost else "resumed", reason=reason, why=given.why)

    def _leave(self, given: Flipped) -> None:
        """A goal or stop came true: the run ends here and now."""
        if not self.run.live:
            self.ignored.append(given)
            return
        plan, exit_ = self.strands.plan, given.path
        outcome = (plan.stops if exit_ == "stop" else plan.goals)[int(given.name)].outcome
        self._end(Leaving(outcome, by=exit_, path=exit_, withdraw=exit_, why=given.why))

    def _end(self, leaving: Leaving) -> None:
        self.strands.end(leaving)
        self._take_up_held()

    def _take_up_held(self) -> None:
        self.queue = sorted((*self.queue, *self.held), key=_order)
        self.held = []

    def _operate(self, given: Operated) -> None:
        match given.verb:
            case "pause" if self.run.live:
                self.strands.change(paused=True)
            case "resume":
                self.strands.change(paused=False)
                self._take_up_held()
            case "stop" if self.run.live:
                self._end(Leaving(given.outcome or "stopped", by="operator", path="stop", withdraw="operator"))
            case "skip" if open_ := self.run.open.get(given.path or ""):
                self.strands.log(open_, "skipped", by=given.by, reason="operator")
                self.strands.skip(open_.path)
            case "retry" if (open_ := self.run.open.get(given.path or "")) and open_.parked:
                self.strands.log(open_, "resumed", by=given.by)
                self.strands.try_again(open_.path)
            case _:
                self.ignored.append(given)


def _addressee(given: Input) -> tuple[str, int] | None:
    return None if isinstance(given, Operated) else (given.path, given.visit)
