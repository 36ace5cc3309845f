"""The worker's process: runs workflows and activities until it is told to stop. Any number may run, one for each core.

`python -m workers.worker` is one of them; `playbook up` keeps the same in its own process.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from temporalio.client import Client

from activities.clock import ClockDiffers
from activities.definitions import Activities
from activities.host import Host
from workers.queues import Queues
from workers.settings import Settings, load_settings
from workers.settings_problems import InvalidSettings
from workers.temporal import Slots, connect, leave, workers
from workers.warming import calm_the_collector
from workers.wiring import host_from

DEFAULT_ADDRESS = "localhost:7233"


@asynccontextmanager
async def running_workers(client: Client, host: Host, queues: Queues, slots: Slots) -> AsyncIterator[None]:
    """Leaving it waits for what is under way, at most for the workers' time of grace."""
    async with AsyncExitStack() as stack:
        for worker in workers(client, Activities(host), queues, slots):
            await stack.enter_async_context(worker)
        yield


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop` is set. Raises RuntimeError when Temporal cannot be reached."""
    host = host_from(settings)
    try:
        client = await connect(settings.temporal_address or DEFAULT_ADDRESS, settings)
        async with running_workers(client, host, Queues(settings.task_queue), Slots(sandbox=settings.sandbox)):
            await stop.wait()
    finally:
        host.database.close()


async def _until_signalled(settings: Settings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await work(settings, stop)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    calm_the_collector()
    try:
        asyncio.run(_until_signalled(load_settings()))
    except (InvalidSettings, ClockDiffers) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except RuntimeError as unreachable:
        print(f"Temporal cannot be reached: {unreachable}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    leave(main())
