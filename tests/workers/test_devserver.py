import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from workers.devserver import DevServer, DevServerFailed
from workers.devserver_port import answers
from workers.temporal_server import server_version, temporal_binary


@pytest.fixture(scope="module")
def binary() -> Path:
    return temporal_binary(os.environ, print)


async def test_a_started_server_answers_and_a_left_one_is_gone(binary, tmp_path):
    async with DevServer(binary, tmp_path) as server:
        pid = server.pid
        assert await answers(server.address, "default")

    assert server.pid is None
    assert not alive(pid)


async def test_a_killed_server_comes_back_on_its_address_with_what_it_knew(binary, tmp_path):
    said: list[str] = []
    async with DevServer(binary, tmp_path, namespace="kept", say=said.append) as server:
        first = server.pid
        os.kill(first, signal.SIGKILL)
        while server.pid in {first, None}:
            await asyncio.sleep(0.01)
        await server.ready()

        assert server.restarts == 1
        assert await answers(server.address, "kept")

    assert said == [f"the Temporal dev server died (SIGKILL); starting it again on {server.address}"]


async def test_two_servers_never_share_one_folder(binary, tmp_path):
    async with DevServer(binary, tmp_path):
        with pytest.raises(DevServerFailed, match="runs already on the files in"):
            await DevServer(binary, tmp_path).__aenter__()


async def test_a_server_that_cannot_start_says_why_and_where_its_log_is(binary, tmp_path):
    (tmp_path / f"temporal-{server_version(binary)}.db").write_text("not a database, and long enough to be read" * 9)

    with pytest.raises(DevServerFailed, match=r"(?s)ended at once: .*temporal\.log"):
        await DevServer(binary, tmp_path).__aenter__()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_server_does_not_outlive_a_parent_that_is_killed(binary, tmp_path):
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from workers.devserver import DevServer

        async def main():
            async with DevServer(Path(sys.argv[1]), Path(sys.argv[2])) as server:
                print(server.pid, flush=True)
                await asyncio.sleep(60)

        asyncio.run(main())
    """)
    parent = subprocess.Popen([sys.executable, "-c", script, binary, tmp_path], stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        parent.kill()

    assert gone_within(5, pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)
