"""What people do with the mails that they got, through the store."""

from datetime import timedelta

import pytest

from activities import runs
from activities.mail import responses
from activities.store import effects, suppressions
from activities.store.traces import of_run
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, Noting, acme, host_on, only_run, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
TWICE = """
  - sequence: win_back
    to: champion
    stop_on: [click]
    mails:
      - {subject: One, text: Hello}
      - {after: 2 days, subject: Two, text: Hello again, send: {on: [friday]}}
  - {email: later, to: champion, subject: Later, text: Hello}
"""


@pytest.fixture
def made(database):
    clock = HandClock()
    host = host_on(database, playbook(TWICE, start=START), real=clock, email=Noting())
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW + timedelta(days=1))
    return host, clock


def events(host):
    entries = host.database.read(lambda c: of_run(c, only_run(host).id))
    return [(one.event, one.path) for one in entries if one.step]


def test_mails_go_in_turn_at_their_own_times(made):
    host, clock = made

    drive(host, clock, NOW + timedelta(days=10))

    assert events(host) == [
        ("sent", "win_back/mail/1"),
        ("deferred", "win_back/mail/2"),
        ("sent", "win_back/mail/2"),
        ("completed", "win_back"),
        ("sent", "later"),
    ]


def test_a_reply_ends_the_sequence_while_its_mail_is_held(made):
    host, clock = made
    drive(host, clock, NOW + timedelta(days=3))

    responses.respond(host, "acme", "c1", "reply")
    drive(host, clock, NOW + timedelta(days=10))

    assert events(host)[-3:] == [("skipped", "win_back/mail/2"), ("completed", "win_back"), ("sent", "later")]
    states = [(one.state, one.reason) for one in host.database.read(effects.listed)]
    assert ("skipped", "reply") in states


def test_an_answer_that_the_run_has_not_been_told_of_keeps_a_mail_from_going(made):
    host, clock = made
    drive(host, clock, NOW + timedelta(days=3))
    (held,) = [one for one in host.database.read(effects.listed) if one.state == "deferred"]
    clock.at = held.until
    runs.advance(host, held.run, clock.at)

    responses.respond(host, "acme", "c1", "reply")
    drive(host, clock, clock.at)

    assert host.database.read(lambda c: effects.find(c, held.id)).state == "skipped"


def test_the_answer_to_a_mail_ends_the_sequence_that_it_is_of(made):
    host, clock = made
    (first,) = [one for one in host.database.read(effects.listed) if one.state == "sent"]

    assert responses.take_in(host, responses.to_mail(first, "click"))
    drive(host, clock, NOW + timedelta(days=2))

    assert only_run(host).run.outcomes["win_back"] == "stopped"


def test_who_has_unsubscribed_gets_no_mail_of_any_playbook(made):
    host, clock = made

    responses.respond(host, "acme", "c1", "unsubscribe")
    drive(host, clock, NOW + timedelta(days=10))

    assert events(host)[-1] == ("skipped", "later")
    assert host.database.read(lambda c: suppressions.opted_out(c, "kim@acme.test", "general"))


def test_an_address_that_bounced_for_good_is_written_to_no_more(made):
    host, clock = made

    responses.respond(host, "acme", "c1", "bounce")
    drive(host, clock, NOW + timedelta(days=10))

    assert host.database.read(lambda c: suppressions.reason_of(c, "kim@acme.test")) == "bounced"
    assert [one.state for one in host.database.read(lambda c: effects.listed(c, channel="email"))].count("sent") == 1


def test_an_answer_of_somebody_whom_nobody_knows_is_said_so(made):
    host, _ = made

    with pytest.raises(responses.NoSuchContact):
        responses.respond(host, "acme", "nobody", "reply")


def test_an_opt_out_outlives_the_erasure_of_whoever_said_it_as_a_digest(made):
    host, _ = made
    responses.respond(host, "acme", "c1", "unsubscribe", topic="product")

    host.database.write(lambda c: suppressions.hide(c, ["kim@acme.test"]))

    assert host.database.read(lambda c: suppressions.opted_out(c, "Kim@acme.test", "product"))
    assert not host.database.read(lambda c: suppressions.opted_out(c, "kim@acme.test", "general"))
