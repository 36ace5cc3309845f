"""What the demo plays is chosen whole: accounts, days, pace; and everything in the order in which it happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.workspace import load
from workers.demo.portfolio import Asked, NoDemo, Portfolio, read_portfolio

SHIPPED = load(Path("playbooks"))


def portfolio(**asked) -> Portfolio:
    return read_portfolio(SHIPPED.folder, SHIPPED.vocabulary, SHIPPED.people, Asked(**asked))


@pytest.fixture(scope="module")
def whole() -> Portfolio:
    return portfolio()


def test_ninety_days_of_at_least_a_hundred_accounts_pass_at_a_day_a_second(whole):
    assert whole.days == 90
    assert len(whole.accounts) >= 100
    assert whole.scale == 86_400


def test_what_happened_before_the_first_day_is_history_and_the_rest_lies_in_the_stretch(whole):
    assert all(one.at < whole.since for one in whole.history)
    assert all(whole.since <= one.at < whole.until for one in whole.stretch)


def test_facts_come_in_the_order_in_which_they_happened(whole):
    happened = [one.at for one in (*whole.history, *whole.stretch)]

    assert happened == sorted(happened)


def test_no_fact_comes_twice_and_each_is_of_a_chosen_account(whole):
    facts = [one.raw for one in (*whole.history, *whole.stretch)]

    assert len({one["id"] for one in facts}) == len(facts)
    assert {one["account"] for one in facts} <= set(whole.accounts)


def test_a_small_choice_holds_those_that_are_told_in_full():
    small = portfolio(accounts=3)

    assert len(small.accounts) == 3
    assert set(small.told) < set(small.accounts)


def test_a_shorter_stretch_ends_earlier_and_is_the_beginning_of_the_whole(whole):
    short = portfolio(days=10)

    assert short.until == whole.since + timedelta(days=10)
    assert list(short.stretch) == [one for one in whole.stretch if one.at < short.until]


def test_the_seconds_that_it_takes_set_the_pace():
    assert portfolio(days=10, seconds=20).scale == 43_200


def test_another_seed_makes_up_other_contacts(whole):
    def contacts(of: Portfolio):
        return [one.raw["contact"] for one in of.history if "contact" in one.raw]

    assert contacts(portfolio(seed="another")) != contacts(whole)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"days": 91}, "--days must be from 1 to 90"), ({"accounts": 0}, "--accounts must be at least 1")],
)
def test_what_cannot_be_played_is_said(asked, said):
    with pytest.raises(NoDemo, match=said):
        portfolio(**asked)


def test_a_workspace_without_a_demo_is_told_so(tmp_path):
    with pytest.raises(NoDemo, match="the demo is played from the workspace that this project ships"):
        read_portfolio(tmp_path, SHIPPED.vocabulary, SHIPPED.people, Asked())


def test_the_first_day_is_a_monday(whole):
    assert whole.since == datetime(2024, 9, 16, tzinfo=UTC)
    assert whole.since.weekday() == 0
