"""What becomes of a run when the facts that it goes by are taken away."""

import pytest

from tests.support.playbooks import lines, told

DAYS = "days_until(account.renewal_date) <= 30"
DATE = "2026-04-20"
TILL = f"  - {{wait: near, for: {DAYS}, at_most: 60 days, otherwise: [{{end: late}}]}}\n"
UNTIL = "  - {wait: near, until: 30 days before account.renewal_date, otherwise: [{end: late}]}\n"
# The zone before, the one that is told after ten days, and the midnight that counts from then on.
MOVES = [
    ("America/Los_Angeles", None, "2026-03-21T00:00:00Z"),
    (None, "Pacific/Auckland", "2026-03-20T11:00:00Z"),
    ("Pacific/Auckland", None, "2026-03-21T00:00:00Z"),
]


def moved(to):
    return [{"after": "10 days", "account": {"time_zone": to}}]


@pytest.mark.parametrize(("before", "to", "midnight"), MOVES)
def test_a_condition_on_days_goes_by_the_zone_as_it_is_now(before, to, midnight):
    story = told(TILL, account={"time_zone": before, "renewal_date": DATE}, then=moved(to))

    assert lines(story, "waited") == [(midnight, "near")]


@pytest.mark.parametrize(("before", "to", "midnight"), MOVES)
def test_a_start_on_days_goes_by_the_zone_as_it_is_now(before, to, midnight):
    start = f"start: {{when: {DAYS}}}\n"

    story = told("  - {end: done}", start=start, account={"time_zone": before, "renewal_date": DATE}, then=moved(to))

    assert lines(story, "started") == [(midnight, "start")]


def test_an_instant_that_is_awaited_already_stays_when_the_zone_is_taken_away():
    story = told(UNTIL, account={"time_zone": "Pacific/Auckland", "renewal_date": DATE}, then=moved(None))

    assert lines(story, "waited") == [("2026-03-20T20:00:00Z", "near")]


def test_what_is_reckoned_afterwards_goes_by_the_zone_of_the_policy():
    story = told(
        "  - {wait: first, for: 11 days}\n  - {wait: second, for: 1 business day}",
        account={"time_zone": "Pacific/Auckland", "country": None},
        then=moved(None),
    )

    assert lines(story, "waited")[-1] == ("2026-03-16T09:00:00Z", "second")


def test_a_task_with_a_date_that_vanishes_stays_due_as_it_was():
    story = told(
        "  - {task: call, due: 30 days before account.renewal_date, overdue: [{after: 1 hour, remind: assignee}]}",
        account={"renewal_date": DATE},
        then=[{"after": "1 day", "account": {"renewal_date": None}}],
        until="2026-04-20T00:00:00Z",
    )

    assert lines(story, "reminded") == [("2026-03-21T22:00:00Z", "call/overdue/1")]


def test_a_contact_whose_address_is_taken_away_is_nobody_to_write_to():
    story = told(
        "  - {wait: a_day, for: 1 day}\n  - {email: hello, to: champion, subject: Hi, text: Hello}",
        then=[{"after": "1 hour", "contacts": [{"id": "c1", "email": None}]}],
    )

    assert lines(story, "opened", "skipped", "sent") == [
        ("2026-03-03T14:00:00Z", "hello/missing"),
        ("2026-03-03T14:00:00Z", "hello"),
    ]


def test_an_unknown_value_in_a_mail_parks_the_run_before_anything_goes_out():
    steps = '  - {email: hello, to: champion, subject: Hi, text: "You have {{ account.seats }} seats"}'

    story = told(steps, then=[{"after": "1 day", "account": {"seats": 40}}])

    assert lines(story, "parked", "resumed", "sent") == [
        ("2026-03-02T14:00:00Z", "hello"),
        ("2026-03-03T14:00:00Z", "hello"),
        ("2026-03-03T14:00:00Z", "hello"),
    ]
    assert "account.seats" in str(story.trace[1].fields["reason"])
