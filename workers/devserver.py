"""A supervised Temporal dev server: started on a free port, restarted there when it dies, ended with us.

async with DevServer(binary, home) as server:
    client = await Client.connect(server.address)
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from workers.devserver_home import DevServerFailed, end_orphan, lock_home, note_pid, put_aside
from workers.devserver_port import HOST, answers, free_port
from workers.temporal_server import server_version
from workers.temporal_way import last_line
from workers.tether import tethered

READY_WITHIN = 30.0  # seconds; it takes half a second, a large file on a slow disk some more
STOPPED_WITHIN = 10.0  # seconds from SIGTERM to SIGKILL
SETTLED_AFTER = 30.0  # seconds of life after which the next death counts as the first again
BACKOFF = (0.1, 0.5, 2.0, 5.0, 10.0)  # seconds before the first, second … restart in a row

# One history shard is polled 20 times a second by default, which makes a busy wake take a tenth of a second. Timers are
# read a second ahead and fire when that is over, which makes one of half a second take a whole one.
DYNAMIC_CONFIG = {
    "history.timerProcessorMaxTimeShift": '"20ms"',
    "history.transferProcessorMaxPollRPS": 1000,
    "history.timerProcessorMaxPollRPS": 1000,
    "history.visibilityProcessorMaxPollRPS": 1000,
}
PASSED_ON = ("PATH", "HOME", "TMPDIR")  # of our environment, which may hold the providers' keys
PRAGMAS = {"journal_mode": "WAL", "synchronous": "NORMAL"}


class DevServer:
    """`address` stays the same over restarts. `pid` is None between a death and the restart; `restarts` counts them."""

    def __init__(
        self,
        binary: Path,
        home: Path,
        *,
        namespace: str = "default",
        port: int | None = None,
        ui: bool = False,
        search_attributes: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`home` holds its file and log; `ui` turns Temporal's web pages on; `search_attributes` is name to type."""
        self.binary, self.home, self.namespace = binary.resolve(), home, namespace
        self.port, self.ui_port = port or free_port(), free_port() if ui else None
        self.search_attributes = search_attributes or {}
        self.log = home / "temporal.log"
        self._file = home / "temporal.db"
        self.restarts = 0
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None
        self._ready = asyncio.Event()

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def ui_address(self) -> str | None:
        return f"http://{HOST}:{self.ui_port}" if self.ui_port else None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def ready(self) -> None:
        """Waits until it answers, also after a death."""
        await self._ready.wait()

    async def __aenter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        self._lock = lock_home(self.home)
        try:
            end_orphan(self.home)
            put_aside(self.log)
            # A file is never opened by another version of the server: there is no migration between them.
            version = await asyncio.to_thread(server_version, self.binary)
            self._file = self.home / f"temporal-{version or 'unknown'}.db"
            await self._start()
        except BaseException:
            await self._end()
            raise
        self._keeper = asyncio.create_task(self._keep(), name="temporal dev server")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._end()

    async def _start(self) -> None:
        with self.log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tethered(self._argv()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
                process_group=0,  # Ctrl-C in the terminal is for us; we end it when the workers are done with it
            )
        note_pid(self.home, self._process.pid)
        await self._until_it_answers(self._process)
        self._ready.set()

    def _argv(self) -> list[str]:
        options = [
            "--ip",
            HOST,
            "--port",
            str(self.port),
            "--namespace",
            self.namespace,
            "--db-filename",
            str(self._file),
        ]
        options += ["--ui-port", str(self.ui_port)] if self.ui_port else ["--headless"]
        options += [f"--sqlite-pragma={name}={value}" for name, value in PRAGMAS.items()]
        options += [f"--dynamic-config-value={name}={value}" for name, value in DYNAMIC_CONFIG.items()]
        options += [f"--search-attribute={name}={kind}" for name, kind in sorted(self.search_attributes.items())]
        return [str(self.binary), "server", "start-dev", "--log-level", "warn", *options]

    async def _until_it_answers(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not await answers(self.address, self.namespace):
            if process.returncode is not None:
                raise DevServerFailed(f"The Temporal dev server ended at once: {last_line(self.log)} (log: {self.log})")
            if time.monotonic() > deadline:
                raise DevServerFailed(
                    f"The Temporal dev server does not answer on {self.address} after {READY_WITHIN:.0f} s. "
                    f"Its log, {self.log}, ends with: {last_line(self.log)}"
                )
            await asyncio.sleep(0.05)

    async def _keep(self) -> None:
        in_a_row = 0
        while self._process:
            born = time.monotonic()
            code = await self._process.wait()
            self._ready.clear()
            in_a_row = 1 if time.monotonic() - born > SETTLED_AFTER else in_a_row + 1
            pause = BACKOFF[min(in_a_row, len(BACKOFF)) - 1]
            self._say(f"the Temporal dev server died ({_death(code)}); starting it again on {self.address}")
            await asyncio.sleep(pause)
            self.restarts += 1
            try:
                await self._start()
            except DevServerFailed as why:
                self._say(str(why))
                await _ended(self._process)

    async def _end(self) -> None:
        self._ready.clear()
        if self._process:
            await _ended(self._process)
        note_pid(self.home, None)
        if self._lock:
            self._lock.close()


async def _ended(process: asyncio.subprocess.Process) -> None:
    for order, patience in ((signal.SIGTERM, STOPPED_WITHIN), (signal.SIGKILL, None)):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(order)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), patience)


def _death(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
