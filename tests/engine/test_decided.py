"""Decisions that are looked for when they are asked for."""

from datetime import UTC, datetime

from engine.decided import Decided
from engine.trigger import Decision

AT = datetime(2026, 3, 2, tzinfo=UTC)
LATER = datetime(2026, 3, 3, tzinfo=UTC)


class Stored:
    """Two decisions in a database that counts how often it is asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, names):
        self.asked.append(None if names is None else sorted(names))
        both = [Decision("one", "h", truth=True, since=AT), Decision("two", "h", truth=False, next_at=LATER)]
        return [one for one in both if names is None or one.playbook in names]


def test_what_is_wanted_is_looked_for_once():
    stored = Stored()
    decided = Decided(fetch=stored)

    decided.want(["one", "three"])

    assert (decided.get("one").truth, decided.get("three")) == (True, None)
    assert stored.asked == [["one", "three"]]


def test_all_are_looked_for_only_when_one_may_be_due():
    stored = Stored()
    decided = Decided(fetch=stored, bound=LATER)

    assert list(decided.due(AT)) == []
    assert stored.asked == []
    assert [one.playbook for one in decided.due(LATER)] == ["two"]
    assert stored.asked == [None]


def test_what_was_changed_since_it_was_asked_for_is_not_overwritten_by_what_is_stored():
    decided = Decided(fetch=Stored(), bound=LATER)
    decided.keep(Decision("two", "h", truth=True, since=AT))

    assert list(decided.due(LATER)) == []
    assert decided.get("two").truth is True


def test_a_decision_that_says_nothing_is_kept_only_where_one_was():
    decided = Decided(fetch=Stored())

    assert not decided.keep(Decision("three", "h", truth=False))
    assert decided.keep(Decision("two", "h", truth=False))


def test_what_has_not_been_asked_for_counts_by_its_bound():
    decided = Decided(fetch=Stored(), bound=LATER)
    decided.want(["one"])

    assert decided.next_at == LATER
