"""Mails that came back to where a mail server says so: matched, hard or soft, and never by who makes it up."""

import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import erasing
from activities.mail import bounces, replies
from activities.mail.dsn import Report, Reports
from activities.mail.forms import Form
from activities.mail.inbound import Inbound, read
from activities.mail.links import Links
from activities.mail.smtp import Smtp
from activities.mail.smtp_client import Server
from activities.store import effects, facts, mail_events, suppressions
from activities.transport import Refused, Sender
from tests.support.driving import drive, first_mail
from tests.support.hosts import NOW, HandClock, Noting, acme, always, host_on, only_run, playbook, tell
from tests.support.returned_mails import block, came_in, report
from tests.support.standins.smtp import StandInSmtp

KIM = "kim@acme.test"
LINKS = Links(("s" * 32,), "https://cs.ours.test", "in.ours.test")
GONE = Refused("SMTP 550 (recipient): 5.1.1 no such user", "smtp_550", gone=True)
STEPS = """
  - sequence: news
    to: champion
    mails: [{subject: One, text: Hello}, {after: 1 day, subject: Two, text: Hello}, {after: 1 day, subject: Three, text: Hello}]
"""  # noqa: E501


@pytest.fixture
def made(sqlite):
    """A host that sends by a real SMTP server, its clock, the server, and the first mail, which has gone."""
    with StandInSmtp() as server:
        clock = HandClock()
        smtp = Smtp(Server("127.0.0.1", server.port), sender=Sender("cs@ours.test", "Ours"))
        host = host_on(sqlite, playbook(STEPS, start="start: {when: metrics.nps.value < 5}\n"), real=clock, email=smtp)
        host = replace(host, links=LINKS)
        yield host, clock, server, first_mail(host, clock)


def told_of(host):
    kept = host.database.read(lambda c: facts.of_account(c, "acme", limit=None))
    return [one.data for one in kept if one.event == "mail_bounced"]


def suppressed(host):
    return host.database.read(lambda c: suppressions.reason_of(c, KIM))


def back(server, *blocks, number=0, **more):
    """What the server it went to writes to where the mail came from."""
    got = server.mails[number]
    return came_in(report(got.letter, *blocks, to=got.sender, **more), got.sender)


@pytest.mark.parametrize("headers_only", [False, True])
def test_a_mail_that_comes_back_for_good_is_a_bounce_and_its_address_gets_no_more(made, headers_only):
    host, clock, server, mail = made

    came = back(server, block(KIM, said=f"550 5.1.1 <{KIM}> unknown"), headers_only=headers_only)
    outcomes = [replies.take_in(host, came).what for _ in range(3)]
    drive(host, clock, NOW + timedelta(days=9))

    assert server.mails[0].sender == LINKS.returns_to(mail.id)
    assert outcomes == ["returned", "known", "known"]
    (told,) = told_of(host)
    assert (told["contact"], told["step"], KIM in told["reason"]) == ("c1", "news", False)
    assert (suppressed(host), only_run(host).run.outcomes["news"], len(server.mails)) == ("bounced", "bounced", 1)


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("failed", "4.2.2", "452 over quota"),
        ("failed", "5.2.2", "552 mailbox full"),
        ("failed", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied"),
    ],
)
def test_what_may_arrive_another_time_is_soft_and_the_third_in_a_row_is_for_good(made, action, status, said):
    host, clock, server, _ = made
    soft = block(KIM, action, status, said)

    for number in range(3):
        assert told_of(host) == []
        assert suppressed(host) is None
        assert replies.take_in(host, back(server, soft, number=number)).what == "returned"
        drive(host, clock, NOW + timedelta(days=number + 1, hours=1))

    assert [one["reason"].startswith("3 mails came back within 30 days") for one in told_of(host)] == [True]
    assert suppressed(host) == "bounced"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("4.4.1", "421 not answered"),
        ("5.0.0", "554 Client host [192.0.2.1] blocked using a list"),
        ("5.1.90", "550 5.1.90 you have reached your daily limit for message recipients"),
        ("5.0.0", "550 rejected"),
    ],
)
def test_what_may_be_us_is_never_held_against_an_address(made, status, said):
    host, clock, server, _ = made

    for number in range(3):
        came = back(server, block(KIM, status=status, said=said), number=number)
        assert replies.take_in(host, came).what == "returned"
        drive(host, clock, NOW + timedelta(days=number + 1, hours=1))

    assert (told_of(host), suppressed(host), only_run(host).run.outcomes["news"]) == ([], None, "finished")


def test_what_came_back_from_the_old_address_is_not_held_against_the_new_one(made):
    host, clock, server, _ = made
    full = {"status": "5.2.2", "said": "552 mailbox full"}
    for number in range(2):
        replies.take_in(host, back(server, block(KIM, **full), number=number))
        drive(host, clock, NOW + timedelta(days=number + 1, hours=1))
        if number == 0:
            tell(host, "acme", contact={"id": "c1", "email": "Kim.New@acme.test"})

    replies.take_in(host, back(server, block("kim.new@acme.test", **full), number=2))

    assert [got.recipients for got in server.mails] == [[KIM], [KIM], ["Kim.New@acme.test"]]
    assert host.database.read(suppressions.listed) == []


def test_what_is_only_delayed_never_counts_as_come_back(made):
    host, clock, server, _ = made

    for number in range(3):
        came = back(server, block(KIM, "delayed", "4.4.1", "421 will keep trying"), number=number)
        assert replies.take_in(host, came).what == "known"
        drive(host, clock, NOW + timedelta(days=number + 1, hours=1))

    assert (told_of(host), suppressed(host), len(server.mails)) == ([], None, 3)


def test_what_the_contact_did_meanwhile_begins_the_count_anew(made):
    host, clock, server, mail = made
    replies.take_in(host, back(server, block(KIM, "failed", "4.2.2")))
    drive(host, clock, NOW + timedelta(days=1, hours=1))
    replies.take_in(host, back(server, block(KIM, "failed", "4.2.2"), number=1))
    host.database.write(lambda c: mail_events.add(c, "acme", "c1", mail.id, "opened", clock.at))
    drive(host, clock, NOW + timedelta(days=2, hours=1))

    replies.take_in(host, back(server, block(KIM, "failed", "4.2.2"), number=2))

    assert (told_of(host), suppressed(host)) == ([], None)


@pytest.mark.parametrize(
    ("to_own", "lost", "recipient"),
    [
        (True, ("X-Playbook-Returns-To", "Message-ID"), "kim@moved.test"),
        (False, ("Message-ID",), "kim@moved.test"),
        (False, ("X-Playbook-Returns-To",), KIM),
    ],
    ids=["where it came back to", "our header", "its message id and its recipient"],
)
def test_which_mail_came_back_is_known_by(made, to_own, lost, recipient):
    host, _, server, _ = made
    (got,) = server.mails
    for name in lost:
        del got.letter[name]

    came = came_in(report(got.letter, block(recipient)), got.sender if to_own else "postmaster@in.ours.test")

    assert replies.take_in(host, came).what == "returned"
    assert suppressed(host) == "bounced"


@pytest.mark.parametrize(
    "raw",
    [
        lambda letter: report(None, block(KIM)),
        lambda letter: report(letter, block("somebody@else.test")),
        lambda letter: report(letter, block(KIM), kind="disposition-notification"),
        report,
        lambda letter: b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n",
    ],
    ids=["names no mail", "of somebody else", "a receipt", "of nobody", "without its parts"],
)
def test_what_names_no_mail_and_recipient_of_ours_changes_nothing(made, raw):
    host, _, server, mail = made
    letter = server.mails[0].letter
    del letter["X-Playbook-Returns-To"]
    forged = Links(("f" * 32,), LINKS.site, LINKS.inbound).returns_to(mail.id)

    outcome = replies.take_in(host, replace(came_in(raw(letter), forged), sender="mailer@mx.test"))

    assert outcome.what == "unknown"
    assert (told_of(host), suppressed(host)) == ([], None)
    assert host.database.read(lambda c: mail_events.count(c, mail, "blocked", NOW)) == 0


def test_a_copy_that_comes_back_says_nothing_of_the_customer(made):
    host, _, server, _ = made

    outcome = replies.take_in(host, back(server, block("max@ours.test"), block("ann@ours.test")))

    assert (outcome.what, told_of(host), suppressed(host)) == ("unknown", [], None)


def test_a_mail_whose_answer_was_lost_had_gone_when_it_comes_back(made):
    host, _, server, mail = made
    host.database.write(lambda c: effects.change(c, mail.id, state="uncertain", receipt=None))

    replies.take_in(host, back(server, block(KIM, "delayed", "4.4.1")))

    assert host.database.read(lambda c: effects.find(c, mail.id)).state == "sent"


def test_an_out_of_office_note_goes_to_where_mails_come_back_and_is_no_reply(made):
    host, _, server, _ = made
    note = Inbound("n1", (server.mails[0].sender,), KIM, "Kim", "Away", "Back on Monday", (), machine=False)

    assert replies.take_in(host, note).what == "answered_by_machine"


def test_what_comes_back_of_somebody_erased_since_is_nobodys(made):
    host, _, server, _ = made
    came = back(server, block(KIM))
    erasing.erase(host, "acme")

    assert replies.take_in(host, came).what == "unknown"


def test_the_recipient_is_read_from_where_it_went_and_where_that_led():
    moved = "Original-Recipient: rfc822;Kim@acme.test\n" + block("kim@moved.test", "Failed (final)", "5.0.0", "no user")
    own = came_in(report(None, moved), "a@in.ours.test").reports

    assert own is not None
    assert own.each == (Report(frozenset({KIM, "kim@moved.test"}), "hard", "5.0.0", "no user"),)


@given(st.binary(max_size=300), st.text(max_size=80))
def test_whatever_is_odd_about_a_report_is_read_as_less(junk, field):
    head = b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n" + junk + field.encode()

    for raw in (head + status, head + junk, head + status + b"\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + junk):
        assert read(Form({"email": raw})).reports is not None


def test_a_mail_by_a_person_is_no_report():
    assert came_in(b"From: kim@acme.test\r\nSubject: Hi\r\n\r\nHello", "a@in.ours.test").reports is None


def test_a_report_that_is_made_to_take_long_is_not_looked_through():
    began = time.monotonic()
    raw = report(None, block(KIM))
    at = raw.index(b"Final-Recipient")

    for made in (raw[at:-40] * 20_000, b"\r\n" * 400_000, b"\r" * 400_000):
        assert came_in(raw[:at] + made, "a@in.ours.test").reports == Reports()

    assert time.monotonic() - began < 5


def test_of_a_long_mail_that_came_back_the_report_is_read():
    letter = EmailMessage()
    letter.set_content("A line\n\n" * 900)

    assert len(came_in(report(letter, *[block(KIM)] * 60), "a@in.ours.test").reports.each) == 50


@pytest.mark.parametrize(
    ("command", "said", "state", "outcome"),
    [
        ("RCPT", "550 5.1.1 no such user", ("skipped", "bounced"), {"news": "bounced"}),
        ("DATA", "550 5.2.1 mailbox disabled", ("skipped", "bounced"), {"news": "bounced"}),
        ("RCPT", "550 No such user here", ("skipped", "bounced"), {"news": "bounced"}),
        ("RCPT", "550 relay not permitted", ("failed", "SMTP 550 (recipient): relay not permitted"), {}),
        ("RCPT", "550 5.7.1 not from you", ("failed", "SMTP 550 (recipient): 5.7.1 not from you"), {}),
    ],
)
def test_what_a_server_refuses_at_once_is_a_bounce_where_nobody_is_there_and_else_a_persons_to_mend(
    made, command, said, state, outcome
):
    host, clock, server, first = made
    server.says[command] = said

    drive(host, clock, NOW + timedelta(days=2))

    (second,) = [one for one in host.database.read(effects.listed) if one.id != first.id]
    barred = [one.reason for one in host.database.read(suppressions.listed)]
    assert (second.state, second.reason) == state
    assert only_run(host).run.outcomes == outcome
    assert barred == (["bounced"] if outcome else [])


def test_whose_mailbox_a_server_refuses_at_once_three_times_gets_no_more_mail(sqlite):
    refusing = Noting(always(Refused("SMTP 552 (recipient): 5.2.2 full", "smtp_552", at_them=True)))
    mail = "  - {email: hello, to: champion, subject: Hello, text: Dear}\n"
    plans = [playbook(mail, name=name, start="start: {when: metrics.nps.value < 5}\n") for name in "abcd"]
    clock = HandClock()
    host = host_on(sqlite, *plans, real=clock, email=refusing)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    drive(host, clock, NOW + timedelta(days=9))

    states = sorted(one.state for one in host.database.read(lambda c: effects.listed(c, channel="email")))
    assert (states, len(refusing.sent)) == (["failed", "failed", "skipped", "skipped"], 3)
    assert (suppressed(host), len(told_of(host))) == ("bounced", 1)


class Dying:
    """A database whose process is killed once it has written so often."""

    def __init__(self, database, writes):
        self.read, self._write, self._left = database.read, database.write, writes

    def write(self, work):
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return self._write(work)


def test_a_bounce_at_once_is_settled_and_told_together_or_not_at_all(made):
    host, _, _, mail = made
    host.database.write(lambda c: effects.change(c, mail.id, state="claimed", receipt=None))

    with suppress(KeyboardInterrupt):
        bounces.at_once(replace(host, database=Dying(host.database, 1)), mail.id, GONE)

    row = host.database.read(lambda c: effects.find(c, mail.id))
    assert (row.state, suppressed(host), len(told_of(host))) == ("skipped", "bounced", 1)


def test_of_a_colleague_whose_mailbox_is_gone_somebody_hears(sqlite):
    notice = Noting(always(GONE))
    slack = Noting(always(Refused("Slack does not know them", "user_not_found")))
    plan = playbook("  - {task: call, assign: csm, title: Call}\n", start="start: {when: metrics.nps.value < 5}\n")
    host = host_on(sqlite, plan, slack=slack, notice=notice)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    drive(host, HandClock(), NOW)

    assert [one.state for one in host.database.read(lambda c: effects.refused(c, 10))] == ["failed"]
