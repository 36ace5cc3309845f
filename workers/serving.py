"""The HTTP interface on a port of this machine, inside an event loop that does other things too."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

LOOK = 0.02  # seconds between two looks whether it listens
LAST_REQUESTS = 5  # seconds for what is being answered when it is told to stop


class _Server(uvicorn.Server):
    """Signals are for whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(app: Any, host: str, port: int) -> AsyncIterator[str]:
    """Its address. Leaving it lets the requests under way be answered. Raises OSError when the port is taken."""
    listening = _listening(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        # Who calls is who is connected: a header that anybody can write must not say otherwise.
        proxy_headers=False,
        timeout_graceful_shutdown=LAST_REQUESTS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells it by nothing else
            await asyncio.sleep(LOOK)
        if task.done():
            await task
        yield _address(listening)
    finally:
        server.should_exit = True
        await task
        listening.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=256)


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
