"""What the manager reads: counted right, told with reasons, and narrow enough for a terminal."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import runs, tasks
from activities.host import Host
from activities.store.tasks import listed
from engine.trace import Entry
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell
from workers.demo.columns import WIDTH, hanging, several, table
from workers.demo.figures import Figures, Raised, Worked, figures
from workers.demo.report import _listed, _reminded
from workers.demo.timeline import _what, reasons, told

START = "start: {when: metrics.nps.value < 5, again: after 10 days}\n"
TASK = """
  - task: call
    title: Call them
    assign: csm
    due: 2 business days
    overdue: [{after: 1 business day, remind: assignee}, {after: 2 business days, escalate: cs_manager}]
"""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def host(sqlite, clock) -> Host:
    made = host_on(sqlite, playbook(TASK, start=START), real=clock)
    acme(made)
    tell(made, "acme", metric="nps", value=3)
    return made


def counted(host: Host) -> Figures:
    return host.database.read(lambda connection: figures(connection, host.clock.now()))


def finish(host: Host) -> None:
    (task,) = host.database.read(lambda connection: listed(connection, state="open"))
    tasks.complete(host, task.id, "done", "ana")
    runs.advance(host, only_run(host).id)


def test_a_run_is_counted_by_playbook_and_tier_as_running_and_then_by_its_outcome(host):
    before = counted(host).runs[("example", "growth")]
    finish(host)
    after = counted(host).runs[("example", "growth")]

    assert (before.started, before.running, dict(before.ended)) == (1, 1, {})
    assert (after.started, after.running, dict(after.ended)) == (1, 0, {"completed": 1})


def test_a_task_done_in_time_is_not_late(host):
    finish(host)

    work = counted(host).tasks["example"]
    assert (work.opened, work.done, work.late, work.escalated) == (1, 1, 0, 0)


def test_a_task_that_nobody_does_is_overdue_and_escalated(host, clock):
    for days in (3.5, 7):
        clock.go(days=days)
        runs.advance(host, only_run(host).id)

    found = counted(host)
    assert (found.tasks["example"].open, found.tasks["example"].overdue, found.tasks["example"].escalated) == (1, 1, 1)
    assert found.reminders.total() == 1


def test_a_task_done_after_it_was_due_is_late(host, clock):
    clock.go(days=10)
    finish(host)

    assert counted(host).tasks["example"].late == 1


def test_a_start_that_did_not_happen_is_counted_by_its_reason(host):
    finish(host)
    tell(host, "acme", metric="nps", value=8)
    tell(host, "acme", metric="nps", value=2)

    assert counted(host).barred == {"again": 1}


def test_an_account_is_told_line_by_line_with_the_values_that_decided(host):
    finish(host)

    story = host.database.read(lambda connection: told(connection, "acme", UTC))

    assert (story.name, story.standing) == ("Acme", "growth, adoption, active")
    assert [line.what.split()[0] for line in story.lines] == ["started", "call", "call", "ended"]
    assert story.lines[0].because == "metrics.nps.value = 3"


def test_only_the_parts_that_decided_are_reasons():
    def leaf(text, value, truth):
        return {"text": f"{text} …", "truth": truth, "parts": [{"text": text, "value": value, "parts": []}]}

    either = {"text": "a or b", "truth": True, "parts": [leaf("a", 1, False), leaf("b", "-0.3333333333333333", True)]}

    assert reasons(either) == ["b = -0.33"]


def test_an_entry_is_addressed_by_its_step_and_says_when_it_is_due():
    at = datetime(2026, 3, 2, tzinfo=UTC)
    due = (at + timedelta(days=2)).isoformat()
    entry = Entry(
        at=at, path="a/b/call", step="call", kind="task", event="opened", fields={"assigned": "csm", "due": due}
    )

    assert _what(entry, UTC) == "call opened csm due 04 Mar"


@pytest.mark.parametrize(
    ("event", "fields", "said"),
    [
        ("ended", {"outcome": "won", "by": "goal"}, "ended as won by its goal"),
        ("ended", {"outcome": "done", "by": "end"}, "ended as done"),
        ("not_started", {"reason": "live"}, "did not start: while a run was live"),
        ("not_started", {"reason": "paused"}, "did not start: paused"),
    ],
)
def test_what_concerns_the_playbook_is_said_in_words(event, fields, said):
    at = datetime(2026, 3, 2, tzinfo=UTC)

    assert _what(Entry(at=at, path="goal", step=None, kind="playbook", event=event, fields=fields), UTC) == said


@given(st.lists(st.tuples(st.text("ab ", max_size=9), st.text("xyz ", max_size=300)), max_size=5))
def test_no_line_is_wider_than_a_terminal(rows):
    lines = [*table(("name", "said"), rows), *hanging("before  ", "word " * 80)]

    assert all(len(line) <= WIDTH for line in lines)


def test_numbers_stand_to_the_right_and_long_text_goes_on_below_itself():
    lines = table(("n", "said"), [("7", "word " * 30), ("12", "short")], ["n"])

    assert lines[0] == " n  said"
    assert lines[1].startswith(" 7  word")
    assert lines[2].startswith("    word")
    assert lines[-1] == "12  short"


def test_one_thing_is_not_many():
    assert (several(1, "task"), several(1_204, "task")) == ("1 task", "1,204 tasks")


def test_the_figures_of_the_report_are_those_of_the_listings():
    tasks, raised = Worked(open=37, overdue=30), Raised(open=4, overdue=2)

    assert _reminded(Counter(sent=72, skipped=1)) == "73 reminders: 72 sent, 1 skipped"
    assert _reminded(Counter()) == "0 reminders"
    assert "41 open, 32 of them overdue" in _listed(tasks, raised)
