"""The server: listens until it is told to stop, then lets what is under way come to its end."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from fastapi import FastAPI

from activities.host import Host
from workers.http.app import make_app
from workers.http.health import Dependency
from workers.http.sendgrid import Keys
from workers.http.slack import door_from
from workers.settings import Settings
from workers.warming import warm_up

GRACE = 10  # seconds for requests that are under way


class CannotListen(Exception):
    """The address is taken or not ours; the message says what to do."""


async def serve(
    host: Host,
    settings: Settings,
    dependencies: Sequence[Dependency] = (),
    say: Callable[[str], None] = print,
    listening: Callable[[str], None] = lambda _: None,
) -> None:
    """Until it is cancelled. `say` is told where it listens and who may call; `listening` is called with the address
    alone (http://…) when connections are taken. Raises CannotListen.
    """
    bound = listen(settings.http_host, settings.http_port)
    address = address_of(bound)
    door = door_from(host, settings)
    server = _Server(_config(make_app(host, settings.api_tokens, dependencies, _keys(settings), door)))
    say(start_line(address, settings))
    listening(address)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    warming = asyncio.create_task(asyncio.to_thread(warm_up))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.gather(serving, warming)
        if door is not None:
            await asyncio.to_thread(door.receiver.close)


def _keys(settings: Settings) -> Keys:
    return Keys(settings.sendgrid_event_key, settings.sendgrid_inbound_key)


def listen(host: str, port: int) -> socket.socket:
    """Connections wait from now on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=1024)
        # Connections inherit it. asyncio sets it for sockets of its own making only, and without it an answer's body
        # waits 40 ms for the caller's word that its head has come.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no address of this machine"
        raise CannotListen(
            f"Cannot listen on {host}:{port}: {why}. Set PLAYBOOK_HTTP_HOST and PLAYBOOK_HTTP_PORT to a free address."
        ) from None


def address_of(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def start_line(address: str, settings: Settings) -> str:
    if settings.api_tokens:
        who = ", ".join(one.name for one in settings.api_tokens)
        return f"HTTP on {address}, for the tokens of {who}"
    here = "no tokens are set (PLAYBOOK_API_TOKENS), so only programs on this machine may call"
    return f"HTTP on {address}; {here}{_in_vain(settings.http_host)}"


def _in_vain(host: str) -> str:
    try:
        return "" if ipaddress.ip_address(host).is_loopback else f", though it listens on {host}"
    except ValueError:
        return ""


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who calls is who is connected, whatever a header says
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE,
    )


class _Server(uvicorn.Server):
    """Signals are the business of whoever runs the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
