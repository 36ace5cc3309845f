"""Ties a child process to our life: when we are killed outright, the kernel kills it too (Linux only)."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

# Runs in the child before it becomes the program: a preexec_fn would run Python between fork and exec of a process
# with threads. PR_SET_PDEATHSIG is 1 and outlives the exec; a parent that died before it is seen by its changed pid.
_BECOME = """
import ctypes, os, signal, sys
parent, *argv = sys.argv[1:]
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(parent):
    sys.exit(1)
try:
    os.execv(argv[0], argv)
except OSError as refused:
    sys.exit(f"{argv[0]}: {refused.strerror}")
"""


def tethered(argv: Sequence[str | Path]) -> list[str]:
    """`argv` (its program by full path) as a command that keeps its pid and dies with the calling thread's process.

    Start it from a thread that lives as long as the child should: Linux looks at the thread that forked.
    """
    plain = [str(part) for part in argv]
    if sys.platform != "linux":
        return plain
    return [sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid()), *plain]
