from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import Calendar, countries, is_country, is_time_zone
from engine.quantities import Duration, Refused, parse_moment
from engine.values import UNKNOWN

NEW_YORK = Calendar(zone="America/New_York", country="US")
BERLIN = Calendar(zone="Europe/Berlin", country="DE")
BAVARIA = Calendar(zone="Europe/Berlin", country="DE-BY")
TEL_AVIV = Calendar(zone="Asia/Jerusalem", country="IL", working_days=frozenset({6, 0, 1, 2, 3}))
UTC_ONLY = Calendar()

calendars = st.builds(
    Calendar,
    zone=st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Asia/Jerusalem", "Australia/Lord_Howe"]),
    country=st.sampled_from([None, "US", "US-CA", "DE", "DE-BY", "IL", "JP"]),
    working_days=st.frozensets(st.integers(0, 6), min_size=1),
    closed=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)
dates = st.dates(date(2025, 6, 1), date(2027, 6, 1))
instants = st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001


def moment(text):
    parsed = parse_moment(text)
    assert not isinstance(parsed, Refused)
    return parsed


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def added(calendar, text, instant, edge="exact"):
    return calendar.add(moment(text), instant, edge)


def walked(calendar, day, n):
    """The oracle: one day after the other, each asked of the holidays package itself."""
    country, _, part = (calendar.country or "").partition("-")
    known = holidays.country_holidays(country, subdiv=part or None) if country else {}
    step = timedelta(1 if n > 0 else -1)
    left = abs(n)
    while left:
        day += step
        if day.weekday() in calendar.working_days and day not in known and day not in calendar.closed:
            left -= 1
    return day


@settings(deadline=None)
@given(calendars, dates, st.integers(-300, 300))
def test_business_days_are_those_of_a_walk_day_by_day(calendar, day, n):
    assert calendar.add_business_days(day, n) == walked(calendar, day, n)


@settings(deadline=None)
@given(calendars, dates, st.integers(-60, 60))
def test_between_counts_what_was_added(calendar, day, n):
    assert calendar.business_days_between(day, calendar.add_business_days(day, n)) == n


@settings(deadline=None)
@given(calendars, dates, dates)
def test_between_is_the_number_of_working_days_passed(calendar, a, b):
    first, last = sorted((a, b))
    span = [first + timedelta(i) for i in range((last - first).days + 1)]

    passed = [day for day in span if calendar.is_working(day) and day != a]

    assert abs(calendar.business_days_between(a, b)) == len(passed)


@settings(deadline=None)
@given(calendars, dates)
def test_the_next_working_day_is_itself_or_the_first_after(calendar, day):
    there = calendar.next_working(day)

    assert calendar.is_working(there)
    assert not any(calendar.is_working(day + timedelta(i)) for i in range((there - day).days))


@pytest.mark.parametrize(
    ("start", "n", "there"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),  # Monday + 3 is Thursday
        (date(2026, 3, 7), 3, date(2026, 3, 11)),  # Saturday + 3 is Wednesday
        (date(2026, 3, 7), 0, date(2026, 3, 7)),
        (date(2026, 7, 2), 1, date(2026, 7, 6)),  # Friday 3 July is observed for the Fourth
        (date(2026, 1, 20), -1, date(2026, 1, 16)),  # over Martin Luther King's day and a weekend
    ],
)
def test_the_day_it_starts_on_is_day_0(start, n, there):
    assert NEW_YORK.add_business_days(start, n) == there


def test_parts_of_a_country_have_holidays_of_their_own():
    epiphany = date(2026, 1, 6)

    assert BERLIN.is_working(epiphany)
    assert not BAVARIA.is_working(epiphany)


def test_a_week_may_begin_on_sunday():
    assert TEL_AVIV.add_business_days(date(2026, 2, 26), 1) == date(2026, 3, 1)


def test_a_part_without_holidays_of_its_own_keeps_those_of_the_whole():
    assert not Calendar(country="US-ZZ").is_working(date(2026, 12, 25))


def test_without_a_known_country_only_the_week_counts():
    for country in (None, "XX"):
        assert Calendar(country=country).is_working(date(2026, 12, 25))
        assert not Calendar(country=country).is_working(date(2026, 12, 26))


def test_a_task_is_due_when_work_ends_and_a_wait_acts_when_it_starts():
    monday = utc(2026, 3, 2, 20)

    assert added(NEW_YORK, "3 business days", monday, "closes") == utc(2026, 3, 5, 22)
    assert added(NEW_YORK, "3 business days", monday, "opens") == utc(2026, 3, 5, 14)
    assert added(NEW_YORK, "3 business days", monday, "exact") == utc(2026, 3, 5, 20)


def test_clock_time_is_exact_whatever_the_edge():
    for edge in ("exact", "opens", "closes"):
        assert added(NEW_YORK, "48 hours", utc(2026, 3, 7, 20), edge) == utc(2026, 3, 9, 20)


@pytest.mark.parametrize(
    ("text", "start", "there"),
    [
        ("1 day", utc(2026, 3, 7, 17), utc(2026, 3, 8, 16)),  # 23 hours over the spring change
        ("1 day", utc(2026, 10, 31, 16), utc(2026, 11, 1, 17)),  # 25 hours over the autumn change
        ("1 day", utc(2026, 3, 7, 7, 30), utc(2026, 3, 8, 7, 30)),  # 02:30 is missing: 03:30
        ("1 day", utc(2026, 10, 31, 5, 30), utc(2026, 11, 1, 5, 30)),  # 01:30 comes twice: the first
        ("1 month", utc(2026, 1, 31, 17), utc(2026, 2, 28, 17)),
        ("1 month", utc(2026, 3, 31, 16), utc(2026, 4, 30, 16)),
        ("1 year", utc(2028, 2, 29, 17), utc(2029, 2, 28, 17)),
        ("3 weeks", utc(2026, 3, 2, 17), utc(2026, 3, 23, 16)),
        ("0 days", utc(2026, 11, 1, 6, 30), utc(2026, 11, 1, 6, 30)),  # the second 01:30 stays itself
    ],
)
def test_days_and_longer_keep_the_local_time_of_day(text, start, there):
    assert added(NEW_YORK, text, start) == there


@settings(deadline=None)
@given(calendars, instants, st.integers(0, 400))
def test_days_later_it_is_the_same_time_of_day_unless_the_clocks_skip_it(calendar, instant, n):
    before = calendar.local(instant)

    after = calendar.local(calendar.add(Duration(amount=n, unit="day"), instant))

    assert (after.date() - before.date()).days == n
    assert after.time() == before.time() or (after.time() > before.time() and after.utcoffset() != before.utcoffset())


@settings(deadline=None)
@given(calendars, dates)
def test_a_date_begins_at_its_midnight(calendar, day):
    midnight = calendar.midnight(day)

    assert calendar.date_of(midnight) == day
    assert calendar.date_of(midnight - timedelta(microseconds=1)) == day - timedelta(1)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("day 30", utc(2026, 4, 1, 13)),
        ("day -90", utc(2025, 12, 2, 14)),
        ("day 5", utc(2026, 3, 7, 14)),  # a Saturday stays
        ("day 5 on a business day", utc(2026, 3, 9, 13)),
        ("30 days before account.renewal_date", utc(2026, 5, 2, 13)),
        ("30 days before account.renewal_date on a business day", utc(2026, 5, 4, 13)),
        ("10 business days after account.renewal_date", utc(2026, 6, 15, 13)),
        ("48 hours before account.renewal_date", utc(2026, 5, 30, 13)),
        ("account.renewal_date", utc(2026, 6, 1, 13)),
        ("2026-03-07 on a business day", utc(2026, 3, 9, 13)),
        ("2026-03-05T09:00:00Z", utc(2026, 3, 5, 9)),
        ("account.kickoff", utc(2026, 3, 4, 2)),
        ("1 day after account.kickoff", utc(2026, 3, 4, 14)),  # the third of March in New York
        ("2 days", utc(2026, 3, 4, 20)),
    ],
)
def test_a_moment_comes_to_an_instant(text, there):
    values = {"account.renewal_date": date(2026, 6, 1), "account.kickoff": utc(2026, 3, 4, 2)}

    assert NEW_YORK.resolve(moment(text), utc(2026, 3, 2, 20), date(2026, 3, 2), values, "opens") == there


def test_what_is_due_on_a_day_is_due_when_work_ends():
    renewal, start, anchor = {"account.renewal_date": date(2026, 6, 1)}, utc(2026, 3, 2), date(2026, 3, 2)

    assert NEW_YORK.resolve(moment("account.renewal_date"), start, None, renewal, "closes") == utc(2026, 6, 1, 21)
    assert NEW_YORK.resolve(moment("day 1"), start, anchor, {}, "closes") == utc(2026, 3, 3, 22)


@pytest.mark.parametrize("text", ["day 30", "account.renewal_date", "3 days after account.renewal_date"])
def test_a_moment_that_hangs_on_an_unknown_date_is_unknown(text):
    unknown = {"account.renewal_date": UNKNOWN}

    assert UTC_ONLY.resolve(moment(text), utc(2026, 3, 2), None, unknown, "opens") is UNKNOWN
    assert UTC_ONLY.resolve(moment(text), utc(2026, 3, 2), None, {}, "opens") is UNKNOWN


def test_the_anchor_may_be_an_instant_and_counts_by_its_local_date():
    assert NEW_YORK.resolve(moment("day 0"), utc(2026, 3, 9), utc(2026, 3, 3, 3), {}, "opens") == utc(2026, 3, 2, 14)


@settings(deadline=None)
@given(calendars, st.sampled_from([date.min, date(1, 1, 2), date(9999, 12, 30), date.max]), st.integers(-9000, 9000))
def test_never_as_a_date_breaks_nothing(calendar, day, n):
    assert calendar.opens(day).tzinfo is UTC
    assert calendar.date_of(calendar.closes(day)).year in {1, 9999}
    for unit in ("hour", "day", "month", "year", "business day"):
        duration = Duration(amount=min(abs(n), 99), unit=unit)
        calendar.add(duration, calendar.midnight(day), "opens")
        calendar.subtract(duration, calendar.midnight(day), "opens")
    assert abs(calendar.business_days_between(date(2026, 3, 2), day)) > 0


def test_a_calendar_without_any_working_day_is_refused():
    with pytest.raises(ValueError, match="at least one working day"):
        Calendar(working_days=frozenset())


def test_countries_and_zones_are_known_by_name():
    assert all(map(is_country, ["DE", "US-CA", "GB-ENG"]))
    assert not any(map(is_country, ["", "XX", "de", "DE-", "DE-by", "Germany", "US-CALIF"]))
    assert is_time_zone("America/New_York")
    assert not is_time_zone("New York")
    assert not is_time_zone("../zones")
    assert len(countries()) > 240


def test_a_part_of_a_second_is_added_exactly():
    half = Duration(amount=Decimal("0.5"), unit="second")

    assert UTC_ONLY.add(half, utc(2026, 3, 2)) == utc(2026, 3, 2, 0, 0, 0, 500_000)
