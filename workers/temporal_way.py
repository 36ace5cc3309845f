"""What the ways to a Temporal server binary share: the version, and a child process that is watched while it works."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from workers.tether import tethered

VERSION = "1.5.1"  # the newest tag of the CLI that `go install` accepts: later ones carry a replace directive
TELL_EVERY = 15.0  # seconds between two lines of progress

Say = Callable[[str], None]


class WayClosed(Exception):
    """This way does not lead to a server here; the message says why and what would open it."""


def watched(
    argv: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    tell: Callable[[float], None],
    progress: Callable[[], int],
    stalled_after: float,
) -> int:
    """The exit code of `argv`, whose output goes to `log`; every 15 s `tell(seconds)`.

    When `progress()` stands still for `stalled_after` seconds, or on Ctrl-C, the child and all its own children
    are ended; a stall raises TimeoutError.
    """
    with log.open("w") as out, _group(argv, out.fileno(), environ) as child:
        started = told = moved = time.monotonic()
        seen = -1
        while child.poll() is None:
            time.sleep(0.1)
            now = time.monotonic()
            if (reached := progress()) != seen:
                seen, moved = reached, now
            if now - moved > stalled_after:
                raise TimeoutError
            if now - told >= TELL_EVERY:
                told = now
                tell(now - started)
        return child.returncode


@contextmanager
def _group(argv: Sequence[str | Path], out: int, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    # In a session of its own: Ctrl-C reaches only us, and we end the whole group, compilers included.
    child = subprocess.Popen(
        tethered(argv), stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=dict(environ), start_new_session=True
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")[:300]
