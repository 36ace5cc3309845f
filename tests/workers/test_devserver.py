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
from workers.temporal_server import NoTemporalServer, cache_folder, found_binary, server_version, temporal_binary
from workers.temporal_way import Say, WayClosed, watched


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


def test_the_named_binary_comes_first_and_a_wrong_one_is_told(tmp_path):
    wrong = tmp_path / "temporal"
    wrong.write_text("#!/bin/sh\necho something else\n")
    wrong.chmod(0o755)

    with pytest.raises(NoTemporalServer, match=r"TEMPORAL_CLI=.* is not a Temporal CLI that runs here"):
        found_binary({"TEMPORAL_CLI": str(wrong)})


def test_a_temporal_on_path_is_taken_before_our_cache(tmp_path):
    on_path = stand_in(tmp_path / "bin" / "temporal")
    stand_in(cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) / "temporal")

    assert found_binary({"PATH": str(on_path.parent), "XDG_CACHE_HOME": str(tmp_path)}) == on_path


def test_a_way_that_is_closed_gives_way_to_the_next(tmp_path):
    def closed(target: Path, say: Say, environ: object) -> None:
        raise WayClosed("no network")

    def opened(target: Path, say: Say, environ: object) -> None:
        stand_in(target)

    said: list[str] = []
    environ = {"XDG_CACHE_HOME": str(tmp_path)}

    found = temporal_binary(environ, said.append, {"the download": closed, "the build": opened})

    assert found == cache_folder(environ) / "temporal"
    assert said == ["the download: no network"]


def test_when_every_way_is_closed_all_four_are_named(tmp_path):
    def closed(target: Path, say: Say, environ: object) -> None:
        raise WayClosed("no network")

    with pytest.raises(NoTemporalServer) as told:
        temporal_binary({"XDG_CACHE_HOME": str(tmp_path)}, print, {"the download": closed, "the build": closed})

    assert str(told.value).splitlines()[1:5] == [
        "  1. TEMPORAL_ADDRESS=host:port of a server that runs already: not set.",
        "  2. TEMPORAL_CLI=path of a `temporal` binary, or `temporal` on PATH: neither is there.",
        "  3. the download: no network",
        "  4. the build: no network",
    ]


def test_a_child_that_stands_still_is_ended(tmp_path):
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        watched(
            ["/bin/sleep", "60"],
            log=tmp_path / "log",
            environ={},
            tell=lambda _: None,
            progress=lambda: 0,
            stalled_after=0.2,
        )

    assert time.monotonic() - began < 5


def stand_in(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)'\n")
    path.chmod(0o755)
    return path


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
