"""Facts as they come to a busy engine: a hundred a second, a few of which turn what a run waits for."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from activities.slack.messages import Slack
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import LOADED
from workers.bench.promptness import PATIENCE, TOKEN, all_wait
from workers.bench.sink import Arrivals, sink
from workers.devserver import DevServer

PROBES = 30  # runs beside those that are measured, woken until one goes on at once
PROMPT = 0.1  # seconds
CALM = 5.0  # seconds without a message, after which none is to come any more


@dataclass(frozen=True, slots=True)
class Load:
    """`runs` wait; of `rate` facts a second, one in `flips` turns a condition."""

    runs: int = 1_000
    rate: int = 100
    seconds: int = 60
    flips: int = 20


async def load(server: DevServer, folder: Path, size: Load = Load()) -> list[Figure]:
    with sink() as arrivals:
        async with ground(server, folder, [LOADED], Slack(TOKEN, api=arrivals.url)) as ours:
            accounts = [f"load-{number}" for number in range(size.runs)]
            probes = [f"probe-{number}" for number in range(PROBES)]
            await asyncio.to_thread(ours.know, [*accounts, *probes])
            await asyncio.to_thread(ours.post_all, [*accounts, *probes], 3)
            await all_wait(ours, size.runs + PROBES)
            await _settled(ours, arrivals, probes)
            posted = await _fed(ours, accounts, size)
            await _calm(arrivals)
    return _figures(posted, arrivals, size)


async def _settled(ours: Ground, arrivals: Arrivals, probes: list[str]) -> None:
    """Until the starts of all those runs are no longer in the way of one that is woken."""
    for place, account in enumerate(probes, start=1):
        began = time.perf_counter()
        await asyncio.to_thread(ours.post, account, _TURNED)
        if await asyncio.to_thread(arrivals.wait_for, place, PATIENCE) - began < PROMPT:
            return
        await asyncio.sleep(1)


async def _fed(ours: Ground, accounts: list[str], size: Load) -> dict[str, float]:
    """When the fact that turned each account's condition was posted."""
    facts, posted, under_way = _facts(accounts, size), {}, set()
    began = time.perf_counter()
    for place, (account, level) in enumerate(facts):
        await asyncio.sleep(max(0.0, began + place / size.rate - time.perf_counter()))
        if level == _TURNED:
            posted[account] = time.perf_counter()
        task = asyncio.create_task(asyncio.to_thread(ours.post, account, level))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return posted


_CALM, _TURNED = 4, 9  # levels


def _facts(accounts: list[str], size: Load) -> Iterator[tuple[str, int]]:
    """Accounts with their new level; each account turns once at most."""
    chance = random.Random(1)  # noqa: S311  # made up, and the same each time
    turning = iter(accounts)
    still = accounts[size.rate * size.seconds // size.flips :] or accounts
    for place in range(size.rate * size.seconds):
        if place % size.flips == 0 and (account := next(turning, None)):
            yield account, _TURNED
        else:
            yield chance.choice(still), chance.choice([2, 3, _CALM])


async def _calm(arrivals: Arrivals) -> None:
    while not arrivals.times or time.perf_counter() - arrivals.times[-1] < CALM:  # noqa: ASYNC110  # the workers do it
        await asyncio.sleep(0.1)


def _figures(posted: dict[str, float], arrivals: Arrivals, size: Load) -> list[Figure]:
    took = sorted(arrivals.texts[account][0] - at for account, at in posted.items() if account in arrivals.texts)
    what = f"{size.rate} facts/s for {size.seconds} s, {size.runs:,} waiting runs"
    lost = float(len(posted) - len(took))
    twice = float(sum(len(times) > 1 for times in arrivals.texts.values()))
    return [
        Figure(f"{what}: fact to effect, p99", _p99(took) * 1000, "ms", Goal("value", "under", 500)),
        Figure(f"{what}: effects lost", lost, "effects", Goal("value", "at most", 0)),
        Figure(f"{what}: effects twice", twice, "effects", Goal("value", "at most", 0)),
    ]


def _p99(took: list[float]) -> float:
    return took[min(len(took) - 1, len(took) * 99 // 100)] if took else float("inf")
