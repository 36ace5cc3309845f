"""What is told together."""

from datetime import UTC, datetime

from engine.facts import Fact
from engine.instants import told_together
from tests.support.playbooks import lines, told

AT = datetime(2026, 3, 2, tzinfo=UTC)
CALM = "  - {wait: calm, for: metrics.nps.value >= 7, at_most: 30 days, otherwise: [{end: never}]}"


def fact(name: str, **said: object) -> Fact:
    return Fact.model_validate({"id": name, "account": "a", "at": AT, **said})


def names(*facts: Fact) -> list[list[str]]:
    return [[one.id for one in group] for group in told_together(facts)]


def test_facts_of_one_instant_are_one_thing_that_happened():
    assert names(fact("1", metric="nps", value=3), fact("2", fields={"arr": 4}), fact("3", event="login")) == [
        ["1", "2", "3"]
    ]


def test_what_is_said_anew_within_an_instant_comes_after_what_it_overwrites():
    assert names(fact("1", metric="nps", value=3), fact("2", metric="nps", value=8)) == [["1"], ["2"]]


def test_different_fields_of_one_contact_are_told_together():
    name, mail = {"id": "c", "name": "Kim"}, {"id": "c", "email": "kim@acme.test"}

    assert names(fact("1", contact=name), fact("2", contact=mail)) == [["1", "2"]]
    assert names(fact("1", contact=name), fact("2", contact=name)) == [["1"], ["2"]]


def test_what_was_true_for_a_moment_within_one_instant_was_true():
    then = [{"after": "1 day", "metrics": {"nps": value}} for value in (8, 3)]

    assert lines(told(CALM, start="start: by hand\n", then=then), "waited") == [("2026-03-03T14:00:00Z", "calm")]
