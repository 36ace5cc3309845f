"""A Home: whose tasks in which order, through which filters, on which page."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.render.home import GROUPS, PAGE, Filters, Viewer, home, key_of
from tests.support.cards import NOW, person, task
from tests.support.playbooks import setting


def seen(tasks, **filters):
    viewer = Viewer(person("ana"), setting().directory, NOW, str.upper, str.title)
    return home(tasks, Filters(**filters), viewer)


def ids(shown):
    return [(one.group, one.task.id) for one in shown.rows]


def due(name, **later):
    return task(id=name, due=NOW + timedelta(**later))


def test_what_is_overdue_comes_first_and_what_is_put_off_last():
    tasks = [
        task(id="none", due=None),
        due("later", days=3),
        task(id="off", due=NOW - timedelta(days=3), snoozed=NOW + timedelta(days=1)),
        due("now", hours=2),
        due("late", hours=-1),
        due("later yet", days=9),
        due("long ago", days=-9),
    ]

    shown = seen(tasks)

    assert ids(shown) == [
        ("overdue", "long ago"), ("overdue", "late"), ("today", "now"),
        ("coming", "later"), ("coming", "later yet"), ("coming", "none"), ("snoozed", "off"),
    ]  # fmt: skip
    assert shown.counts == {"overdue": 2, "today": 1, "coming": 3, "snoozed": 1}


def test_of_what_is_due_at_one_instant_the_most_important_comes_first():
    tasks = [due(name, days=2).model_copy(update={"playbook": name}) for name in ("ask", "risk")]
    viewer = Viewer(person("ana"), setting().directory, NOW, str.upper, str.title, {"ask": 20, "risk": 80}.__getitem__)

    shown = home(tasks, Filters(), viewer)

    assert [one.task.id for one in shown.rows] == ["risk", "ask"]


def test_today_is_the_day_on_the_wall_of_whoever_has_it():
    midnight = datetime(2026, 3, 3, 5, tzinfo=UTC)  # in New York

    shown = seen([task(id="t", due=midnight - timedelta(minutes=1)), task(id="m", due=midnight)])

    assert ids(shown) == [("today", "t"), ("coming", "m")]


def test_filters_hold_together_and_the_counts_are_of_all():
    tasks = [
        due("a", days=-1).model_copy(update={"account": "acme", "playbook": "risk"}),
        due("b", days=-1).model_copy(update={"account": "acme", "playbook": "ask"}),
        due("c", days=1).model_copy(update={"account": "acme", "playbook": "risk"}),
        due("d", days=-1).model_copy(update={"account": "globex", "playbook": "risk"}),
    ]

    shown = seen(tasks, account="acme", playbook="risk", overdue=True)

    assert ids(shown) == [("overdue", "a")]
    assert (shown.counts["overdue"], shown.fitting["overdue"]) == (3, 1)
    assert [one.label for one in shown.accounts] == ["ACME", "GLOBEX"]
    assert [one.label for one in shown.playbooks] == ["Ask", "Risk"]


def test_a_page_that_is_no_more_is_the_last_one():
    shown = seen([due(f"t{n:02}", days=1, minutes=n) for n in range(PAGE + 3)], page=7)

    assert (shown.page, shown.pages, len(shown.rows)) == (1, 2, 3)


def test_of_too_many_accounts_those_of_the_most_urgent_tasks_can_be_chosen_and_the_one_that_is():
    tasks = [due(f"t{n}", days=n).model_copy(update={"account": f"{n:03}" + "x" * 300}) for n in range(120)]
    last = key_of(tasks[-1].account)

    shown = seen(tasks, account=last)

    keys = [one.key for one in shown.accounts]
    assert (len(keys), max(map(len, keys)) <= 64, last in keys) == (50, True, True)
    assert [one.task.id for one in shown.rows] == ["t119"]


@given(
    dues=st.lists(st.integers(-200, 200) | st.none(), max_size=45),
    overdue=st.booleans(),
)
def test_every_task_stands_on_one_page(dues, overdue):
    tasks = [task(id=f"{n}", due=None if h is None else NOW + timedelta(hours=h)) for n, h in enumerate(dues)]

    first = seen(tasks, overdue=overdue)
    rows = [one for page in range(first.pages) for one in seen(tasks, overdue=overdue, page=page).rows]

    wanted = [one.id for one in tasks if not overdue or (one.due and one.due <= NOW)]
    assert sorted(one.task.id for one in rows) == sorted(wanted)
    assert [GROUPS.index(one.group) for one in rows] == sorted(GROUPS.index(one.group) for one in rows)
