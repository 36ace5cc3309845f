"""All processes in one, on this machine: Temporal's dev server, a worker, the relay and the HTTP interface.

Whatever ends it ends it in order: no new requests, no new wakes, what is under way is finished, then the server.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from temporalio.client import Client

from activities.host import Host
from activities.store import versions
from engine.problems import PlaybookError
from workers.applying import apply, preview
from workers.checking import check
from workers.devserver import DevServer
from workers.digesting import Digesting
from workers.environment import environment
from workers.http.health import Dependency
from workers.http.server import serve
from workers.queues import Queues
from workers.relay import Relay
from workers.settings import Settings
from workers.showing import Showing
from workers.slack.socket import Socket, socket_from
from workers.temporal import Slots, connect
from workers.temporal_server import temporal_binary
from workers.warming import calm_the_collector
from workers.wiring import host_from
from workers.worker import running_workers

Say = Callable[[str], None]


class NoServer(PlaybookError):
    """Temporal cannot be reached at the address that is set."""


@dataclass(slots=True)
class Together:
    """What runs, and where to look."""

    host: Host
    http: str
    temporal: str
    pages: str | None


@dataclass(slots=True)
class _Stirred:
    """Stands for those who are told of what is new until they are there: the host is made before them."""

    told: list[Relay | Showing] = field(default_factory=list)

    def __call__(self) -> None:
        for one in self.told:
            one.stir()


@asynccontextmanager
async def together(settings: Settings, say: Say) -> AsyncIterator[Together]:
    """Raises NoTemporalServer, DevServerFailed, NoServer, InvalidWorkspace and CannotListen."""
    async with AsyncExitStack() as stack:
        stirred = _Stirred()
        host = await asyncio.to_thread(host_from, settings, stirred)
        stack.callback(host.database.close)
        await asyncio.to_thread(apply_first, host, settings.workspace, say)
        server = await _dev_server(settings, stack, say)
        address = server.address if server else str(settings.temporal_address)
        client = await _connected(address, settings)
        calm_the_collector()
        relay = Relay(client, host, settings.task_queue, renew_after=settings.continue_as_new_after)
        stirred.told.append(relay)
        slots = Slots(sandbox=settings.sandbox)
        await stack.enter_async_context(running_workers(client, host, Queues(settings.task_queue), slots))
        await stack.enter_async_context(_running(relay))
        if host.channels["slack"].cards:
            showing = Showing(host)
            stirred.told.append(showing)
            await stack.enter_async_context(_running(showing))
            await stack.enter_async_context(_running(Digesting(host)))
        if socket := await asyncio.to_thread(socket_from, host, settings):
            await stack.enter_async_context(_running(socket))
        http = await stack.enter_async_context(_http(host, settings, client))
        yield Together(host, http, address, server.ui_address if server else None)


def apply_first(host: Host, folder: Path, say: Say) -> None:
    """On a database that knows no playbooks those of the workspace are applied; later ones are a person's to apply."""
    checked = check(folder)
    if host.database.read(versions.current) == 0:
        applied = apply(host, checked, "playbook up")
        say(f"applied the playbooks of {folder}: {len(checked.plans)} (number {applied.number})")
    elif checked.problems.errors:
        say(f"{folder} has errors, so what was applied before goes on; `playbook check` tells them")
    elif not preview(host, checked).nothing:
        say(f"{folder} differs from what is applied; `playbook preview` says how, `playbook apply` applies it")


async def _dev_server(settings: Settings, stack: AsyncExitStack, say: Say) -> DevServer | None:
    if settings.temporal_address is not None:
        return None
    binary = await asyncio.to_thread(temporal_binary, environment(), say)
    server = DevServer(binary, settings.make_home(), namespace=settings.temporal_namespace, ui=True, say=say)
    return await stack.enter_async_context(server)


async def _connected(address: str, settings: Settings) -> Client:
    try:
        return await connect(address, settings)
    except RuntimeError as why:
        fix = "Start it, mend TEMPORAL_ADDRESS, or leave it out to have a server run for you"
        raise NoServer(f"Temporal at {address} does not answer ({_first(why)}). {fix}.") from None


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


@asynccontextmanager
async def _running(one: Relay | Showing | Digesting | Socket) -> AsyncIterator[None]:
    task = asyncio.create_task(one.run(), name=type(one).__name__.lower())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _http(host: Host, settings: Settings, client: Client) -> AsyncIterator[str]:
    """Its address, once it listens."""
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    temporal = Dependency("temporal", partial(_answers, client), "It is started again by itself", needed=False)
    serving = asyncio.create_task(serve(host, settings, [temporal], _unsaid, listening.set_result), name="http")
    try:
        serving.add_done_callback(lambda _: listening.done() or listening.cancel())
        await asyncio.wait([listening])
        if listening.cancelled():
            await serving
        yield listening.result()
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def _answers(client: Client) -> None:
    await client.service_client.check_health()


def _unsaid(_: str) -> None:
    """Where it listens is said with everything else."""
