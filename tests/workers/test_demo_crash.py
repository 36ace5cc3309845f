from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workers.demo.crash import crashes

SINCE = datetime(2024, 9, 16, tzinfo=UTC)


@given(st.integers(3, 90), st.text(max_size=8))
def test_worker_relay_and_server_are_killed_in_this_order_within_the_stretch(days: int, seed: str):
    planned = crashes(SINCE, SINCE + timedelta(days=days), seed)

    assert [one.victim for one in planned] == ["worker", "relay", "Temporal server"]
    assert planned == sorted(planned, key=lambda one: one.at)
    assert all(SINCE < one.at < SINCE + timedelta(days=days) for one in planned)


def test_the_moments_are_drawn_by_the_seed():
    until = SINCE + timedelta(days=90)

    assert crashes(SINCE, until, "a") == crashes(SINCE, until, "a")
    assert crashes(SINCE, until, "a") != crashes(SINCE, until, "b")
