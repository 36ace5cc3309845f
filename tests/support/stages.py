"""The whole way on a real Temporal server: workers and a relay around a test's host."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client

from activities.definitions import Activities
from activities.host import Host
from workers.relay import Relay
from workers.temporal import Queues, Slots, connect, workers

_NUMBERS = itertools.count(1)
PATIENCE = 40.0  # seconds


def fresh_queue() -> str:
    return f"test-{next(_NUMBERS)}"


@dataclass(slots=True)
class Stage:
    client: Client
    host: Host
    relay: Relay


@asynccontextmanager
async def stage(
    address: str,
    host: Host,
    queue: str,
    *,
    cached: int = 100,
    sandbox: bool = True,
    renew_after: int = 80,
    relay: bool = True,
) -> AsyncIterator[Stage]:
    """Workers on `queue`; the host's channels are on its queues by name. Sandbox on, as in CI."""
    client = await connect(address)
    activities = Activities(host)
    made = Relay(client, host, queue, renew_after=renew_after, poll=timedelta(seconds=0.02))
    async with AsyncExitStack() as stack:
        for worker in workers(client, activities, Queues(queue), Slots(cached=cached, sandbox=sandbox)):
            await stack.enter_async_context(worker)
        going = asyncio.create_task(made.run()) if relay else None
        try:
            yield Stage(client, host, made)
        finally:
            if going:
                going.cancel()
                await asyncio.wait([going])


async def until(true: Callable[[], Any], what: str = "it") -> Any:
    """Waits for something that other threads bring about."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await asyncio.to_thread(true)):
            await asyncio.sleep(0.01)
    return found
