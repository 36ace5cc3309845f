"""An intake in a process of its own, as `python -m workers.http` runs it, on a database made for the purpose."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from activities import facts
from activities.applied import Applied
from activities.clock import Clock, utc_now
from activities.host import Host
from activities.store.database import Database
from activities.store.schema import upgrade
from workers.applying import apply
from workers.bench.portfolio import Item, first_facts
from workers.checking import check
from workers.devserver_port import HOST, free_port

PATIENCE = 30.0
IN_ONE = 1_000


@dataclass(frozen=True, slots=True)
class Intake:
    client: httpx.Client
    pid: int

    def post(self, items: Sequence[Item]) -> None:
        """Raises RuntimeError when one of them is not stored: the benchmark's own facts are right."""
        told = self.client.post("/facts", json=list(items))
        if told.status_code != 200 or told.json()["stored"] != len(items):
            raise RuntimeError(f"the benchmark's own facts were refused: {told.text[:500]}")

    def resident(self) -> float:
        """Memory of its process, in MB."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, text=True, check=True)  # noqa: S607
        return int(told.stdout) / 1024


def fill(folder: Path, workspace: Path, accounts: int) -> str:
    """A database with the workspace applied and so many accounts known; its URL."""
    url = f"sqlite:///{folder / 'playbook.db'}"
    database = Database(url)
    try:
        upgrade(database)
        host = Host(database, Clock(1, utc_now(), utc_now()), Applied(), {})
        apply(host, check(workspace), by="bench")
        for start in range(0, accounts, IN_ONE):
            facts.post(host, [first_facts(one) for one in range(start, min(start + IN_ONE, accounts))])
    finally:
        database.close()
    return url


@contextlib.contextmanager
def intake(url: str, workspace: Path) -> Iterator[Intake]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.http"], cwd=Path(__file__).parents[2], env=_settings(url, workspace, port)
    )
    try:
        with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=PATIENCE) as client:
            _until_it_answers(client, process)
            yield Intake(client, process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _settings(url: str, workspace: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYBOOK_", "TEMPORAL_"))}
    ours = {"DATABASE_URL": url, "WORKSPACE": str(workspace), "HTTP_HOST": HOST, "HTTP_PORT": str(port)}
    return kept | {f"PLAYBOOK_{name}": value for name, value in ours.items()}


def _until_it_answers(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < PATIENCE:
        with contextlib.suppress(httpx.TransportError):
            client.get("/healthz")
            return
        time.sleep(0.05)
    raise TimeoutError("the intake did not start")
