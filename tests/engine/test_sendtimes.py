"""When a mail may go by the clock on its recipient's wall."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.policy import QuietHours
from engine.sendtimes import Hours, SendTimes

NEW_YORK = Calendar("America/New_York", "US")
NIGHT = QuietHours((time(20), time(8)))
MONDAY = datetime(2026, 3, 2, 14, tzinfo=UTC)  # nine in the morning in New York


def opens(at=MONDAY, quiet=QuietHours(), send=None, calendar=NEW_YORK):  # noqa: B008 - a value
    return Hours(calendar, quiet, send).opens(at)


def test_quiet_hours_begin_with_their_first_minute_and_end_with_their_last():
    evening, morning = datetime(2026, 3, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, 13, tzinfo=UTC)

    assert opens(evening, NIGHT) == morning
    assert opens(evening - timedelta(seconds=1), NIGHT) == evening - timedelta(seconds=1)
    assert opens(morning, NIGHT) == morning


def test_quiet_hours_at_noon_leave_both_ends_of_the_day():
    noon = QuietHours((time(12), time(14)))

    assert opens(MONDAY, noon) == MONDAY
    assert opens(MONDAY + timedelta(hours=4), noon) == MONDAY + timedelta(hours=5)


def test_weekends_are_the_days_that_the_calendar_does_not_work():
    sunday_work = Calendar("UTC", None, frozenset({6, 0, 1, 2, 3}))
    friday = datetime(2026, 3, 6, 14, tzinfo=UTC)

    assert opens(friday, QuietHours(weekends=True), calendar=sunday_work) == datetime(2026, 3, 8, 9, tzinfo=UTC)


def test_public_holidays_are_those_of_the_recipients_country():
    independence = datetime(2026, 5, 25, 14, tzinfo=UTC)  # Memorial Day

    assert opens(independence, QuietHours(holidays=True)) == datetime(2026, 5, 26, 13, tzinfo=UTC)
    assert opens(independence, QuietHours(holidays=True), calendar=Calendar("UTC", "JP")) == independence


def test_a_mail_waits_for_its_own_days_and_hours():
    tuesdays = SendTimes(window=(time(9), time(17)), on=(1, 3))

    assert opens(MONDAY, NIGHT, tuesdays) == MONDAY + timedelta(days=1)
    assert Hours(NEW_YORK, NIGHT, tuesdays).reason(MONDAY) == "send window"


def test_a_day_without_an_hour_begins_with_working_hours_or_when_the_quiet_ones_end():
    friday = SendTimes(on=(4,))

    assert opens(send=friday) == MONDAY + timedelta(days=4)
    assert opens(quiet=NIGHT, send=friday) == MONDAY + timedelta(days=4, hours=-1)
    assert opens(MONDAY + timedelta(days=4, hours=12), send=friday) == MONDAY + timedelta(days=4, hours=12)


def test_hours_of_which_nothing_is_left_never_open():
    assert opens(MONDAY, NIGHT, SendTimes(window=(time(21), time(23)))) is None
    assert opens(MONDAY, QuietHours(weekends=True), SendTimes(on=(5, 6))) is None


def test_an_hour_that_the_clock_change_skips_moves_on_by_the_gap():
    before = datetime(2026, 3, 8, 5, tzinfo=UTC)

    assert opens(before, QuietHours((time(0), time(2, 30)))) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


hours = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
spans = st.tuples(hours, hours).filter(lambda one: one[0] != one[1])
zones = st.sampled_from(["America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"])


@given(spans, zones, st.integers(0, 400 * 24 * 60), st.sets(st.integers(0, 6), min_size=1))
def test_the_hour_found_is_open_and_none_before_it_is(quiet, zone, minutes, days):
    calendar, at = Calendar(zone, None), MONDAY + timedelta(minutes=minutes)
    found = Hours(calendar, QuietHours(quiet), SendTimes(on=tuple(sorted(days)))).opens(at)

    assert found is not None
    assert found >= at
    assert _is_open(found, calendar, quiet, days) or _gap(found, calendar)
    minute = at
    while minute < min(found, at + timedelta(hours=30)):
        assert not _is_open(minute, calendar, quiet, days) or _gap(minute, calendar)
        minute += timedelta(minutes=15)


def _is_open(at, calendar, quiet, days):
    local, (first, last) = calendar.local(at), quiet
    now = local.time()
    is_quiet = first <= now < last if first < last else now >= first or now < last
    return local.weekday() in days and not is_quiet


def _gap(at, calendar):
    """Near a clock change the same time comes twice, or not at all."""
    around = {calendar.local(at + timedelta(hours=by)).utcoffset() for by in (-3, 0, 3)}
    return len(around) > 1
