"""Runs a second and billable actions a run, beside a workflow that is written by hand, on the same server."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from sqlalchemy import func, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.store import runs, tables
from workers.bench.counting import Counting
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.handwritten import BY_HAND, SLACK_BY_HAND, WAITING, ByHand, HandWritten
from workers.bench.playbooks import THREE_AND_ONE
from workers.devserver import DevServer
from workers.temporal import Slots

LOOK = 0.005  # seconds
PATIENCE = 60.0
# What Temporal Cloud bills of what a history shows. Heartbeats are not in a history; both sides send the same four.
BILLED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_MARKER_RECORDED,
}


@dataclass(frozen=True, slots=True)
class Size:
    """`rounds` of `runs` for each side, in turns, after one round that only warms up."""

    runs: int = 60
    rounds: int = 3


@dataclass(slots=True)
class Round:
    seconds: float
    handles: Sequence[WorkflowHandle[Any, Any]]


async def throughput(server: DevServer, folder: Path, size: Size = Size()) -> list[Figure]:
    async with ground(server, folder, [THREE_AND_ONE]) as ours, _by_hand(ours) as theirs:
        await _both(ours, theirs, "warm", 5)
        rounds = [await _both(ours, theirs, str(number), size.runs) for number in range(size.rounds)]
        mine, hand = sorted(rounds, key=lambda both: both[1].seconds / both[0].seconds)[size.rounds // 2]
        actions = await _on_average(mine.handles), await _on_average(hand.handles)
    what = "three effects, a wait, one more"
    speed = size.runs / mine.seconds, size.runs / hand.seconds
    return [
        Figure(f"{what}: runs", speed[0], "runs/s", Goal("ratio", "at least", 0.8), speed[1]),
        Figure(f"{what}: billable actions", actions[0], "actions/run", Goal("ratio", "at most", 1.3), actions[1]),
    ]


async def _both(ours: Ground, theirs: Counting, name: str, number: int) -> tuple[Round, Round]:
    """Ours and theirs, one straight after the other."""
    hand = await _their_round(ours.client, theirs, f"hand-{name}", number)
    return await _our_round(ours, f"ours-{name}", number), hand


@asynccontextmanager
async def _by_hand(ours: Ground) -> AsyncIterator[Counting]:
    """The same transport into the same database, counted apart; as many queues and slots as ours."""
    counting = Counting(ours.counting.inner)
    slots = Slots()
    workflows = Worker(
        ours.client,
        task_queue=BY_HAND,
        workflows=[HandWritten],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=slots.workflow_tasks,
        max_cached_workflows=slots.cached,
    )
    messages = Worker(
        ours.client,
        task_queue=SLACK_BY_HAND,
        activities=[ByHand(counting).post],
        activity_executor=ThreadPoolExecutor(slots.effects),
        max_concurrent_activities=slots.effects,
    )
    async with workflows, messages:
        yield counting


async def _their_round(client: Client, counting: Counting, name: str, number: int) -> Round:
    before, began = counting.count, time.perf_counter()
    started = [
        client.start_workflow(HandWritten.run, f"{name}-{one}", id=f"{name}-{one}", task_queue=BY_HAND)
        for one in range(number)
    ]
    handles = await asyncio.gather(*started)
    await asyncio.to_thread(counting.wait_for, before + 3 * number)
    await _until(lambda: {handle.id for handle in handles} <= WAITING)
    await asyncio.gather(*(handle.signal(HandWritten.better) for handle in handles))
    await asyncio.gather(*(handle.result() for handle in handles))
    return Round(time.perf_counter() - began, handles)


async def _our_round(ours: Ground, name: str, number: int) -> Round:
    """Begun by facts, gone on with by facts, as it always is."""
    accounts = [f"{name}-{one}" for one in range(number)]
    await asyncio.to_thread(ours.know, accounts)
    before, began = ours.counting.count, time.perf_counter()
    await asyncio.to_thread(ours.post_all, accounts, 3)
    await asyncio.to_thread(ours.counting.wait_for, before + 3 * number)
    handles = [ours.client.get_workflow_handle(run) for run in await asyncio.to_thread(_runs, ours, set(accounts))]
    await _until(lambda: _waiting(ours) == number)
    await asyncio.to_thread(ours.post_all, accounts, 9)
    await asyncio.to_thread(ours.counting.wait_for, before + 4 * number)
    await asyncio.gather(*(handle.result() for handle in handles))
    return Round(time.perf_counter() - began, handles)


async def _until(true: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(true):  # noqa: ASYNC110  # workers bring it about
        await asyncio.sleep(LOOK)


def _runs(ours: Ground, accounts: set[str]) -> list[str]:
    found = ours.host.database.read(lambda connection: runs.entries(connection, accounts))
    return [one.id for one in found]


def _waiting(ours: Ground) -> int:
    at_the_wait = select(func.count()).where(
        tables.runs.c.outcome.is_(None), tables.runs.c.details.startswith("better")
    )
    return ours.host.database.read(lambda connection: connection.scalar(at_the_wait) or 0)


async def _on_average(handles: Sequence[WorkflowHandle[Any, Any]]) -> float:
    """Who advances a run, and so what it costs, hangs on how much there is to do."""
    return mean([await actions_of(one) for one in handles])


async def actions_of(handle: WorkflowHandle[Any, Any]) -> int:
    """Of one run: starts, signals, timers and activities with their retries."""
    history = await handle.fetch_history()
    retried = sum(
        event.activity_task_started_event_attributes.attempt - 1
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    )
    return retried + sum(event.event_type in BILLED for event in history.events)


async def finished(client: Client, run: str) -> WorkflowHandle[Any, Any]:
    """The workflow of a run that is over in the database, or will be: once it has come to its end too."""
    async with asyncio.timeout(PATIENCE):
        while not await executions(client, run):  # noqa: ASYNC110  # the relay starts it
            await asyncio.sleep(0.05)
        await client.get_workflow_handle(run).result()
    return client.get_workflow_handle(run)


async def executions(client: Client, run: str) -> list[WorkflowHandle[Any, Any]]:
    """Of the run's workflow, which goes on as a new one from time to time."""
    found = [one.run_id async for one in client.list_workflows(f"WorkflowId = '{run}'")]
    return [client.get_workflow_handle(run, run_id=one) for one in found]
