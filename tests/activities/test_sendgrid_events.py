"""What SendGrid tells of mails: once, in whatever order, and proof that a mail of ours went out."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from activities import ledger, runs
from activities.effect import perform
from activities.mail import responses, sendgrid_events
from activities.mail.links import Links
from activities.mail.sendgrid_events import Taken
from activities.store import effects, facts, mail_events, suppressions, traces
from activities.store.database import Database
from activities.transport import Sent, Uncertain
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, Noting, acme, host_on, only_run, playbook, tell
from tests.support.sendgrid_posts import event

START = "start: {when: metrics.nps.value < 5}\n"
SEQUENCE = """
  - sequence: news
    to: champion
    stop_on: [click]
    mails: [{subject: One, text: Hello}, {after: 5 days, subject: Two, text: Hello}]
"""
WAITS = """
  - {email: hello, to: champion, subject: Hello, text: Dear Kim}
  - {wait: answer, on: mail_opened, at_most: 10 days, otherwise: [{end: silent}]}
"""
MAIL_BEFORE = """
  - {email: hello, to: champion, subject: Hello, text: Dear Kim}
  - {wait: pause, for: 1 hour}
"""
KIM = "kim@acme.test"
TAKEN = Sent("x-message-id")


@pytest.fixture
def made(database):
    """A host, its clock, and the first mail, which has just gone."""

    def make(steps=SEQUENCE, answer=TAKEN):
        clock = HandClock()
        host = host_on(database, playbook(steps, start=START), real=clock, email=Noting(iter([answer])))
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        drive(host, clock, NOW)
        (mail,) = host.database.read(effects.listed)
        clock.go(minutes=1)
        return host, clock, mail

    return make


class Counted(Database):
    """A database that notes its transactions."""

    def __init__(self, database, turns):
        self._database, self._turns = database, turns

    def write(self, work):
        self._turns.append(work)
        return self._database.write(work)

    def read(self, work):
        return self._database.read(work)


def told_of(host):
    kept = host.database.read(lambda c: facts.of_account(c, "acme", limit=None))
    return [(one.event, one.data) for one in kept if one.event]


def suppressed(host, address=KIM):
    return host.database.read(lambda c: suppressions.reason_of(c, address))


def test_an_event_is_an_event_of_the_account_and_a_run_that_waits_for_it_goes_on(made):
    host, clock, mail = made(WAITS)

    sendgrid_events.take_in(host, [event("open", mail.id, clock.at)])
    drive(host, clock, clock.at)

    assert told_of(host) == [("mail_opened", {"contact": "c1", "playbook": "example", "step": "hello"})]
    assert only_run(host).outcome == "completed"


def test_a_storm_of_events_counts_each_once_in_any_order(made):
    host, clock, mail = made()
    several = [
        event("processed", mail.id, clock.at),
        event("delivered", mail.id, clock.at),
        event("open", mail.id, clock.at, sg_event_id="1"),
        event("click", mail.id, clock.at, url="https://acme.test/a?who=kim"),
    ]
    storm = several * 20
    random.Random(7).shuffle(storm)

    for begins in range(0, len(storm), 9):
        sendgrid_events.take_in(host, storm[begins : begins + 9])
    drive(host, clock, NOW + timedelta(days=20))

    assert sorted(name for name, _ in told_of(host)) == ["mail_clicked", "mail_opened"]
    assert dict(told_of(host))["mail_clicked"]["link"] == "https://acme.test/a"
    assert (only_run(host).run.outcomes["news"], len(host.channels["email"].transport.sent)) == ("stopped", 1)


def test_an_hour_late_an_answer_to_a_mail_of_before_ends_nothing_that_has_begun_since(made):
    host, clock, mail = made(MAIL_BEFORE + SEQUENCE)
    drive(host, clock, NOW + timedelta(hours=2))

    sendgrid_events.take_in(host, [event("click", mail.id, NOW + timedelta(minutes=30), url="https://acme.test")])
    drive(host, clock, NOW + timedelta(days=20))

    assert only_run(host).run.outcomes["news"] == "finished"


@pytest.mark.parametrize("kind", ["processed", "delivered", "open"])
def test_an_event_proves_that_a_mail_went_whose_answer_was_lost(made, kind):
    host, clock, mail = made(answer=Uncertain("the line went dead"))
    assert mail.state == "uncertain"

    receipt = "LRzXl_NHStOGhQ4kofSm_A"
    sendgrid_events.take_in(host, [event(kind, mail.id, clock.at, sg_message_id=f"{receipt}.recvd-1-5F.0")])
    drive(host, clock, NOW + timedelta(days=1))

    after = host.database.read(lambda c: effects.find(c, mail.id))
    assert (after.state, after.receipt) == ("sent", receipt)
    assert len(host.channels["email"].transport.sent) == 1


def test_an_event_keeps_from_going_again_what_a_person_has_ordered_again(made):
    host, clock, mail = made(answer=Uncertain("the line went dead"))
    ledger.send_again(host, mail.id)

    sendgrid_events.take_in(host, [event("processed", mail.id, clock.at)])
    perform(host, mail.id, None, lambda receipt: None)

    assert len(host.channels["email"].transport.sent) == 1


def test_a_bounce_without_our_mark_is_known_by_its_smtp_id(made):
    host, clock, _ = made()
    bounce = event("bounce", None, clock.at, type="bounce", reason="550 no <kim@acme.test> here")

    assert sendgrid_events.take_in(host, [bounce | {"smtp-id": "<unknown@ismtpd-1>"}]) == Taken(0, 1)
    assert sendgrid_events.take_in(host, [bounce | {"smtp-id": "<x-message-id@ismtpd-1>"}]) == Taken(1, 0)
    drive(host, clock, NOW + timedelta(days=20))

    assert suppressed(host) == "bounced"
    assert told_of(host)[0][1]["reason"] == "550 no <<address>> here"
    assert only_run(host).run.outcomes["news"] == "bounced"


def test_a_message_id_that_sendgrid_goes_on_from_is_known(made):
    host, clock, _ = made()

    assert sendgrid_events.take_in(host, [event("spamreport", None, clock.at, sg_message_id="x-message-id.recvd-9.0")])

    assert suppressed(host) == "complained"
    assert host.database.read(lambda c: suppressions.opted_out(c, KIM, "general"))


def test_the_trace_tells_a_complaint_as_what_it_is_where_the_sequence_ends_as_unsubscribed(made):
    host, clock, mail = made()

    sendgrid_events.take_in(host, [event("spamreport", mail.id, clock.at)])
    drive(host, clock, NOW + timedelta(days=1))

    trace = host.database.read(lambda c: traces.of_run(c, only_run(host).id))
    assert [one.fields["reason"] for one in trace if one.event == "skipped"] == ["complained"]
    assert only_run(host).run.outcomes["news"] == "unsubscribed"


def test_what_happens_to_a_copy_says_nothing_of_the_customer(made):
    host, clock, mail = made()

    sendgrid_events.take_in(host, [event("bounce", mail.id, clock.at, email="ana@ours.test", type="bounce")])

    assert (suppressed(host), suppressed(host, "ana@ours.test"), told_of(host)) == (None, None, [])


def test_an_address_that_is_the_contacts_no_more_bounces_for_itself_alone(made):
    host, clock, mail = made()
    tell(host, "acme", contact={"id": "c1", "email": "kim@new.test"})

    sendgrid_events.take_in(host, [event("bounce", mail.id, clock.at, type="bounce")])
    drive(host, clock, NOW + timedelta(days=20))

    assert (suppressed(host), suppressed(host, "kim@new.test")) == ("bounced", None)
    assert only_run(host).run.outcomes["news"] == "finished"


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("Bounced Address", "bounced"), ("Spam Reporting Address", "complained"), ("Spam Content", None)],
)
def test_what_sendgrid_drops_by_its_own_lists_is_on_ours(made, reason, kept):
    host, clock, mail = made()

    sendgrid_events.take_in(host, [event("dropped", mail.id, clock.at, reason=reason)])

    assert suppressed(host) == kept


def test_opens_by_machines_and_our_own_links_are_no_answers(made):
    host, clock, mail = made()
    host = replace(host, links=Links(("s" * 32,), "https://cs.ours.test"))

    sendgrid_events.take_in(
        host,
        [
            event("open", mail.id, clock.at, sg_machine_open=True),
            event("click", mail.id, clock.at, url=host.links.unsubscribe(mail.id)),
        ],
    )

    assert told_of(host) == []


def test_odd_events_keep_no_others_out(made):
    host, clock, mail = made()
    odd = ["text", None, {"event": 7}, {"event": "open", "timestamp": "soon"}, event("open", "nobody", clock.at)]

    assert sendgrid_events.take_in(host, [*odd, event("open", mail.id, clock.at)]) == Taken(1, 5)


def test_half_a_character_in_an_event_loses_neither_it_nor_others(made):
    host, clock, mail = made()
    odd = [
        event("unsubscribe", mail.id, clock.at),
        event("bounce", mail.id, clock.at, type="blocked", reason="full \ud800\0"),
        event("click", mail.id, clock.at, url="https://acme.test/\ud800"),
        event("open", "\ud800\0", clock.at),
    ]

    assert sendgrid_events.take_in(host, odd) == Taken(3, 1)
    assert host.database.read(lambda c: suppressions.opted_out(c, KIM, "general"))


def test_an_event_that_breaks_our_code_keeps_none_of_the_same_account_out(made):
    host, clock, mail = made()
    host = replace(host, clock=replace(host.clock, scale=1_000, origin=NOW, began=NOW))
    beyond_the_calendar = event("open", mail.id, clock.at) | {"timestamp": 10**11 - 1}

    assert sendgrid_events.take_in(host, [beyond_the_calendar, event("unsubscribe", mail.id, clock.at)]) == Taken(1, 1)
    assert host.database.read(lambda c: suppressions.opted_out(c, KIM, "general"))


def test_many_events_of_one_account_let_others_write_in_between(made):
    host, clock, mail = made()
    turns = []
    host = replace(host, database=Counted(host.database, turns))

    sendgrid_events.take_in(host, [event("click", mail.id, clock.at, url=f"https://acme.test/{n}") for n in range(60)])

    assert (len(turns), len(told_of(host))) == (3, 60)


def blocked(host, clock, mail, n, **more):
    """As if n times a mail to the contact had come back."""
    for number in range(n):
        host.database.write(lambda c, n=number: mail_events.add(c, "acme", "c1", mail.id, "blocked", clock.at, f"{n}"))
    sendgrid_events.take_in(host, [event("bounce", mail.id, clock.at, type="blocked", **more)])


@pytest.mark.parametrize(("before", "kept"), [(1, None), (2, "bounced")])
def test_an_address_that_comes_back_often_is_written_to_no_more(made, before, kept):
    host, clock, mail = made()

    blocked(host, clock, mail, before, reason="mailbox full")

    assert suppressed(host) == kept


def test_what_came_back_for_what_we_wrote_or_before_one_arrived_does_not_count(made):
    host, clock, mail = made()
    host.database.write(lambda c: mail_events.add(c, "acme", "c1", mail.id, "delivered", clock.at, "one"))

    blocked(host, clock, mail, 2, reason="mailbox full")

    assert suppressed(host) is None


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        ("blocked", {"bounce_classification": "Mailbox Unavailable", "reason": "552 5.2.2 full"}, "bounced"),
        (
            "blocked",
            {"bounce_classification": "Unclassified", "reason": "452 full", "status": "4.2.2"},
            "bounced",
        ),
        ("blocked", {"bounce_classification": "Frequency or Volume Too High", "reason": "421 too many"}, None),
        ("blocked", {"bounce_classification": "Reputation"}, None),
        ("blocked", {"bounce_classification": "Technical", "reason": "timed out"}, None),
        ("blocked", {"reason": "550 5.7.1 not from you"}, None),
        ("bounce", {"reason": "550 no", "bounce_classification": "Unclassified"}, "bounced"),
        ("bounce", {"bounce_classification": "Invalid Address", "reason": "550 5.7.1 no such user"}, "bounced"),
        ("bounce", {"bounce_classification": "Content"}, None),
        ("bounce", {"reason": "550 5.4.5 daily limit", "status": "5.4.5"}, None),
    ],
)
def test_of_what_comes_back_often_only_what_is_about_the_address_is_held_against_it(made, kind, said, kept):
    host, clock, mail = made()
    for number in range(2):
        host.database.write(lambda c, n=number: mail_events.add(c, "acme", "c1", mail.id, "blocked", clock.at, f"{n}"))

    sendgrid_events.take_in(host, [event("bounce", mail.id, clock.at, type=kind, **said)])

    assert suppressed(host) == kept


def test_who_is_no_contact_any_more_is_remembered_by_the_address(made):
    host, _, mail = made()
    response = responses.to_mail(mail, "unsubscribe")
    assert not responses.take_in(host, replace(response, contact="nobody"))

    assert host.database.read(lambda c: suppressions.opted_out(c, KIM, "general"))
    assert runs.advance(host, only_run(host).id).done is False


def test_the_same_events_posted_twice_at_one_time_count_once(made):
    host, clock, mail = made()
    told = [event(kind, mail.id, clock.at, url="https://acme.test") for kind in ("open", "click", "delivered")]

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: sendgrid_events.take_in(host, told), range(8)))

    assert taken == [Taken(3, 0)] * 8
    assert sorted(name for name, _ in told_of(host)) == ["mail_clicked", "mail_opened"]
