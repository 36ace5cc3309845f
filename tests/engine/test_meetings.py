"""`meeting`: somebody is asked to hold one; what was held counts, what was not is recorded, and it may be too late."""

import pytest

from tests.support.playbooks import ACME, compiled, problems, source, story, told
from tests.support.unkind_hosts import Watched

QBR = """
  - meeting: review
    title: Quarterly review with {{ account.name }}
    with: [champion, economic_buyer]
    where: event.kind == "qbr"
    due: 10 business days
    then: [{end: met}]
    otherwise: [{end: not_met}]
"""


def met(after, outcome="held", kind="qbr"):
    return {"after": after, "event": "meeting", "data": {"kind": kind, "outcome": outcome}}


def events(result, *wanted):
    found = [(str(one.to_json()["at"]), one.event, one.path) for one in result.trace]
    return [one for one in found if not wanted or one[1] in wanted]


def test_the_owner_is_asked_and_it_is_due_at_the_end_of_their_working_hours():
    opened = told(QBR).trace[1]

    assert (opened.event, opened.kind, opened.path) == ("opened", "meeting", "review")
    assert opened.fields == {
        "assigned": "csm", "person": "ana", "due": "2026-03-16T21:00:00Z", "with": ["champion", "economic_buyer"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("10 days", "2026-03-12T21:00:00Z"),
        ("1 month", "2026-04-02T21:00:00Z"),
        ("2 business days", "2026-03-04T22:00:00Z"),
        ("day 10", "2026-03-12T21:00:00Z"),
        ("48 hours", "2026-03-04T14:00:00Z"),
    ],
)
def test_days_end_with_the_owners_working_hours_and_hours_are_by_the_clock(said, due):
    opened = told(f"  - {{meeting: review, due: {said}}}").trace[1]

    assert opened.fields["due"] == due


def test_one_that_is_held_goes_to_then():
    result = told(QBR, then=[met("3 days")])

    assert events(result, "completed") == [("2026-03-05T14:00:00Z", "completed", "review")]
    assert result.outcome == "met"


@pytest.mark.parametrize("said", ["cancelled", "no_show"])
def test_one_that_is_not_held_is_recorded_and_the_waiting_goes_on(said):
    result = told(QBR, then=[met("3 days", said), met("5 days")])

    waiting = next(one for one in result.trace if one.event == "waiting")
    assert (waiting.path, waiting.fields) == ("review", {"reason": said, "until": "2026-03-16T21:00:00Z"})
    assert result.outcome == "met"


def test_a_meeting_of_another_kind_does_not_count():
    result = told(QBR, then=[met("3 days", kind="training")])

    assert result.outcome == "not_met"


def test_when_it_is_due_it_has_timed_out_and_is_nobodys_work_any_more():
    world = Watched(compiled(source(QBR, start="start: by hand\n")), story())

    result = world.tell()

    assert events(result, "timed_out", "withdrawn", "ended") == [
        ("2026-03-16T21:00:00Z", "timed_out", "review"),
        ("2026-03-16T21:00:00Z", "ended", "review/otherwise/not_met"),
    ]
    assert [one.state for one in world.tasks.values()] == ["withdrawn"]


def test_without_otherwise_it_is_missed_and_the_run_goes_on():
    steps = """
  - {meeting: kickoff, due: 48 hours}
  - branch: how
    cases: [{when: outcome.kickoff == "missed", then: [{end: missed}]}]
    otherwise: []
"""

    assert told(steps).outcome == "missed"


def test_a_person_may_say_that_it_was_held():
    result = told(QBR, then=[{"after": "3 days", "complete": "review", "by": "ana"}])

    completed = next(one for one in result.trace if one.event == "completed")
    assert completed.fields == {"outcome": "held", "by": "ana"}
    assert result.outcome == "met"


def test_what_was_held_can_be_read_in_then():
    steps = """
  - meeting: review
    due: 10 days
    then: [{slack: tell, to: csm, text: "It was a {{ event.kind }}"}]
"""
    world = Watched(compiled(source(steps, start="start: by hand\n")), story(then=[met("1 day")]))

    world.tell()

    assert ("ana", "It was a qbr") in world.seen.bodies


def test_one_whose_day_has_passed_on_arrival_is_missed_at_once():
    result = told("  - {meeting: review, due: 2026-02-27, otherwise: [{end: late}]}")

    missed = next(one for one in result.trace if one.event == "timed_out")
    assert (missed.fields["reason"], result.outcome) == ("past", "late")


DATED = "  - {meeting: review, due: 30 days before account.renewal_date, otherwise: [{end: missed}]}"


def test_it_moves_with_the_date_that_it_hangs_on():
    result = told(DATED, then=[{"after": "1 day", "account": {"renewal_date": "2026-07-01"}}])

    assert events(result, "waiting", "timed_out") == [
        ("2026-03-03T14:00:00Z", "waiting", "review"),
        ("2026-06-01T21:00:00Z", "timed_out", "review"),
    ]


def test_a_date_that_vanishes_while_it_is_awaited_goes_to_otherwise():
    result = told(DATED, then=[{"after": "1 day", "account": {"renewal_date": None}}])

    missed = next(one for one in result.trace if one.event == "timed_out")
    assert (missed.fields["reason"], result.outcome) == ("unknown", "missed")


def test_it_goes_with_its_role():
    result = told(QBR, then=[{"after": "1 day", "team": {"csm": "ben"}}])

    assert events(result, "reassigned") == [("2026-03-03T14:00:00Z", "reassigned", "review")]


def test_put_off_it_is_still_due():
    result = told(QBR, then=[{"after": "1 day", "snooze": "review", "until": "30 days"}], until="2026-03-20T00:00:00Z")

    assert events(result, "snoozed", "timed_out") == [
        ("2026-03-03T14:00:00Z", "snoozed", "review"),
        ("2026-03-16T21:00:00Z", "timed_out", "review"),
    ]


@pytest.mark.parametrize("exit_", ["goal", "stop"])
def test_goal_and_stop_end_it_at_once(exit_):
    head = f"{exit_}: {{when: metrics.nps.value >= 9, outcome: over}}\n"

    result = told(QBR, head=head, metrics={"nps": 3}, then=[{"after": "1 day", "metrics": {"nps": 9}}])

    assert events(result, "withdrawn", "ended") == [
        ("2026-03-03T14:00:00Z", "withdrawn", "review"),
        ("2026-03-03T14:00:00Z", "ended", exit_),
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("with: champio", "'champio' is not a role of contacts. Did you mean 'champion'?"),
        ('where: event.outcome == "held"', "only a meeting that was held counts"),
        ('where: event.knd == "qbr"', "event.knd"),
        ("due: soon", "'soon' is not"),
        ("assign: boss", "nobody has the role 'boss'"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused(keys, message):
    assert message in str(problems(source(f"  - meeting: review\n    {keys}")))


def test_steps_behind_a_meeting_that_always_ends_the_run_are_unreachable():
    found = problems(source(QBR + "  - {end: never}"))

    assert [one.code for one in found] == ["unreachable"]


def test_how_many_were_missed_in_a_row_is_counted_in_a_field():
    steps = """
  - every: weekly
    schedule: week
    times: 9
    do:
      - meeting: call
        title: Call
        due: 2 days
        then: [{update: met, set: {seats: 0}}]
        otherwise: [{update: missed, set: {seats: account.seats + 1}}]
"""
    head = "meanwhile:\n  - {watch: twice, when: account.seats >= 2, do: [{end: silent}]}\n"
    then = [met("15 days")]

    result = told(steps, head, account={**ACME, "seats": 0}, then=then)

    assert [one[2].rpartition("/")[2] for one in events(result, "updated")] == ["missed", "met", "missed", "missed"]
    assert result.outcome == "silent"
