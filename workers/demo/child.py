"""The demo's processes: `python -m workers.demo.child ROLE FOLDER ADDRESS ASKED`, ROLE being worker, relay or feeder.

Each is a process of its own, so that one can be killed and the others go on. A child says PREPARED on its standard
output when it only waits for the clock, and READY when it is at work; the feeder then says how far it has come, as
JSON, a line at a time.
"""

import asyncio
import logging
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, select

from activities.applied import Applied
from activities.host import Host
from activities.store.database import Database
from activities.store.tables import active, clock
from engine.workspace import load
from workers.demo.feeder import Fed, Feeder
from workers.demo.place import demo_settings
from workers.demo.players import Players
from workers.demo.portfolio import Asked, Portfolio, read_portfolio
from workers.demo.supervise import PREPARED, READY
from workers.queues import Queues
from workers.relay import Relay
from workers.settings import Settings, load_settings
from workers.temporal import Slots, connect, leave
from workers.warming import calm_the_collector
from workers.wiring import host_from
from workers.worker import running_workers

ASKED = TypeAdapter(Asked)
LOOK = 0.03  # seconds


def _say(line: str) -> None:
    print(line, flush=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that takes its time is done before the clock begins: the playbooks are read, Temporal is connected to."""

    settings: Settings
    database: Database
    applied: Applied

    def host(self) -> Host:
        """Waits for the clock, with which the first day begins."""
        _wait_for(self.database, select(clock.c.id))
        return replace(host_from(self.settings, database=self.database), applied=self.applied)


def _prepared(settings: Settings) -> Prepared:
    """Waits until the history is in and the playbooks are applied."""
    for lazy in ("holidays", "jinja2"):  # the engine imports them when it first needs them, which would be on day one
        import_module(lazy)
    database, applied = Database(settings.database_url), Applied()
    _wait_for(database, select(active.c.playbook).limit(1))
    database.read(applied.current)
    return Prepared(settings, database, applied)


def _wait_for(database: Database, row: Select[Any]) -> None:
    while not database.read(lambda connection: connection.execute(row).first()):
        time.sleep(LOOK)


async def _worker(settings: Settings, address: str) -> None:
    prepared = _prepared(settings)
    client = await connect(address, settings)
    _say(PREPARED)
    host = prepared.host()
    async with running_workers(client, host, Queues(settings.task_queue), Slots()):
        _say(READY)
        await _until_told_to_stop()


async def _relay(settings: Settings, address: str) -> None:
    prepared = _prepared(settings)
    client = await connect(address, settings)
    _say(PREPARED)
    relay = Relay(client, prepared.host(), Queues(settings.task_queue).runs)
    running = asyncio.create_task(relay.run())
    _say(READY)
    await _until_told_to_stop()
    running.cancel()


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


def _feeder(settings: Settings, asked: Asked) -> None:
    portfolio = _portfolio(settings, asked)
    prepared = _prepared(settings)
    _say(PREPARED)
    host = prepared.host()
    players = Players(host, portfolio.seed)
    feeder = Feeder(host, players, deque(portfolio.stretch), portfolio.since, portfolio.until)
    _say(READY)
    tell: Callable[[Fed], None] = lambda fed: _say(fed.model_dump_json())  # noqa: E731
    tell(feeder.run(tell))
    signal.pause()  # whoever started us ends us: an end of our own would be a death


def _portfolio(settings: Settings, asked: Asked) -> Portfolio:
    workspace = load(settings.workspace).sound()
    return read_portfolio(workspace.folder, workspace.vocabulary, workspace.people, asked)


def main(role: str, folder: str, address: str, asked: str) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = demo_settings(load_settings(), Path(folder), address)
    calm_the_collector()
    match role:
        case "worker":
            asyncio.run(_worker(settings, address))
        case "relay":
            asyncio.run(_relay(settings, address))
        case "feeder":
            _feeder(settings, ASKED.validate_json(asked))
    return 0


if __name__ == "__main__":
    leave(main(*sys.argv[1:]))
