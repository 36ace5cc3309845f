"""Facts in: what one transaction does, on both databases."""

from datetime import timedelta
from decimal import Decimal

import pytest

from activities import facts, runs
from activities.store import accounts, decisions, inputs, traces, wakes
from activities.store.facts import of_account
from activities.store.runs import listed
from engine.run import Flipped
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell

RED = "start: {when: metrics.nps.value < 5}\n"
WAITS = "  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}"


def started(host):
    return host.database.read(lambda c: [one.playbook for one in listed(c)])


def woken(host):
    return {one.run for one in host.database.write(lambda c: wakes.lease(c, host.clock.real(), 100))}


def test_a_fact_that_makes_the_start_true_starts_a_run_and_wakes_it(database):
    host = host_on(database, playbook(WAITS, start=RED))
    acme(host)

    tell(host, "acme", metric="nps", value=3)

    run = only_run(host)
    assert (run.playbook, run.rev, run.over) == ("example", 1, False)
    assert woken(host) == {run.id}


def test_a_rule_that_reads_nothing_that_changed_is_left_alone(database):
    host = host_on(database, playbook(WAITS, start=RED))
    acme(host)

    tell(host, "acme", event="login", data={"user": "u1"})

    assert started(host) == []


def test_each_item_of_a_batch_has_its_own_answer(database):
    host = host_on(database)
    acme(host)

    good = {"id": "g", "account": "acme", "metric": "nps", "value": 9}
    answers = facts.post(
        host, [good, {**good, "id": "b", "metric": "npss"}, {**good, "id": "n", "account": "new"}, good]
    )

    assert [one.status for one in answers] == ["stored", "rejected", "rejected", "duplicate"]
    assert "nps" in answers[1].reasons[0]
    assert "start_date" in answers[2].reasons[0]


def test_a_team_has_nobody_who_is_not_in_people_yaml(database):
    host = host_on(database)
    acme(host)
    known = host.database.read(host.applied.current).setting.people.ids

    said = [{"id": who or "nobody", "account": "acme", "team": {"csm": who}} for who in (known[0], None, "ghost")]
    answers = facts.post(host, said)

    assert [one.status for one in answers] == ["stored", "stored", "rejected"]
    assert answers[2].reasons[0].startswith("team.csm: there is no person 'ghost'. Known: ")


def test_a_refused_new_account_leaves_nothing_behind(database):
    host = host_on(database)

    facts.post(host, [{"id": "n", "account": "new", "fields": {"name": "New"}}])

    assert host.database.read(accounts.listed) == []
    assert host.database.read(lambda c: accounts.lock(c, ["new"])) == {}


def test_the_same_fact_later_is_a_duplicate(database):
    clock = HandClock()
    host = host_on(database, real=clock)
    acme(host)
    first = {"id": "x", "account": "acme", "fields": {"arr": Decimal("0.1000000000000000055"), "seats": 4}}
    dated = {**first, "id": "y", "at": host.clock.now() - timedelta(days=1)}
    ahead = {**first, "id": "z", "at": host.clock.now() + timedelta(minutes=4)}
    facts.post(host, [first, dated, ahead])
    clock.go(minutes=30)

    again = facts.post(host, [first, dated, ahead])

    assert [one.status for one in again] == ["duplicate"] * 3


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"value": 1}, "value differs"),
        ({"value": None}, "value differs"),
        ({"account": "other"}, "account differs"),
        ({"at": "2026-02-28T13:00:00Z"}, "at differs"),
        ({"metric": "features_bought", "value": 4}, "metric, value differ"),
    ],
)
def test_an_id_with_other_content_is_rejected_as_a_conflict_and_what_is_stored_stays(database, change, differing):
    host = host_on(database)
    acme(host)
    first = {"id": "x", "account": "acme", "at": "2026-03-01T13:00:00Z", "metric": "nps", "value": 9}
    facts.post(host, [first])

    (again,) = facts.post(host, [{**first, **change}])

    assert again.status == "rejected"
    assert f"conflicts with what is stored under its id: {differing}. Give a new fact an id" in again.reasons[0]
    stored = host.database.read(lambda c: of_account(c, "acme"))
    assert [(one.account, one.value) for one in stored if one.id == "x"] == [("acme", 9)]


def test_an_id_twice_in_one_batch_with_other_content_is_a_conflict_too(database):
    host = host_on(database)
    acme(host)
    item = {"id": "x", "account": "acme", "fields": {"arr": 1, "seats": 4}}

    answers = facts.post(host, [item, {**item, "fields": {"arr": 2}}])

    assert [one.status for one in answers] == ["stored", "rejected"]
    assert "fields.arr, fields.seats differ" in answers[1].reasons[0]


def test_a_flip_of_a_waiting_run_is_latched_with_its_wake(database):
    host = host_on(database, playbook(WAITS, start=RED))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    run = only_run(host)
    woken(host)

    host.clock.real.go(minutes=1)
    tell(host, "acme", metric="nps", value=9)

    ((_, latched),) = host.database.read(lambda c: inputs.waiting(c, run.id))
    assert isinstance(latched, Flipped)
    assert (latched.path, latched.at) == ("better", host.clock.now())
    assert host.database.read(lambda c: wakes.any_due(c, host.clock.real()))


def test_true_for_a_moment_is_true(database):
    host = host_on(database, playbook(WAITS, start=RED))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    run = only_run(host)

    tell(host, "acme", metric="nps", value=9)
    tell(host, "acme", metric="nps", value=3)
    runs.advance(host, run.id)

    assert only_run(host).outcome == "completed"


def test_a_start_that_is_barred_is_recorded_with_its_reason(database):
    host = host_on(database, playbook(WAITS, start=RED))
    acme(host)
    for value in (3, 9, 3):
        tell(host, "acme", metric="nps", value=value)

    (barred,) = [
        one for one in host.database.read(lambda c: traces.of_account(c, "acme")) if one.entry.event == "not_started"
    ]

    assert (barred.run, barred.entry.fields["reason"]) == ("", "live")


def test_time_alone_starts_a_run_at_its_due_instant(database):
    soon = "start: {when: days_until(account.renewal_date) <= 30}\n"
    clock = HandClock()
    host = host_on(database, playbook(WAITS, start=soon), real=clock)
    acme(host)
    due = host.database.read(accounts.next_due)

    clock.at = due + timedelta(days=2)
    assert facts.wake_due(host) == 1

    run = only_run(host)
    assert run.started == due
    assert facts.wake_due(host) == 0


def test_an_account_that_has_been_quiet_for_long_is_not_looked_at_each_midnight(database):
    quiet, clock = "start: {when: metrics.quiet_days.value >= 7}\n", HandClock()
    host = host_on(database, playbook("  - {wait: pause, for: 1 day}", start=quiet), real=clock)
    acme(host)

    tell(host, "acme", event="login", data={"user": "u1"})
    due, told = host.database.read(accounts.next_due), clock.at
    clock.go(days=53)

    assert (due - told).days == 6  # at the seventh midnight
    assert facts.wake_due(host) == 1
    assert only_run(host).started == due
    assert host.database.read(accounts.next_due) is None


def test_instants_of_an_account_never_go_back_when_clocks_differ(database):
    clock = HandClock()
    host = host_on(database, playbook(WAITS, start=RED), real=clock)
    acme(host)
    ahead = clock.at

    clock.go(seconds=-3)
    tell(host, "acme", metric="nps", value=3)

    assert only_run(host).started == ahead


def test_a_newly_applied_rule_is_recorded_over_a_known_account_and_fires_nothing(database):
    host = host_on(database)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    from tests.support.hosts import apply

    apply(host, playbook(WAITS, start=RED))
    assert facts.fill(host) == 1
    assert facts.fill(host) == 0

    assert started(host) == []
    ((decision,),) = host.database.read(lambda c: decisions.of_accounts(c, ["acme"])).values()
    assert decision.truth is True
