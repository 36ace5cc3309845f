import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from activities.mail.smtp import Smtp
from activities.mail.smtp_client import Server
from activities.transport import Busy, Footer, Message, Refused, Sender, Sent, Uncertain
from tests.support.standins.smtp import PASSWORD, USER, StandInSmtp

WITHIN = timedelta(seconds=5)
MAIL = Message(
    id="6f1c1f1e-0000-5000-8000-000000000001",
    channel="email",
    to="ann@acme.example",
    to_name="Ann Lee",
    subject="Ihr erster Monat für Sie",
    preheader="One objective",
    body="Hello **Ann**\n\n.\n\n.dots stay",
    sender=Sender("cs@vendor.example", "Bø"),
    reply_to="reply+x@in.vendor.example",
    headers=(("List-Unsubscribe", "<https://u.example/u/1>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")),
    footer=Footer(account="Acme", unsubscribe="https://u.example/u/1"),
)


@pytest.fixture
def server():
    with StandInSmtp() as stand_in:
        yield stand_in


@pytest.fixture
def transport(server):
    return Smtp(Server("127.0.0.1", server.port))


def test_a_mail_arrives_whole(server, transport):
    answer = transport.send(replace(MAIL, cc=("max@vendor.example",)), WITHIN)

    [got] = server.mails
    assert answer == Sent(f"smtp:{MAIL.id} 4F1C2")
    assert (got.sender, got.recipients) == ("cs@vendor.example", ["ann@acme.example", "max@vendor.example"])
    assert {name: got.letter[name] for name in ("From", "To", "Cc", "Reply-To", "Subject", "List-Unsubscribe")} == {
        "From": "Bø <cs@vendor.example>",
        "To": "Ann Lee <ann@acme.example>",
        "Cc": "max@vendor.example",
        "Reply-To": "reply+x@in.vendor.example",
        "Subject": "Ihr erster Monat für Sie",
        "List-Unsubscribe": "<https://u.example/u/1>",
    }
    assert got.part("plain").startswith("Hello Ann\n\n.\n\n.dots stay\n")
    assert "<strong>Ann</strong>" in got.part("html")


@pytest.mark.parametrize(
    ("machine", "name"), [("büro", "[127.0.0.1]"), ("cs-1", "[127.0.0.1]"), ("cs-1.ours.example", "cs-1.ours.example")]
)
def test_a_machine_without_a_whole_name_greets_by_an_address(server, transport, monkeypatch, machine, name):
    monkeypatch.setattr(socket, "gethostname", lambda: machine)

    transport.send(MAIL, WITHIN)

    assert server.greeted_by == name


@pytest.mark.parametrize("late", [False, True])
def test_a_colleague_whom_the_server_does_not_send_for_is_named_with_the_setting(server, late):
    server.sends_for, server.says_late = "cs@vendor.example", late
    transport = Smtp(Server("127.0.0.1", server.port), sender=Sender("cs@vendor.example"))

    answer = transport.send(replace(MAIL, sender=Sender("noor@vendor.example", "Noor")), WITHIN)

    assert isinstance(answer, Refused)
    assert not answer.at_them
    assert ". The server takes no mail from noor@vendor.example. Let the server send for" in answer.reason
    assert "set PLAYBOOK_MAIL_DOMAINS=none" in answer.reason


def test_a_long_address_to_be_left_out_by_stands_as_it_is(server, transport):
    url = f"https://customer-success.vendor.example/unsubscribe/{'x' * 120}"

    transport.send(replace(MAIL, headers=(("List-Unsubscribe", f"<{url}>"),)), WITHIN)

    assert dict(server.mails[0].letter.raw_items())["List-Unsubscribe"] == f"<{url}>"


def test_answers_may_go_to_an_address_in_other_letters(server, transport):
    transport.send(replace(MAIL, reply_to="änne@vendor.example"), WITHIN)

    assert server.mails[0].letter["Reply-To"] == "änne@vendor.example"


def test_its_message_id_begins_with_the_opaque_id(server, transport):
    transport.send(MAIL, WITHIN)

    assert server.mails[0].letter["Message-ID"] == f"<{MAIL.id}@vendor.example>"


@pytest.mark.parametrize(
    ("command", "said", "expected"),
    [
        ("MAIL", "451 later", Busy),
        ("MAIL", "550 not as you", Refused),
        ("RCPT", "550 5.1.1 no such user <ann@acme.example>", Refused),
        ("RCPT", "450 greylisted", Busy),
        ("DATA", "452 full", Busy),
        ("DATA", "554 spam", Refused),
        ("MAIL", "drop", Busy),
        ("RCPT", "drop", Busy),
        ("DATA", "drop", Uncertain),
        ("AFTER", "drop", Uncertain),
        ("RCPT", "250", Sent),
        ("RCPT", "220 ok", Sent),
        ("RCPT", "hello", Busy),
        ("DATA", "200 OK queued", Sent),
        ("DATA", "220 accepted", Sent),
        ("DATA", "354 go on", Uncertain),
        ("DATA", "queued as 77", Uncertain),
    ],
)
def test_until_the_letter_has_gone_out_all_is_certain_and_then_only_an_answer_is(
    server, transport, command, said, expected
):
    server.answers[command] = said

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, expected), answer
    assert "ann@" not in str(answer)


def test_a_mailbox_that_is_full_says_nothing_of_the_others(server, transport):
    server.answers["RCPT"] = "452 4.2.2 mailbox full"
    full = transport.send(MAIL, WITHIN)
    server.answers["MAIL"] = "451 busy"
    busy = transport.send(MAIL, WITHIN)

    assert isinstance(full, Busy)
    assert full.alone
    assert isinstance(busy, Busy)
    assert not busy.alone


def test_who_only_gets_a_copy_holds_nothing_up(server, transport):
    refused = replace(MAIL, cc=("nobody@vendor.example",))
    answers = iter(["250 Ok", "550 no such user"])

    class Second(dict):
        def pop(self, command, default):
            return next(answers) if command == "RCPT" else default

    server.answers = Second()

    assert isinstance(transport.send(refused, WITHIN), Sent)
    assert server.mails[0].recipients == ["ann@acme.example"]


@pytest.mark.parametrize(("command", "expected"), [("RCPT", Busy), ("DATA", Uncertain)])
def test_the_deadline_is_of_the_whole_call(server, transport, command, expected):
    server.hangs = command
    began = monotonic()

    answer = transport.send(MAIL, timedelta(seconds=0.4))

    assert isinstance(answer, expected)
    assert "the time was up" in answer.reason
    assert monotonic() - began < 1


def test_a_server_that_is_not_there_or_has_no_name_is_certain_non_delivery():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        refused = Smtp(Server("127.0.0.1", nobody.getsockname()[1])).send(MAIL, WITHIN)
    named = [Smtp(Server(name, 25)) for name in ("nowhere.invalid", "smtp..example", f"{'a' * 64}.example")]

    assert isinstance(refused, Busy)
    for one in named:
        assert isinstance(one.send(MAIL, WITHIN), Busy)
        assert "its name could not be resolved" in one.check()[0].message


@pytest.mark.parametrize("to", ["ann", "ann@", "ann@acme.example>\r\nRCPT TO:<all@acme.example", "a b@acme.example"])
def test_what_is_no_address_goes_nowhere(server, transport, to):
    assert isinstance(transport.send(replace(MAIL, to=to), WITHIN), Refused)
    assert server.mails == []


def test_a_header_cannot_be_smuggled_in(server, transport):
    transport.send(replace(MAIL, subject="Hi\r\nBcc: all@acme.example", to_name="Ann\r\nBcc: x@y.example"), WITHIN)

    assert server.mails[0].letter["Subject"] == "Hi Bcc: all@acme.example"
    assert server.mails[0].letter["Bcc"] is None


@pytest.mark.parametrize(
    ("to", "reached"),
    [
        ("änne@Bücher.example", "änne@xn--bcher-kva.example"),
        ("kim@straße.example", "kim@xn--strae-oqa.example"),
        ("kim@my_host.example", "kim@my_host.example"),
    ],
)
def test_addresses_in_all_the_worlds_letters_arrive_at_their_own_domain(server, transport, to, reached):
    transport.send(replace(MAIL, to=to), WITHIN)

    assert server.mails[0].recipients == [reached]


@pytest.mark.parametrize(
    ("stage", "said", "flags"),
    [
        ("RCPT", "550 5.1.1 no such user", {"gone"}),
        ("RCPT", "550 No such user here", {"gone"}),
        ("DATA", "550 No such user here", {"perhaps_all"}),  # it may be a copy
        ("DATA", "550 5.2.1 disabled", {"gone"}),
        ("MAIL", "550 5.1.1 no such user", set()),
        ("RCPT", "552 5.2.2 mailbox full", {"at_them"}),
        ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", {"at_them"}),
        ("RCPT", "550 mailbox is full", {"at_them"}),
        ("RCPT", "551 user not local", {"perhaps_all"}),
        ("RCPT", "550 5.7.1 not from you", {"perhaps_all"}),
        ("RCPT", "550 5.1.1 Sender address rejected: user unknown", set()),
        ("DATA", "554 no", {"perhaps_all"}),
        ("DATA", "552 5.3.4 too big", set()),
        ("RCPT", "550 5.4.5 Daily user sending limit exceeded", {"credentials"}),
        ("MAIL", "550 too many messages", {"credentials"}),
    ],
)
def test_a_refusal_says_whether_it_is_of_the_receiver_this_mail_us_or_perhaps_all(
    server, transport, stage, said, flags
):
    server.answers[stage] = said

    answer = transport.send(MAIL, WITHIN)

    assert {name for name in ("gone", "at_them", "perhaps_all", "credentials") if getattr(answer, name)} == flags


@pytest.mark.usefixtures("trusting")
class TestLogin:
    @pytest.fixture
    def server(self, certificate):
        with StandInSmtp(certificate, login=True) as stand_in:
            yield stand_in

    @pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
    def test_with_user_and_password_in_any_letters_a_mail_goes(self, server, way):
        server.ways = {way}
        transport = Smtp(Server("127.0.0.1", server.port, USER, PASSWORD))

        assert isinstance(transport.send(MAIL, WITHIN), Sent)
        assert [one.ok for one in transport.check()] == [True]

    def test_a_wrong_password_concerns_every_mail_and_is_not_repeated(self, server):
        transport = Smtp(Server("127.0.0.1", server.port, USER, "wrong one"))

        answer, [finding] = transport.send(MAIL, WITHIN), transport.check()

        assert isinstance(answer, Refused)
        assert answer.credentials
        assert "PLAYBOOK_SMTP_URL" in finding.fix
        assert "wrong one" not in finding.message + answer.reason

    def test_a_server_that_asks_for_a_login_refuses_all_without(self, server):
        answer = Smtp(Server("127.0.0.1", server.port)).send(MAIL, WITHIN)

        assert isinstance(answer, Refused)
        assert answer.credentials


class TestEncryption:
    def test_what_the_server_offers_is_used(self, certificate, trusting):
        with StandInSmtp(certificate) as server:
            answer = Smtp(Server("127.0.0.1", server.port)).send(MAIL, WITHIN)

        assert isinstance(answer, Sent)
        assert server.encrypted

    def test_a_server_that_nobody_vouches_for_gets_nothing(self, certificate):
        with StandInSmtp(certificate) as server:
            answer = Smtp(Server("127.0.0.1", server.port)).send(MAIL, WITHIN)

        assert isinstance(answer, Busy)
        assert "the secure connection failed" in answer.reason
        assert server.mails == []


def test_a_password_is_not_sent_where_everybody_could_read_it(server):
    answer = Smtp(Server("127.0.0.1", server.port, USER, PASSWORD)).send(MAIL, WITHIN)

    assert isinstance(answer, Refused)
    assert answer.credentials
    assert "a password is not sent without" in answer.reason


def test_the_doctor_hears_of_a_server_that_lets_us_in_and_of_one_that_is_not_there(transport):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        [out] = Smtp(Server("127.0.0.1", nobody.getsockname()[1])).check()
    [ours] = transport.check()

    assert ours.ok
    assert (out.ok, "refused the connection" in out.message) == (False, True)


def test_nobody_can_be_asked_later(transport):
    assert transport.find(MAIL, datetime.now(UTC)) is None


@pytest.mark.parametrize(
    "changed",
    [{"to": "jörg@acme.example"}, {"sender": Sender("bø@vendor.example")}, {"returns_to": "retür@in.vendor.example"}],
)
def test_a_server_that_knows_no_such_letters_certainly_did_not_take_the_mail(changed):
    with StandInSmtp(utf8=False) as server:
        answer = Smtp(Server("127.0.0.1", server.port)).send(replace(MAIL, **changed), WITHIN)

        assert isinstance(answer, Refused)
        assert "5.6.7" in answer.reason
        assert server.mails == []


def test_a_copy_that_such_a_server_cannot_take_is_left_out():
    mail = replace(MAIL, cc=("jörg@vendor.example", "max@vendor.example"), reply_to="bø@vendor.example")
    with StandInSmtp(utf8=False) as server:
        answer = Smtp(Server("127.0.0.1", server.port)).send(mail, WITHIN)

        assert isinstance(answer, Sent)
        assert server.mails[0].recipients == ["ann@acme.example", "max@vendor.example"]
        assert (server.mails[0].letter["Cc"], server.mails[0].letter["Reply-To"]) == ("max@vendor.example", None)
