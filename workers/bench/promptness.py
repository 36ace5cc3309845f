"""From a fact that is posted to the Slack call that follows, for a run that waits for it, on an idle machine."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from activities.slack.messages import Slack
from activities.store import runs
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import PROMPT
from workers.bench.sink import Arrivals, sink
from workers.devserver import DevServer

TOKEN = "xoxb-bench"  # noqa: S105  # of nobody: it is shown to our own sink
REST = 0.05  # seconds between two, so that the machine is idle when the next one is posted
PATIENCE = 30.0
START_UP = 180.0
RUNNING = "ExecutionStatus = 'Running'"


@dataclass(frozen=True, slots=True)
class Times:
    number: int = 100
    warm: int = 5


async def promptness(server: DevServer, folder: Path, times: Times = Times()) -> list[Figure]:
    with sink() as arrivals:
        async with ground(server, folder, [PROMPT], Slack(TOKEN, api=arrivals.url)) as ours:
            accounts = [f"prompt-{number}" for number in range(times.warm + times.number)]
            await asyncio.to_thread(ours.know, accounts)
            await asyncio.to_thread(ours.post_all, accounts, 3)
            await all_wait(ours, len(accounts))
            took = [await _once(ours, arrivals, account, place) for place, account in enumerate(accounts, start=1)]
    measured = sorted(took[times.warm :])
    return [
        Figure("fact posted, Slack call leaves: median", median(measured) * 1000, "ms", Goal("value", "under", 60)),
        Figure(
            f"fact posted, Slack call leaves: worst of {times.number}",
            measured[-1] * 1000,
            "ms",
            Goal("value", "under", 250),
        ),
    ]


async def all_wait(ours: Ground, number: int) -> None:
    """Every run has its workflow and rests at its wait, and each workflow has done what it was begun with."""
    async with asyncio.timeout(START_UP):
        while not await asyncio.to_thread(_resting, ours, number):  # noqa: ASYNC110  # the workers do it
            await asyncio.sleep(REST)
        while sum([1 async for _ in ours.client.list_workflows(RUNNING)]) < number:  # noqa: ASYNC110  # as above
            await asyncio.sleep(REST)
        async for one in ours.client.list_workflows(RUNNING):
            while await _has_begun(ours, one.id):  # noqa: ASYNC110  # as above
                await asyncio.sleep(REST)
    await asyncio.sleep(1)


async def _has_begun(ours: Ground, run: str) -> bool:
    """A task of its workflow is there that no worker has done yet."""
    told = await ours.client.get_workflow_handle(run).describe()
    return told.raw_description.HasField("pending_workflow_task")


def _resting(ours: Ground, number: int) -> bool:
    rows = ours.host.database.read(lambda connection: runs.listed(connection, live=True, limit=number))
    return len(rows) == number and all("better" in row.details for row in rows)


async def _once(ours: Ground, arrivals: Arrivals, account: str, place: int) -> float:
    began = time.perf_counter()
    await asyncio.to_thread(ours.post, account, 9)
    arrived = await asyncio.to_thread(arrivals.wait_for, place, PATIENCE)
    await asyncio.sleep(REST)
    return arrived - began
