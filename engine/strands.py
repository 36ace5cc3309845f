"""A run's strands while they move: steps are entered and resumed, rest, give way to the next, set out strands of their
own.

Every change of the run goes through here, at the instant that its `clock` shows; engine/advance.py decides what is fed
when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine.context import Context
from engine.plan import MAIN, MEANWHILE, OUT, Step, way_of
from engine.record import Leaving, Record
from engine.run import Open
from engine.steps import KINDS
from engine.steps.base import Done, Finish, Given, Into, Move, Over, Park, Rest, Through, Unready

__all__ = ["Leaving", "Strands"]

_A_MOMENT = timedelta(seconds=1)


@dataclass(slots=True)
class Strands(Record):
    """`ways` is what the account was when steps that hang on it were entered."""

    ways: dict[str, str] = field(default_factory=dict)

    # --- steps

    def set_out(self) -> None:
        """The strand of the main steps, and before it what stands beside them."""
        self.enter_block(MAIN)
        self.arrivals += reversed(self.plan.blocks.get(MEANWHILE, ()))

    def enter_block(self, block: str) -> None:
        if first := self.plan.first(block):
            self.arrivals.append(first)

    def enter(self, path: str) -> None:
        if path == OUT:
            self.end(Leaving("completed", by="steps", path="end"))
            return
        step = self.plan.step_at(path)
        visit = self.run.visits.get(step.id, 0) + 1
        self.change(visits=self.run.visits | {step.id: visit})
        self._apply(path, visit, self._arrive(step, path, visit), came=True)

    def resume(self, path: str, given: Given) -> None:
        open_ = self.run.open[path]
        step = self.plan.steps[open_.step].like(open_.way)
        move = self._ask(step, path, open_.visit, open_, given)
        if isinstance(move, Park) and move.reason == open_.parked:
            still = {"memo": dict(move.memo), "timers": self._limited(path, move, open_)}
            self.put(open_.model_copy(update=still))  # it lacks what it lacked before
        else:
            self._apply(path, open_.visit, move, came=False)

    def try_again(self, path: str) -> None:
        """A parked step is entered again, in the same visit: what it did already keeps its key."""
        open_ = self.run.open[path]
        step = self.plan.steps[open_.step]
        self._apply(path, open_.visit, self._arrive(step, path, open_.visit, open_), came=not open_.released)

    def skip(self, path: str) -> None:
        """An operator passes the step over, with whatever is open inside it."""
        self.give_up_strands(path, "operator")
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
        self.give_up_strands(path, "timed_out")
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
            strands=open_.strands if open_ else (),
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
            case Over(outcome, reason):
                self.give_up_strands(path, reason)
                step = self.plan.step_at(path)
                self.record(path, step.id, step.kind, "completed", outcome=outcome)
                self._finish_step(path, outcome)
            case Into(block, outcome, event):
                if event is not None:
                    self._hear(self.run.strand_of(path), event)
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
        self.put(rested.model_copy(update={"strands": (*rested.strands, *move.begins)}) if move.begins else rested)
        for block in reversed(move.begins):
            self.enter_block(f"{path}{block}")
            if move.event is not None:
                self._hear(f"{path}{block}", move.event)
        if came and released:
            self._go_on(path)

    def _limited(self, path: str, move: Rest | Park, former: Open | None) -> dict[str, datetime]:
        """The step's timers, with the one at which it is given up: that runs on while the step is parked."""
        said = [former.timers["at_most"]] if former is not None and "at_most" in former.timers else []
        if former is None or former.parked:
            said += self._gives_up(path)
        if said and min(said) <= self.run.clock and self._has_just_wanted(path):
            said = [self.run.clock + _A_MOMENT]
        return dict(move.timers) | ({"at_most": min(said)} if said else {})

    def _has_just_wanted(self, path: str) -> bool:
        """Whether the step waits for something that it wants since this very instant, its last: that may still go."""
        wanted = self.made.effects.values()
        return any(one.blocking and (one.path, one.at) == (path, self.run.clock) for one in wanted)

    def _gives_up(self, path: str) -> list[datetime]:
        """When a step that begins to wait now is given up, if ever; where nobody knows yet by which of its values, by
        the longest of them.
        """
        step, way = self.plan.step_at(path), self._way(path)
        specs = step.specs if way is None else (step.like(way).spec,)
        calendar, now = self.world.scope.calendar, self.run.clock
        return sorted(calendar.add(one.at_most, now, "opens") for one in specs if one.at_most is not None)[-1:]

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
        watches = tuple(move.watches) or (former.watches if former and former.parked else ())
        lacking = {"parked": move.reason, "awaits": move.awaits, "memo": kept, "watches": watches}
        since = {"since": self.run.clock, "timers": self._limited(path, move, former)}
        parked = self._opened(path, visit).model_copy(update=lacking | since)
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
            strands=former.strands if former else (),
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
        if outcome is None:
            return
        step = self.plan.step_at(path).id
        self.made.outcomes |= outcome != self.run.outcomes.get(step) and step in self.plan.heard
        self.change(outcomes=self.run.outcomes | {step: outcome})

    def _go_on(self, path: str) -> None:
        """The strand goes to the next step of its block, or out of the block, or the steps have run out."""
        block = path.rpartition("/")[0]
        if block == MEANWHILE:
            return
        if following := self.plan.next(path):
            self.arrivals.append(following)
            return
        if block == MAIN:
            self.arrivals.append(OUT)
            return
        owner = self.run.open[self.plan.owner_of(block)]
        if (strand := block.removeprefix(owner.path)) in owner.strands:
            if not self.leave_strands(owner, [strand]).parked:
                self.resume(owner.path, Through(strand))
            return
        outcome = owner.memo.get("outcome")
        self._finish_step(owner.path, outcome if isinstance(outcome, str) else None)

    def _hear(self, strand: str, event: dict[str, JsonValue]) -> None:
        """What can be read as `event.*` in that strand from here on."""
        self.change(**({"events": self.run.events | {strand: event}} if strand else {"event": event}))

    def _take_attached(self) -> None:
        if self.made.opened:
            self.change(open=self.run.open | self.made.opened)
            self.made.opened.clear()
