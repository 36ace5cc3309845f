"""A fact told again: the same is no conflict, however it was stored; another under the same id is one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Fact
from engine.retold import conflict

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.decimals(-3, 3, places=2) | st.text(max_size=2)
FIELDS = st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1)


def fact(**said):
    return Fact.model_validate({"id": "x", "account": "acme", "at": AT, **said})


@given(FIELDS, FIELDS)
def test_a_fact_conflicts_with_every_other_and_never_with_itself(one, other):
    first, second = fact(fields=one), fact(fields=other)

    assert conflict(first, Fact.model_validate_json(first.model_dump_json()), dated=True) == ""
    assert (conflict(first, second, dated=True) == "") == (one == other) == (conflict(second, first, dated=True) == "")


def test_what_is_gone_and_what_is_not_said_are_two_things():
    told = conflict(fact(team={"csm": "ana", "ae": None}), fact(team={"csm": "ana"}), dated=True)

    assert told.startswith("it conflicts with what is stored under its id: team.ae differs. Give a new fact an id")


def test_the_instant_counts_where_both_said_it():
    early, late = fact(fields={"a": 1}), fact(fields={"a": 1}, at=AT + timedelta(hours=1))

    assert "at differs" in conflict(late, early, dated=True)
    assert conflict(late, early, dated=False) == ""


def test_all_that_differs_is_named():
    told = conflict(fact(metric="nps", value=3), fact(event="login", account="other", data={"user": "kim"}), dated=True)

    assert "id: account, metric, value, event, data.user differ." in told
