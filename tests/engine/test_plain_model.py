"""Every reading of every sort of metric against the plain model, over random histories in any order of arrival."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.account import picture
from engine.policy import Policy
from tests.support.plain_model import HOUR, TICK
from tests.support.worlds import folded, histories, known, read_by_engine, read_by_model

KNOWN = known()

later = st.builds(
    lambda hour, tick: hour * HOUR + tick,
    st.one_of(st.integers(0, 60), st.integers(0, 800)),
    st.sampled_from([timedelta(), TICK, HOUR / 2]),
)


@settings(deadline=None, max_examples=40)
@given(histories, later, st.randoms(use_true_random=False))
def test_all_readings_are_those_of_the_plain_model_in_any_order_of_arrival(facts, ahead, dice):
    now = max(one.at for one in facts) + ahead
    # The order of arrival counts where two things are said of one instant.
    arrived = dice.sample(facts, len(facts))

    account = folded(KNOWN, arrived)

    assert read_by_engine(account, KNOWN, now) == read_by_model(arrived, now)


@settings(deadline=None, max_examples=15)
@given(histories, st.integers(0, 15), later)
def test_the_past_reads_as_it_was_whatever_has_come_since(facts, index, ahead):
    then = facts[min(index, len(facts) - 1)].at + ahead

    account = folded(KNOWN, facts)

    assert read_by_engine(account, KNOWN, then) == read_by_model(facts, then)


@settings(deadline=None, max_examples=6)
@given(histories, st.integers(0, 24), st.randoms(use_true_random=False))
def test_between_two_turns_nothing_reads_otherwise(facts, ahead, dice):
    """Turn by turn through four days without a fact: what the last turn read, the model still reads."""
    account = folded(KNOWN, facts)
    now = end = max(one.at for one in facts) + ahead * HOUR
    seen = {now: read_by_engine(account, KNOWN, now)}
    while (turn := picture(account, KNOWN, Policy(), now).next_change) and turn < end + 96 * HOUR:
        now = turn
        seen[now] = read_by_engine(account, KNOWN, now)

    for look in sorted(dice.sample(range(96), 6)):
        for at in (end + look * HOUR, end + look * HOUR + TICK):
            assert read_by_model(facts, at) == seen[max(one for one in seen if one <= at)]
