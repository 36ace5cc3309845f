"""`goal` and `stop` act at once, inside every wait, and clean up."""

import pytest

from tests.support.playbooks import compiled, lines, source, story, told
from tests.support.unkind_hosts import Watched

GOAL = "goal: {when: metrics.nps.value >= 8, outcome: recovered}\n"
STOP = 'stop: {when: account.status == "churned", outcome: churned}\n'


def test_a_goal_ends_the_run_in_the_middle_of_a_task_and_withdraws_it():
    story = told("  - {task: call, assign: csm}", head=GOAL, then=[{"after": "2 days", "metrics": {"nps": 9}}])

    assert lines(story, "withdrawn", "ended") == [("2026-03-04T14:00:00Z", "call"), ("2026-03-04T14:00:00Z", "goal")]
    assert story.trace[-1].fields["by"] == "goal"
    assert story.outcome == "recovered"


def test_goal_and_stop_in_one_fact_are_a_stop():
    story = told(
        "  - {wait: pause, for: 30 days}",
        head=GOAL + STOP,
        then=[{"after": "2 days", "metrics": {"nps": 9}, "account": {"status": "churned"}}],
    )

    assert story.outcome == "churned"


def test_a_goal_at_the_instant_of_a_mail_keeps_the_mail_from_going():
    story = told(
        "  - {wait: pause, for: 48 hours}\n  - {email: hello, to: champion, subject: Hi, text: Hello}",
        head=GOAL,
        then=[{"after": "48 hours", "metrics": {"nps": 9}}],
    )

    assert lines(story, "sent") == []
    assert story.outcome == "recovered"


def test_a_goal_that_holds_already_keeps_the_run_from_starting_with_the_reason():
    story = told("  - {wait: pause, for: 30 days}", head=GOAL, metrics={"nps": 9})

    assert [(entry.event, entry.fields["reason"]) for entry in story.trace] == [("not_started", "goal")]
    assert story.outcome is None


def test_a_goal_may_read_the_outcome_of_a_step():
    story = told(
        "  - {task: call, assign: csm, outcomes: [saved, lost]}\n  - {wait: pause, for: 30 days}",
        head='goal: {when: outcome.call == "saved", outcome: saved}\n',
        then=[{"after": "1 day", "complete": "call", "outcome": "saved"}],
    )

    assert lines(story, "ended") == [("2026-03-03T14:00:00Z", "goal")]


def test_a_goal_may_compare_with_the_value_at_the_start():
    story = told(
        "  - {wait: pause, for: 30 days}",
        head="goal: {when: account.renewal_date > at_start(account.renewal_date), outcome: renewed}\n",
        then=[{"after": "1 day", "account": {"renewal_date": "2027-06-01"}}],
    )

    assert story.outcome == "renewed"


def test_a_stop_leaves_tasks_of_a_run_that_ended_before_alone():
    story = told(
        "  - {task: call, assign: csm, then: continue}",
        head=STOP,
        then=[{"after": "2 days", "account": {"status": "churned"}}],
    )

    assert story.outcome == "completed"
    assert lines(story, "withdrawn") == []


def test_a_goal_that_time_alone_brings_is_not_forgotten_while_the_steps_go_on():
    story = told(
        "  - {wait: pause, for: 3 days}\n  - {task: call}",
        head="goal: {when: days_until(account.renewal_date) <= 60, outcome: near}\n",
        then=[{"after": "5 days", "metrics": {"nps": 3}}],
    )

    # 60 days before 1 June, at the account's own midnight.
    assert lines(story, "ended") == [("2026-04-02T04:00:00Z", "goal")]


WAITING = {
    "a task": "  - {task: one}",
    "a task beside the steps": "  - {task: beside, then: continue}\n  - {wait: long, for: 90 days}",
    "a task that was put off": "  - {task: one, at_most: 20 days, otherwise: []}",
    "a task of another step": "  - {task: one, same_as: it, then: continue}\n  - {task: two, same_as: it}",
    "an escalation": "  - {escalate: fire, reason: Fire, ladder: [{to: csm, within: 60 days}]}",
    "an escalation beside the steps": "  - {escalate: fire, reason: Fire, then: continue,"
    " ladder: [{to: csm, within: 60 days}]}\n  - {wait: long, for: 90 days}",
    "a meeting": "  - {meeting: qbr, due: 30 days}",
    "a duration": "  - {wait: long, for: 90 days}",
    "a date": "  - {wait: date, until: account.renewal_date, otherwise: []}",
    "a condition": "  - {wait: paused, for: 'account.status == \"paused\"', at_most: 60 days, otherwise: []}",
    "an event": "  - {wait: answer, on: survey, at_most: 60 days, otherwise: []}",
    "another playbook": "  - {play: other, playbook: other, wait: true}",
    "a contact": "  - {email: hello, to: economic_buyer, subject: Hi, text: Hello, missing: wait}",
    "a person in attention": "  - {task: one, title: 'Worth {{ account.seats }}'}",
    "a cadence": "  - {every: rhythm, schedule: 1 day, times: 60, do: [{task: one, then: continue}]}",
    "tracks": "  - parallel: both\n    tracks: {left: [{task: one}], right: [{meeting: qbr}]}",
    "inside then": "  - {wait: on_time, for: 1 hour, then: [{task: one}]}",
    "inside otherwise": "  - {task: one, at_most: 1 hour, otherwise: [{meeting: qbr}]}",
}


@pytest.mark.parametrize("exit_", ["goal", "stop"])
@pytest.mark.parametrize("waiting", WAITING)
def test_goal_and_stop_act_at_once_in_every_kind_of_wait_and_leave_nothing_open(waiting, exit_):
    head = f"{exit_}: {{when: metrics.nps.value >= 9, outcome: over}}\n"
    plan = compiled(source(WAITING[waiting], head, start="start: by hand\n"))
    then = [{"after": "2 days", "metrics": {"nps": 9}}]
    if "put off" in waiting:
        then.append({"after": "1 day", "snooze": "one", "until": "10 days"})
    world = Watched(plan, story(metrics={"nps": 3}, then=then))

    result = world.tell()

    assert (str(result.ended_at), result.outcome) == ("2026-03-04 14:00:00+00:00", "over")
    assert result.trace[-1].event == "ended"
    assert (world.desk.runs, [one for several in world.desk.watches.values() for one in several]) == ({}, [])
    assert {one.state for one in world.tasks.values()} <= {"withdrawn"}


REFUSED = {"after": "1 day", "complete": "call", "outcome": "refused"}
ASKED = "  - {task: call, assign: csm, outcomes: [agreed, refused]}\n  - {update: moved, set: {seats: 1}}\n"


def test_an_exit_that_reads_an_outcome_comes_before_the_step_that_follows():
    story = told(ASKED, head="stop: {when: outcome.call == 'refused', outcome: lost}\n", then=[REFUSED])

    assert [(one.path, one.event) for one in story.trace[-2:]] == [("call", "completed"), ("stop", "ended")]


def test_an_outcome_is_heard_by_what_waits_for_it_and_not_by_a_branch_that_asks_once():
    branch = "  - {branch: b, cases: [{when: outcome.call == 'refused', then: [{end: lost}]}], otherwise: []}\n"
    wait = "  - {wait: w, for: outcome.call == 'refused', at_most: 1 day, otherwise: []}\n"

    assert compiled(source(ASKED + branch)).heard == frozenset()
    assert compiled(source(ASKED + branch + wait)).heard == {"call"}


def test_an_exit_that_reads_the_outcome_of_the_last_step_gives_the_run_its_own():
    last = "  - {task: call, assign: csm, outcomes: [agreed, refused]}\n"

    story = told(last, head="goal: {when: outcome.call == 'refused', outcome: known}\n", then=[REFUSED])

    assert story.trace[-1].fields["outcome"] == "known"


def test_what_watches_an_outcome_acts_before_the_step_that_follows():
    watch = "meanwhile: [{watch: told, when: outcome.call == 'refused', do: [{end: lost}]}]\n"

    story = told(ASKED, head=watch, then=[REFUSED])

    assert [one.path for one in story.trace if one.event in ("updated", "ended")] == ["meanwhile/told#1/lost"]
