"""Starts that are held for a person, and what becomes of them."""

from datetime import timedelta

import pytest

from engine.account import Account
from engine.calendar import Calendar
from engine.desk import Desk
from engine.facts import read_fact
from engine.held import Wide
from engine.limits import Limit, began, parse_limit
from engine.quantities import Refused
from engine.simulate import simulate
from engine.trigger import Rules
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, problems, setting, source, story, told
from tests.support.unkind_hosts import after

START = read_instant(MONDAY_MORNING)
PAUSE = "  - {wait: pause, for: 5 days}"
RED = "start: {when: metrics.nps.value <= 5, again: always, mode: MODE}\n"


class Full(Wide):
    """So many may still start."""

    def __init__(self, left: int = 0) -> None:
        self.left = left

    def full(self, _, __, /):
        self.left -= 1
        return self.left < 0


class Paused(Wide):
    def paused(self, _, /):
        return True


def desk(gate, start: str = RED.replace("MODE", "becomes").replace("always", "never"), steps: str = PAUSE) -> Desk:
    plan = compiled(source(steps, "limit: 50 per day\n", start))
    return Desk(setting(), Rules.of([plan]), Account("a1"), {plan.hash: plan}.__getitem__, lambda *_: "r1", gate=gate)


def nps(table: Desk, value: int, at=START) -> None:
    raw = {"id": f"f{at}{value}", "account": "a1", "at": at, "metric": "nps", "value": value}
    table.take(read_fact(raw, setting().vocabulary, at), now=at)


def reasons(table: Desk) -> list[str]:
    return [str(one.fields["reason"]) for _, _, one in table.changes.trace if one.event == "not_started"]


@pytest.mark.parametrize(("gate", "reason"), [(Full(), "limit"), (Paused(), "paused")])
def test_a_start_that_only_the_world_keeps_out_is_held_with_its_reason(gate, reason):
    table = desk(gate)

    nps(table, 3)

    held = table.changes.held["example"]
    assert (held.reason, held.at, held.why["text"]) == (reason, START, "metrics.nps.value <= 5")
    assert (table.changes.started, reasons(table)) == ([], [reason])


def test_a_released_start_begins_with_the_decision_that_it_was_held_with():
    table = desk(Full())
    nps(table, 3)

    run = table.release(table.changes.held["example"], after(START, 2), by="ana")

    started = table.changes.trace[1][2]
    assert (run, started.fields["by"], started.fields["why"]["text"]) == ("r1", "ana", "metrics.nps.value <= 5")
    assert table.changes.held == {}


def test_a_release_goes_on_though_the_condition_has_cleared():
    table = desk(Full())
    nps(table, 3)
    nps(table, 9, after(START, 1))

    assert table.release(table.changes.held["example"], after(START, 2)) == "r1"


def test_a_release_that_is_barred_by_now_is_used_up_and_says_so():
    table = desk(Full())
    nps(table, 3)
    held = table.changes.held["example"]
    table.release(held, START)

    assert table.release(held, after(START, 1)) is None
    assert reasons(table) == ["limit", "live"]


def test_under_is_a_held_start_stays_held_until_it_is_released():
    table = desk(Full(), RED.replace("always", "'after 1 day'").replace("MODE", "is"))
    nps(table, 3)
    table.gate = Wide()

    nps(table, 2, after(START, 3))

    assert (table.changes.started, reasons(table)) == ([], ["limit"])


def test_after_a_release_is_goes_on_as_ever():
    table = desk(Full(), RED.replace("always", "'after 1 day'").replace("MODE", "is"), "  - {end: done}")
    nps(table, 3)
    table.release(table.changes.held["example"], START)
    table.gate = Wide()

    table.tick(after(START, 1))

    assert table.changes.started == ["r1", "r1"]


def test_a_new_rise_is_judged_anew():
    table = desk(Full(), RED.replace("MODE", "becomes"))
    nps(table, 3)
    nps(table, 9, after(START, 1))
    table.gate = Wide()

    nps(table, 3, after(START, 2))

    assert table.changes.started == ["r1"]
    assert table.changes.held == {}


def test_by_hand_the_limit_does_not_count_but_a_pause_does():
    table = desk(Full(), "start: by hand\n")
    nps(table, 3)

    assert table.start("example", START) == "r1"
    paused = desk(Paused(), "start: by hand\n")
    nps(paused, 3)
    assert paused.start("example", START) is None
    assert (reasons(paused), paused.changes.held) == (["paused"], {})


def test_more_than_twenty_entries_in_an_hour_are_held():
    plan = compiled(source("  - {end: done}", start="start: {on: login, again: always}\n"))
    table = Desk(setting(), Rules.of([plan]), Account("a1"), {plan.hash: plan}.__getitem__, lambda *_: "r1")

    for minute in range(25):
        at = START + timedelta(minutes=minute)
        raw = {"id": f"f{minute}", "account": "a1", "at": at, "event": "login"}
        table.take(read_fact(raw, setting().vocabulary, at), now=at)

    assert len(table.changes.started) == 20
    assert reasons(table) == ["rate"] * 5
    assert table.changes.held["example"].reason == "rate"


def test_after_an_hour_entries_count_no_more():
    plan = compiled(source("  - {end: done}", start="start: {on: login, again: always}\n"))
    table = Desk(setting(), Rules.of([plan]), Account("a1"), {plan.hash: plan}.__getitem__, lambda *_: "r1")

    for number in range(30):
        at = START + timedelta(minutes=3 * number)
        raw = {"id": f"f{number}", "account": "a1", "at": at, "event": "login"}
        table.take(read_fact(raw, setting().vocabulary, at), now=at)

    assert reasons(table) == []


@pytest.mark.parametrize("text", ["50 per day", "1 per hour", "1000000 per month", "7 a week"])
def test_a_limit_is_a_number_and_a_period(text):
    assert isinstance(parse_limit(text), Limit)


@pytest.mark.parametrize("text", ["50", "0 per day", "-1 per day", "5 per year", "many per day", "1.5 per day"])
def test_what_is_no_limit_is_told(text):
    assert isinstance(parse_limit(text), Refused)
    assert "limit" in str(problems(source(PAUSE, head=f"limit: '{text}'\n")))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("hour", "2026-03-11T03:00:00Z"),
        ("day", "2026-03-10T04:00:00Z"),
        ("week", "2026-03-09T04:00:00Z"),
        ("month", "2026-03-01T05:00:00Z"),
    ],
)
def test_a_period_begins_on_the_local_clock(period, expected):
    # 23:30 on the 10th in New York, two days after its clocks went forward.
    now = read_instant("2026-03-11T03:30:00Z")

    assert began(period, Calendar(zone="America/New_York"), now) == read_instant(expected)


LIMITED = "limit: 2 per day\n"
LOW = "start: {when: metrics.nps.value <= 5}\n"


def test_a_story_says_that_others_have_used_up_the_limit_and_that_a_person_releases():
    then = [
        {"after": "1 hour", "others_started": 2},
        {"after": "1 hour", "metrics": {"nps": 3}},
        {"after": "3 days", "release": True},
    ]

    result = told(PAUSE, head=LIMITED, start=LOW, then=then)

    assert lines(result, "not_started", "started") == [
        ("2026-03-02T15:00:00Z", "start"),
        ("2026-03-05T14:00:00Z", "start"),
    ]
    assert next(one.fields["by"] for one in result.trace if one.event == "started") == "a release"


def test_the_next_period_of_the_limit_has_room_again():
    then = [{"after": "1 hour", "others_started": 2}, {"after": "1 day", "metrics": {"nps": 3}}]

    assert lines(told(PAUSE, head=LIMITED, start=LOW, then=then), "not_started") == []


def test_who_still_fulfils_a_condition_and_is_held_is_told_once():
    low = "start: {when: metrics.nps.value <= 5, mode: is, again: after 1 hour}\n"
    then = [{"after": "2 days", "metrics": {"nps": 4}}]

    result = told("  - {wait: w, for: 1 hour}", "limit: 1 per week\n", low, metrics={"nps": 3}, then=then)

    held = [(str(one.at), one.fields["reason"]) for one in result.trace if one.event == "not_started"]
    assert held == [("2026-03-02 16:00:00+00:00", "limit")]


def test_a_story_counts_the_items_that_it_starts_itself():
    people = [{"id": f"c{n}", "name": f"No {n}", "role": "end_user"} for n in range(3)]

    result = told(PAUSE, head="each: contacts\n" + LIMITED, start=LOW, contacts=people, metrics={"nps": 3})

    assert [one.event for one in result.trace if one.path == "start"] == ["started", "started", "not_started"]


def test_a_story_about_a_limit_or_a_release_that_there_is_not_is_told():
    then = [{"after": "1 hour", "others_started": 2}, {"after": "2 hours", "release": True}]

    result = simulate(compiled(source(PAUSE, start=LOW)), story(then=then), setting())

    assert [one.partition(": ")[2] for one in result.faults] == [
        "'others_started' says nothing, as there is no limit",
        "nothing is held that could be released",
    ]
