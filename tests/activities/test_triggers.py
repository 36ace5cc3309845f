"""Starts of every sort on a database: what an apply does to them, events, plays, and runs that come late."""

from datetime import timedelta

import pytest

from activities import facts
from activities import runs as advancing
from activities.applied import texts_of
from activities.starts import start
from activities.store import inputs, runs, traces, versions
from tests.support.hosts import NOW, HandClock, acme, apply, host_on, playbook, tell
from tests.support.workspaces import FOLDER

RED = "start: {when: metrics.nps.value <= 5, again: MODE}\n"
STEPS = "- wait: long\n  for: 30 days"
END = "- end: done"


@pytest.fixture
def clock():
    return HandClock()


def red(name="saver", again="never", steps=STEPS, mode="becomes"):
    return playbook(steps, name, start=RED.replace("MODE", f"{again}, mode: {mode}"))


def of(host, account="acme", name="saver"):
    told = host.database.read(lambda connection: traces.of_account(connection, account, name))
    return [(one.entry.event, one.entry.fields.get("reason")) for one in told if one.entry.path == "start"]


def listed(host, **which):
    return host.database.read(lambda connection: runs.listed(connection, **which))


# --- what an apply does


def test_an_unchanged_start_keeps_its_truth_and_its_entries_over_an_apply(database, clock):
    host = host_on(database, red(), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    apply(host, red(steps="- wait: longer\n  for: 60 days"))
    facts.fill(host)
    tell(host, "acme", metric="nps", value=2)

    assert of(host) == [("started", None)]


QUIET = playbook(END, "quiet", start='start: {when: metrics.quiet_days.zone == "red", again: always}\n')


def test_another_vocabulary_judges_unchanged_starts_anew_and_finds_when_time_may_turn_them(database, clock):
    host = host_on(database, QUIET, real=clock)
    acme(host)
    tell(host, "acme", event="login", data={"user": "kim"})
    clock.go(days=12)
    facts.wake_due(host)
    assert of(host, name="quiet") == [("started", None)]

    texts = texts_of(FOLDER)
    texts["vocabulary"] = texts["vocabulary"].replace("better: lower, target: 7}", "better: lower, target: 30}")
    host.database.write(lambda c: versions.apply(c, [QUIET], texts, at=host.clock.now(), by="test"))
    facts.fill(host)
    clock.go(days=40)
    facts.wake_due(host)

    assert of(host, name="quiet") == [("started", None)] * 2


def test_what_a_run_waits_for_is_looked_at_anew_under_another_vocabulary(database, clock):
    wait = '- wait: calm\n  for: metrics.nps.zone == "green"\n  at_most: 30 days\n  otherwise: []'
    plan = red(steps=wait)
    host = host_on(database, plan, real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=4)

    texts = texts_of(FOLDER)
    texts["vocabulary"] = texts["vocabulary"].replace("kind: lagging, target: 8}", "kind: lagging, target: 4}")
    host.database.write(lambda c: versions.apply(c, [plan], texts, at=host.clock.now(), by="test"))
    facts.fill(host)
    (run,) = listed(host)
    advancing.advance(host, run.id)

    assert listed(host)[0].outcome == "completed"


def test_a_changed_start_is_judged_anew_and_fires_nothing_for_who_is_inside(database, clock):
    host = host_on(database, red(steps=END), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    apply(host, red(again="always", steps=END))
    facts.fill(host)
    tell(host, "acme", metric="nps", value=2)

    assert of(host) == [("started", None)]


def test_under_is_an_apply_takes_those_who_are_inside_already(database, clock):
    host = host_on(database, playbook(END, "other", start="start: by hand\n"), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    apply(host, red(again="after 9 days", mode="is"))
    facts.fill(host)

    assert of(host) == [("started", None)]


def test_a_playbook_that_was_taken_away_and_comes_back_fires_nothing_for_who_is_inside(database, clock):
    host = host_on(database, red(again="always", steps=END), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    apply(host, playbook(END, "other", start="start: by hand\n"))
    tell(host, "acme", metric="nps", value=9)
    tell(host, "acme", metric="nps", value=3)

    apply(host, red(again="always", steps=END))
    tell(host, "acme", metric="nps", value=2)

    assert of(host) == [("started", None)]


def test_unknown_changes_nothing(database, clock):
    host = host_on(database, red(again="always", steps=END), real=clock)
    acme(host)

    for value in (3, None, 3):
        tell(host, "acme", metric="nps", value=value)

    assert of(host) == [("started", None)]


# --- events


def test_an_event_starts_a_run_that_remembers_it(database, clock):
    steps = "- branch: how\n  cases: [{when: event.score <= 3, then: [{end: bad}]}]\n  otherwise: [{end: fair}]"
    host = host_on(database, playbook(steps, "saver", start="start: {on: survey, again: always}\n"), real=clock)
    acme(host)

    tell(host, "acme", event="survey", data={"score": 2})
    tell(host, "acme", event="survey", data={"score": 5})

    assert sorted(str(row.outcome) for row in listed(host)) == ["bad", "fair"]


def test_of_events_in_one_batch_each_is_judged(database, clock):
    host = host_on(database, playbook(END, "saver", start="start: {on: login, again: always}\n"), real=clock)
    acme(host)
    items = [{"id": f"e{n}", "account": "acme", "at": host.clock.now(), "event": "login"} for n in range(3)]

    facts.post(host, items)

    assert len(listed(host)) == 3


def test_an_imported_history_of_events_starts_nothing(database, clock):
    host = host_on(database, playbook(END, "saver", start="start: {on: login, again: always}\n"), real=clock)
    acme(host)

    for days in range(2, 40):
        tell(host, "acme", NOW - timedelta(days=days), event="login")

    assert listed(host) == []


def test_a_wait_for_an_event_is_latched_in_the_transaction_of_the_event(database, clock):
    wait = "- {wait: answer, on: survey, where: event.score >= 9, at_most: 9 days, otherwise: [{end: silent}]}"
    host = host_on(
        database, playbook(f"{wait}\n- {{end: praised}}", "saver", start=RED.replace("MODE", "never")), real=clock
    )
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    (row,) = listed(host)

    tell(host, "acme", event="survey", data={"score": 4})
    tell(host, "acme", event="survey", data={"score": 10})

    waiting = host.database.read(lambda connection: inputs.waiting(connection, row.id))
    assert [one.event and sorted(one.event) for _, one in waiting] == [["score"]]
    advancing.advance(host, row.id)
    assert listed(host)[0].outcome == "praised"


def test_a_run_that_comes_late_to_its_wait_finds_the_event_that_was_told_meanwhile(database, clock):
    steps = "- {wait: pause, for: 1 day}\n- {wait: answer, on: survey, at_most: 9 days, otherwise: [{end: silent}]}"
    host = host_on(
        database, playbook(f"{steps}\n- {{end: heard}}", "saver", start=RED.replace("MODE", "never")), real=clock
    )
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    clock.go(days=3)
    tell(host, "acme", event="survey", data={"score": 4})
    clock.go(days=30)

    advancing.advance(host, listed(host)[0].id)

    assert (listed(host)[0].outcome, listed(host)[0].ended) == ("heard", NOW + timedelta(days=3))


# --- plays


@pytest.mark.parametrize("applied", ["both", "neither"])
def test_a_play_starts_the_other_in_the_same_transaction_and_waits_for_its_end_whatever_is_applied(
    database, clock, applied
):
    parent = "- {play: hand, playbook: other, wait: true, at_most: 60 days, otherwise: []}\n- {end: through}"
    host = host_on(
        database,
        playbook(parent, "saver", start="start: by hand\n"),
        playbook("- wait: pause\n  for: 2 days\n- end: saved", "other", start="start: {when: account.arr > 9}\n"),
        real=clock,
    )
    acme(host, arr=1)
    start(host, "saver", "acme")
    mine, other = (listed(host, playbook=name)[0] for name in ("saver", "other"))
    assert (mine.outcome, other.outcome) == (None, None)
    if applied == "neither":
        apply(host, red("another"))
    clock.go(days=2)
    advancing.advance(host, other.id)
    advancing.advance(host, mine.id)

    assert (listed(host, playbook="saver")[0].outcome, listed(host, playbook="other")[0].outcome) == (
        "through",
        "saved",
    )
    assert listed(host, playbook="saver")[0].run.outcomes == {"hand": "saved"}


# --- what must last


@pytest.mark.parametrize(("hours", "runs_"), [(23, 0), (24, 1)])
def test_what_must_last_starts_when_it_has_though_the_process_begins_anew(database, clock, hours, runs_):
    plan = playbook(END, "saver", start="start: {when: metrics.nps.value <= 5, for: 24 hours}\n")
    host = host_on(database, plan, real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    clock.go(hours=hours)

    facts.wake_due(host)

    assert len(listed(host)) == runs_


def test_a_goal_that_must_last_goes_on_lasting_between_two_transactions(database, clock):
    head = "goal: {when: metrics.nps.value >= 8, for: 2 days, outcome: recovered}\n"
    plan = playbook("- wait: a\n  for: 1 day\n- wait: b\n  for: 9 days", "saver", head, "start: by hand\n")
    host = host_on(database, plan, real=clock)
    acme(host)
    run = start(host, "saver", "acme").run
    clock.go(hours=6)
    tell(host, "acme", metric="nps", value=9)
    clock.go(hours=18)
    advancing.advance(host, run)
    clock.go(hours=30)
    facts.wake_due(host)
    advancing.advance(host, run)

    row = listed(host)[0]
    assert (row.outcome, row.ended) == ("recovered", NOW + timedelta(hours=54))
