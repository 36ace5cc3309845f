"""The demo on a real Temporal server, small: what it tells, what it survives, and what it leaves behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from activities.clock import load_clock
from activities.store.database import Database
from tests.support.commands import playbook
from workers.demo.place import database_url, fresh
from workers.demo.portfolio import Asked, NoDemo
from workers.demo.report import report
from workers.demo.report_json import report_json
from workers.demo.show import Quiet
from workers.demo.stage import Outcome, Stage
from workers.settings import Settings
from workers.temporal_server import temporal_binary

ROOT = Path(__file__).parents[2]
SMALL = Asked(days=20, accounts=12, seconds=10)
RUN = "import sys; from workers.cli import main; sys.argv[0] = 'playbook'; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def outcome(home) -> Outcome:
    """One demo, in which everything is killed once."""
    settings = Settings(workspace=ROOT / "playbooks", sendgrid_api_key="SG.never-used", slack_bot_token="xoxb-never")
    binary = temporal_binary(os.environ, print)
    return asyncio.run(Stage(settings, home, binary, SMALL, crash=True, show=Quiet()).play())


def test_killed_in_the_middle_it_loses_nothing_and_does_nothing_twice(outcome):
    assert [one.victim for one in outcome.kills] == ["worker", "relay", "Temporal server"]
    assert [one.rule for one in outcome.checks if not one.holds] == []


def test_playbooks_start_tasks_are_done_and_messages_go_out(outcome):
    started = sum(one.started for one in outcome.figures.runs.values())
    assert started >= 3
    assert sum(one.opened for one in outcome.figures.tasks.values()) >= 3
    assert any(state == "sent" for _, _, state in outcome.figures.effects)


def test_every_fact_of_the_stretch_is_fed_once(outcome):
    assert outcome.fed.stored == len(outcome.portfolio.stretch)
    assert (outcome.fed.duplicates, outcome.fed.rejected) == (0, {})


def test_the_report_is_told_in_sections_that_fit_a_terminal(outcome):
    lines = report(outcome)

    assert lines[0].startswith("20 days of ")
    assert {"Runs", "Tasks of people", "Mail and messages", "Crashes", "Did every effect happen once?"} <= set(lines)
    assert all(len(line) <= 100 for line in lines)
    assert "NO" not in [line[:2] for line in lines]


def test_the_report_is_told_to_programs_too(outcome):
    told = json.loads(json.dumps(report_json(outcome)))

    assert told["holds"] is True
    assert {"runs", "tasks", "messages", "told", "facts", "kills", "checks"} <= set(told)


def test_what_it_leaves_is_seen_by_the_listings(outcome, home, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", database_url(home))

    runs = playbook("runs", "--json")

    assert runs.code == 0
    assert len(runs.json) == sum(one.started for one in outcome.figures.runs.values())


def test_after_the_last_day_its_clock_goes_as_fast_as_real_time(outcome, home):
    database = Database(database_url(home))
    clock = load_clock(database)
    database.close()

    assert clock.until == outcome.portfolio.until
    assert (clock.now() - clock.until).total_seconds() < 600


def test_two_demos_never_play_in_one_folder(tmp_path):
    with fresh(tmp_path), pytest.raises(NoDemo, match="A demo plays already"), fresh(tmp_path):
        pass


def test_each_demo_begins_anew(tmp_path):
    (tmp_path / "playbook.db").write_text("of the last one")

    with fresh(tmp_path):
        assert not (tmp_path / "playbook.db").exists()


def children(pid: int) -> list[int]:
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    found = [int(one) for one in told.split()]
    return [*found, *(two for one in found for two in children(one))]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="ps tells children in this way on Linux")
def test_ctrl_c_leaves_no_process_and_a_folder_in_which_the_next_demo_begins(tmp_path):
    environ = {**os.environ, "PLAYBOOK_WORKSPACE": str(ROOT / "playbooks"), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", RUN, "demo", "--days", "30", "--accounts", "2"]
    demo = subprocess.Popen(argv, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with demo:
        while "days begin" not in demo.stderr.readline():
            assert demo.poll() is None
        started = children(demo.pid)
        demo.send_signal(signal.SIGINT)
        code = demo.wait(30)

    assert code == 130
    assert len(started) >= 4
    assert gone_within(5, started)
    with fresh(tmp_path / ".playbook" / "demo"):
        pass


def gone_within(seconds: float, pids: list[int]) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, pids))
