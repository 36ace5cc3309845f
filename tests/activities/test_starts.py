"""Starts by a person's word."""

import pytest

from activities.starts import Barred, NoSuchAccount, NoSuchPlaybook, Started, start
from activities.store import runs, traces, versions, wakes
from engine.tailoring import Unfit
from tests.support.hosts import acme, host_on, playbook

BY_HAND = "start: by hand\n"
STEPS = "- task: go"


@pytest.fixture
def host(database):
    made = host_on(
        database,
        playbook(STEPS, "visit", start=BY_HAND),
        playbook(STEPS, "renewal", start=BY_HAND, stage="renewal"),
        playbook(STEPS, "ruled", start='start: {when: account.name == "nobody"}\n'),
    )
    acme(made)
    return made


def test_a_run_begins_and_its_workflow_is_woken(host):
    answer = start(host, "visit", "acme", "ana")

    assert isinstance(answer, Started)
    row = host.database.read(lambda connection: runs.find(connection, answer.run))
    assert (row.account, row.playbook, row.outcome) == ("acme", "visit", None)
    assert host.database.read(lambda connection: wakes.any_due(connection, host.clock.real()))


def test_one_run_is_live_at_a_time(host):
    start(host, "visit", "acme")

    assert start(host, "visit", "acme") == Barred("live")


def test_stage_and_tiers_apply_and_the_trace_says_so(host):
    assert start(host, "renewal", "acme") == Barred("stage")

    told = host.database.read(lambda connection: traces.of_account(connection, "acme", "renewal"))
    assert [(one.entry.event, one.entry.fields["reason"]) for one in told] == [("not_started", "stage")]


def test_a_playbook_that_starts_by_its_condition_is_not_started_by_hand(host):
    assert start(host, "ruled", "acme") == Barred("not by hand")


def test_what_is_not_there_is_named(host):
    with pytest.raises(NoSuchAccount):
        start(host, "visit", "nobody")
    with pytest.raises(NoSuchPlaybook, match="Did you mean 'visit'"):
        start(host, "visti", "acme")


NOTICE = "parameters: {notice: 90 days, who: csm}\n"
TIMED = "- task: go\n  due: $notice\n  assign: $who"


def test_a_run_is_given_values_and_goes_on_with_them(database):
    host = host_on(database, playbook(TIMED, "timed", head=NOTICE, start=BY_HAND))
    acme(host)

    answer = start(host, "timed", "acme", given={"notice": "5 days"})

    row = host.database.read(lambda connection: runs.find(connection, answer.run))
    assert row.run.parameters == {"notice": "5 days", "who": "csm"}
    plan = host.database.read(lambda connection: host.applied.plan(connection, row.plan))
    assert (str(plan.steps["go"].spec.due), plan.start.by_hand) == ("5 days", True)
    assert host.database.read(lambda connection: versions.number_of(connection, row.plan)) == 1


def test_values_that_do_not_fit_start_nothing(database):
    host = host_on(database, playbook(TIMED, "timed", head=NOTICE, start=BY_HAND))
    acme(host)

    with pytest.raises(Unfit, match=r"no parameter 'notise'\. Did you mean 'notice'"):
        start(host, "timed", "acme", given={"notise": "5 days"})

    assert host.database.read(runs.listed) == []
