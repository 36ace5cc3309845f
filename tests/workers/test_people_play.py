"""The played people: mostly in time, some late, some never, and always the same."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workers.demo.people_play import Item, played

MONDAY = datetime(2024, 9, 16, 13, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def task(n: int, outcomes: tuple[str, ...] = ("done", "skipped")) -> Item:
    return Item(f"task-{n}", "task", MONDAY, MONDAY + WEEK, outcomes)


def escalation(n: int) -> Item:
    return Item(f"escalation-{n}", "escalate", MONDAY, MONDAY + timedelta(days=1))


def share(deeds: list[str], which: str) -> float:
    return Counter(deeds)[which] / len(deeds)


def when(item: Item, seed: str = "1") -> str:
    deed = played(item, seed)
    if deed is None:
        return "never"
    return "in time" if deed.at <= item.due else "late"


def test_the_same_seed_tells_the_same_story_and_another_seed_another():
    stories = [[played(task(n), seed) for n in range(50)] for seed in ("1", "1", "2")]

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


def test_most_tasks_are_done_in_time_some_late_some_never():
    deeds = [when(task(n)) for n in range(1000)]

    assert 0.64 < share(deeds, "in time") < 0.76
    assert 0.15 < share(deeds, "late") < 0.25
    assert 0.05 < share(deeds, "never") < 0.15


def test_some_escalations_are_never_acknowledged():
    deeds = [when(escalation(n)) for n in range(1000)]

    assert 0.5 < share(deeds, "in time") < 0.7
    assert 0.15 < share(deeds, "never") < 0.25


def test_the_usual_outcome_comes_first_and_each_other_one_happens_too():
    deeds = [deed for n in range(1000) if (deed := played(task(n, ("held", "no_show", "moved")), "1"))]

    outcomes = Counter(deed.outcome for deed in deeds)
    assert outcomes.most_common(1)[0][0] == "held"
    assert set(outcomes) == {"held", "no_show", "moved"}


def test_an_acknowledgement_has_no_outcome():
    deeds = [played(escalation(n), "1") for n in range(20)]

    assert {deed.outcome for deed in deeds if deed} == {None}


def test_with_a_week_of_time_people_work_on_weekdays_in_office_hours():
    deeds = [deed for n in range(500) if (deed := played(task(n), "1"))]

    assert all(deed.at.weekday() < 5 for deed in deeds)
    assert all(13 <= deed.at.hour < 21 for deed in deeds)


@given(
    st.timedeltas(timedelta(0), timedelta(days=90)),
    st.timedeltas(timedelta(0), timedelta(days=30)),
    st.text(max_size=8),
)
def test_nothing_is_done_before_it_was_opened(later: timedelta, given_time: timedelta, seed: str):
    item = Item("task-1", "task", MONDAY + later, MONDAY + later + given_time, ("done",))

    deed = played(item, seed)

    assert deed is None or deed.at > item.opened
