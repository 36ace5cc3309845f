"""Ten steps that need nobody outside, and the activities that they cost."""

import asyncio
from pathlib import Path

from temporalio.api.enums.v1 import EventType

from activities.store import runs
from workers.bench.figure import Figure, Goal
from workers.bench.ground import ground
from workers.bench.playbooks import TEN
from workers.devserver import DevServer

ACCOUNT = "ten"
PATIENCE = 30.0


async def steps(server: DevServer, folder: Path) -> list[Figure]:
    """The run's first directive, with all ten behind it, comes with its start; an activity would come on top."""
    async with ground(server, folder, TEN) as ours:
        await asyncio.to_thread(ours.know, [ACCOUNT])
        await asyncio.to_thread(ours.post, ACCOUNT, 3)
        (run,) = ours.host.database.read(lambda connection: runs.entries(connection, [ACCOUNT]))
        if run.outcome != "completed":
            raise RuntimeError(f"the benchmark's own playbook ended as {run.outcome}")
        mine = f"WorkflowId = '{run.id}'"
        handle = ours.client.get_workflow_handle(run.id)
        async with asyncio.timeout(PATIENCE):
            while not [one async for one in ours.client.list_workflows(mine)]:  # noqa: ASYNC110  # the relay does it
                await asyncio.sleep(0.05)
            await handle.result()
        history = await handle.fetch_history()
    scheduled = sum(event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED for event in history.events)
    return [Figure("ten database-only steps", scheduled, "activities", Goal("value", "at most", 1))]
