"""How long it takes until the engine, and a command, are there: each time in a fresh process.

Modules are compiled once, as in any installation, also where the environment keeps Python from writing bytecode.
"""

import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from statistics import median

from workers.bench.figure import Figure, Goal

TIMES = 7
CHECK = "from workers.cli import run; import sys; sys.exit(run(['check', sys.argv[1]]))"


def engine_import() -> list[Figure]:
    """All of it, without the interpreter's own start; beside the two packages that it stands on."""
    bare = _seconds("pass")
    took = _seconds("import engine.workspace, engine.compile, engine.simulate, engine.desk") - bare
    ground = _seconds("import pydantic, pydantic.types, pydantic.type_adapter, yaml") - bare
    return [Figure("import engine, beside pydantic and yaml alone", took, "s", Goal("value", "under", 0.3), ground)]


def check_workspace(folder: Path) -> list[Figure]:
    """Whole, from the command to its end."""
    return [Figure(f"playbook check {folder}", _seconds(CHECK, str(folder)), "s", Goal("value", "under", 1.0))]


def _seconds(program: str, *arguments: str) -> float:
    """The median of several, the first of which only warms up."""
    took = [_once(program, *arguments) for _ in range(TIMES + 1)]
    return median(took[1:])


def _once(program: str, *arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, stdout=subprocess.DEVNULL, env=_compiled())
    return time.perf_counter() - began


@cache
def _compiled() -> dict[str, str]:
    """The environment with a place for bytecode, the same each time."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir(), "playbook-bench"))}
