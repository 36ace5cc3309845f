"""The demo's processes: `python -m workers.demo.child ROLE FOLDER ADDRESS ASKED`, ROLE being worker, relay or feeder.

Each is a process of its own, so that one can be killed and the others go on. A child says `ready` on its standard
output when it is at work; the feeder then says how far it has come, as JSON, a line at a time.
"""

import asyncio
import logging
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import select

from activities.host import Host
from activities.store.database import Database
from activities.store.tables import clock
from engine.workspace import load
from workers.demo.feeder import Fed, Feeder
from workers.demo.place import demo_settings
from workers.demo.players import Players
from workers.demo.portfolio import Asked, Portfolio, read_portfolio
from workers.queues import Queues
from workers.relay import Relay
from workers.settings import Settings, load_settings
from workers.temporal import Slots, calm_the_collector, connect, leave
from workers.wiring import host_from
from workers.worker import running_workers

ASKED = TypeAdapter(Asked)
CLOCK_IS_LOOKED_FOR = 0.03  # seconds


def _say(line: str) -> None:
    print(line, flush=True)


def _when_it_begins(settings: Settings) -> Host:
    """Waits for the clock, which is set when the history is in and the playbooks are applied; then reads them."""
    database = Database(settings.database_url)
    while not database.read(lambda connection: connection.scalar(select(clock.c.id))):
        time.sleep(CLOCK_IS_LOOKED_FOR)
    host = host_from(settings, database=database)
    database.read(host.applied.current)
    return host


async def _worker(settings: Settings, address: str) -> None:
    host = _when_it_begins(settings)
    client = await connect(address, settings)
    async with running_workers(client, host, Queues(settings.task_queue), Slots()):
        _say("ready")
        await _until_told_to_stop()


async def _relay(settings: Settings, address: str) -> None:
    host = _when_it_begins(settings)
    relay = Relay(await connect(address, settings), host, Queues(settings.task_queue).runs)
    running = asyncio.create_task(relay.run())
    _say("ready")
    await _until_told_to_stop()
    running.cancel()


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()


def _feeder(settings: Settings, asked: Asked) -> None:
    portfolio = _portfolio(settings, asked)
    host = _when_it_begins(settings)
    players = Players(host, portfolio.seed)
    feeder = Feeder(host, players, deque(portfolio.stretch), portfolio.since, portfolio.until)
    _say("ready")
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
