"""The digest of a morning: what it says of whose tasks."""

from datetime import timedelta

from engine.policy import Policy
from engine.render.digest import LINES, digest
from tests.support.cards import NOW, task

CALENDAR = Policy().calendar("US", "America/New_York")
SINCE = NOW - timedelta(days=3)


def said(*tasks):
    told = digest(tasks, NOW, CALENDAR, SINCE, str.upper)
    return told and {part: ([one.task.id for one in lines], count) for part, lines, count in told.parts}


def test_it_says_what_is_overdue_due_today_coming_and_new():
    old = SINCE - timedelta(days=9)

    told = said(
        task(id="late", due=NOW - timedelta(days=1)),
        task(id="today", due=NOW + timedelta(hours=3)),
        task(id="soon", due=NOW + timedelta(days=7), opened=old),  # five working days on
        task(id="new", due=NOW + timedelta(days=8)),
        task(id="new too", due=None),
        task(id="old", due=NOW + timedelta(days=8), opened=old),
        task(id="off", due=NOW, snoozed=NOW + timedelta(days=1)),
    )

    assert told == {
        "overdue": (["late"], 1), "today": (["today"], 1), "coming": (["soon"], 1), "new": (["new", "new too"], 2),
    }  # fmt: skip


def test_of_many_the_first_are_said_and_all_are_counted():
    told = said(*(task(id=f"t{n:03}", due=NOW - timedelta(hours=n)) for n in range(1, 200)))

    assert told == {"overdue": ([f"t{199 - n}" for n in range(LINES)], 199)}


def test_who_has_nothing_to_do_has_no_digest():
    assert said() is None
    assert said(task(due=NOW, snoozed=NOW + timedelta(days=1))) is None
