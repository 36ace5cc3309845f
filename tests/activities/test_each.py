"""Playbooks with a run for each contact, on a database."""

from functools import partial

import pytest

from activities import erasing_contact, facts, releasing, runs
from activities.starts import Barred, Tally, start, start_all
from activities.store import decisions, holds, traces
from activities.store import runs as rows
from activities.store import tasks as task_rows
from tests.support.hosts import acme, apply, host_on, playbook, tell

EACH = 'each: contacts\nonly: item.role == "end_user"\n'
LOW = "start: {when: item.relationship <= 2, by_hand: true, again: always}\n"
CALL = '- task: call\n  title: "Call {{ item.name }}"'


def user(number: int, **said: object) -> dict[str, object]:
    own = {"name": f"Una Ulm{number}", "role": "end_user", "relationship": 4, "email": f"una{number}@acme.test"}
    return {"id": f"u{number}", **own, **said}


@pytest.fixture
def host(database):
    made = host_on(database, playbook(CALL, "calls", head=EACH, start=LOW))
    acme(made)
    for number in (1, 2):
        tell(made, "acme", contact=user(number))
    return made


def live(host) -> list[tuple[str, str]]:
    found = host.database.read(partial(rows.listed, live=True))
    return sorted((one.account, one.subject) for one in found)


def test_each_contact_that_is_low_has_a_run_and_a_task_of_its_own(host):
    tell(host, "acme", contact=user(2, relationship=1))
    tell(host, "acme", contact=user(1, relationship=2))

    assert live(host) == [("acme", "u1"), ("acme", "u2")]
    tasks = host.database.read(partial(task_rows.listed, account="acme"))
    assert sorted((one.subject, one.title) for one in tasks) == [("u1", "Call Una Ulm1"), ("u2", "Call Una Ulm2")]


def test_what_was_decided_of_each_is_kept_and_a_second_fact_is_no_second_rise(host):
    tell(host, "acme", contact=user(2, relationship=1))
    tell(host, "acme", contact=user(2, relationship=2))

    known = host.database.read(lambda connection: decisions.of_accounts(connection, ["acme"]))["acme"]
    assert [(one.playbook, one.subject, one.truth) for one in known] == [("calls", "u2", True)]
    assert live(host) == [("acme", "u2")]


def test_an_end_lets_the_same_contact_in_again_and_no_other(host):
    tell(host, "acme", contact=user(2, relationship=1))
    (run,) = host.database.read(partial(rows.listed, live=True))
    runs.operate(host, run.id, "stop")
    runs.advance(host, run.id, None)

    tell(host, "acme", contact=user(2, relationship=4))
    tell(host, "acme", contact=user(2, relationship=1))

    told = host.database.read(partial(traces.of_account, account="acme", playbook="calls"))
    assert [one.entry.subject for one in told if one.entry.event == "started"] == ["u2", "u2"]


def test_by_hand_all_that_are_meant_are_started_or_the_one_that_is_named(host):
    tell(host, "acme", contact=user(3))

    one = start(host, "calls", "acme/u3")
    rest = start_all(host, "calls", ["acme"])

    assert live(host) == [("acme", "u1"), ("acme", "u2"), ("acme", "u3")]
    assert len(one.runs) == 1
    assert (sorted(rest.started), rest.barred) == (["acme/u1", "acme/u2"], {"live": ["acme/u3"]})


def test_a_subject_that_is_not_there_or_not_meant_is_barred(host):
    assert start(host, "calls", "acme/u9") == Barred("nobody")
    assert start(host, "calls", "acme/c1") == Barred("only")


def test_a_start_of_one_contact_is_held_and_released_by_its_name(host):
    releasing.pause(host, "calls", "ana")
    for number in (1, 2):
        tell(host, "acme", contact=user(number, relationship=1))
    assert releasing.held_of(host, "calls") == ["acme/u1", "acme/u2"]
    releasing.resume(host, "calls")

    seen = releasing.foresee(host, "calls", ["acme"])
    done = releasing.release(host, "calls", ["acme/u2"])

    assert sorted(seen.started) == ["acme/u1", "acme/u2"]
    assert list(done.started) == ["acme/u2"]
    assert live(host) == [("acme", "u2")]
    assert host.database.read(lambda connection: holds.whom(connection, "calls")) == [("acme", "u1")]


def test_a_new_version_is_filled_for_each_contact_and_starts_none_that_is_so_already(database):
    host = host_on(database, playbook("- task: go", "other", start="start: by hand\n"))
    acme(host)
    tell(host, "acme", contact=user(1, relationship=1))

    apply(host, playbook(CALL, "calls", head=EACH, start=LOW))
    facts.fill(host)
    tell(host, "acme", contact=user(2, relationship=1))

    assert live(host) == [("acme", "u2")]


def test_the_run_of_a_contact_that_is_erased_ends(host):
    for number in (1, 2):
        tell(host, "acme", contact=user(number, relationship=1))

    erasing_contact.erase(host, "acme", "u1")

    assert live(host) == [("acme", "u2")]
    ended = host.database.read(partial(rows.listed, live=False))
    assert [one.outcome for one in ended] == ["erased"]
    open_ = host.database.read(partial(task_rows.listed, account="acme", state="open"))
    assert [one.subject for one in open_] == ["u2"]


def test_a_tally_of_nobody_says_so(database):
    host = host_on(database, playbook(CALL, "calls", head=EACH, start=LOW))
    acme(host)

    assert start_all(host, "calls", ["acme"]) == Tally(barred={"nobody": ["acme"]})


def heard(host, **said: object) -> list[tuple[str, str]]:
    """What lives on when a survey has come and whoever hears of it has gone on."""
    tell(host, "acme", event="survey", data=said)
    for run in host.database.read(partial(rows.listed, live=True)):
        runs.advance(host, run.id, None)
    return live(host)


def test_an_event_of_a_contact_reaches_the_run_of_that_contact_alone_and_one_of_nobody_starts_none(database):
    steps = "- wait: heard\n  on: survey\n  at_most: 10 days\n  otherwise: [{end: silent}]\n- end: answered"
    start = "start: {on: survey, where: event.score <= 6}\n"
    made = host_on(database, playbook(steps, "calls", head=EACH, start=start))
    acme(made)
    tell(made, "acme", contact=user(1))
    tell(made, "acme", contact=user(2))

    assert heard(made, score=3, contact="u1") == [("acme", "u1")]
    assert heard(made, score=3, contact="u2") == [("acme", "u1"), ("acme", "u2")]
    assert heard(made, score=9, contact="u2") == [("acme", "u1")]
    assert heard(made, score=3) == []
    told = made.database.read(partial(traces.of_account, account="acme"))
    assert [one.entry.fields["reason"] for one in told if one.entry.event == "not_started"] == ["no_contact"]
