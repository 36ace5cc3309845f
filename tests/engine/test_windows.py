"""Windows of clock and calendar time, against a look at what the clock on the wall showed, second by second."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.quantities import Duration
from engine.ticks import instant, ticks
from engine.wall import wall
from engine.windows import window

Z = datetime.fromisoformat
TICK = timedelta(microseconds=1)
# Spring and autumn in both halves of the world, half an hour, a whole day left out, and none at all.
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "UTC"]

zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
changes = st.sampled_from(
    [Z("2026-03-08T07:00Z"), Z("2026-11-01T06:00Z"), Z("2026-03-29T01:00Z"), Z("2026-10-25T01:00Z"),
     Z("2026-04-04T15:00Z"), Z("2026-10-03T15:30Z"), Z("2011-12-30T10:00Z")]
)  # fmt: skip
around = st.builds(lambda at, minutes: at + timedelta(minutes=minutes), changes, st.integers(-300, 300))
lengths = st.builds(
    Duration,
    amount=st.integers(1, 14),
    unit=st.sampled_from(["second", "hour", "day", "week", "month", "year"]),
)


def start(length, zone, end):
    return instant(window(length, zone).start(ticks(end)))


def leaves(length, zone, at):
    return instant(window(length, zone).leaves(ticks(at)))


def days(n):
    return Duration(amount=n, unit="day")


@settings(deadline=None)
@given(lengths, zones, st.one_of(instants, around))
def test_what_leaves_a_window_was_in_it_one_tick_before(length, zone, at):
    own, at = window(length, zone), ticks(at)

    left = own.leaves(at)

    assert own.start(left) > at
    assert own.start(left - 1) <= at


@settings(deadline=None)
@given(lengths, zones, st.one_of(instants, around), st.integers(0, 40 * 86_400_000_000))
def test_a_window_never_goes_back(length, zone, at, later):
    own = window(length, zone)

    assert own.start(ticks(at) + later) >= own.start(ticks(at))


@settings(deadline=None)
@given(lengths, zones, st.one_of(instants, around))
def test_a_window_is_covered_when_nothing_of_it_was_before(length, zone, first):
    own, first = window(length, zone), ticks(first)

    covered = own.covered(first)

    assert own.start(covered) >= first
    assert own.start(covered - 1) < first


def shown(zone, until):
    """What the clock on the wall shows second by second up to then, for three hours, and never less than before."""
    most = datetime.min  # noqa: DTZ901
    for second in range(-3 * 3600, 1):
        at = until + timedelta(seconds=second)
        most = max(most, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        yield at, most


@settings(deadline=None, max_examples=25)
@given(zones, around, st.integers(0, 59))
@example("Pacific/Apia", Z("2011-12-30T11:00Z"), 0)
def test_the_clock_on_the_wall_is_that_of_the_zone_but_for_what_it_would_show_twice(zone, until, second):
    until += timedelta(seconds=second)
    seen = list(shown(zone, until))
    _, last = seen[-1]

    own = instant(wall(zone).shows(ticks(until))).replace(tzinfo=None)

    # While it stands, between two seconds of the model.
    assert abs(own - last) < timedelta(seconds=1)
    assert wall(zone).comes(wall(zone).shows(ticks(until))) <= ticks(until)


@settings(deadline=None, max_examples=25)
@given(zones, around, around, st.integers(1, 3))
def test_of_whole_seconds_those_are_in_whose_time_on_the_wall_is_no_further_back(zone, now, other, amount):
    """The plain model: look at the clock on the wall at both; no window, no start, no leaving."""
    own = window(days(amount), zone)
    happened = now - timedelta(days=amount) + (other - other.replace(hour=6, minute=0, second=0)) / 20
    happened = happened.replace(microsecond=0)
    (_, then), (_, at) = list(shown(zone, happened))[-1], list(shown(zone, now))[-1]

    inside = own.start(ticks(now)) <= ticks(happened)

    # On the very second at which the clock stands the model is too coarse.
    if abs(at - then - timedelta(days=amount)) >= timedelta(seconds=1) or not stands(zone, now, happened):
        assert inside == (at - then <= timedelta(days=amount))


def stands(zone, *instants):
    return any(at.astimezone(ZoneInfo(zone)).fold for at in instants)


@settings(deadline=None)
@given(zones, instants.filter(lambda at: at.hour not in range(3) and at.day < 28), st.integers(1, 14))
def test_a_month_on_the_wall_is_the_same_day_and_hour_of_an_earlier_one(zone, end, months):
    local = end.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    back = (local - relativedelta(months=months)).replace(tzinfo=ZoneInfo(zone))
    simple = local.day < 28 and back.astimezone(UTC).astimezone(ZoneInfo(zone)) == back and not stands(zone, end)

    found = start(Duration(amount=months, unit="month"), zone, end)

    assert not simple or found == back


@pytest.mark.parametrize(
    ("zone", "end", "begins", "hours"),
    [
        ("America/New_York", "2026-03-08T13:00Z", "2026-03-07T14:00Z", 23),
        ("America/New_York", "2026-11-01T14:00Z", "2026-10-31T13:00Z", 25),
        ("Europe/Berlin", "2026-03-29T10:00Z", "2026-03-28T11:00Z", 23),
        ("Australia/Lord_Howe", "2026-10-04T00:00Z", "2026-10-03T00:30Z", 23.5),
        ("UTC", "2026-03-08T13:00Z", "2026-03-07T13:00Z", 24),
    ],
)
def test_a_day_over_a_clock_change_has_23_or_25_hours(zone, end, begins, hours):
    assert start(days(1), zone, Z(end)) == Z(begins)
    assert Z(end) - Z(begins) == timedelta(hours=hours)


def test_hours_are_those_of_the_clock_wherever_the_account_is():
    length = Duration(amount=48, unit="hour")

    assert start(length, "America/New_York", Z("2026-03-09T13:00Z")) == Z("2026-03-07T13:00Z")


def test_a_local_time_that_was_left_out_is_that_of_the_change():
    # 02:30 was never shown on 8 March.
    assert start(days(1), "America/New_York", Z("2026-03-09T06:30Z")) == Z("2026-03-08T07:00Z")
    assert start(days(1), "America/New_York", Z("2026-03-09T07:00Z")) == Z("2026-03-08T07:00Z")


def test_in_an_hour_that_comes_twice_the_window_stands_still_the_second_time():
    first, second = Z("2026-11-01T05:59:59.999999Z"), Z("2026-11-01T06:30Z")

    assert start(days(1), "America/New_York", second) == start(days(1), "America/New_York", first)
    assert start(days(1), "America/New_York", Z("2026-11-01T07:30Z")) == Z("2026-10-31T06:30Z")


def test_what_came_in_an_hour_that_came_twice_leaves_by_the_first_of_the_two():
    assert leaves(days(1), "America/New_York", Z("2026-11-01T05:30Z")) == Z("2026-11-02T06:30Z") + TICK
    assert leaves(days(1), "America/New_York", Z("2026-11-01T06:30Z")) == Z("2026-11-02T07:00Z")


def test_a_month_without_the_day_ends_on_its_last():
    month = Duration(amount=1, unit="month")

    assert start(month, "UTC", Z("2026-03-28T09:00Z")) == Z("2026-02-28T09:00Z")
    assert start(month, "UTC", Z("2026-03-31T09:00Z")) == Z("2026-03-01T00:00Z")
    assert leaves(month, "UTC", Z("2026-01-31T09:00Z")) == Z("2026-03-01T00:00Z")


def test_a_year_from_the_29th_of_february_is_the_28th():
    year = Duration(amount=1, unit="year")

    assert start(year, "UTC", Z("2028-02-29T09:00Z")) == Z("2027-03-01T00:00Z")
    assert leaves(year, "Europe/Berlin", Z("2027-02-28T08:00Z")) == Z("2028-02-28T08:00Z") + TICK


def test_business_days_are_no_window():
    with pytest.raises(ValueError, match="say days"):
        window(Duration(amount=5, unit="business day"), "UTC")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_the_calendar_break_nothing(zone, at):
    for unit in ("day", "month", "year"):
        own = window(Duration(amount=3, unit=unit), zone)
        assert own.start(ticks(Z(at))) <= ticks(Z(at)) <= own.leaves(ticks(Z(at)))
