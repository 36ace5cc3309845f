"""What a run that waits from week to week costs on Temporal."""

import asyncio
from pathlib import Path

from activities.store import runs
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import TOUCHES
from workers.bench.throughput import actions_of, executions
from workers.devserver import DevServer

ACCOUNT = "weekly"
WEEKS = 52
SCALE = 800_000  # a week takes three quarters of a second
PATIENCE = 180.0  # seconds
MOST = 3.0
LOOK = 0.2


async def touchpoints(server: DevServer, folder: Path, weeks: int = WEEKS) -> list[Figure]:
    """Starts, signals, timers and activities for each touchpoint, without the activity that is its own effect."""
    async with ground(server, folder, [TOUCHES % weeks], scale=SCALE) as ours:
        await asyncio.to_thread(ours.know, [ACCOUNT])
        await asyncio.to_thread(ours.post, ACCOUNT, 3)
        (run,) = ours.host.database.read(lambda connection: runs.entries(connection, [ACCOUNT]))
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(_is_over, ours):  # noqa: ASYNC110  # timers bring it about
                await asyncio.sleep(LOOK)
            await ours.client.get_workflow_handle(run.id).result()
        done = ours.counting.count
        beyond = sum(await asyncio.gather(*[actions_of(one) for one in await executions(ours.client, run.id)])) - done
    name = f"{weeks} weekly touchpoints: beyond their effects"
    return [Figure(name, beyond / done, "actions/touchpoint", Goal("value", "at most", MOST))]


def _is_over(ours: Ground) -> bool:
    (run,) = ours.host.database.read(lambda connection: runs.entries(connection, [ACCOUNT]))
    return run.outcome is not None
