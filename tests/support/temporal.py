"""A Temporal dev server for tests, one per session, on the binary that is found or made as for everybody."""

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from workers.devserver import DevServer
from workers.temporal_server import temporal_binary


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. The server is kept by an event loop in a thread of its own, since tests have one loop each."""
    binary = temporal_binary(os.environ, print)
    up, down = threading.Event(), threading.Event()
    address: list[str] = []

    async def keep() -> None:
        async with DevServer(binary, tmp_path_factory.mktemp("temporal")) as server:
            address.append(server.address)
            up.set()
            await asyncio.to_thread(down.wait)

    thread = threading.Thread(target=lambda: asyncio.run(keep()), name="temporal dev server")
    thread.start()
    assert up.wait(60), "the dev server did not come up"
    yield address[0]
    down.set()
    thread.join()
