"""What a dev server keeps beside its file: a lock, the note of its pid, its log."""

import contextlib
import fcntl
import os
import signal
import subprocess
from pathlib import Path
from typing import IO

LOG_KEPT = 10_000_000  # bytes of log before the next start puts it aside


class DevServerFailed(Exception):
    """The dev server does not come up; the message says why and where its log is."""


def lock_home(home: Path) -> IO[str]:
    """An open lock on `home`, which the kernel lets go when we die."""
    lock = (home / "temporal.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise DevServerFailed(
            f"A Temporal dev server of this project runs already on the files in {home}. "
            "Stop the `playbook up` or `playbook demo` that owns it, or set TEMPORAL_ADDRESS to use it."
        ) from None
    return lock


def end_orphan(home: Path) -> None:
    """Where the kernel does not end it with its parent, the next start does: two servers would share one file."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((home / "temporal.pid").read_text())
        if _is_a_dev_server(pid):
            os.kill(pid, signal.SIGKILL)


def note_pid(home: Path, pid: int | None) -> None:
    note = home / "temporal.pid"
    if pid is None:
        note.unlink(missing_ok=True)
    else:
        note.write_text(str(pid))


def _is_a_dev_server(pid: int) -> bool:
    told = subprocess.run(["ps", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)  # noqa: S607
    return "server start-dev" in told.stdout


def put_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_KEPT:
        log.replace(log.with_suffix(".log.1"))
