"""What is told of tasks waits for the hours of whom it is told, where policy says so."""

import pytest

from activities import runs, tasks
from activities.applied import texts_of
from activities.effect import perform
from activities.store import effects, versions
from tests.support.hosts import HandClock, Noting, acme, host_on, only_run, playbook, tell
from tests.support.workspaces import FOLDER

START = "start: {when: metrics.nps.value < 5}\n"
RING = "  - {task: ring, title: Ring Acme, due: 2 business days}\n"
URGENT = "  - {task: ring, title: Ring Acme, due: 48 hours}\n"
FIRE = "  - {escalate: fire, reason: It burns, ladder: [{to: csm, within: 1 day}]}\n"
HOURS = "quiet_hours: {colleagues: outside working hours}\n"


@pytest.fixture
def at_night(sqlite):
    """A run that begins at ten in the evening, in New York as in the policy."""

    def make(steps, policy=HOURS):
        clock, slack = HandClock(), Noting()
        host = host_on(sqlite, real=clock, slack=slack)
        clock.go(hours=13)
        texts = texts_of(FOLDER) | {}
        texts["policy"] += policy
        plan = playbook(steps, start=START)
        host.database.write(lambda c: versions.apply(c, [plan], texts, at=clock(), by="test"))
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        return host, clock, slack

    return make


def work(host):
    directive = runs.advance(host, only_run(host).id)
    for one in directive.effects:
        perform(host, one.id, None, lambda receipt: None)


def bodies(slack):
    return [one.body for one in slack.sent]


def test_a_card_waits_until_work_begins(at_night):
    host, clock, slack = at_night(RING)

    work(host)
    [held] = host.database.read(effects.listed)
    before = bodies(slack)
    clock.at = held.until
    work(host)

    assert (held.state, held.reason, before) == ("deferred", "outside working hours", [])
    assert bodies(slack) == ["Ring Acme"]


@pytest.mark.parametrize(
    ("steps", "policy"), [(URGENT, HOURS), (FIRE, HOURS), (RING, "")], ids=["hours", "fire", "policy"]
)
def test_what_is_urgent_or_where_policy_does_not_say_so_comes_at_night(at_night, steps, policy):
    host, _, slack = at_night(steps, policy)

    work(host)

    assert len(slack.sent) == 1


def test_what_was_done_or_passed_on_overnight_is_not_told_in_the_morning(at_night):
    host, clock, _ = at_night(RING)
    work(host)
    [held] = host.database.read(effects.listed)

    tasks.reassign(host, host.database.read(tasks.tasks.listed)[0].id, "noor", by="max")
    work(host)
    clock.at = held.until
    work(host)

    told = {one.recipient: (one.state, one.reason) for one in host.database.read(effects.listed)}
    assert told["ana"] == ("skipped", "it is with somebody else by now")
