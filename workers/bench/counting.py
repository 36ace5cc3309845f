"""A transport that counts what goes through it, so that a benchmark knows when all has gone out without asking."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from activities.transport import Answer, Busy, Finding, Message, Sent, Transport

PATIENCE = 120.0  # seconds


class Stalled(Exception):
    """What was to go out did not; the benchmark cannot go on."""


class Counting:
    def __init__(self, inner: Transport) -> None:
        self.name = inner.name
        self.inner = inner
        self._count = 0
        self._more = threading.Condition()

    @property
    def count(self) -> int:
        return self._count

    def send(self, message: Message, deadline: timedelta) -> Answer:
        answer = self.inner.send(message, deadline)
        with self._more:
            self._count += 1
            self._more.notify_all()
        return answer

    def find(self, message: Message, since: datetime) -> Sent | Busy | None:
        return self.inner.find(message, since)

    def check(self) -> Sequence[Finding]:
        return self.inner.check()

    def wait_for(self, count: int) -> None:
        """Until so many have gone out. Raises Stalled."""
        deadline = time.monotonic() + PATIENCE
        with self._more:
            while self._count < count:
                if not self._more.wait(deadline - time.monotonic()):
                    raise Stalled(f"{self._count} of {count} messages went out in {PATIENCE:.0f} s")
