"""A message in Slack that belongs below an earlier one."""

import pytest

from engine.trace import Entry
from tests.support.playbooks import compiled, problems, source, told

FIRST = '  - {slack: first, to: "#alerts", text: Look}\n'
SECOND = '  - {slack: second, to: "#alerts", text: And look, thread: first}\n'


def of(entry: Entry) -> tuple[str | None, object]:
    return entry.step, entry.fields.get("thread")


def test_a_message_says_below_which_step_it_belongs():
    result = told(FIRST + SECOND)

    assert [of(one) for one in result.trace if one.event == "posted"] == [("first", None), ("second", "first")]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (FIRST + SECOND.replace("thread: first", "thread: frist"), "there is no step 'frist'. Did you mean 'first'"),
        (SECOND + FIRST, "(line 6) cannot have happened where this stands"),
        (
            FIRST + SECOND + SECOND.replace("second", "third").replace("thread: first", "thread: second"),
            "itself in a thread",
        ),
        ("  - {wait: first, for: 1 day}\n" + SECOND, "'first' is no message in Slack"),
        (SECOND.replace("thread: first", "thread: second"), "itself in a thread"),
        (FIRST.replace("#alerts", "ae") + SECOND, "'first' is told to a person, and this goes to #alerts"),
        (FIRST.replace("#alerts", "#wins") + SECOND, "'first' is told in #wins, and this goes to #alerts"),
        (FIRST + SECOND.replace("#alerts", "ae"), "'first' is told in #alerts, and this goes to ae"),
        ("  - {task: first, title: Ring}\n" + SECOND, "'first' is told to a person"),
    ],
)
def test_what_no_thread_can_begin_with_is_told(steps, said):
    assert said in str(problems(source(steps)))


@pytest.mark.parametrize(
    "first",
    [
        "{task: first, title: Ring, then: continue, assign: csm}",
        "{escalate: first, reason: Fire, ladder: [{to: csm, within: 1 day}]}",
    ],
)
def test_what_tells_of_a_task_or_an_escalation_begins_one_too(first):
    assert problems(source(f"  - {first}\n{SECOND}".replace('"#alerts"', "csm"))).errors == ()


def test_a_plan_without_a_thread_keeps_its_form():
    assert "thread" not in compiled(source(FIRST)).model_dump_json()
