"""Ten steps that need nobody outside, and the activities that they cost."""

import asyncio
from pathlib import Path

from temporalio.api.enums.v1 import EventType

from activities.store import runs
from workers.bench.figure import Figure, Goal
from workers.bench.ground import ground
from workers.bench.playbooks import TEN
from workers.bench.throughput import finished
from workers.devserver import DevServer

ACCOUNT = "ten"


async def steps(server: DevServer, folder: Path) -> list[Figure]:
    """The run's first directive, with all ten behind it, comes with its start; an activity would come on top."""
    async with ground(server, folder, [TEN]) as ours:
        await asyncio.to_thread(ours.know, [ACCOUNT])
        await asyncio.to_thread(ours.post, ACCOUNT, 3)
        (run,) = ours.host.database.read(lambda connection: runs.entries(connection, [ACCOUNT]))
        if run.outcome != "completed":
            raise RuntimeError(f"the benchmark's own playbook ended as {run.outcome}")
        history = await (await finished(ours.client, run.id)).fetch_history()
    scheduled = sum(event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED for event in history.events)
    return [Figure("ten database-only steps", scheduled, "activities", Goal("value", "at most", 1))]
