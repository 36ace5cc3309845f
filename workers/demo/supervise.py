"""A process of the demo, kept alive: started again when it dies, and ended with us, however we end."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.problems import PlaybookError
from workers.temporal_way import last_line
from workers.tether import tethered

STOPPED_WITHIN = 12.0  # seconds from SIGTERM to SIGKILL; a worker gives 10 to what is under way
PAUSES = (0.1, 1.0, 3.0)  # seconds before the first, second … restart within a short time
SETTLED_AFTER = 10.0
GIVEN_UP_AFTER = 4  # deaths in a row
PREPARED, READY = "prepared", "ready"  # what a child says of itself


class ChildFailed(PlaybookError):
    """A process of the demo does not come up; the message says where its log is."""


class Child:
    """`hear` gets each line of its standard output but for PREPARED and READY; its standard error goes to its log."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        hear: Callable[[str], None] = lambda _: None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._argv, self._log, self._hear = argv, log, hear
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._said = {word: asyncio.Event() for word in (PREPARED, READY)}

    async def has_said(self, word: str) -> None:
        """Waits for PREPARED or READY, said in this life. Raises ChildFailed when it never will be."""
        said = asyncio.create_task(self._said[word].wait())
        try:
            await asyncio.wait([said, *([self._keeper] if self._keeper else [])], return_when=asyncio.FIRST_COMPLETED)
            if not said.done():
                raise ChildFailed(
                    f"The demo's {self.name} does not come up. Its log, {self._log}, ends with: {last_line(self._log)}"
                )
        finally:
            said.cancel()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    def kill(self) -> None:
        self._forget()
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)

    async def __aenter__(self) -> Self:
        await self._start()
        self._keeper = asyncio.create_task(self._keep(), name=self.name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._process:
            await _ended(self._process)

    async def _start(self) -> None:
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tethered([sys.executable, *self._argv]),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=dict(self._environ) if self._environ is not None else None,
                process_group=0,  # Ctrl-C in the terminal is for us; we end it in order
            )

    async def _keep(self) -> None:
        in_a_row = 0
        while self._process and in_a_row < GIVEN_UP_AFTER:
            born = time.monotonic()
            await self._listen(self._process)
            await self._process.wait()
            self._forget()
            in_a_row = 1 if time.monotonic() - born > SETTLED_AFTER else in_a_row + 1
            if in_a_row < GIVEN_UP_AFTER:
                await asyncio.sleep(PAUSES[min(in_a_row, len(PAUSES)) - 1])
                self.restarts += 1
                await self._start()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        async for line in process.stdout:
            said = line.decode(errors="replace").strip()
            if said in self._said:
                self._said[said].set()
            elif said:
                self._hear(said)

    def _forget(self) -> None:
        for word in self._said.values():
            word.clear()


async def _ended(process: asyncio.subprocess.Process) -> None:
    for order, patience in ((signal.SIGTERM, STOPPED_WITHIN), (signal.SIGKILL, None)):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(order)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), patience)
