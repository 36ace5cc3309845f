"""Keeps the messages that stand for tasks true: whenever a task has changed, its cards are shown anew.

Any number may run: rows are leased. Nothing of it is lost when it ends in the middle.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Literal, TypeVar

from activities.applied import NothingApplied
from activities.host import Host
from activities.slack import cards, removing

log = logging.getLogger(__name__)
T = TypeVar("T")
Room = Literal["edits", "removals"]
Work = tuple[Room, Callable[[], timedelta]]

AT_ONCE = 8
POLL = timedelta(seconds=0.25)  # for what other processes wrote
LONGEST = timedelta(seconds=60)  # that one answer holds up the others of its kind
TROUBLE = timedelta(seconds=1)


class Showing:
    """`run` goes on until it is cancelled. Slack limits each method for itself, so an edit that is told to wait holds
    up the other edits and nothing else. `stir` may be called from any thread: something may have changed.
    """

    def __init__(self, host: Host, *, poll: timedelta = POLL) -> None:
        self._host, self._poll = host, poll
        self._loop: asyncio.AbstractEventLoop | None = None
        self._new = asyncio.Event()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._rest: dict[Room, float] = {"edits": 0.0, "removals": 0.0}  # by the loop's clock: Slack wants none before
        self._threads = ThreadPoolExecutor(AT_ONCE + 1, thread_name_prefix="showing")

    def stir(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._new.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                await self._show_some()
        finally:
            self._loop = None
            for task in self._in_flight:
                task.cancel()
            # Whoever closes the database next must find nobody at it.
            await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def _show_some(self) -> None:
        self._new.clear()
        found = await self._leased()
        for room, one in found:
            task = asyncio.create_task(self._show(room, one))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        if not found:
            await self._wait()

    async def _leased(self) -> list[Work]:
        now = asyncio.get_running_loop().time()
        free: frozenset[Room] = frozenset(room for room, until in self._rest.items() if until <= now)
        places = AT_ONCE - len(self._in_flight)
        try:
            return await self._in_thread(lambda: self._work(free, places)) if free and places else []
        except Exception:
            log.exception("cards could not be looked for; it is tried again")
            await asyncio.sleep(TROUBLE.total_seconds())
            return []

    def _work(self, free: frozenset[Room], places: int) -> list[Work]:
        """What is to be shown goes before what is to be taken away."""
        host, found = self._host, list[Work]()
        if "edits" in free:
            found += [("edits", partial(cards.show, host, one)) for one in cards.lease(host, places)]
        if "removals" in free and len(found) < places:
            gone = removing.lease(host, places - len(found))
            found += [("removals", partial(removing.remove, host, one)) for one in gone]
        return found

    async def _show(self, room: Room, work: Callable[[], timedelta]) -> None:
        try:
            pause = await self._in_thread(work)
            until = asyncio.get_running_loop().time() + min(pause, LONGEST).total_seconds()
            self._rest[room] = max(self._rest[room], until)
        except NothingApplied:
            pass
        except Exception:
            log.exception("a card could not be shown; it is tried again when its lease is over")
        self._new.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._poll.total_seconds()):
                await self._new.wait()
        except TimeoutError:
            pass

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
