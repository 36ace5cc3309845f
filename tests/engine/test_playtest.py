"""Tests beside the playbooks: what they may expect, and what is said when it did not come true."""

import json

import pytest

from engine.playtest import check_stories, read_tests, run_tests
from engine.problems import Problems
from engine.source import read
from tests.support.playbooks import ACME, KIM, MONDAY_MORNING, TEAM, compiled, setting, source

STEPS = """
  - task: review
    due: 3 business days
    overdue: [{after: 1 business day, remind: assignee}, {after: 3 business days, escalate: cs_manager}]
  - {email: hello, to: champion, subject: Hi, text: Hello}
  - {update: note, set: {status: paused}}
"""
DONE = {"after": "10 days", "complete": "review"}


def results(*tests, steps=STEPS, start="start: by hand\n"):
    common = {"start": MONDAY_MORNING, "account": ACME, "contacts": [KIM], "team": TEAM}
    named = [{"test": f"number {n}", **common, **one} for n, one in enumerate(tests, 1)]
    document = read(json.dumps({"playbook": "example", "tests": named}), "example.test.yaml")
    assert not isinstance(document, Problems)
    plan = compiled(source(steps, start=start))
    name, stories, found = read_tests(document, setting())
    assert (name, str(found), str(check_stories(document, plan, stories, setting()))) == ("example", "", "")
    return run_tests(document, plan, stories, setting()).results


def missed(**said):
    return results({"then": [DONE], **said})[0].missed


def test_a_whole_list_of_effects_in_order_passes():
    expect = [
        {"at": "day 0", "task": "review", "assigned": "csm", "person": "ana", "due": "2026-03-05"},
        {"at": "2026-03-06", "remind": "review", "to": "assignee"},
        {"at": "2026-03-10", "escalate": "review", "to": "cs_manager"},
        {"at": "2026-03-12T13:00:00Z", "email": "hello", "contact": "c1"},
        {"update": "note", "set": {"status": "paused"}},
    ]

    assert missed(expect=expect, outcome="completed") == ()


@pytest.mark.parametrize("at", ["day 10", "2026-03-12", "2026-03-12T13:00:00Z"])
def test_a_day_and_a_date_at_which_something_is_done_mean_the_time_of_day_of_the_start(at):
    done = {"at": at, "complete": "review"}

    assert missed(then=[done], expect_some=[{"at": "2026-03-12T13:00:00Z", "email": "hello"}]) == ()


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ([], "not expected: {at: day 0, task: review, assigned: csm, due: 2026-03-05"),
        (
            [{"task": "review"}] * 6,
            "expected as number 2: {task: review}; but it was: {at: day 4, remind: review, to: assignee, rung: 1",
        ),
        ([{"task": "review", "assigned": "ae"}], "expected as number 1: {task: review, assigned: ae}; but it was"),
    ],
)
def test_the_first_difference_of_a_whole_list_is_told(expect, said):
    assert missed(expect=expect)[0].startswith(said)


def test_what_is_expected_behind_the_last_effect_is_told():
    found = missed(expect=[{"task": "review"}, *[{"email": "hello", "times": 9}]], then=[])

    assert found[0].startswith("expected as number 2: {email: hello}; but it was")


def test_what_is_told_of_a_channel_can_be_pasted():
    told = (
        results({"expect": []}, steps='\n  - {slack: wins, to: "#wins", text: Well done}\n')[0]
        .missed[0]
        .removeprefix("not expected: ")
    )

    pasted = read(told).data

    assert results({"expect": [pasted]}, steps='\n  - {slack: wins, to: "#wins", text: Well done}\n')[0].passed


def test_what_a_task_is_called_may_be_expected():
    steps = "\n  - {task: ring, title: 'Ring {{ account.name }}'}\n"

    right, wrong = results(
        {"expect": [{"task": "ring", "title": "Ring Acme"}]},
        {"expect": [{"task": "ring", "title": "Call"}]},
        steps=steps,
    )

    assert right.passed
    assert wrong.missed[0].endswith("title: Ring Acme}")


def test_what_happens_again_is_said_once():
    call = "{meeting: call, title: Call, due: 2 days}"
    steps = f"\n  - every: week\n    schedule: week\n    times: 3\n    do:\n      - {call}\n"
    weekly = {"after": "7 days", "every": "1 week", "times": 3, "event": "meeting", "data": {"outcome": "held"}}

    (told,) = results(
        {"then": [weekly], "expect": [{"meeting": "call", "times": 3}], "outcome": "completed"}, steps=steps
    )

    assert told.missed == ()
    assert [one.at.isoformat()[:10] for one in told.story.moments[1:]] == ["2026-03-09", "2026-03-16", "2026-03-23"]


@pytest.mark.parametrize("until", ["day 4", "2026-03-06", "4 days"])
def test_a_story_may_end_with_a_day(until):
    assert missed(until=until, expect=[{"task": "review"}, {"at": "day 4", "remind": "review"}]) == ()


def test_a_part_of_the_effects_may_be_expected_in_any_order():
    assert missed(expect_some=[{"email": "hello"}, {"task": "review"}]) == ()
    assert missed(expect_some=[{"email": "hello"}, {"email": "hello"}]) == ("did not happen: {email: hello}",)


def test_what_must_never_happen_is_told_when_it_does():
    assert missed(never=[{"email": "hello", "at": "day 3"}]) == ()
    assert missed(never=[{"email": "hello"}]) == ("must never happen, but did: {email: hello}",)


def test_an_outcome_is_only_looked_at_when_it_is_said():
    assert missed() == ()
    assert missed(outcome=None) == ("outcome: expected none, but it was completed",)
    assert missed(then=[], outcome="completed") == (
        "outcome: expected completed, but it was none: the run waits at task review since 2026-03-02 Mon 09:00",
    )


def test_what_must_not_start_may_not_have_begun_and_wait_in_silence_either():
    silent = {"expect": [], "outcome": None}
    steps = "  - {wait: pay, for: 500 days}"

    (begun,) = results(silent, steps=steps)
    (barred,) = results(silent, steps=steps, start="start: {when: account.arr < 0}\n")
    (open_still,) = results(silent | {"until": "2 days"}, steps=steps)

    (said,) = begun.missed
    assert said.startswith("must not start")
    assert said.endswith("the run waits at wait pay since 2026-03-02 Mon 09:00")
    assert barred.passed
    assert open_still.passed


def test_a_story_goes_no_further_than_it_says():
    (result,) = results({"until": "2 days"})

    assert [entry.event for entry in result.told.trace] == ["started", "opened"]


PAUSE = """
  - {wait: pause, for: 5 days}
  - {end: rested}
"""


def test_an_earlier_run_that_ended_as_expected_is_named():
    document = "start: {when: metrics.nps.value <= 5, again: always}\n"
    then = [{"after": "10 days", "metrics": {"nps": 9}}, {"after": "20 days", "metrics": {"nps": 1}}]
    story = {"metrics": {"nps": 2}, "then": then, "until": "21 days", "outcome": "rested"}

    (found,) = results(story, steps=PAUSE, start=document)[0].missed

    assert found.startswith("outcome: expected rested, but it was none: the run waits at wait pause since 2026-03-22")
    assert "An earlier run ended as rested, and at 2026-03-22 Sun 09:00 another began" in found


def test_what_the_story_could_not_do_fails_the_test():
    assert missed(then=[DONE, {"after": "11 days", "complete": "review"}]) == (
        (
            "2026-03-13 Fri 09:00: there is no open task or escalation 'review' to complete: "
            "the run ended as completed at 2026-03-12 Thu 09:00"
        ),
    )


def test_days_are_those_of_the_account():
    # Half past midnight in Berlin on the 3rd is the evening of the 2nd in New York.
    berlin = {"account": {**ACME, "time_zone": "Europe/Berlin", "country": "DE"}, "start": "2026-03-02T23:30:00Z"}

    assert missed(**berlin, expect_some=[{"task": "review", "at": "2026-03-03"}]) == ()
    assert missed(start="2026-03-03T00:30:00Z", expect_some=[{"task": "review", "at": "2026-03-02"}]) == ()


def test_a_word_picks_the_tests_whose_name_has_it():
    both = results({"then": [DONE]}, {"then": []})

    assert [(one.test, one.passed) for one in both] == [("number 1", True), ("number 2", True)]


PLAYS = """
  - {play: at_once, playbook: other}
  - {play: patient, playbook: other, wait: true, at_most: 9 days, otherwise: []}
"""


def test_a_play_is_expected_when_it_begins_whether_or_not_it_is_waited_for():
    ended = {"after": "4 days", "ended": "other", "outcome": "saved"}
    expect = [{"at": "day 0", "play": "at_once", "playbook": "other"}, {"at": "day 0", "play": "patient"}]

    (result,) = results({"then": [ended], "expect": expect, "outcome": "completed"}, steps=PLAYS)

    assert result.missed == ()
    assert result.told.ended_at is not None
    assert result.told.ended_at.isoformat() == "2026-03-06T14:00:00+00:00"


CALLS = """
  - {task: call, outcomes: [fine, not_fine]}
  - {branch: how, cases: [{when: 'outcome.call == "fine"', then: [{end: content}]}], otherwise: [{end: handled}]}
"""
LEE = {"id": "c2", "name": "Lee", "role": "end_user", "email": "lee@acme.test"}


def of_each(outcome):
    done = [{"after": f"{n} days", "complete": "call", "subject": f"c{n}", "outcome": "fine"} for n in (1, 2)]
    told_of = {"contacts": [KIM, LEE], "then": done[:1], "until": "5 days", "outcome": outcome}
    return results(told_of, start="each: contacts\nstart: {}\n", steps=CALLS)[0].missed


def test_with_each_a_test_says_how_the_run_of_each_subject_ended():
    assert of_each({"c1": "content", "c2": None}) == ()
    assert of_each({"c1": "handled", "c2": "handled", "c3": "handled"}) == (
        "outcome of c1: expected handled, but it was content",
        "outcome of c2: expected handled, but it was none: the run waits at task call since 2026-03-02 Mon 09:00",
        "outcome of c3: expected handled, but it was none: no run has begun",
    )


def test_a_run_for_the_account_has_one_outcome():
    document = read(
        json.dumps(
            {"playbook": "example", "tests": [{"start": MONDAY_MORNING, "account": ACME, "outcome": {"c1": "nope"}}]}
        ),
        "example.test.yaml",
    )
    _, stories, _ = read_tests(document, setting())

    found = str(check_stories(document, compiled(source(STEPS, start="start: by hand\n")), stories, setting()))

    assert "this playbook has one run for the account, so its outcome is one word" in found
    assert "no run ends as 'nope'" in found
