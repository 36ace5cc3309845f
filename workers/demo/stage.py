"""The play: a dev server, a worker, a relay and a feeder, from the first day to the last; then what came of it."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from activities.clock import Clock, set_clock
from activities.host import Host
from engine.problems import InvalidWorkspace
from workers.checking import Checked, check
from workers.demo.checks import Check, checks
from workers.demo.child import ASKED
from workers.demo.crash import Crash, Kill, crashes
from workers.demo.feeder import Fed
from workers.demo.figures import Figures, figures
from workers.demo.place import demo_settings, fresh
from workers.demo.portfolio import Asked, NoDemo, Portfolio, read_portfolio
from workers.demo.prologue import import_history
from workers.demo.rest import is_quiet, running_workflows, under_way, unfinished
from workers.demo.show import Show
from workers.demo.supervise import PREPARED, READY, Child
from workers.demo.timeline import Told, told
from workers.devserver import DevServer
from workers.settings import Settings
from workers.temporal import connect
from workers.wiring import host_from, open_database

LEAD = timedelta(seconds=2.0)  # real: for the processes to see the clock before it begins
LOOK = 0.1  # seconds between two looks
SETTLED_WITHIN = 90.0  # seconds; a worker that was killed leaves an advance that is tried again after its time-out
LATE_AFTER = 60.0  # seconds beyond the stretch, after which the feeder will not come to its end any more


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the report tells."""

    portfolio: Portfolio
    fed: Fed
    kills: Sequence[Kill]
    figures: Figures
    told: Sequence[Told]
    checks: Sequence[Check]
    zone: str
    ended: datetime

    @property
    def holds(self) -> bool:
        return all(one.holds for one in self.checks)


@dataclass(slots=True)
class Stage:
    """What plays: `binary` is Temporal's, `folder` the demo's home."""

    settings: Settings
    folder: Path
    binary: Path
    asked: Asked
    crash: bool
    show: Show
    fed: Fed = field(default_factory=Fed)
    kills: list[Kill] = field(default_factory=list)

    async def play(self) -> Outcome:
        """Raises InvalidWorkspace, NoDemo, DevServerFailed."""
        checked = _sound(self.settings.workspace)
        workspace = checked.workspace
        portfolio = read_portfolio(workspace.folder, workspace.vocabulary, workspace.people, self.asked)
        with fresh(self.folder):
            async with contextlib.AsyncExitStack() as stack:
                server = DevServer(self.binary, self.folder, say=self.show.say)
                await stack.enter_async_context(server)
                database = open_database(demo_settings(self.settings, self.folder))
                stack.callback(database.close)
                children = {role: self._child(role, server.address) for role in ("worker", "relay", "feeder")}
                for child in children.values():
                    await stack.enter_async_context(child)
                await asyncio.to_thread(
                    import_history,
                    database,
                    portfolio,
                    checked,
                    lambda done: self.show.imported(done, len(portfolio.history)),
                )
                for child in children.values():
                    await child.has_said(PREPARED)
                set_clock(database, _clock(portfolio))
                host = host_from(demo_settings(self.settings, self.folder), database=database)
                await self._watch(host, portfolio, server, children)
                await self._settle(host)
                return await self._look_back(host, portfolio, server.address, workspace.policy.time_zone)

    def _child(self, role: str, address: str) -> Child:
        asked = ASKED.dump_json(self.asked).decode()
        argv = ["-m", "workers.demo.child", role, str(self.folder), address, asked]
        return Child(role, argv, self.folder / f"{role}.log", self._hear if role == "feeder" else _ignore)

    def _hear(self, line: str) -> None:
        self.fed = Fed.model_validate_json(line)

    async def _watch(self, host: Host, portfolio: Portfolio, server: DevServer, children: dict[str, Child]) -> None:
        """Until the feeder has told its last; kills what is to be killed."""
        planned = crashes(portfolio.since, portfolio.until, portfolio.seed) if self.crash else []
        last = host.clock.at_real(portfolio.until) + timedelta(seconds=LATE_AFTER)
        killing: asyncio.Task[None] | None = None
        while planned or killing or not self.fed.over:
            self.show.day(self.fed, portfolio.days)
            if host.clock.real() > last:
                raise NoDemo(f"The demo does not come to its end; the logs in {self.folder} may say why.")
            if killing is not None and killing.done():
                killing = killing.result()
            if planned and killing is None and host.clock.now() >= planned[0].at:
                killing = asyncio.create_task(self._kill(host, planned.pop(0), server, children))
            await asyncio.sleep(LOOK)
        self.show.day(self.fed, portfolio.days)

    async def _kill(self, host: Host, crash: Crash, server: DevServer, children: dict[str, Child]) -> None:
        effects, inputs = await asyncio.to_thread(host.database.read, under_way)
        at, began = host.clock.now(), host.clock.real()
        self.show.say(f"SIGKILL to the {crash.victim} on {at:%d %B}")
        if crash.victim == "Temporal server":
            await _kill_server(server)
        else:
            children[crash.victim].kill()
            await children[crash.victim].has_said(READY)
        back = (host.clock.real() - began).total_seconds()
        self.kills.append(Kill(victim=crash.victim, at=at, effects=effects, inputs=inputs, back_after=back))

    async def _settle(self, host: Host) -> None:
        """What was still under way when the last day was over comes to its rest: the clock goes as real time now."""
        self.show.say("the last day is over; what is under way comes to its rest")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN):
                while not await asyncio.to_thread(is_quiet, host):  # noqa: ASYNC110  # other processes do it
                    await asyncio.sleep(LOOK)

    async def _look_back(self, host: Host, portfolio: Portfolio, address: str, zone: str) -> Outcome:
        ids = await asyncio.to_thread(host.database.read, unfinished)
        workflows = await running_workflows(await connect(address), ids)
        now = host.clock.now()
        with host.database.engine.connect() as connection:
            return Outcome(
                portfolio=portfolio,
                fed=self.fed,
                kills=self.kills,
                figures=figures(connection, now),
                told=[told(connection, account, ZoneInfo(zone)) for account in portfolio.told],
                checks=checks(connection, workflows),
                zone=zone,
                ended=now,
            )


def _sound(folder: Path) -> Checked:
    checked = check(folder)
    if errors := checked.problems.errors:
        raise InvalidWorkspace(errors)
    return checked


def _clock(portfolio: Portfolio) -> Clock:
    return Clock(portfolio.scale, portfolio.since, datetime.now(UTC) + LEAD, portfolio.until)


async def _kill_server(server: DevServer) -> None:
    before = server.restarts
    if server.pid is not None:
        os.kill(server.pid, 9)
    while server.restarts == before:  # noqa: ASYNC110  # its supervisor sees the death first
        await asyncio.sleep(0.02)
    await server.ready()


def _ignore(line: str) -> None:
    del line
