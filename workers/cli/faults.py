"""How a command ends when it cannot do what it was asked: exit codes, and what is said. Never a traceback.

CommandFault (1)            the author's or the caller's fault
└── Unreachable (4)         a server, database or provider could not be reached
"""

import platform
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FINE: Final = 0
WRONG: Final = 1
DIFFERENCES: Final = 2
LINT: Final = 3
UNREACHABLE: Final = 4
CRASHED: Final = 70
INTERRUPTED: Final = 130

_FRAMES = 12


class CommandFault(Exception):
    """Its text says what, where, and what to do."""

    code = WRONG


class Unreachable(CommandFault):
    code = UNREACHABLE


def crash_report(error: BaseException, command: str) -> str:
    """What to paste into a report: where in the program it happened, and nothing of anybody's data."""
    from importlib.metadata import version

    return "\n".join(
        (
            "playbook met a fault of its own; your files and data are as they were.",
            "Please report it with these lines:",
            "",
            f"  customer-playbooks {version('customer-playbooks')}, Python {platform.python_version()}, {sys.platform}",
            f"  playbook {command}: {type(error).__name__}",
            *(f"    {frame}" for frame in _frames(error)),
        )
    )


def _frames(error: BaseException) -> Iterator[str]:
    """Innermost last. The message of the error stays out: it may quote a customer."""
    for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]:
        yield f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} in {frame.name}"
    if error.__cause__ is not None:
        yield f"caused by {type(error.__cause__).__name__}"
