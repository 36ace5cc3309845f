"""A provider that is down is state; one mail that it does not take is none."""

from datetime import datetime, timedelta

import pytest

from activities import putting_off, runs
from activities.effect import TryAgain, perform
from activities.mail.smtp import Smtp
from activities.mail.smtp_client import Server
from activities.store import effects, suppressions, troubles
from activities.transport import Busy, Message, Refused, Sender, Sent, Uncertain
from tests.support.hosts import NOW, HandClock, Noting, acme, always, apply, host_on, playbook, tell, then_sent
from tests.support.standins.smtp import StandInSmtp
from workers.looking import attention

NOT_NOW = Busy("HTTP 500", timedelta(seconds=30))
START = "start: {when: metrics.nps.value < 5}\n"
MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
TASK = "  - {task: review, due: 3 days}\n"
LETTER = Message("6f1c1f1e-0000-5000-8000-000000000001", "email", "kim@acme.test", "Dear Kim", subject="Hello")


@pytest.fixture
def made(sqlite):
    """A host whose provider takes no mail to the accounts in `bad`, and how an account's mail begins."""

    def make(bad=()):
        clock, times = HandClock(), []

        def answer(message):
            times.append((message.to_name, clock.at - NOW))
            return NOT_NOW if message.to_name in bad else Sent(message.id)

        host = host_on(sqlite, playbook(MAIL, start=START), real=clock, email=Noting(always(answer)))
        return host, clock, times

    return make


def begin(host, *names):
    for name in names:
        acme(host, account=name)
        tell(host, name, contact={"id": "c1", "name": name, "role": "champion", "email": f"{name}@acme.test"})
        tell(host, name, metric="nps", value=3)


def go(host, clock, **until):
    """As relay and workers would, every ten seconds."""
    end, again = clock.at + timedelta(**until), {}
    while clock.at < end:
        clock.go(seconds=10)
        putting_off.take_up(host)
        for run in {one.run for one in host.database.read(lambda c: effects.listed(c, limit=100))}:
            for one in runs.advance(host, run, clock.at).effects:
                if again.get(one.id, clock.at) <= clock.at:
                    try:
                        perform(host, one.id, None, lambda receipt: None)
                    except TryAgain as later:
                        again[one.id] = clock.at + later.after


def left(host):
    rows = host.database.read(lambda c: effects.listed(c, limit=100))
    return sorted(one.account for one in rows if one.state != "sent")


def down(host):
    found = host.database.read(lambda c: troubles.found(c, host.clock.real()))
    return [(one.channel, one.reason) for one in found if one.sort == "down"]


def test_one_mail_that_is_not_taken_holds_nobody_up(made):
    bad = {"bad"}
    host, clock, times = made(bad)
    begin(host, "bad")
    go(host, clock, minutes=3)
    began = clock.at - NOW
    begin(host, "one", "two", "three")

    go(host, clock, minutes=60)

    assert left(host) == ["bad"]
    assert max(at for name, at in times if name != "bad") - began <= timedelta(seconds=40)
    assert down(host) == []


def test_it_is_tried_less_and_less_and_has_failed_after_three_days(made):
    host, clock, times = made({"bad"})
    begin(host, "bad")

    go(host, clock, minutes=60)
    tried = len(times)
    clock.go(days=3)
    go(host, clock, minutes=1)

    (row,) = host.database.read(effects.listed)
    assert (tried, len(times)) == (9, 10)
    assert (row.state, row.reason) == ("failed", "not taken: HTTP 500")


def test_when_several_are_not_taken_the_provider_is_down_and_gets_one_call_in_five_minutes(made):
    names = [f"a{n}" for n in range(8)]
    host, clock, times = made(set(names))
    begin(host, *names)
    go(host, clock, minutes=4)
    times.clear()

    go(host, clock, minutes=60)

    assert down(host) == [("email", "HTTP 500")]
    assert len(times) in {11, 12}


@pytest.fixture
def strict(sqlite):
    """As `made`, where mails to those are refused for good, in words that differ in their numbers; `gone`: because
    nobody is there. `more`: another playbook that writes to them."""

    def make(bad, *more, gone=False):
        clock, times = HandClock(), []

        def answer(message):
            times.append(message.to_name)
            said = f"SMTP 550 (recipient): {len(times)} not taken"
            refused = Refused(said, "smtp_550", gone=gone, perhaps_all=True)
            return refused if message.to_name in bad else Sent(message.id)

        host = host_on(sqlite, playbook(MAIL, start=START), *more, real=clock, email=Noting(always(answer)))
        return host, clock, times

    return make


def test_several_refused_in_the_same_words_wait_for_the_provider_and_none_has_bounced(strict):
    names = [f"a{n}" for n in range(4)]
    bad = set(names)
    host, clock, _ = strict(bad, gone=True)
    begin(host, *names)
    go(host, clock, minutes=20)
    assert (left(host), len(down(host))) == (names, 1)
    bad.clear()

    putting_off.try_now(host, "email")
    go(host, clock, seconds=30)

    assert (left(host), host.database.read(suppressions.listed)) == ([], [])


def test_one_refused_among_others_that_go_has_failed_at_the_second_try(strict):
    host, clock, times = strict({"bad"})
    begin(host, "bad")
    go(host, clock, minutes=1)
    begin(host, "one", "two")

    go(host, clock, minutes=20)

    (row,) = [one for one in host.database.read(effects.listed) if one.state != "sent"]
    assert (row.account, row.state, row.reason) == ("bad", "failed", "SMTP 550 (recipient): 4 not taken")
    assert (times.count("bad"), down(host)) == (2, [])


def test_where_nothing_else_is_to_be_sent_what_is_refused_again_and_again_is_taken_at_its_word(strict):
    host, clock, times = strict({"bad", "worse"})
    begin(host, "bad", "worse")

    go(host, clock, minutes=120)

    assert [one.state for one in host.database.read(lambda c: effects.listed(c, channel="email"))] == ["failed"] * 2
    assert (times.count("bad"), times.count("worse")) == (4, 4)


def test_addresses_where_nobody_is_have_bounced_once_another_mail_has_gone(strict):
    host, clock, _ = strict({"bad", "worse", "worst"}, gone=True)
    begin(host, "bad", "worse", "worst")
    go(host, clock, minutes=4)
    begin(host, "good")

    go(host, clock, minutes=20)

    assert [one.address for one in host.database.read(suppressions.listed)] == [
        "bad@acme.test",
        "worse@acme.test",
        "worst@acme.test",
    ]
    assert (left(host), down(host)) == (["bad", "worse", "worst"], [])


def test_two_mails_refused_to_one_receiver_say_nothing_of_the_provider(strict):
    host, clock, times = strict({"bad"}, playbook(MAIL, name="other", start=START))
    begin(host, "bad")

    go(host, clock, minutes=2)

    assert (len(times), down(host)) == (2, [])


def troubled(host):
    found = host.database.read(lambda c: attention(c, host))
    return [(one["id"], one["waiting"], one["reason"].rpartition(": ")[2]) for one in found]


def test_a_provider_that_takes_nothing_is_one_line_of_attention_however_much_waits(made):
    names = [f"a{n}" for n in range(4)]
    host, clock, _ = made(set(names))
    begin(host, names[0])
    go(host, clock, minutes=1)
    assert troubled(host) == [("email", 1, "HTTP 500")]

    go(host, clock, minutes=3)
    (alone,) = host.database.read(lambda c: attention(c, host))
    assert (alone["waiting"], alone["next_try"]) == (1, "2026-03-02T14:07:10Z")
    begin(host, *names[1:])
    go(host, clock, minutes=4)

    (told,) = host.database.read(lambda c: attention(c, host))
    assert (told["id"], told["waiting"]) == ("email", 4)
    assert clock.at < datetime.fromisoformat(told["next_try"]) <= clock.at + timedelta(minutes=5)
    assert "playbook resume --provider email" in told["fix"]


@pytest.mark.parametrize("many", [1, 8])
def test_what_waits_for_a_provider_goes_at_once_when_a_person_says_that_it_is_mended(made, many):
    bad = {f"a{n}" for n in range(many)}
    host, clock, _ = made(bad)
    begin(host, *bad)
    go(host, clock, minutes=8)
    bad.clear()

    putting_off.try_now(host, "email")
    go(host, clock, seconds=30)

    assert (left(host), troubled(host)) == ([], [])


def test_to_be_tried_too_early_does_a_provider_one_call_of_harm(made):
    names = [f"a{n}" for n in range(8)]
    host, clock, times = made(set(names))
    begin(host, *names)
    go(host, clock, minutes=8)
    times.clear()

    putting_off.try_now(host, "email")
    go(host, clock, minutes=4)

    assert (len(times), left(host)) == (1, names)


def test_a_provider_that_cannot_be_asked_is_one_line_of_attention_and_is_asked_at_once(sqlite):
    clock, deaf = HandClock(), [Busy("invalid_auth", timedelta(seconds=30))] * 100
    slack = Noting(then_sent(Uncertain("cut")), deaf=deaf)
    host = host_on(sqlite, playbook(TASK, start=START), real=clock, slack=slack)
    begin(host, "one")
    go(host, clock, minutes=30)
    assert troubled(host) == [("slack", 1, "invalid_auth")]
    deaf.clear()

    putting_off.try_now(host, "slack")
    go(host, clock, seconds=20)

    assert (left(host), troubled(host)) == ([], [])


def test_a_try_that_fails_hands_the_next_to_another_mail(made):
    host, clock, _ = made({"bad", "worse"})
    begin(host, "bad", "worse")
    go(host, clock, minutes=4)
    assert down(host) == [("email", "HTTP 500")]
    begin(host, "one", "two", "three")

    go(host, clock, minutes=11)

    assert left(host) == ["bad", "worse"]


def test_what_a_mail_server_says_of_one_mailbox_waits_alone_and_what_it_may_say_to_all_does_not():
    def said(stage, answer):
        server.answers[stage] = answer
        return transport.send(LETTER, timedelta(seconds=5)).alone

    with StandInSmtp() as server:
        transport = Smtp(Server("127.0.0.1", server.port), sender=Sender("cs@vendor.test"))

        assert said("DATA", "451 4.6.1 content not liked now")
        assert said("RCPT", "450 4.2.1 not now")
        assert said("RCPT", "450 not now")
        assert not said("RCPT", "450 4.7.1 slow down")
        assert not said("RCPT", "451 not now")
        assert not said("DATA", "451 4.7.1 slow down")
        assert not said("DATA", "451 not now")
        assert not said("DATA", "451 4.3.0 try later")
        assert not said("DATA", "452 no room")
        assert not said("DATA", "421 closing")
        assert not said("MAIL", "451 not now")


def test_what_all_mails_of_a_playbook_say_keeps_no_others_for_long(sqlite):
    clock = HandClock()

    def answer(message):
        return NOT_NOW if message.subject == "Bad" else Sent(message.id)

    bad = playbook(MAIL.replace("Hello", "Bad"), name="bad", start=START, head="priority: 90\n")
    host = host_on(sqlite, bad, real=clock, email=Noting(always(answer)))
    begin(host, *(f"a{n}" for n in range(9)))
    go(host, clock, minutes=4)
    apply(host, playbook(MAIL, name="good", start=START))
    begin(host, "late")

    go(host, clock, minutes=45)

    rows = host.database.read(lambda c: effects.listed(c, limit=100))
    assert [one.playbook for one in rows if one.state == "sent"] == ["good"]
