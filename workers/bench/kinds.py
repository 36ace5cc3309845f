"""What a step of each kind costs on Temporal: events of the history and billable actions, beyond those of a run whose
steps need nobody. Each kind stands several times in one run; people, customers and the account do at once what it waits
for.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activities import tasks
from activities.mail.responses import respond
from activities.store import runs
from activities.store import tasks as kept
from activities.store.runs import RunRow
from engine.run import Task
from workers.bench.counting import Stalled
from workers.bench.figure import Figure
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import ONE_KIND, OTHER
from workers.bench.throughput import actions_of, executions, finished
from workers.devserver import DevServer

TIMES = 5
SCALE = 80_000  # a day takes about a second
PATIENCE = 60.0  # seconds
LOOK = 0.05


@dataclass(frozen=True, slots=True)
class Stage:
    """The account's run waits at the step of that place."""

    ours: Ground
    account: str
    place: int

    def open(self) -> list[Task]:
        return self.ours.host.database.read(
            lambda connection: kept.listed(connection, account=self.account, state="open")
        )


Act = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """`step` has its place among its like for `%(n)d`. `act` is done as soon as the run waits there."""

    step: str
    act: Act | None = None
    head: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    events: float
    actions: float


def _done(at: Stage) -> None:
    for task in at.open():
        tasks.complete(at.ours.host, task.id, by="ana")


def _acknowledged(at: Stage) -> None:
    for task in at.open():
        tasks.acknowledge(at.ours.host, task.id, by="ana")


def _better(at: Stage) -> None:
    at.ours.post(at.account, 10 + at.place)


def _met(at: Stage) -> None:
    at.ours.tell(at.account, event="meeting", data={"outcome": "held"})


def _replied(at: Stage) -> None:
    respond(at.ours.host, at.account, "kim", "reply")


def _met_and_better(at: Stage) -> None:
    _met(at)
    _better(at)


NEEDS_NOBODY = "branch"
UNTIL_BETTER = "{wait: s%(n)d, for: metrics.level.value >= 1%(n)d, at_most: 300 days, otherwise: []}"
KINDS = {
    NEEDS_NOBODY: Kind("{branch: s%(n)d, cases: [{when: account.notes == %(n)d, then: []}], otherwise: []}"),
    "update": Kind("{update: s%(n)d, set: {notes: %(n)d}}"),
    "task": Kind("{task: s%(n)d, title: Call}", _done),
    "task with `then: continue`": Kind("{task: s%(n)d, title: Call, then: continue}"),
    "email": Kind("{email: s%(n)d, to: champion, subject: Hello, text: Hello}"),
    "sequence, replied to before its second mail": Kind(
        "{sequence: s%(n)d, to: champion, mails: [{subject: A, text: A}, {after: 300 days, subject: B, text: B}]}",
        _replied,
    ),
    "slack": Kind('{slack: s%(n)d, to: "#bench", text: Hello}'),
    "webhook": Kind("{webhook: s%(n)d, url: crm, body: {level: metrics.level.value}}"),
    "wait for a time": Kind("{wait: s%(n)d, for: 1 day}"),
    "wait for a condition": Kind(UNTIL_BETTER, _better),
    "wait for an event": Kind("{wait: s%(n)d, on: meeting, at_most: 300 days, otherwise: []}", _met),
    "escalate": Kind("{escalate: s%(n)d, reason: Look, ladder: [{to: csm, within: 30 days}]}", _acknowledged),
    "meeting": Kind("{meeting: s%(n)d, title: Meet, due: 300 days}", _met),
    "every, an occurrence": Kind("{every: s%(n)d, schedule: day, times: 1, do: [{update: n%(n)d, set: {notes: 1}}]}"),
    "parallel with two tasks": Kind(
        "{parallel: s%(n)d, tracks: {a: [{task: a%(n)d, title: A}], b: [{task: b%(n)d, title: B}]}}", _done
    ),
    "play with `wait: true`": Kind("{play: s%(n)d, playbook: other, wait: true, at_most: 300 days, otherwise: []}"),
    "watch, an occurrence, beside a wait for a condition": Kind(
        UNTIL_BETTER,
        _met_and_better,
        "meanwhile: [{watch: m, on: meeting, do: [{update: seen, set: {notes: 1}}]}]",
    ),
}


async def kinds(server: DevServer, folder: Path, names: tuple[str, ...] = tuple(KINDS)) -> list[Figure]:
    none = await _cost(server, _made(folder / "none"), KINDS[NEEDS_NOBODY])
    listed = [("a run, begun and ended", none)]
    for place, name in enumerate(names):
        whole = await _cost(server, _made(folder / str(place)), KINDS[name])
        one = Cost((whole.events - none.events) / TIMES, (whole.actions - none.actions) / TIMES)
        listed.append((name, one))
    return [
        figure
        for name, cost in listed
        for figure in (Figure(f"{name}: events", cost.events, "events"), Figure(name, cost.actions, "actions"))
    ]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def _cost(server: DevServer, folder: Path, kind: Kind) -> Cost:
    """Of the whole run with the step in it so many times. A run's id is made of its account's."""
    account = f"cost-{folder.name}"
    async with ground(server, folder, [_playbook(kind), OTHER], scale=SCALE) as ours:
        await asyncio.to_thread(_begin, ours, account)
        (run,) = [one for one in _runs(ours) if one.playbook == "one-kind"]
        if kind.act is not None:
            await asyncio.to_thread(_act, ours, account, run.id, kind.act)
        await asyncio.to_thread(_until, ours, run.id, "ended")
        await asyncio.to_thread(_done, Stage(ours, account, TIMES))  # tasks outlive their run, and it sees them through
        await finished(ours.client, run.id)
        handles = await executions(ours.client, run.id)
        actions = sum([await actions_of(one) for one in handles])
        events = sum([(await one.describe()).history_length for one in handles])
    return Cost(events, actions)


def _begin(ours: Ground, account: str) -> None:
    ours.know([account])
    ours.know_champions([account])
    ours.post(account, 3)


def _act(ours: Ground, account: str, run: str, act: Act) -> None:
    for place in range(1, TIMES + 1):
        _until(ours, run, f"s{place}")
        act(Stage(ours, account, place))


def _playbook(kind: Kind) -> str:
    steps = [kind.step % {"n": place} for place in range(1, TIMES + 1)]
    return ONE_KIND.format(head=kind.head, steps="\n".join(f"  - {one}" for one in steps))


def _runs(ours: Ground) -> list[RunRow]:
    return ours.host.database.read(runs.listed)


def _until(ours: Ground, run: str, begins: str) -> None:
    """Until the run has ended, or waits at that step with nothing on its way."""
    deadline = time.monotonic() + PATIENCE
    while not _rests(ours, run, begins):
        if time.monotonic() > deadline:
            raise Stalled(f"the benchmark's own run did not come to {begins} in {PATIENCE:.0f} s")
        time.sleep(LOOK)


def _rests(ours: Ground, run: str, begins: str) -> bool:
    found = ours.host.database.read(lambda connection: runs.find(connection, run))
    return found is not None and any(line.startswith(begins) for line in found.details.splitlines())
