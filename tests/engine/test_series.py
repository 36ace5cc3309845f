from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.series import Series
from engine.ticks import instant, ticks

instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
values = st.one_of(
    st.integers(), st.decimals(allow_nan=False, allow_infinity=False), st.text(max_size=5), st.booleans()
)


@given(instants)
def test_an_instant_is_its_ticks(moment):
    assert instant(ticks(moment)) == moment


@settings(deadline=None)
@given(st.lists(st.tuples(instants.map(ticks), values), unique_by=lambda one: one[0]), st.randoms())
def test_a_series_is_in_order_whatever_came_first(entries, dice):
    shuffled = dice.sample(entries, len(entries))

    series = Series()
    for at, value in shuffled:
        series = series.with_(at, value)

    assert list(series) == sorted(entries, key=lambda one: one[0])


@settings(deadline=None)
@given(st.lists(st.tuples(instants.map(ticks), values)))
def test_a_series_survives_json(entries):
    series = Series(tuple(sorted(at for at, _ in entries)), tuple(value for _, value in entries))

    again = Series.from_json(series.to_json())

    assert again == series
    assert [type(value) for value in again.values] == [type(value) for value in series.values]


def test_of_two_at_one_instant_the_one_that_came_later_stands_behind():
    series = Series().with_(5, Decimal(1)).with_(9, Decimal(3)).with_(5, Decimal(2))

    assert list(series) == [(5, 1), (5, 2), (9, 3)]


def test_a_series_of_seconds_is_written_in_seconds():
    start = ticks(datetime(2026, 3, 2, tzinfo=UTC))
    series = Series((start, start + 60_000_000, start + 90_000_000))

    assert series.to_json() == [1_000_000, [1_772_409_600, 60, 30], []]


def test_what_is_no_series_is_refused():
    with pytest.raises(ValueError, match="no series"):
        Series.from_json({"at": 3})
