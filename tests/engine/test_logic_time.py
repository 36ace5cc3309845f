"""When time alone changes an answer: never told too late, and to the tick where time meets what stands still."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.logic import Scope
from tests.support.wording import NEW_YORK, NOW, condition, contact, expression, scope

few = settings(max_examples=150, deadline=None)
TICK = timedelta(microseconds=1)


def next_change(text, *, now=NOW, calendar=NEW_YORK, **values):
    return condition(text).next_change(scope(now=now, calendar=calendar, **values))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("days_until(account.renewal_date) <= 90", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) < 90", utc(2026, 3, 4, 5)),
        ("days_until(account.renewal_date) == 30", utc(2026, 5, 2, 4)),
        ("days_until(account.renewal_date) >= 91", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) <= 91", None),
        ("0 <= days_until(account.renewal_date) <= 91", utc(2026, 6, 2, 4)),
        ("100 >= days_until(account.renewal_date) > 80", utc(2026, 3, 13, 4)),
        ("days_since(account.start_date) >= 300", utc(2026, 3, 28, 4)),
        ("days_since(account.start_date) > 0.5", None),
        ("90 >= days_until(account.renewal_date)", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) in [90, 30, 60]", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) - 5 <= 85", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) / 7 <= 12", utc(2026, 3, 9, 4)),
        ("180 >= 2 * days_until(account.renewal_date)", utc(2026, 3, 3, 5)),
        ("-days_until(account.renewal_date) >= -90", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) <= account.seats + 10", utc(2026, 3, 3, 5)),
        ("days_until(account.renewal_date) <= account.arr * 2", None),
    ],
)
def test_a_count_of_days_changes_at_the_accounts_local_midnight(text, at):
    values = {"account__renewal_date": date(2026, 6, 1), "account__start_date": date(2025, 6, 1), "account__seats": 80}

    assert next_change(text, **values) == at


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 <= days_until(account.renewal_date) <= 7", 293),
        ("hours_until(account.ends_at) / 24 <= 7", 293),
        ("business_days_until(account.renewal_date) <= 0 or days_until(account.renewal_date) in [1, 2]", 298),
        ('metrics.health.zone == "red" and days_until(account.renewal_date) + 5 <= 10', 295),
        ("any(days_until(account.renewal_date) <= c.relationship for c in contacts)", 296),
        ("now + 90 days >= account.ends_at", 209),
    ],
)
def test_nobody_is_woken_long_before_a_date_that_is_far(text, days):
    values = {"account__renewal_date": NOW.date() + timedelta(300), "account__ends_at": NOW + timedelta(300)}
    more = {"metrics__health__zone": "red", "contacts": (contact("Kim", relationship=4),)}

    change = next_change(text, calendar=Calendar(), **values, **more)

    assert timedelta(days - 1) < change - NOW <= timedelta(days)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("business_days_until(account.renewal_date) <= 3", utc(2026, 3, 4, 5)),
        ("business_days_until(account.renewal_date) < 2", utc(2026, 3, 6, 5)),
        ("business_days_since(account.start_date) >= 1", utc(2026, 3, 3, 5)),
        ("business_days_since(account.start_date) >= 5", utc(2026, 3, 9, 4)),
    ],
)
def test_a_count_of_business_days_passes_over_the_weekend(text, at):
    values = {"account__renewal_date": date(2026, 3, 9), "account__start_date": date(2026, 3, 2)}

    assert next_change(text, **values) == at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("hours_since(account.signed_at) >= 48", utc(2026, 3, 4, 8)),
        ("hours_since(account.signed_at) > 48", utc(2026, 3, 4, 8) + TICK),
        ("hours_since(account.signed_at) >= metrics.nps.value", utc(2026, 3, 2, 15)),
        ("hours_until(account.ends_at) < 1.5", utc(2026, 3, 4, 22, 30) + TICK),
        ("now >= account.ends_at", utc(2026, 3, 5)),
        ("now > account.ends_at", utc(2026, 3, 5) + TICK),
        ("account.ends_at - 2 days <= now", utc(2026, 3, 3)),
        ("now + 36 hours >= account.ends_at", utc(2026, 3, 3, 12)),
        ("hours_since(account.signed_at) >= 1", None),
    ],
)
def test_the_clock_is_exact_to_the_microsecond(text, at):
    values = {"account__signed_at": utc(2026, 3, 2, 8), "account__ends_at": utc(2026, 3, 5), "metrics__nps__value": 7}

    assert next_change(text, **values) == at


def test_what_reads_no_time_never_changes_by_itself():
    found = condition('account.tier == "growth" and known(days_since(account.start_date))')

    assert not found.timely
    assert found.next_change(scope()) is None


def test_time_does_not_matter_while_something_else_settles_the_answer():
    text = 'metrics.health.zone == "red" and days_until(account.renewal_date) <= 90'
    renewal = {"account__renewal_date": date(2026, 6, 1)}

    assert next_change(text, metrics__health__zone="green", **renewal) is None
    assert next_change(text, metrics__health__zone="red", **renewal) == utc(2026, 3, 3, 5)
    assert next_change(text.replace("and", "or"), metrics__health__zone="red", **renewal) is None


def test_of_two_false_parts_the_later_one_holds_the_answer():
    text = "days_since(account.start_date) >= 2 and days_since(account.start_date) >= 5"

    assert next_change(text, account__start_date=date(2026, 3, 2)) == utc(2026, 3, 7, 5)


def test_an_unknown_date_waits_for_no_time():
    assert next_change("days_until(account.renewal_date) <= 90") is None


def test_of_many_contacts_the_first_that_could_change_the_answer_counts():
    people = (contact("Kim", joined=date(2026, 3, 1)), contact("Lee", joined=date(2026, 2, 27)), contact("Mo"))
    text = "any(days_since(c.joined) >= 5 for c in contacts)"

    assert next_change(text, contacts=people) == utc(2026, 3, 4, 5)
    assert next_change(text, contacts=(*people, contact("Old", joined=date(2020, 1, 1)))) is None
    assert next_change("count(days_since(c.joined) >= 5 for c in contacts) >= 2", contacts=people[:2]) == utc(
        2026, 3, 6, 5
    )


def test_a_count_of_days_by_itself_changes_at_the_next_midnight():
    found = expression("days_until(account.renewal_date) + 1").next_change(
        scope(account__renewal_date=date(2026, 6, 1))
    )

    assert found == utc(2026, 3, 3, 5)


def test_a_midnight_that_the_clock_skips_is_the_end_of_the_gap():
    beirut = Calendar(zone="Asia/Beirut")  # 2026-03-29 begins at 01:00

    found = next_change(
        "days_until(account.renewal_date) <= 0",
        now=utc(2026, 3, 28, 9),
        calendar=beirut,
        account__renewal_date=date(2026, 3, 29),
    )

    assert found == utc(2026, 3, 28, 22)


@pytest.mark.parametrize("far", [date.min, date(9999, 12, 31)])
def test_dates_at_the_ends_of_the_calendar_do_no_harm(far):
    for count in ("days_since", "days_until", "business_days_since", "business_days_until"):
        for compare in ("<=", "==", ">"):
            next_change(f"{count}(account.renewal_date) {compare} 999999999", account__renewal_date=far)


# --- the law: between now and the next change nothing changes

counts = st.sampled_from(["days_since", "days_until", "business_days_since", "business_days_until"])
compares = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
dated = st.sampled_from(["account.renewal_date", "account.start_date"])
day_tests = st.builds("{}({}) {} {}".format, counts, dated, compares, st.integers(-12, 12))
hour_tests = st.builds(
    "{}(account.signed_at) {} {}".format,
    st.sampled_from(["hours_since", "hours_until"]),
    compares,
    st.integers(-99, 99),
)
sums = st.sampled_from(["{} - 3", "2 * {}", "{} / 7", "-{}", "3 - {} + account.seats", "{}"])
sum_tests = st.builds(
    lambda form, count, path, compare, n: f"{form.format(f'{count}({path})')} {compare} {n}",
    sums, counts, dated, compares, st.integers(-12, 12),
)  # fmt: skip
in_tests = st.builds("{}({}) in {}".format, counts, dated, st.lists(st.integers(-12, 12), min_size=1, max_size=3))
shifts = st.builds(
    "now {} {} {} account.signed_at".format,
    st.sampled_from("+-"),
    st.sampled_from(["3 days", "2 business days", "1 month", "1 week", "36 hours"]),
    compares,
)
loose_tests = st.builds("{}({}) {} {} + {}({})".format, counts, dated, compares, st.integers(-9, 9), counts, dated)
still = st.sampled_from(["account.vip", "account.arr > 1", "not account.vip"])
tests = st.recursive(
    st.one_of(day_tests, hour_tests, sum_tests, in_tests, shifts, loose_tests, still),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)
near = st.dates(date(2026, 2, 15), date(2026, 4, 15))
instants = st.integers(0, 44 * 24 * 3_600_000).map(lambda ms: utc(2026, 2, 20) + timedelta(milliseconds=ms))
zones = st.sampled_from(["UTC", "America/New_York", "Asia/Beirut", "Pacific/Auckland"])
accounts = st.fixed_dictionaries(
    {
        "account.renewal_date": near,
        "account.start_date": near,
        "account.signed_at": instants,
        "account.vip": st.booleans(),
        "account.seats": st.integers(-9, 9),
    }
)


def moments(view, until):
    """Every local midnight and the tick before it, and hours between, from now until then."""
    first = view.calendar.date_of(view.now)
    for day in range(1, 60):
        midnight = view.calendar.midnight(first + timedelta(day))
        for moment in (midnight - TICK, midnight, midnight + timedelta(hours=7)):
            if view.now < moment < until:
                yield moment


@few
@given(tests, accounts, instants, zones)
def test_nothing_changes_before_the_next_change(text, values, now, zone):
    asked, view = condition(text), Scope(values, now, Calendar(zone=zone))

    change = asked.next_change(view)

    until = change or now + timedelta(60)
    truths = {asked.truth(Scope(values, moment, view.calendar)) for moment in moments(view, until)}
    assert truths <= {asked.truth(view)}


@few
@given(st.one_of(day_tests, hour_tests, sum_tests, in_tests), accounts, instants, zones)
def test_a_count_against_a_number_changes_just_then(text, values, now, zone):
    asked, view = condition(text), Scope(values, now, Calendar(zone=zone))

    change = asked.next_change(view)

    if change:
        before, then = Scope(values, change - TICK, view.calendar), Scope(values, change, view.calendar)
        assert asked.truth(then) is not asked.truth(view)
        assert asked.truth(before) is asked.truth(view)
