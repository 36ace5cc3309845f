"""A process of the demo is kept alive, and never outlives it."""

import asyncio
import os
import subprocess
import sys
import textwrap
import time

import pytest

from workers.demo.supervise import READY, Child, ChildFailed

SAYS_READY = ["-c", "import time; print('ready', flush=True); print('more', flush=True); time.sleep(60)"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_that_is_killed_is_at_work_again_and_one_that_is_left_is_gone(tmp_path):
    heard: list[str] = []
    async with Child("one", SAYS_READY, tmp_path / "log", heard.append) as child:
        await child.has_said(READY)
        first = child.pid
        child.kill()
        await child.has_said(READY)
        second = child.pid

        assert second != first
        assert child.restarts == 1
        async with asyncio.timeout(30):
            while "more" not in heard:  # the child says it when it comes to it
                await asyncio.sleep(0.01)

    assert not alive(second)


async def test_what_it_complains_of_is_in_its_log(tmp_path):
    complains = [
        "-c",
        "import sys, time; print('oh', file=sys.stderr, flush=True); print('ready', flush=True); time.sleep(60)",
    ]
    async with Child("one", complains, tmp_path / "log") as child:
        await child.has_said(READY)

    assert (tmp_path / "log").read_text() == "oh\n"


async def test_a_child_that_never_comes_up_is_given_up_with_the_last_line_of_its_log(tmp_path):
    async with Child("relay", ["-c", "raise SystemExit('no such table')"], tmp_path / "log") as child:
        with pytest.raises(
            ChildFailed, match=r"The demo's relay does not come up\. Its log, .*log, ends with: no such table"
        ):
            async with asyncio.timeout(30):
                await child.has_said(READY)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path):
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from workers.demo.supervise import READY, Child

        async def main():
            child = Child("one", ["-c", "import time; print('ready', flush=True); time.sleep(60)"], Path(sys.argv[1]))
            async with child:
                await child.has_said(READY)
                print(child.pid, flush=True)
                await asyncio.sleep(60)

        asyncio.run(main())
    """)
    parent = subprocess.Popen([sys.executable, "-c", script, tmp_path / "log"], stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        parent.kill()

    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)
