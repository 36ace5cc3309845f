"""What Slack did not answer is done once more when it may be asked again, by threads that nobody else waits for."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from activities.slack.workspace import NoAnswer

TRIES = 4  # beside the first
LONGEST = timedelta(seconds=30)  # between two of them
AT_ONCE = 4


class Patience:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack-patience")
        self._closing = threading.Event()

    def again(self, none: NoAnswer, tries: int, work: Callable[[], None]) -> bool:
        """Whether `work` will be done: not for ever, and not while closing. `tries` is how many came before."""
        if tries >= TRIES or self._closing.is_set():
            return False
        due = time.monotonic() + min(none.after, LONGEST).total_seconds()
        try:
            self._threads.submit(self._done, due, work)
        except RuntimeError:  # it was closed at this moment
            return False
        return True

    def close(self) -> None:
        """What waits is tried at once, for the last time."""
        self._closing.set()
        self._threads.shutdown(wait=True)

    def _done(self, due: float, work: Callable[[], None]) -> None:
        self._closing.wait(max(due - time.monotonic(), 0))
        work()
