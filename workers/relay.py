"""The relay: delivers wakes to Temporal by its one verb, evaluates what is due, and looks for what is late.

Any number may run: rows are leased. What it does can be lost at any moment and is done again: every receiver is
idempotent.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError

from activities import facts, putting_off, wakes
from activities.applied import NothingApplied
from activities.directive import Begin, Directive
from activities.host import Host
from activities.mail import notices
from activities.store import accounts
from activities.store.wakes import Wake
from activities.wakes import Delivery
from workers.workflow import RunWorkflow

log = logging.getLogger(__name__)
T = TypeVar("T")

AT_ONCE = 50  # deliveries in flight
ADVANCES = 4  # at once, by the relay itself
POLL = timedelta(seconds=0.05)  # for what other processes wrote
LATE_EVERY = timedelta(seconds=30)
FILL_EVERY = timedelta(seconds=0.25)
TAKE_UP_EVERY = timedelta(seconds=1)
TROUBLE = timedelta(seconds=1)  # after a pass that the database would not let through
RPC = timedelta(seconds=10)


class Relay:
    """`run` goes on until it is cancelled. `stir` may be called from any thread: there is something new."""

    def __init__(
        self,
        client: Client,
        host: Host,
        queue: str,
        *,
        renew_after: int = 80,
        poll: timedelta = POLL,
        late_every: timedelta = LATE_EVERY,
    ) -> None:
        self._client, self._host, self._queue = client, host, queue
        self._renew_after, self._poll, self._late_every = renew_after, poll, late_every
        self._loop: asyncio.AbstractEventLoop | None = None
        self._new_wakes, self._new_times = asyncio.Event(), asyncio.Event()
        self._done: list[Wake] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="relay")
        self._advances = ThreadPoolExecutor(ADVANCES, thread_name_prefix="relay-advance")
        self._advancing = 0
        self._filled, self._filling = -FILL_EVERY.total_seconds(), False

    def stir(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stirred)

    def _stirred(self) -> None:
        self._new_wakes.set()
        self._new_times.set()

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._for_ever(self._deliver_some))
                group.create_task(self._for_ever(self._judge_some))
                group.create_task(self._for_ever(self._look_for_late))
                group.create_task(self._for_ever(self._take_up_some))
        finally:
            self._loop = None
            for task in self._in_flight:
                task.cancel()
            # Whoever closes the database next must find nobody at it.
            for threads in (self._advances, self._threads):
                await asyncio.to_thread(threads.shutdown, wait=True, cancel_futures=True)

    async def _for_ever(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception:
                log.exception("the relay is in trouble and tries again")
                await asyncio.sleep(TROUBLE.total_seconds())

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # --- wakes

    async def _deliver_some(self) -> None:
        self._new_wakes.clear()
        await self._forget_delivered()
        room = AT_ONCE - len(self._in_flight)
        leased = await self._in_thread(lambda: wakes.lease(self._host, room)) if room else []
        for one in leased:
            task = asyncio.create_task(self._deliver(one))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        if not leased:
            await _either(self._new_wakes, self._poll)

    async def _forget_delivered(self) -> None:
        if done := self._done:
            self._done = []
            await self._in_thread(lambda: wakes.delivered(self._host, done))

    async def _deliver(self, delivery: Delivery) -> None:
        """Starts the run's workflow with what it is to do, or nudges the one that there is."""
        run, directive = delivery.wake.run, delivery.directive or await self._advanced(delivery.wake.run)
        try:
            await self._client.start_workflow(
                RunWorkflow.run,
                Begin(run=run, directive=directive, renew_after=self._renew_after),
                id=run,
                task_queue=self._queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                start_signal="nudge",
                start_signal_args=[directive] if directive else [],
                rpc_timeout=RPC,
            )
        except RPCError as error:
            log.warning("Temporal did not take the wake of %s (%s); it is tried again", run, error.status.name)
            await self._in_thread(lambda: wakes.failed(self._host, delivery.wake))
        else:
            self._done.append(delivery.wake)
        self._new_wakes.set()

    async def _advanced(self, run: str) -> Directive | None:
        """What waits for the run is fed here, which saves Temporal an activity and a task of the workflow. When there
        is much to do the workers share it: None leaves it to the workflow, as does whatever goes wrong.
        """
        if self._advancing == ADVANCES:
            return None
        self._advancing += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._advances, wakes.advanced, self._host, run)
        finally:
            self._advancing -= 1

    # --- time

    async def _judge_some(self) -> None:
        self._new_times.clear()
        rest = await self._in_thread(self._judged)
        if rest > timedelta(0):
            await _either(self._new_times, rest)

    def _judged(self) -> timedelta:
        """What is due is evaluated; for how long nothing will be. Accounts that nobody has judged since the last apply
        are looked for less often: only an apply makes any.
        """
        try:
            busy = facts.wake_due(self._host) if self._until_next_due() <= timedelta(0) else 0
            if self._may_fill():
                filled = facts.fill(self._host)
                self._filling, busy = filled > 0, busy + filled
        except NothingApplied:
            busy = 0
        return timedelta(0) if busy else max(self._until_next_due(), timedelta(milliseconds=1))

    def _until_next_due(self) -> timedelta:
        clock = self._host.clock
        due = self._host.database.read(accounts.next_due)
        return min(clock.at_real(due) - clock.real(), self._poll) if due else self._poll

    def _may_fill(self) -> bool:
        now = time.monotonic()
        if self._filling or now >= self._filled + FILL_EVERY.total_seconds():
            self._filled = now
            return True
        return False

    async def _look_for_late(self) -> None:
        await asyncio.sleep(self._late_every.total_seconds())
        if found := await self._in_thread(lambda: wakes.look_for_late(self._host)):
            log.info("%d runs were late and are woken", found)
            self._new_wakes.set()

    async def _take_up_some(self) -> None:
        """What providers that were down and are back may have now, and what has waited for Slack for too long."""
        await asyncio.sleep(TAKE_UP_EVERY.total_seconds())
        seconds = TAKE_UP_EVERY.total_seconds()
        if await self._in_thread(lambda: notices.fall_back(self._host) + putting_off.take_up(self._host, seconds)):
            self._new_wakes.set()


async def _either(event: asyncio.Event, at_most: timedelta) -> None:
    try:
        async with asyncio.timeout(at_most.total_seconds()):
            await event.wait()
    except TimeoutError:
        pass
