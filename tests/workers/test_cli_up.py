"""`playbook up` as a user runs it: a process of its own, on a real Temporal server, until Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.commands import playbook
from tests.support.small_workspace import CALL, small_workspace

ROOT = Path(__file__).parents[2]
ACME = [
    {"id": "f1", "account": "acme", "fields": {"name": "Acme", "stage": "adoption", "arr": 5000, "country": "US"}},
    {"id": "f2", "account": "acme", "team": {"csm": "ben"}},
    {"id": "f3", "account": "acme", "metric": "score", "value": 40},
]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_workspace(tmp_path / "playbooks")
    return tmp_path


class Up:
    """One life of it; `http` is where it listens."""

    def __init__(self, folder: Path, *arguments: str, **environ: str) -> None:
        command = [sys.executable, "-c", "from workers.cli import main; main()", "up", *arguments]
        own = {"PYTHONPATH": str(ROOT), "PLAYBOOK_HTTP_PORT": "0", "PYTHONUNBUFFERED": "1"}
        self._log = folder / "up.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=os.environ | own | environ, stdout=log, stderr=log)

    @property
    def said(self) -> str:
        return self._log.read_text()

    def where(self) -> str:
        eventually(lambda: "HTTP  " in self.said or self.process.poll() is not None)
        found = re.search(r"HTTP +(http://\S+)", self.said)
        assert found, self.said
        return found[1]

    def end(self, *signals: int) -> int:
        for one in signals:
            self.process.send_signal(one)
        return self.process.wait(timeout=30)


@pytest.fixture
def up(folder) -> Iterator[Callable[..., Up]]:
    lives: list[Up] = []

    def start(*arguments: str, **environ: str) -> Up:
        lives.append(Up(folder, *arguments, **environ))
        return lives[-1]

    yield start
    for life in lives:
        if life.process.poll() is None:
            life.end(signal.SIGKILL)


def eventually(holds: Callable[[], object], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def sent(to: str) -> bool:
    return any(one["to"] == to and one["state"] == "sent" for one in playbook("outbox", "--json").json)


def test_a_fact_becomes_a_run_a_task_and_a_message_and_ctrl_c_loses_nothing(up):
    first = up()
    http = first.where()
    assert "applied the playbooks of playbooks: 1 (number 1)" in first.said

    answered = httpx.post(f"{http}/facts", json=ACME)
    eventually(lambda: sent("ben"))
    code = first.end(signal.SIGINT)

    assert answered.status_code == 200
    assert code == 130
    assert "Traceback" not in first.said
    (task,) = playbook("tasks", "--json").json
    assert playbook("task", "complete", task["id"], "--outcome", "silent", "--by", "ben").code == 0

    second = up()
    second.where()
    assert "holds     1 account and 1 live run from before" in second.said
    eventually(lambda: sent("ana"))

    assert [one["event"] for one in playbook("trace", task["run"], "--json").json][:4] == [
        "started",
        "opened",
        "completed",
        "branched",
    ]
    assert second.end(signal.SIGTERM) == 0


def test_an_echo_of_the_first_signal_does_not_cut_the_shutdown_short(up):
    life = up()
    life.where()

    code = life.end(signal.SIGINT, signal.SIGINT)

    assert code == 130
    assert "stopping: what is under way is finished first" in life.said


def test_facts_are_imported_beside_everything_else_under_a_clock_of_their_own(up, folder):
    (folder / "facts.ndjson").write_text(
        '{"id": "f1", "account": "acme", "at": "2026-03-01T00:00:00Z", "fields": {"stage": "adoption"}}\nnothing\n'
    )

    life = up("--import", "facts.ndjson", "--clock", "scaled:60@2026-03-02T00:00:00Z")
    life.where()
    eventually(lambda: "1 fact stored, 0 known already, 1 left out" in life.said)

    assert "facts.ndjson:2: this is not a line of JSON" in life.said
    assert "2026-03-0" in playbook("why", "acme", "call", "--json").json["now"]
    assert life.end(signal.SIGINT) == 130


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "said"),
    [
        (("--clock", "fast"), {}, 1, "--clock fast: it is neither 'real' nor 'scaled:'"),
        ((), {"PLAYBOOK_CLOCK": "fast"}, 1, "PLAYBOOK_CLOCK=fast"),
        ((), {"TEMPORAL_ADDRESS": "127.0.0.1:1"}, 4, "Temporal at 127.0.0.1:1 does not answer"),
        ((), {"PLAYBOOK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, 4, "cannot be used"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(up, arguments, environ, code, said):
    life = up(*arguments, **environ)

    assert life.process.wait(timeout=60) == code
    assert said in life.said
    assert "Traceback" not in life.said


def test_errors_in_the_workspace_are_told_and_nothing_is_begun(up, folder):
    small_workspace(folder / "playbooks", call=CALL.replace("    due: 2", "    duo: 2"))

    life = up()

    assert life.process.wait(timeout=60) == 1
    assert "playbooks/adoption/call.yaml:14:5: error" in life.said


def test_a_port_that_is_taken_is_said_with_the_setting(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        life = up(PLAYBOOK_HTTP_PORT=str(taken.getsockname()[1]))
        code = life.process.wait(timeout=60)

    assert code == 1
    assert "PLAYBOOK_HTTP_PORT" in life.said
