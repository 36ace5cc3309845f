"""Hosts that are less kind than a simulation: that store whatever they lay down, are late, or pester who is gone."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.account import Account
from engine.decided import Decided
from engine.desk import Changes, Desk
from engine.facts import Fact
from engine.moments import facts_of
from engine.plan import Plan
from engine.run import Acknowledged, Flipped, Input, Played, Run, Settled, TaskActed, Watch
from engine.simulate import Simulation
from engine.story import Story
from engine.trace import Entry
from engine.trigger import Entries, Rules
from tests.support.playbooks import setting


def after(begin: datetime, days: int) -> datetime:
    return begin + timedelta(days=days)


@dataclass
class Seen:
    """What a simulation keeps to itself."""

    entries: list[tuple[str, Entry]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    bodies: list[tuple[str, object]] = field(default_factory=list)
    posts: list[tuple[str, str, object]] = field(default_factory=list)
    ignored: list[Input] = field(default_factory=list)
    acted: list[tuple[str, Input]] = field(default_factory=list)

    def of_run(self, run: str) -> list[dict[str, object]]:
        return [entry.to_json() for name, entry in self.entries if name == run]


class Watched(Simulation):
    """A simulation that shows what goes on in it, for as long as anything is told and then some."""

    def __init__(self, plan: Plan, story: Story, until: datetime | None = None) -> None:
        super().__init__(plan, story, setting(), until or after(story.start, 130))
        self.seen = Seen()

    def note(self, run: str, entry: Entry) -> None:
        self.seen.entries.append((run, entry))
        super().note(run, entry)

    def absorb(self, now: datetime) -> None:
        changes = self.desk.changes
        self.seen.effects += changes.effects
        self.seen.bodies += [(one.to, one.content.get("body")) for one in changes.effects.values()]
        made = [one for one in changes.effects.values() if one.channel == "webhook"]
        self.seen.posts += [(one.to, one.address, one.content["body"]) for one in made]
        self.seen.ignored += [one for _, one in changes.ignored]
        super().absorb(now)

    def run_until_quiet(self, now: datetime) -> None:
        acted = (TaskActed, Acknowledged)
        self.seen.acted += [
            (run, one)
            for run, told in self.inputs.items()
            for one in told
            if isinstance(one, acted) and run in self.desk.runs
        ]
        super().run_until_quiet(now)


class Sharing(Watched):
    """Looks for identities of which two tasks are open, and for visits that wait for a task which is closed, whenever
    nothing is left to be done at an instant.
    """

    def __init__(self, plan: Plan, story: Story, until: datetime | None = None) -> None:
        super().__init__(plan, story, until)
        self.doubled: list[str] = []
        self.forgotten: list[str] = []

    def run_until_quiet(self, now: datetime) -> None:
        super().run_until_quiet(now)
        current = {one.id: one for one in self.tasks.values() if one.state == "open"}
        shared = [one.identity for one in current.values() if one.identity]
        self.doubled += sorted({one for one in shared if shared.count(one) > 1})
        waiting = [open_ for run in self.desk.runs.values() for open_ in run.open.values() if "task" not in open_.memo]
        self.forgotten += [open_.path for open_ in waiting if open_.memo.get("joined", "") not in {"", *current}]


class Stored(Watched):
    """Everything is written as JSON and read back whenever the desk is left, its plan too."""

    def absorb(self, now: datetime) -> None:
        super().absorb(now)
        desk, text = self.desk, self.plan.model_dump_json()
        self.inputs = {run: [_stored_input(one) for one in told] for run, told in self.inputs.items()}
        self.desk = Desk(
            setting=desk.setting,
            rules=Rules.of([Plan.model_validate_json(text)]),
            account=Account.from_json(json.loads(json.dumps(desk.account.to_json()))),
            plans=lambda _: Plan.model_validate_json(text),
            new_run=desk.new_run,
            working=desk.working,
            decided=Decided(dict(desk.decided.known)),
            entries={key: Entries.model_validate_json(one.model_dump_json()) for key, one in desk.entries.items()},
            watches={
                run: [Watch.model_validate_json(one.model_dump_json()) for one in several]
                for run, several in desk.watches.items()
            },
            runs={key: Run.model_validate_json(one.model_dump_json()) for key, one in desk.runs.items()},
            changes=Changes(),
            elsewhere=desk.elsewhere,
        )


def _stored_input(one: Input) -> Input:
    return type(one).model_validate_json(one.model_dump_json())


class Late(Watched):
    """Facts come in, but no run is advanced before the outage is over; what people did is told as it was latched."""

    def __init__(self, plan: Plan, story: Story, until: datetime, acted: list[tuple[str, Input]]) -> None:
        super().__init__(plan, story, until)
        self.acted = acted
        self.desk.heard = self.heard

    def heard(self, since: datetime) -> list[Fact]:
        """The events that the story has told by then, as a database finds them."""
        told = [fact for moment in self.story.moments for fact in facts_of(moment, self.desk.setting.vocabulary)]
        return [fact for fact in told if fact.event is not None and since < fact.at <= self.last]

    def tell(self) -> Any:
        told = super().tell()
        for run, one in self.acted:
            self.inputs.setdefault(run, []).append(one)
        self.desk.tick(self.last)
        self.absorb(self.last)
        super().run_until_quiet(self.last)
        return told

    def next_instant(self, coming: list[Any]) -> datetime | None:
        due = self.desk.due_at
        return min((*(moment.at for moment in coming[:1]), *([due] if due else [])), default=None)

    def do(self, act: Any, at: datetime) -> None:
        """It was done already."""

    def run_until_quiet(self, now: datetime) -> None:
        """Nobody is there."""


class Pestered(Watched):
    """Whatever is over hears of it again and again."""

    def __init__(self, plan: Plan, story: Story) -> None:
        super().__init__(plan, story)
        self.visits: dict[str, set[tuple[str, int]]] = {}

    def run_until_quiet(self, now: datetime) -> None:
        for name, run in self.desk.runs.items():
            known = self.visits.setdefault(name, set())
            over = known - {(one.path, one.visit) for one in run.open.values()}
            for path, visit in sorted(over):
                self.inputs.setdefault(name, []).extend(_stale(now, path, visit))
        super().run_until_quiet(now)

    def absorb(self, now: datetime) -> None:
        for name, run in self.desk.changes.runs.items():
            self.visits.setdefault(name, set()).update((one.path, one.visit) for one in run.open.values())
        super().absorb(now)


def _stale(now: datetime, path: str, visit: int) -> list[Input]:
    return [
        TaskActed(at=now, path=path, visit=visit, verb="complete", outcome="done"),
        Acknowledged(at=now, path=path, visit=visit),
        Flipped(at=now, path=path, visit=visit, name="for"),
        Settled(at=now, path=path, visit=visit, effect="e", to="c1", state="sent"),
        Played(at=now, path=path, visit=visit),
    ]
