"""A mail provider that is down for six hours while thousands of runs want to write, and is back afterwards.

Only the times of the outage are compressed: how long the provider is left alone, and for how long it is down.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from activities.host import DOWN_FOR, Channel
from activities.mail.sendgrid import SendGrid
from activities.store import tables
from activities.transport import Sender, Transport
from workers.bench.counting import Stalled
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import LETTERS
from workers.bench.sink import Arrivals, sink
from workers.bench.throughput import actions_of, finished
from workers.devserver import DevServer

HOURS = 6
COMPRESSED = 300  # so many seconds of the outage pass in one
PRIORITIES = (90, 50, 10)
BATCH = 1_000  # facts in a post
PATIENCE = 900.0  # seconds
LOOK = 0.2
SAMPLE = 21  # runs whose histories are read


@dataclass(frozen=True, slots=True)
class Outage:
    """`rate`: mails a second that the provider takes."""

    runs: int = 10_000
    rate: float = 40
    hours: float = HOURS

    def channel(self, transport: Transport, queue: str) -> Channel:
        calm = Channel(transport, queue, apart=timedelta(seconds=1) / self.rate)
        return replace(calm, patience=calm.patience / COMPRESSED, down_for=calm.down_for / COMPRESSED)


async def outage(server: DevServer, folder: Path, size: Outage = Outage()) -> list[Figure]:
    with sink() as arrivals:
        mail = SendGrid("SG.bench", host=arrivals.url.removesuffix("/api/"), sender=Sender("a@vendor.test", "Ana"))
        async with ground(server, folder, LETTERS, mail, channel=size.channel) as ours:
            arrivals.be("down")
            await asyncio.to_thread(_begin, ours, size.runs)
            await _until(lambda: _waiting(ours) == size.runs)
            before = arrivals.refused
            await asyncio.sleep(timedelta(hours=size.hours).total_seconds() / COMPRESSED)
            calls, back = arrivals.refused - before, time.perf_counter()
            arrivals.be("up")
            await _until(lambda: len(arrivals.times) >= size.runs)
            actions = await _actions(ours)
    return [*_figures(arrivals, calls, back, size), _cost(actions, size)]


def _begin(ours: Ground, number: int) -> None:
    """The less important come first."""
    for place, priority in enumerate(reversed(PRIORITIES)):
        mine = [f"{priority}-{one}" for one in range(place, number, len(PRIORITIES))]
        for first in range(0, len(mine), BATCH):
            accounts = mine[first : first + BATCH]
            ours.know(accounts, notes=priority)
            ours.know_champions(accounts)
            ours.post_all(accounts, 3)


def _waiting(ours: Ground) -> int:
    kept = select(func.count()).where(tables.effects.c.state == "deferred")
    return ours.host.database.read(lambda connection: connection.scalar(kept) or 0)


async def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(true):
        if time.monotonic() > deadline:
            raise Stalled(f"the mails did not come where they should in {PATIENCE:.0f} s")
        await asyncio.sleep(LOOK)


def _figures(arrivals: Arrivals, calls: int, back: float, size: Outage) -> list[Figure]:
    what = f"provider down for {size.hours:g} hours, {size.runs:,} runs wait"
    apart = timedelta(hours=size.hours) / DOWN_FOR
    gone = sorted((times[0] - back, _priority(address)) for address, times in arrivals.texts.items())
    twice = sum(len(times) - 1 for times in arrivals.texts.values())
    speed = len(gone) / gone[-1][0]
    return [
        Figure(f"{what}: calls of it meanwhile", calls, "calls", Goal("ratio", "at most", 1.1), apart),
        Figure(f"{what}: mails lost", size.runs - len(gone), "mails", Goal("value", "at most", 0)),
        Figure(f"{what}: mails twice", twice, "mails", Goal("value", "at most", 0)),
        Figure(f"{what}: rate when it is back", speed, "mails/s", Goal("ratio", "at most", 1.1), size.rate),
        Figure(f"{what}: the less important before the more", _early(gone), "s", Goal("value", "at most", 3)),
    ]


async def _actions(ours: Ground) -> float:
    """Of the run in the middle, by what each of a sample cost."""
    everybody = select(tables.runs.c.id).order_by(tables.runs.c.id)
    found = ours.host.database.read(lambda connection: connection.scalars(everybody).all())
    sample = found[:: max(1, len(found) // SAMPLE)]
    return median([await actions_of(await finished(ours.client, run)) for run in sample])


def _cost(actions: float, size: Outage) -> Figure:
    """Start and nudge, a claim that finds the provider down, a nudge when it is back, a look, the claim that sends it;
    and a nudge with its look for each minute that so many starts keep it waiting.
    """
    what = f"provider down for {size.hours:g} hours, {size.runs:,} runs wait"
    return Figure(f"{what}: billable actions of one", actions, "actions/run", Goal("value", "at most", 8))


def _priority(address: str) -> int:
    return int(address.partition("-")[0])


def _early(gone: Sequence[tuple[float, int]]) -> float:
    """How long before the last mail of a higher priority the first of a lower one went, at most."""
    first = {one: min(at for at, mine in gone if mine == one) for one in PRIORITIES}
    last = {one: max(at for at, mine in gone if mine == one) for one in PRIORITIES}
    return max(0.0, *(last[high] - first[low] for high, low in pairwise(PRIORITIES)))
