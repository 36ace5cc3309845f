"""Sends each colleague's digest when their work begins. Any number may run: rows are leased."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activities.host import Host
from activities.slack import digests

log = logging.getLogger(__name__)

AT_ONCE = 4
POLL = timedelta(seconds=5)


class Digesting:
    """`run` goes on until it is cancelled."""

    def __init__(self, host: Host, *, poll: timedelta = POLL) -> None:
        self._host, self._poll = host, poll
        self._known = 0
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="digests")

    async def run(self) -> None:
        try:
            while True:
                if not await self._send_some():
                    await asyncio.sleep(self._poll.total_seconds())
        finally:
            # Whoever closes the database next must find nobody at it.
            await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def _send_some(self) -> int:
        """How many were due."""
        in_thread = asyncio.get_running_loop().run_in_executor
        try:
            self._known = await in_thread(self._threads, digests.meet, self._host, self._known)
            found = await in_thread(self._threads, digests.lease, self._host, AT_ONCE)
            sending = [in_thread(self._threads, digests.send, self._host, one) for one in found]
            for done in await asyncio.gather(*sending, return_exceptions=True):
                if isinstance(done, Exception):
                    log.error("a digest could not be sent; it is tried again when its lease is over", exc_info=done)
            return len(found)
        except Exception:
            log.exception("digests could not be looked for; it is tried again")
            return 0
