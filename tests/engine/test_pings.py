"""When a colleague hears of a task, and when their digest is due."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.people import Away
from engine.pings import digest_day, is_in_digest, next_digest, waits_until
from engine.policy import Policy
from tests.support.cards import person, task

BEN = replace(person("ben"), country="DE-BE")  # in Berlin
HOURS = Policy(pings_in_hours=True)
DIGEST = Policy(pings="digest")


def berlin(day, hour, minute=0):
    """In March 2026: the 2nd is a Monday; one hour ahead of UTC."""
    return dt.datetime(2026, 3, day, hour - 1, minute, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (berlin(3, 8, 59), berlin(3, 9)),
        (berlin(3, 9), None),
        (berlin(3, 16, 59), None),
        (berlin(3, 17), berlin(4, 9)),
        (berlin(7, 12), berlin(10, 9)),  # a Saturday before a Monday that is closed
    ],
)
def test_a_card_waits_for_the_working_hours_of_whom_it_is_for(now, until):
    policy = replace(HOURS, closed=frozenset({dt.date(2026, 3, 9)}))

    assert waits_until("task", task(), BEN, policy, now) == until
    assert waits_until("remind", task(), BEN, policy, now) == until


def test_what_is_urgent_waits_for_nothing():
    night = berlin(3, 22)

    assert waits_until("task", task(urgent=True), BEN, HOURS, night) is None
    assert waits_until("escalate", task(), BEN, HOURS, night) is None
    assert waits_until("task", task(), BEN, Policy(), night) is None


def test_what_a_digest_will_say_in_time_is_not_said_by_itself():
    now = berlin(3, 12)
    soon, later, late = berlin(4, 8, 59), berlin(4, 9), berlin(2, 17)

    said = [is_in_digest("task", task(due=due), BEN, DIGEST, now) for due in (soon, later, late, None)]

    assert said == [False, True, True, True]
    assert not is_in_digest("task", task(due=later, urgent=True), BEN, DIGEST, now)
    assert not is_in_digest("task", task(due=later, kind="approval"), BEN, DIGEST, now)
    assert not is_in_digest("escalate", task(due=later), BEN, DIGEST, now)


def test_a_person_may_have_it_otherwise_than_policy_says():
    now = berlin(3, 12)

    assert not is_in_digest("task", task(due=None), replace(BEN, pings="both"), DIGEST, now)
    assert is_in_digest("task", task(due=None), replace(BEN, pings="digest"), Policy(), now)


@given(
    now=st.integers(0, 366 * 24 * 60).map(
        lambda minutes: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    ),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]),
    away=st.integers(1, 40),
)
def test_a_digest_is_due_in_the_morning_of_days_that_somebody_works(now, zone, away):
    today = now.date()
    someone = replace(BEN, time_zone=zone, away=(Away(today, today + dt.timedelta(away)),))

    at = next_digest(someone, Policy(), now)

    calendar = Policy().calendar(someone.country, zone)
    day = calendar.date_of(at)
    assert at > now
    assert at == calendar.opens(day)
    assert calendar.is_working(day)
    assert someone.away_on(day) is None
    assert digest_day(someone, Policy(), at) == day
    assert digest_day(someone, Policy(), calendar.closes(day)) is None
    assert digest_day(replace(someone, active=False), Policy(), at) is None
