"""Mass changes of cards and Slack's limits: no storm, nothing lost, and what somebody waits for comes first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities import runs, tasks
from activities.effect import perform
from activities.slack import cards, pace
from activities.slack.messages import Slack
from activities.store import cards as rows
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell
from tests.support.standins import StandInSlack
from tests.support.standins.slack import Limit

START = "start: {when: metrics.nps.value < 5}\n"
RING = "  - task: ring\n    title: Ring {{ account.name }}\n    due: 2 business days\n"
BOTH = pytest.mark.parametrize("made", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.people["ana@vendor.test"] = "U0ANA"
        yield stand_in


@pytest.fixture
def made(request, slack):
    """Acme's task and Beta's, each a message to Ana."""
    database, clock = request.getfixturevalue(getattr(request, "param", "sqlite")), HandClock()
    host = host_on(
        database, playbook(RING, start=START), real=clock, slack=Slack(slack.token, api=slack.api), cards=True
    )
    for name in ("acme", "beta"):
        acme(host, name, name=name)
        tell(host, name, metric="nps", value=3)
        for one in runs.advance(host, only_run(host, name).id).effects:
            perform(host, one.id, None, lambda receipt: None)
    show(host)
    return host, clock


def show(host):
    while leased := cards.lease(host, 8):
        for row in leased:
            cards.show(host, row)


def task_of(host, account):
    return host.database.read(lambda c: tasks.tasks.listed(c, account=account))[0]


def shown_to_many(host, slack, many):
    """Acme's task is told to that many in a channel; all of their messages are behind it."""
    room, [first, *_] = slack.room("many"), slack.messages
    task = task_of(host, "acme")
    [there] = host.database.read(lambda c: [rows.find(c, task.id, "ana")])
    for number in range(many):
        one = replace(first, channel=room.id, ts=f"{number}.000001")
        room.messages.append(one)
        row = replace(there, recipient=f"p{number}", receipt=f"{room.id}:{one.ts}", digest="")
        host.database.write(lambda c, row=row: rows.put(c, row))
    host.database.write(lambda c: rows.touch(c, [task.id]))
    return room


def test_a_thousand_changes_stay_under_slacks_limits_and_a_click_is_shown_at_once(made, slack):
    host, clock = made
    room = shown_to_many(host, slack, 60)
    limit = slack.limits["chat.update"] = Limit(clock, burst=30, apart=1.2)
    [clicked] = [one for one in slack.messages if one.text.startswith("Ring beta")]

    for _ in range(10):
        show(host)
        clock.go(seconds=1)
    tasks.note(host, task_of(host, "beta").id, "hm", by="ana")
    tasks.claim(host, task_of(host, "beta").id, "ben")
    show(host)
    before, seen = sum(one.edits for one in room.messages), clicked.edits
    for _ in range(60):
        show(host)
        clock.go(seconds=1)

    assert (limit.refused, seen) == (0, 1)
    assert pace.BURST <= before < 30
    assert {one.edits for one in room.messages} == {1}


@BOTH
def test_what_changed_by_itself_is_shown_at_the_pace_of_all_processes_together(made, slack):
    host, clock = made
    shown_to_many(host, slack, pace.BURST + 5)

    burst = [len(cards.lease(host, 15)) for _ in range(3)]
    clock.go(seconds=3)

    assert burst == [15, pace.BURST - 15, 0]
    assert len(cards.lease(host, 15)) == 2


def test_after_slack_wanted_no_more_edits_they_go_on_one_by_one(made, slack):
    host, clock = made
    shown_to_many(host, slack, 12)
    slack.limits["chat.update"] = Limit(clock, burst=1, apart=30)

    held = [cards.show(host, row) for row in cards.lease(host, 3)]
    meanwhile = len(cards.lease(host, 8))
    clock.go(seconds=30)
    then = [len(cards.lease(host, 8)), len(cards.lease(host, 8))]

    assert held == [timedelta(0), timedelta(0), timedelta(seconds=30)]  # Ana's shows it already
    assert (meanwhile, then) == (0, [1, 0])


def test_a_conversation_that_takes_no_more_words_holds_up_no_edits(made, slack):
    host, clock = made
    ana, beta = (task_of(host, name).id for name in ("acme", "beta"))
    limit = slack.limits["chat.postMessage"] = Limit(clock, burst=1, apart=5, each_channel=True)

    for task in (ana, beta):
        tasks.note(host, task, "one", by="ana")
        tasks.snooze(host, task, clock() + timedelta(days=1), by="ana")
    held = [cards.show(host, row) for row in cards.lease(host, 8)]
    edits = [one.edits for one in slack.messages if one.thread_ts is None]
    for _ in range(30):
        clock.go(seconds=5)
        show(host)

    assert (held, edits) == ([timedelta(0)] * 2, [1, 1])
    assert len([one for one in slack.messages if one.thread_ts]) == 4
    assert limit.refused <= 4


def test_a_card_that_needs_no_edit_takes_no_turn(made, slack):
    host, _ = made
    for _ in range(3):
        host.database.write(lambda c: rows.touch(c, [task_of(host, "acme").id]))
        show(host)

    assert host.database.read(lambda c: pace.spare(c, host.clock.real())) == pace.BURST
