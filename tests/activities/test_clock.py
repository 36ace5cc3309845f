"""Logical time: which instant it is, and when another one comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.clock import Clock, ClockDiffers, load_clock
from tests.support.hosts import HandClock

WHEN = datetime(2024, 1, 1, tzinfo=UTC)
instants = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
scales = st.sampled_from([1, 2, 7, 60, 3_600, 86_400, 7_777_777])


@given(instants, scales)
def test_when_an_instants_real_time_has_come_it_has_come(instant, scale):
    clock = Clock(scale, WHEN, datetime(2025, 1, 1, tzinfo=UTC))

    real = clock.at_real(instant)

    assert clock.logical(real) >= instant
    assert clock.logical(real - timedelta(microseconds=1)) < instant


@given(instants)
def test_a_real_clock_tells_real_time(instant):
    clock = Clock()

    assert clock.logical(instant) == clock.at_real(instant) == instant


@given(instants, instants, scales)
def test_a_clock_that_slows_down_never_goes_back(one, other, scale):
    clock = Clock(scale, WHEN, WHEN, until=WHEN + timedelta(days=90))
    earlier, later = sorted((one, other))

    try:
        assert clock.logical(earlier) <= clock.logical(later)
        assert clock.at_real(earlier) <= clock.at_real(later)
    except OverflowError:
        pass  # beyond the year 9999


def test_ninety_days_pass_in_ninety_seconds():
    real = HandClock(WHEN)
    clock = Clock(86_400, datetime(2023, 1, 1, tzinfo=UTC), WHEN, real=real)

    real.go(seconds=90)

    assert clock.now() == datetime(2023, 4, 1, tzinfo=UTC)


def test_the_first_to_ask_makes_the_clock_and_all_others_read_it(database):
    first = load_clock(database, 60, WHEN, real=HandClock())
    later = load_clock(database, 60, WHEN, real=HandClock(WHEN + timedelta(days=999)))

    assert (later.began, later.scale, later.origin) == (first.began, 60, WHEN)


def test_whoever_asks_for_nothing_gets_the_databases_own(database):
    load_clock(database, 60, WHEN)

    assert load_clock(database).scale == 60


def test_another_clock_than_the_databases_is_refused_in_words(database):
    load_clock(database, 60, WHEN)

    with pytest.raises(ClockDiffers, match=r"runs on the clock 'scaled:60@2024-01-01T00:00:00Z', not on 'scaled:61@"):
        load_clock(database, 61, WHEN)


def test_a_clock_that_has_slowed_down_goes_as_fast_as_real_time():
    real = datetime(2026, 3, 2, tzinfo=UTC)
    scaled = Clock(3600, real, real, until=real + timedelta(days=90), real=lambda: real + timedelta(hours=1))

    assert (scaled.is_real, scaled.pace) == (False, 1)
    assert replace(scaled, real=lambda: real).pace == 3600
    assert Clock().is_real
