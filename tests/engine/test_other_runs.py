"""Starts that hang on this account's runs of other playbooks, and starts that a person alone decides."""

from datetime import timedelta

from engine.account import Account
from engine.desk import Desk
from engine.facts import read_fact
from engine.run import Operated
from engine.simulate import simulate
from engine.trigger import Rules
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, setting, source, story, told
from tests.support.unkind_hosts import after

START = read_instant(MONDAY_MORNING)
LONG = "  - {wait: long, for: 5 days}\n  - {end: saved}"


def desk(start: str, other: str = LONG, steps: str = "  - {end: done}") -> Desk:
    """A playbook that hangs on another one, which is started by hand."""
    one = compiled(source(steps, start=f"start: {{when: '{start}', again: always}}\n"))
    two = compiled(source(other, start="start: {by_hand: only, again: always}\n"))
    two = two.model_copy(update={"playbook": "other"})
    numbers = iter(range(100))
    table = Desk(
        setting(),
        Rules.of([one, two]),
        Account("a1"),
        {one.hash: one, two.hash: two}.__getitem__,
        lambda _, playbook: f"{playbook}/{next(numbers)}",
    )
    raw = {"id": "f1", "account": "a1", "at": START, "fields": {"name": "Acme"}}
    table.take(read_fact(raw, setting().vocabulary, START), now=START)
    return table


def started(table: Desk, playbook: str = "example") -> list[str]:
    return [
        entry.at.isoformat() for _, name, entry in table.changes.trace if name == playbook and entry.event == "started"
    ]


def test_the_end_of_another_playbooks_run_wakes_what_reads_its_outcome():
    table = desk('last_outcome("other") == "saved"')
    run = table.start("other", START)

    table.advance(run, [], after(START, 9))

    assert started(table) == ["2026-03-07T14:00:00+00:00"]


def test_another_playbooks_run_wakes_what_reads_whether_it_runs():
    table = desk('not running("other") and known(last_ended("other"))')
    run = table.start("other", START)
    assert started(table) == []

    table.advance(run, [Operated(at=after(START, 1), verb="stop")], after(START, 1))

    assert started(table) == ["2026-03-03T14:00:00+00:00"]


def test_time_since_another_playbooks_run_ended_wakes_too():
    table = desk('days_since(last_ended("other")) >= 10')
    run = table.start("other", START)
    table.advance(run, [], after(START, 5))

    table.tick(after(START, 30))

    # It ended on the 7th; ten days later is the 17th, at the account's midnight.
    assert started(table) == ["2026-03-17T00:00:00+00:00"]


def test_the_start_of_another_playbooks_run_wakes_what_waits_for_it():
    table = desk('running("other")')

    table.start("other", START + timedelta(hours=1))

    assert started(table) == ["2026-03-02T15:00:00+00:00"]


def test_a_run_that_begins_while_another_waits_for_it_is_heard_of():
    table = desk("account.arr > 5", steps='  - {wait: other, for: running("other"), at_most: 9 days, otherwise: []}')
    raw = {"id": "f2", "account": "a1", "at": START, "fields": {"arr": 10}}
    table.take(read_fact(raw, setting().vocabulary, START), now=START)

    table.start("other", after(START, 1))

    assert [one.at for one in table.changes.latched["example/0"]] == [after(START, 1)]


def test_playbooks_that_start_one_another_by_running_are_held_and_do_not_go_round():
    one = compiled(source(LONG, start="start: {when: 'running(\"other\")', again: always}\n"))
    two = compiled(source(LONG, start="start: {by_hand: only, again: always}\n")).model_copy(
        update={"playbook": "other"}
    )
    table = desk("account.arr > 5")
    plans = {plan.hash: plan for plan in (one, two)}
    table.rules, table.plans = Rules.of([one, two]), plans.__getitem__

    table.start("other", START)

    assert table.changes.started == ["other/0", "example/1"]


def test_what_another_sets_that_an_update_has_started_is_heard_by_the_run_that_said_it():
    other = "  - {wait: a_day, for: 1 day}\n  - {update: hold, set: {status: paused}}\n  - {wait: long, for: 9 days}"
    two = compiled(source(other, head="goal: {when: account.seats > 5, outcome: grown}\n", start="start: by hand\n"))
    table = desk('account.status == "paused"', steps="  - {update: grow, set: {seats: 9}}")
    two = two.model_copy(update={"playbook": "other"})
    table.rules = Rules.of([table.rules.plans["example"], two])
    table.plans = {one.hash: one for one in table.rules.plans.values()}.__getitem__
    run = table.start("other", START)

    table.advance(run, [], after(START, 2))

    assert started(table) == ["2026-03-03T14:00:00+00:00"]
    assert (table.runs[run].outcome, table.runs[run].ended) == ("grown", after(START, 1))


def test_by_hand_only_may_say_how_often():
    start = "start: {by_hand: only, again: after 10 days}\n"
    plan = compiled(source("  - {end: done}", start=start))
    table = desk("account.arr > 5")
    table.rules, table.plans = Rules.of([plan]), {plan.hash: plan}.__getitem__

    begun = [table.start("example", after(START, days)) is not None for days in (0, 9, 10)]

    assert begun == [True, False, True]


def test_by_hand_only_starts_nothing_by_itself():
    result = told("  - {end: done}", start="start: {by_hand: only, again: always}\n")

    # A story starts what only a person starts.
    assert [at for at, _ in lines(result, "started")] == ["2026-03-02T14:00:00Z"]


def test_a_story_says_that_another_playbook_begins_to_run():
    later = [{"after": "2 days", "started": "other"}]

    result = told(
        LONG, head='stop: {when: running("other"), outcome: left_to_other}\n', start="start: {}\n", then=later
    )

    assert (result.outcome, str(result.ended_at)) == ("left_to_other", "2026-03-04 14:00:00+00:00")


def test_what_runs_as_a_story_begins_runs_before_its_first_facts():
    told_of = told(LONG, start="start: {when: 'not running(\"other\")'}\n", started="other")
    assert told_of.trace == []

    ended = told(
        LONG,
        start="start: {when: 'not running(\"other\")'}\n",
        started=["other"],
        then=[{"after": "1 day", "ended": "other"}],
    )

    assert lines(ended, "started") == [("2026-03-03T14:00:00Z", "start")]


def test_the_playbook_that_a_story_tells_of_is_not_another_one():
    plan = compiled(source(LONG, start="start: {}\n"))

    result = simulate(plan, story(started="example"), setting())

    assert result.faults == [
        "2026-03-02 Mon 09:00: 'started' is for other playbooks, and 'example' is the one that is told of"
    ]
