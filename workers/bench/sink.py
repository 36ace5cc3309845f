"""A local address that takes Slack's calls and SendGrid's mails and notes when each arrived. It is a process of its
own, as they are: what it does costs us nothing.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, cast

from workers.bench.provider import HOST

PATIENCE = 30.0


@dataclass(slots=True)
class Arrivals:
    """`times` are of time.perf_counter, one for each call; `texts` those of what was said, all of them. While it is
    down nothing is taken, and each call is one of `refused`.
    """

    url: str
    _say: IO[str]
    refused: int = 0
    times: list[float] = field(default_factory=list)
    texts: dict[str, list[float]] = field(default_factory=dict)
    more: threading.Condition = field(default_factory=threading.Condition)
    _heard: threading.Event = field(default_factory=threading.Event)

    def be(self, state: str) -> None:
        """`down` or `up`, from now on. Raises TimeoutError."""
        self._heard.clear()
        self._say.write(f"{state}\n")
        self._say.flush()
        if not self._heard.wait(PATIENCE):
            raise TimeoutError(f"the provider did not go {state} in {PATIENCE:.0f} s")

    def listen(self, told: IO[str]) -> None:
        for line in told:
            match json.loads(line):
                case [float(at), str(text)]:
                    self._note(at, text)
                case None:
                    self.refused += 1
                case "heard":
                    self._heard.set()

    def _note(self, at: float, text: str) -> None:
        with self.more:
            self.times.append(at)
            self.texts.setdefault(text, []).append(at)
            self.more.notify_all()

    def wait_for(self, number: int, seconds: float) -> float:
        """When call `number` (from 1) arrived. Raises TimeoutError."""
        with self.more:
            if not self.more.wait_for(lambda: len(self.times) >= number, seconds):
                raise TimeoutError(f"call {number} did not arrive in {seconds:.0f} s")
            return self.times[number - 1]


@contextmanager
def sink() -> Iterator[Arrivals]:
    """It ends with us: its input does."""
    command = [sys.executable, "-m", "workers.bench.provider"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        told, say = cast("IO[str]", child.stdout), cast("IO[str]", child.stdin)
        arrivals = Arrivals(f"http://{HOST}:{json.loads(told.readline())}/api/", say)
        listening = threading.Thread(target=arrivals.listen, args=[told], daemon=True)
        listening.start()
        try:
            yield arrivals
        finally:
            say.close()
            listening.join()
