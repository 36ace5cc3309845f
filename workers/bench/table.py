"""The benchmarks by name, and how those that need a server get one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from workers.bench import intake
from workers.bench.beginnings import check_workspace, engine_import
from workers.bench.clicks import clicks
from workers.bench.conditions import conditions
from workers.bench.figure import Figure
from workers.bench.kinds import kinds
from workers.bench.letters import letters
from workers.bench.load import load
from workers.bench.outage import outage
from workers.bench.promptness import promptness
from workers.bench.simulation import simulation
from workers.bench.steps import steps
from workers.bench.throughput import throughput
from workers.bench.touchpoints import touchpoints
from workers.devserver import DevServer

Measure = Callable[[DevServer, Path], Awaitable[list[Figure]]]

ON_A_SERVER: dict[str, Measure] = {
    "runs": throughput,
    "promptness": promptness,
    "steps": steps,
    "load": load,
    "kinds": kinds,
    "touchpoints": touchpoints,
    "mails": letters,
    "clicks": clicks,
    "outage": outage,
}
IN_A_FOLDER: dict[str, Callable[[Path], list[Figure]]] = {
    "facts": intake.throughput,
    "growth": intake.growth,
    "simulation": simulation,
}
ALONE: dict[str, Callable[[Path], list[Figure]]] = {
    "conditions": lambda _: conditions(),
    "import": lambda _: engine_import(),
    "check": check_workspace,
}
NAMES = (*ON_A_SERVER, *IN_A_FOLDER, *ALONE)

FOLDER = "playbook-bench-"

Say = Callable[[str], None]


async def measured(names: Sequence[str], binary: Callable[[], Path], workspace: Path, say: Say) -> list[Figure]:
    """`binary` finds Temporal's and is asked only when it is needed."""
    figures: list[Figure] = []
    on_server = [name for name in names if name in ON_A_SERVER]
    if on_server:
        async with _server(binary()) as (server, home):
            for name in on_server:
                say(f"measuring {name}")
                (home / name).mkdir()
                figures += await ON_A_SERVER[name](server, home / name)
    for name in (one for one in names if one in IN_A_FOLDER):
        say(f"measuring {name}")
        with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
            figures += await asyncio.to_thread(IN_A_FOLDER[name], Path(folder))
    for name in (one for one in names if one in ALONE):
        say(f"measuring {name}")
        figures += ALONE[name](workspace)
    return figures


@asynccontextmanager
async def _server(binary: Path) -> AsyncIterator[tuple[DevServer, Path]]:
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        async with DevServer(binary, Path(folder)) as server:
            yield server, Path(folder)
