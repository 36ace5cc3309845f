from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.measures import Band, Zones
from engine.quantities import Duration
from engine.zones import NOWHERE, due, step

HOUR = 3_600_000_000
D = Decimal
PLAIN = Zones()
HALF_A_DAY, DAY = Duration(amount=12, unit="hour"), Duration(amount=24, unit="hour")
DWELLING = Zones(red=Band(D("0.60"), DAY, D("0.65")))
BOTH = Zones(yellow=Band(D("0.85"), HALF_A_DAY), red=Band(D("0.70"), DAY))


def ends(length, begun):
    return begun + length.clock // timedelta(microseconds=1)


def stood(zones, readings, until):
    """Where it stands after readings of (hour, attainment), fed as they come with the ends of dwells between them."""
    standing, attainment = NOWHERE, None
    for at, now in [*((hour * HOUR, value) for hour, value in readings), (until * HOUR + 1, None)]:
        while (end := due(zones, standing, ends)) is not None and end < at:
            standing = step(zones, standing, attainment, end, ends)
        if at <= until * HOUR:
            attainment = None if now is None else D(str(now))
            standing = step(zones, standing, attainment, at, ends)
    return standing


def zone(bounds, *readings, until=None):
    standing = stood(bounds, readings, readings[-1][0] if until is None else until)
    return standing.zone, None if standing.since is None else standing.since // HOUR


@pytest.mark.parametrize(
    ("attainment", "expected"),
    [
        ("1.2", "green"),
        ("0.85", "green"),
        ("0.8499999", "yellow"),
        ("0.70", "yellow"),
        ("0.6999999", "red"),
        ("-3", "red"),
    ],
)
def test_z1_green_from_85_yellow_from_70_red_below(attainment, expected):
    assert zone(PLAIN, (0, attainment)) == (expected, 0)


def test_since_is_when_the_zone_began_and_not_the_last_reading():
    assert zone(PLAIN, (0, 0.9), (5, 0.5), (9, 0.4), (12, 0.6)) == ("red", 5)


def test_an_unknown_reading_stands_nowhere():
    assert zone(PLAIN, (0, 0.9), (5, None)) == (None, None)


def test_while_a_dwell_runs_the_zone_before_stays():
    assert zone(DWELLING, (0, 0.9), (1, 0.5), until=24) == ("green", 0)
    assert zone(DWELLING, (0, 0.9), (1, 0.5), until=25) == ("red", 25)


def test_without_a_zone_before_a_dwell_is_yellow():
    assert zone(DWELLING, (0, 0.5), until=23) == ("yellow", 0)
    assert zone(DWELLING, (0, 0.5), until=24) == ("red", 24)


def test_a_break_begins_the_dwell_anew():
    assert zone(DWELLING, (0, 0.9), (1, 0.5), (20, 0.6), (21, 0.5), until=44) == ("yellow", 20)
    assert zone(DWELLING, (0, 0.9), (1, 0.5), (20, 0.6), (21, 0.5), until=45) == ("red", 45)


def test_a_dwell_that_ends_as_the_reading_recovers_never_shows():
    assert zone(DWELLING, (0, 0.9), (1, 0.5), (25, 0.9)) == ("green", 0)


def test_red_once_begun_clears_at_its_own_line_inclusive():
    red = [(0, 0.5), (30, 0.62)]

    assert zone(DWELLING, *red) == ("red", 24)
    assert zone(DWELLING, *red, (31, 0.6499)) == ("red", 24)
    assert zone(DWELLING, *red, (31, 0.65)) == ("yellow", 31)


def test_getting_better_needs_no_dwell():
    assert zone(BOTH, (0, 0.5), (20, 0.75)) == ("yellow", 0)
    assert zone(BOTH, (0, 0.9), (1, 0.5), (30, 0.75)) == ("yellow", 30)
    assert zone(BOTH, (0, 0.9), (1, 0.5), (30, 0.9)) == ("green", 30)


def test_worse_than_yellow_counts_for_the_dwell_of_yellow():
    assert zone(BOTH, (0, 0.9), (1, 0.8), (5, 0.5), (8, 0.8), until=12) == ("green", 0)
    assert zone(BOTH, (0, 0.9), (1, 0.8), (5, 0.5), (8, 0.8), until=13) == ("yellow", 13)


def test_yellow_may_clear_later_than_it_begins():
    late = Zones(yellow=Band(D("0.85"), clears_at=D("0.90")))

    assert zone(late, (0, 0.87)) == ("green", 0)
    assert zone(late, (0, 0.8), (1, 0.87)) == ("yellow", 0)
    assert zone(late, (0, 0.5), (1, 0.87)) == ("yellow", 1)
    assert zone(late, (0, 0.8), (1, 0.90)) == ("green", 1)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.decimals(0, 2, places=2)), unique_by=lambda one: one[0]))
def test_saying_the_same_again_changes_nothing(readings):
    readings.sort()
    twice = sorted([*readings, *((hour + 0.5, value) for hour, value in readings)], key=lambda one: one[0])

    assert zone(BOTH, *twice, until=200) == zone(BOTH, *readings, until=200)
