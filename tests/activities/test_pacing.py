"""Rates: so many mails a second, one Slack message a second and conversation, whoever sends them."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from activities import ledger, pacing, putting_off
from activities.effect import perform
from activities.ledger import Granted, Left, Paced
from activities.store import effects
from tests.support.hosts import HandClock, acme, host_on, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
HALF = timedelta(seconds=0.5)


@pytest.fixture
def made(database):
    """Two processes on one database, and the effects of these playbooks in the order in which they are told."""

    def make(*plans, accounts=1, each_address=False):
        clock = HandClock()
        hosts = [_paced(host_on(database, *plans, real=clock), each_address=each_address) for _ in range(2)]
        for number in range(accounts):
            acme(hosts[0], account=f"a{number}")
            tell(hosts[0], f"a{number}", metric="nps", value=3)
        return hosts, clock

    return make


def _paced(host, *, each_address):
    channels = {name: replace(one, apart=HALF, each_address=each_address) for name, one in host.channels.items()}
    return replace(host, channels=channels)


def wanted(host):
    return [one.id for one in host.database.read(lambda c: effects.listed(c, states_in=["wanted"], limit=1_000))]


def rest(claim):
    return claim.rest.total_seconds() if isinstance(claim, Paced) else claim


def test_workers_together_keep_to_the_rate_and_each_mail_goes_at_its_turn(made):
    hosts, clock = made(playbook(MAIL, start=START), accounts=3)
    first, second, third = wanted(hosts[0])

    claims = [ledger.claim(hosts[0], first), ledger.claim(hosts[1], second), ledger.claim(hosts[0], third)]

    assert isinstance(claims[0], Granted)
    assert [rest(one) for one in claims[1:]] == [0.5, 1.0]
    clock.go(seconds=0.5)
    assert rest(ledger.claim(hosts[1], third)) == 0.5  # its turn is its own, however often it asks
    assert isinstance(ledger.claim(hosts[0], second), Granted)


def test_beyond_what_goes_soon_mails_wait_and_the_most_important_are_taken_up_first(made):
    plans = [playbook(MAIL, name=f"play-{n}", start=START, head=f"priority: {n}\n") for n in (10, 90)]
    hosts, clock = made(*plans, accounts=15)
    soon = 1 + pacing.FAR // HALF
    low_first = sorted(wanted(hosts[0]), key=lambda id_: _priority(hosts[0], id_))

    claims = [ledger.claim(hosts[n % 2], one) for n, one in enumerate(low_first)]

    assert [type(one) for one in claims[soon:]] == [Left] * (len(claims) - soon)
    assert putting_off.take_up(hosts[0]) == 0  # those whose turn is reserved go before
    clock.go(seconds=8)
    taken = putting_off.take_up(hosts[0], seconds=2)
    up = hosts[0].database.read(lambda c: effects.listed(c, states_in=["wanted"], limit=1_000))
    assert (taken, sum(one.priority == 90 for one in up if one.go_at is None)) == (4, 4)


def test_no_more_is_taken_up_than_workers_get_through(made):
    hosts, clock = made(playbook(MAIL, start=START), accounts=40)
    names = wanted(hosts[0])
    for one in names:
        ledger.claim(hosts[0], one)
    clock.go(minutes=1)

    taken = [putting_off.take_up(hosts[0], seconds=2) for _ in range(3)]

    assert taken == [4, 4, 0]
    ledger.claim(hosts[0], next(one for one in wanted(hosts[0]) if one not in names[:21]))
    assert putting_off.take_up(hosts[0], seconds=2) == 1


def test_a_turn_that_comes_soon_is_waited_for_in_the_same_attempt(made):
    (host, _), clock = made(playbook(MAIL, start=START), accounts=2)
    first, second = wanted(host)
    ledger.claim(host, first)
    waits = threading.Timer(0.1, lambda: clock.go(seconds=0.5))

    waits.start()
    perform(host, second, None, lambda receipt: None)

    assert host.database.read(lambda c: effects.find(c, second)).state == "sent"


def _priority(host, effect):
    return host.database.read(lambda c: effects.find(c, effect)).priority


def test_a_rate_for_each_conversation_holds_no_other_one(made):
    note = "  - {{slack: note, to: '#{0}', text: Look}}\n"
    plans = [playbook(note.format(name), name=name, start=START) for name in ("wins", "calls")]
    hosts, _ = made(*plans, accounts=2, each_address=True)

    claims = [ledger.claim(hosts[0], one) for one in wanted(hosts[0])]

    assert sorted(type(one).__name__ for one in claims) == ["Granted", "Granted", "Paced", "Paced"]


def test_a_provider_that_asks_for_time_holds_what_comes_behind(made):
    hosts, clock = made(playbook(MAIL, start=START), accounts=2)
    first, second = wanted(hosts[0])
    ledger.claim(hosts[0], first)

    ledger.give_back(hosts[0], first, "too many", timedelta(seconds=4))

    assert rest(ledger.claim(hosts[1], second)) == 4.0
    clock.go(seconds=4)
    assert isinstance(ledger.claim(hosts[1], second), Granted)


def test_turns_that_nobody_took_are_not_made_up_for_at_once(made):
    hosts, clock = made(playbook(MAIL, start=START), accounts=4)
    names = wanted(hosts[0])
    for one in names:
        ledger.claim(hosts[0], one)

    clock.go(minutes=1)
    claims = [ledger.claim(hosts[0], one) for one in names[1:]]

    assert isinstance(claims[0], Granted)
    assert [rest(one) for one in claims[1:]] == [0.5, 1.0]
