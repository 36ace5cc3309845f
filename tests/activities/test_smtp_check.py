"""What the doctor says of mail servers, each against a real one (aiosmtpd): where, what, and what to do."""

import socket
from datetime import timedelta

import pytest

from activities.mail.smtp import Smtp
from activities.mail.smtp_client import Server
from activities.transport import Sender
from tests.support.standins.smtp import PASSWORD, USER, StandInSmtp

SENDER = Sender("cs@vendor.example")


NOOR = "noor@vendor.example"


def told(port, user="", password="", *, tls=False, host="127.0.0.1", within=5.0, tried=()):
    server = Server(host, port, user, password, tls)
    *_, finding = Smtp(server, sender=SENDER, look_up=timedelta(seconds=within), tried=tried).check()
    assert finding.ok or finding.message.startswith(f"{host}:{port} ")
    return finding


@pytest.fixture
def plain():
    with StandInSmtp() as server:
        yield server


@pytest.fixture
def guarded(certificate, trusting):
    with StandInSmtp(certificate, login=True) as server:
        yield server


def test_a_server_without_encryption_is_usable_and_said_to_be_in_the_clear(plain):
    one = told(plain.port)

    assert (one.ok, one.fix) == (True, "")  # nobody listens in on this machine
    assert one.message.endswith("lets us in without a password, and offers no encryption: mails go there in the clear.")


def test_a_password_where_it_would_go_in_the_clear_is_not_a_wrong_password(plain):
    one = told(plain.port, USER, PASSWORD)

    assert not one.ok
    assert "PLAYBOOK_SMTP_URL has a password, which is not sent in the clear" in one.message
    assert "leave user and password out" in one.fix


def test_smtps_at_a_port_that_is_plain_says_to_write_smtp(plain):
    one = told(plain.port, tls=True)

    assert not one.ok
    assert "does not speak TLS from the first byte" in one.message
    assert "Write smtp:// in PLAYBOOK_SMTP_URL" in one.fix


def test_smtp_at_a_port_that_wants_tls_at_once_says_to_write_smtps(certificate, trusting):
    with StandInSmtp(certificate, from_the_start=True) as server:
        one, right = told(server.port, within=0.3), told(server.port, tls=True)

    assert not one.ok
    assert "write smtps:// in PLAYBOOK_SMTP_URL" in one.fix
    assert right.message.endswith("lets us in without a password, encrypted.")


def test_a_certificate_that_nobody_vouches_for_is_said_to_be_that(certificate):
    with StandInSmtp(certificate) as server:
        one = told(server.port)

    assert not one.ok
    assert "a certificate that is not trusted here (self-signed certificate)" in one.message.replace(
        "self signed", "self-signed"
    )


def test_a_wrong_password_is_told_with_the_user_and_never_shown(guarded):
    one = told(guarded.port, USER, "wrong one")

    assert not one.ok
    assert not one.away  # it was reached: no matter of the network
    assert f"does not accept the user {USER} with this password (535 " in one.message
    assert "%40" in one.fix
    assert "wrong one" not in one.message + one.fix


def test_a_server_that_wants_a_login_before_any_mail_is_found_before_the_first(guarded):
    one = told(guarded.port)

    assert not one.ok
    assert "wants a login, or encryption, before it takes any mail (530 " in one.message
    assert "smtp://user:password@" in one.fix


def test_a_server_that_wants_encryption_which_it_does_not_offer_is_told_so(plain):
    plain.answers["MAIL"] = "530 5.7.0 Must issue a STARTTLS command first"

    one = told(plain.port)

    assert "Must issue a STARTTLS command first" in one.message
    assert "465 with smtps://" in one.fix


def test_a_login_that_the_server_does_not_offer_is_to_be_left_out(certificate, trusting):
    with StandInSmtp(certificate, from_the_start=True) as server:
        one = told(server.port, USER, PASSWORD, tls=True)

    assert "takes no user and password" in one.message
    assert "Leave user and password out" in one.fix


def test_a_sender_that_the_server_does_not_take_is_named(plain):
    plain.answers["MAIL"] = "553 5.7.1 not owned by you"

    one = told(plain.port)

    assert "takes no mail from cs@vendor.example (553 " in one.message
    assert "PLAYBOOK_MAIL_FROM" in one.fix


@pytest.mark.parametrize("late", [False, True])
def test_a_server_that_sends_for_one_address_alone_is_found_before_the_first_mail_of_a_colleague(plain, late):
    plain.sends_for, plain.says_late = SENDER.address, late

    alone, one = told(plain.port), told(plain.port, tried=[NOOR])

    assert alone.ok
    assert not one.ok
    assert f"takes no mail from {NOOR} (553 5.7.1 Sender address " in one.message
    assert "set PLAYBOOK_MAIL_DOMAINS=none: everybody then writes as cs@vendor.example" in one.fix


def test_a_recipient_that_is_refused_says_nothing_of_who_writes(plain):
    plain.answers["RCPT"] = "550 5.1.1 no such user"

    assert told(plain.port).ok


def test_a_server_that_sends_not_for_the_domain_of_what_comes_back_is_told_of_that_one(plain):
    plain.sends_for = SENDER.address

    one = told(plain.port, tried=["return+abc@reply.vendor.example"])

    assert "from addresses at reply.vendor.example, where what it cannot deliver is to come back to" in one.message
    assert "PLAYBOOK_INBOUND_DOMAIN" in one.fix


def test_a_server_that_is_not_there_is_told_from_one_without_a_name():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        refused = told(nobody.getsockname()[1])
    unknown = told(25, host="nowhere.invalid")

    assert refused.away
    assert "refused the connection: nothing listens there." in refused.message
    assert "587 or 25 with smtp://" in refused.fix
    assert "its name could not be resolved" in unknown.message
    assert "Mend the host in PLAYBOOK_SMTP_URL" in unknown.fix


def test_nothing_is_sent(plain):
    told(plain.port)

    assert plain.mails == []
