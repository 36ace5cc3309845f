"""Strands of their own in the database: rhythms, tracks and watches go on there as a simulation tells."""

from datetime import timedelta

import pytest

from activities import runs, tasks
from activities.store.runs import find
from activities.store.tasks import listed as tasks_of
from activities.store.traces import of_run
from tests.support.hosts import NOW, HandClock, acme, host_on, only_run, playbook, tell

HEAD = """\
meanwhile:
  - {watch: eye, when: metrics.nps.value >= 8, do: [{update: mark, set: {arr: 1}}, {slack: rose, to: csm, text: Up}]}
  - {every: pulse, schedule: 2 weeks, do: [{slack: beat, to: csm, text: Hi}]}
"""
STEPS = """\
  - every: rhythm
    schedule: week on tuesday 10:00
    times: 3
    do:
      - parallel: two
        until: any
        tracks:
          ask: [{task: call, due: 2 days}]
          wait: [{update: note, set: {status: paused}}, {wait: long, for: 9 days}]
  - {end: over}
"""


@pytest.fixture
def host(database):
    plan = playbook(STEPS, head=HEAD, start="start: {when: metrics.nps.value < 5}\n")
    made = host_on(database, plan, real=HandClock())
    acme(made)
    tell(made, "acme", metric="nps", value=3)
    return made


def traced(host, run, *events):
    found = host.database.read(lambda c: of_run(c, run))
    return [(one.at.date().isoformat()[5:], one.path) for one in found if one.event in events]


def go_on(host, run, until):
    """Looks when the run wants to be looked at, as its workflow does."""
    while True:
        look_at = only_run(host).look_at
        if look_at is None or look_at > until or only_run(host).outcome:
            host.clock.real.at = max(until, host.clock.real.at)
            return
        host.clock.real.at = look_at
        runs.advance(host, run, look_at)


def test_rounds_tracks_and_watches_go_on_from_transaction_to_transaction(host):
    run = only_run(host).id

    go_on(host, run, NOW + timedelta(days=3))
    (call,) = host.database.read(lambda c: tasks_of(c, run=run))
    tasks.complete(host, call.id, by="ana", outcome="done")
    runs.advance(host, run)
    tell(host, "acme", metric="nps", value=9)
    runs.advance(host, run)
    go_on(host, run, NOW + timedelta(days=60))

    assert traced(host, run, "occurred", "skipped", "opened", "withdrawn") == [
        ("03-03", "rhythm"),
        ("03-03", "rhythm#1/two"),
        ("03-03", "rhythm#1/two/ask/call"),
        ("03-05", "meanwhile/eye"),
        ("03-10", "rhythm"),
        ("03-10", "rhythm#2/two"),
        ("03-10", "rhythm#2/two/ask/call"),
        ("03-16", "meanwhile/pulse"),
        ("03-17", "rhythm"),
        ("03-19", "rhythm#2/two/ask/call"),
    ]
    assert only_run(host).outcome == "over"


def test_an_outage_of_weeks_does_only_the_latest_round(host):
    run = only_run(host).id
    host.clock.real.at = NOW + timedelta(days=16)

    runs.advance(host, run, host.clock.real.at)

    assert traced(host, run, "skipped", "occurred") == [
        ("03-03", "rhythm"),
        ("03-10", "rhythm"),
        ("03-16", "meanwhile/pulse"),
        ("03-17", "rhythm"),
    ]
    assert host.database.read(lambda c: find(c, run)).run.arrivals == ()
