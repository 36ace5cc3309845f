"""Messages that go below an earlier one of their run, in Slack and in the local outbox."""

import pytest

from activities import runs
from activities.effect import perform
from activities.ledger import Leased
from activities.slack.messages import Slack
from activities.store import effects
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell
from tests.support.standins import StandInSlack

START = "start: {when: metrics.nps.value < 5}\n"
ASK = '  - {slack: ask, to: "#alerts", text: Who knows them?}\n'
RING = "  - {task: ask, title: Ring, then: continue}\n"
TELL = '  - {slack: say, to: "#alerts", text: Anna does, thread: ask}\n'
TO_CSM = TELL.replace('"#alerts"', "csm")


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.people |= {f"{name}@vendor.test": f"U0{name.upper()}" for name in ("ana", "ben", "max", "gwen")}
        stand_in.room("alerts")
        yield stand_in


def work(host):
    """What Temporal would do by now."""
    while wanted := runs.advance(host, only_run(host).id).effects:
        for one in wanted:
            perform(host, one.id, None, lambda receipt: None)


def purpose(host, effect: str) -> str:
    return host.database.read(lambda connection: effects.find(connection, effect)).effect.purpose


def begun(host):
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    return host


@pytest.fixture
def made(sqlite, slack):
    def make(steps, **channels):
        transport = {"slack": Slack(slack.token, api=slack.api), "cards": True, **channels}
        return begun(
            host_on(sqlite, playbook(steps + "  - {wait: on, for: 9 days}", start=START), real=HandClock(), **transport)
        )

    return make


@pytest.mark.parametrize("steps", [ASK + TELL, RING + TO_CSM])
def test_it_goes_below_the_message_or_the_card_of_the_step(made, slack, steps):
    work(made(steps))

    first, second = slack.messages
    assert (first.thread_ts, second.thread_ts, second.shown) == (None, first.ts, "Anna does")


@pytest.mark.parametrize("steps", [ASK + TO_CSM, RING + TELL])
def test_whoever_has_not_got_that_message_gets_one_of_its_own(made, slack, steps):
    work(made(steps))

    assert [one.thread_ts for one in slack.messages] == [None, None]


def test_where_that_message_was_deleted_it_is_one_of_its_own(made, slack):
    host = made(ASK + "  - {wait: word, on: survey, at_most: 9 days, otherwise: []}\n" + TELL)
    work(host)
    for room in slack.rooms.values():
        room.messages.clear()

    tell(host, "acme", event="survey", data={})
    work(host)

    assert [(one.shown, one.thread_ts) for one in slack.messages] == [("Anna does", None)]


def test_it_waits_for_a_message_that_is_on_its_way(made, slack):
    host = made(RING + TO_CSM)
    second = next(one for one in runs.advance(host, only_run(host).id).effects if purpose(host, one.id) == "slack")

    with pytest.raises(Leased):
        perform(host, second.id, None, lambda receipt: None)

    assert slack.messages == []


def test_in_a_loop_it_goes_below_the_latest(made, slack):
    work(made(f"  - every: round\n    schedule: at once\n    times: 2\n    do:\n    {ASK}    {TELL}"))

    one, other = (message for message in slack.messages if message.thread_ts is None)
    assert [message.thread_ts for message in slack.messages if message.thread_ts] == [one.ts, other.ts]


def test_the_local_outbox_keeps_below_which_message_it_is(made):
    host = made(ASK + TELL, slack=None, cards=False)

    work(host)

    first, second = host.channels["slack"].transport.sent
    assert second.thread == f"receipt:{first.id}"
