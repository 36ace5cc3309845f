"""A task as a card: what it says, and what it offers to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.rights import is_allowed
from engine.trace import Entry
from tests.support.cards import NOW, person, seen_by, task
from tests.support.playbooks import setting

LATE = NOW - timedelta(days=1)
LOW = {"text": "metrics.nps.value < 5", "truth": True, "parts": [{"text": "metrics.nps.value", "value": 3}]}
CLOSING = ("done", "snooze", "reassign", "note")


def test_a_card_says_who_the_account_is_and_what_it_is_worth():
    card = seen_by("ana")

    assert card.figures == (
        ("Account", "Acme"), ("Tier", "Growth"), ("Stage", "Adoption"), ("ARR", "$40,000"), ("Renewal", "1 June 2026"),
    )  # fmt: skip
    assert card.due == ("Due ", datetime(2026, 3, 4, 22, tzinfo=UTC))
    assert card.origin == "Low score · ring"


def test_why_it_was_made_stands_in_two_lines():
    started = Entry(
        at=NOW, path="start", step=None, kind="playbook", event="started",
        fields={"why": LOW},
    )  # fmt: skip
    branched = Entry(
        at=NOW, path="how", step="how", kind="branch", event="branched",
        fields={"case": "otherwise", "why": {"text": "account.arr > 9", "truth": False, "parts": []}},
    )  # fmt: skip

    card = seen_by("ana", started, branched, path="how/otherwise/ring")

    assert card.why == (
        "Started because NPS is 3 (less than 5)",
        "Here because it is not so that account.arr > 9",
    )


def test_why_does_not_repeat_the_tier_that_stands_above_it():
    red = {"text": 'account.tier == "growth"', "truth": True, "parts": [{"text": "account.tier", "value": "growth"}]}
    both = {"text": 'account.tier == "growth" and metrics.nps.value < 5', "truth": True, "parts": [red, LOW]}
    started = Entry(at=NOW, path="start", step=None, kind="playbook", event="started", fields={"why": both})

    assert seen_by("ana", started).why == ("Started because NPS is 3 (less than 5)",)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, "With Ana Diaz"),
        ({"person": None}, "With nobody yet"),
        ({"due": LATE}, "Overdue. With Ana Diaz"),
        ({"state": "done", "outcome": "saved", "by": "ben"}, "Done by Ben Okoro: saved"),
        ({"state": "done", "outcome": "auto_closed"}, "Closed by itself: what it was about has passed"),
        ({"kind": "approval", "state": "done", "outcome": "approved", "by": "ben"}, "Approved by Ben Okoro"),
        ({"kind": "approval", "state": "done", "outcome": "refused", "by": "ben"}, "Declined by Ben Okoro"),
        ({"state": "withdrawn"}, "Not needed any more: the playbook has taken it back"),
        ({"kind": "escalation", "state": "done", "outcome": "cleared"}, "Cleared: what it was about has passed"),
    ],
)
def test_how_it_stands_is_said_in_words(changes, standing):
    assert seen_by("ana", **changes).standing == (standing,)


def test_a_task_that_is_put_off_says_with_whom_and_where_that_is_after_it_is_due():
    due = NOW + timedelta(days=3)
    before, after = due - timedelta(hours=1), due + timedelta(hours=1)

    assert seen_by("ana", due=due, snoozed=before).standing == ("With Ana Diaz, put off until ", before)
    assert seen_by("ana", due=due, snoozed=after).standing[1:] == (after, ", which is after it is due")


@pytest.mark.parametrize(
    ("viewer", "changes", "verbs"),
    [
        ("ana", {}, CLOSING),
        ("ana", {"kind": "approval"}, ("approve", "edit", "refuse", "read", "snooze", "reassign", "note")),
        ("ana", {"kind": "escalation"}, ("acknowledge", "reassign", "note")),
        ("max", {}, ("done", "claim", "note")),  # her manager
        ("noor", {}, ()),  # another team's
        ("noor", {"accountable": "noor"}, ("done", "claim", "note")),
        ("noor", {"kind": "escalation"}, ("acknowledge", "claim", "note")),
        (None, {}, ("claim", "note")),  # a channel
        (None, {"kind": "escalation"}, ("acknowledge", "claim", "note")),
        ("ana", {"state": "done", "outcome": "done"}, ()),
    ],
)
def test_what_is_offered_depends_on_who_sees_it_and_on_what_it_is(viewer, changes, verbs):
    assert seen_by(viewer, **changes).verbs == verbs


def test_what_is_offered_is_allowed():
    directory = setting().directory

    for name in ("ana", "ben", "max", "noor"):
        for kind in ("task", "escalation", "approval", "meeting"):
            one = task(kind=kind)
            assert all(is_allowed(verb, one, person(name), directory, NOW) for verb in seen_by(name, kind=kind).verbs)


def test_only_those_concerned_close_a_task():
    allowed = [
        name
        for name in ("ana", "ben", "max", "gwen", "noor")
        if is_allowed("done", task(), person(name), setting().directory, NOW)
    ]

    assert allowed == ["ana", "max", "gwen"]
