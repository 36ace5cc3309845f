import json
import logging
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from activities.mail.sendgrid import SendGrid
from activities.transport import Busy, Message, Refused, Sender, Sent, Uncertain
from tests.support.standins import Answers, Drips, Drops, Hangs, StandInSendGrid

WITHIN = timedelta(seconds=5)
MAIL = Message(
    id="6f1c1f1e-0000-5000-8000-000000000001",
    channel="email",
    to="ann@acme.example",
    to_name="Ann Lee",
    subject="Your first month",
    body="Hello **Ann**",
    sender=Sender("cs@vendor.example", "Bo"),
)


@pytest.fixture
def sendgrid():
    with StandInSendGrid() as stand_in:
        yield stand_in


@pytest.fixture
def transport(sendgrid):
    return SendGrid(sendgrid.key, host=sendgrid.url)


def changed(**fields):
    names = MAIL.__dataclass_fields__
    return Message(**({name: getattr(MAIL, name) for name in names} | fields))


def test_a_mail_is_accepted_once_and_its_receipt_begins_its_id_at_sendgrid(sendgrid, transport):
    answer = transport.send(MAIL, WITHIN)

    [mail] = sendgrid.mails
    assert isinstance(answer, Sent)
    assert mail.id.startswith(answer.receipt)


def test_sendgrid_keeps_the_opaque_id_and_nothing_else_of_ours(sendgrid, transport):
    transport.send(MAIL, WITHIN)

    assert sendgrid.mails[0].custom_args == {"effect": MAIL.id}


def test_a_mail_carries_who_what_and_both_parts(sendgrid, transport):
    transport.send(changed(reply_to="r+1@vendor.example", headers=(("List-Unsubscribe", "<https://u>"),)), WITHIN)

    [mail] = sendgrid.mails
    assert mail.payload["from"] == {"email": "cs@vendor.example", "name": "Bo"}
    assert mail.payload["personalizations"][0]["to"] == [{"email": "ann@acme.example", "name": "Ann Lee"}]
    assert mail.payload["reply_to"] == {"email": "r+1@vendor.example"}
    assert mail.payload["headers"] == {"List-Unsubscribe": "<https://u>"}
    assert mail.part("text/plain") == "Hello Ann\n"
    assert "<strong>Ann</strong>" in mail.part("text/html")


def test_a_domain_in_other_letters_is_written_as_registries_have_it_and_found_again(sendgrid, transport):
    mail = changed(to="ann@bücher.example", subject="Ihr\x00 erster\u202e Monat")

    transport.send(mail, WITHIN)

    [got] = sendgrid.mails
    assert got.payload["personalizations"][0]["to"][0]["email"] == "ann@xn--bcher-kva.example"
    assert got.payload["subject"] == "Ihr erster Monat"
    assert isinstance(transport.find(mail, datetime.now(UTC)), Sent)


def test_what_is_no_address_does_not_go_out(sendgrid, transport):
    assert transport.send(changed(to="nobody"), WITHIN).code == "address"
    assert sendgrid.mails == []


def test_colleagues_get_a_copy_in_the_open(sendgrid, transport):
    transport.send(changed(cc=("max@vendor.example",)), WITHIN)

    assert sendgrid.mails[0].payload["personalizations"][0]["cc"] == [{"email": "max@vendor.example"}]


def test_a_name_with_a_comma_stays_one_name(sendgrid, transport):
    transport.send(changed(to_name='Lee, "Ann"; Dr.'), WITHIN)

    assert sendgrid.mails[0].payload["personalizations"][0]["to"][0]["name"] == "\"Lee, 'Ann'; Dr.\""


def test_a_subject_is_one_line(sendgrid, transport):
    transport.send(changed(subject="Your\r\nBcc: all@acme.example"), WITHIN)

    assert sendgrid.mails[0].payload["subject"] == "Your Bcc: all@acme.example"


def test_the_settings_sender_stands_in_and_without_any_the_mail_is_refused(sendgrid):
    fallback = SendGrid(sendgrid.key, host=sendgrid.url, sender=Sender("team@vendor.example"))
    none = SendGrid(sendgrid.key, host=sendgrid.url)

    sent, refused = (transport.send(changed(sender=None), WITHIN) for transport in (fallback, none))

    assert isinstance(sent, Sent)
    assert sendgrid.mails[0].payload["from"] == {"email": "team@vendor.example"}
    assert isinstance(refused, Refused)
    assert refused.code == "sender_missing"


def test_in_sandbox_mode_nothing_is_delivered_and_the_mail_counts_as_sent(sendgrid):
    transport = SendGrid(sendgrid.key, host=sendgrid.url, sandbox=True)

    answer = transport.send(MAIL, WITHIN)

    assert answer == Sent(f"accepted:{MAIL.id}")
    assert sendgrid.mails == []


def test_the_headers_of_one_mail_do_not_leak_into_the_next(sendgrid, transport):
    transport.send(MAIL, WITHIN)
    transport.send(MAIL, WITHIN)

    first, second = (request.headers for request in sendgrid.requests)
    assert first == second


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answers(429, {"Retry-After": "7"}), Busy),
        (Answers(408), Busy),
        (Answers(500), Busy),
        (Answers(503, {"Retry-After": "7"}), Busy),
        (Answers(502), Uncertain),
        (Answers(504), Uncertain),
        (Answers(400), Refused),
        (Answers(403), Refused),
        (Answers(413), Refused),
        (Answers(302, {"Location": "http://127.0.0.1:9/"}), Refused),
        (Drops("before"), Uncertain),
        (Drops("middle", kept=10), Uncertain),
        (Drops("after"), Uncertain),
    ],
)
def test_each_trouble_has_its_answer_and_the_call_is_made_once(sendgrid, transport, fault, expected):
    sendgrid.fail(fault)

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, expected), answer
    assert sendgrid.calls("mail/send") == 1


def test_an_answer_that_breaks_off_after_its_202_is_an_acceptance(sendgrid, transport):
    sendgrid.fail(Drops("middle", kept=30))

    answer = transport.send(MAIL, WITHIN)

    assert answer == Sent(f"accepted:{MAIL.id}")
    assert len(sendgrid.mails) == 1


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [(201, {"X-Message-Id": "m1"}, Sent("m1")), (202, {}, Sent(f"accepted:{MAIL.id}")), (200, {}, Uncertain)],
)
def test_a_yes_is_an_acceptance_where_it_is_sendgrids(sendgrid, transport, status, headers, expected):
    sendgrid.fail(Answers(status, headers))

    answer = transport.send(MAIL, WITHIN)

    assert (answer if isinstance(answer, Sent) else type(answer)) == expected


def test_a_busy_sendgrid_says_how_long(sendgrid, transport):
    sendgrid.fail(Answers(429, {"Retry-After": "7"}))

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, Busy)
    assert answer.retry_after == timedelta(seconds=7)


def test_a_refused_connection_is_certain_non_delivery(sendgrid):
    transport = SendGrid("SG.key", host="http://127.0.0.1:9")

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, Busy)
    assert "refused the connection" in answer.reason


@pytest.mark.parametrize("host", ["nowhere.invalid", "api..sendgrid.example"])
def test_a_name_that_does_not_resolve_is_certain_non_delivery(host):
    transport = SendGrid("SG.key", host=f"http://{host}")

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, Busy)


@pytest.mark.parametrize("fault", [Hangs(), Hangs(works=False), Drips(0.05)], ids=["hangs", "deaf", "drips"])
def test_the_deadline_is_of_the_whole_call(sendgrid, transport, fault):
    sendgrid.fail(fault)
    began = monotonic()

    answer = transport.send(MAIL, timedelta(seconds=0.4))

    assert isinstance(answer, Uncertain)
    assert monotonic() - began < 1


def test_a_key_that_is_not_accepted_concerns_every_mail(sendgrid):
    wrong = SendGrid("SG.other", host=sendgrid.url).send(MAIL, WITHIN)
    bad = SendGrid(sendgrid.key, host=sendgrid.url).send(changed(to="nobody@nowhere"), WITHIN)

    assert isinstance(wrong, Refused)
    assert wrong.credentials
    assert isinstance(bad, Refused)
    assert not bad.credentials
    assert "valid address" in bad.reason


@pytest.mark.parametrize(
    ("message", "credentials"),
    [
        ("access forbidden", True),
        ("", True),
        ("The from address does not match a verified Sender Identity. Mail cannot be sent.", False),
        ("You are not authorized to send from that email address", False),
    ],
)
def test_a_403_concerns_every_mail_unless_it_is_of_who_writes_this_one(sendgrid, transport, message, credentials):
    sendgrid.fail(Answers(403, body={"errors": [{"message": message, "field": "from"}]}))

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, Refused)
    assert (answer.credentials, answer.perhaps_all) == (credentials, False)


def test_what_sendgrid_says_of_an_address_is_masked(sendgrid, transport):
    sendgrid.fail(Answers(400, body={"errors": [{"message": "ann@acme.example is <ann@acme.example>"}]}))

    answer = transport.send(MAIL, WITHIN)

    assert isinstance(answer, Refused)
    assert answer.reason == "HTTP 400: <address> is <<address>>"


@pytest.mark.parametrize("body", [{"errors": "no"}, ["no"], {"errors": [None]}])
def test_a_refusal_of_another_shape_is_still_a_refusal(sendgrid, transport, body):
    sendgrid.fail(Answers(400, body=body))

    answer = transport.send(MAIL, WITHIN)

    assert answer == Refused("HTTP 400", "http_400")


def test_a_lost_answer_is_found_by_its_opaque_id(sendgrid, transport):
    claimed = datetime.now(UTC)
    transport.send(changed(id="another"), WITHIN)
    sendgrid.fail(Drops("after"))
    transport.send(MAIL, WITHIN)
    transport.send(changed(id="a third"), WITHIN)

    found = transport.find(MAIL, claimed)

    assert found == Sent(sendgrid.mails[1].id)


def test_what_is_not_in_the_logs_is_not_found(sendgrid, transport):
    claimed = datetime.now(UTC)
    transport.send(MAIL, WITHIN)
    sendgrid.logs_lag = True

    assert transport.find(MAIL, claimed) is None


def test_a_mail_from_before_the_claim_is_another(sendgrid, transport):
    transport.send(MAIL, WITHIN)

    assert transport.find(MAIL, datetime.now(UTC) + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    "fault", [Answers(403, on="logs"), Answers(200, body=["odd"], on="logs"), Drops("middle", on="logs")]
)
def test_logs_that_cannot_be_read_prove_nothing(sendgrid, transport, fault):
    transport.send(MAIL, WITHIN)
    sendgrid.fail(fault)

    assert transport.find(MAIL, datetime.now(UTC)) is None


def test_an_address_that_the_query_language_cannot_quote_is_not_looked_up(sendgrid, transport):
    found = transport.find(changed(to='"x" OR @acme.example'), datetime.now(UTC))

    assert found is None
    assert sendgrid.requests == []


@pytest.mark.parametrize("key", ["", "SG.a b", "SG.a\n", "SG.ä"])
def test_a_key_that_cannot_be_one_is_refused_without_being_named(key):
    with pytest.raises(ValueError, match="SendGrid key") as refusal:
        SendGrid(key)

    assert "SG." not in str(refusal.value)


def test_no_log_line_carries_key_address_or_text(sendgrid, transport, caplog):
    caplog.set_level(logging.DEBUG)
    sendgrid.fail(Answers(400), Drops("after"), Answers(500), Drops("after", on="logs"))

    for _ in range(4):
        transport.send(MAIL, WITHIN)
    transport.find(MAIL, datetime.now(UTC))

    for secret in (sendgrid.key, MAIL.to, MAIL.to_name, MAIL.subject, "Hello"):
        assert secret not in caplog.text
    assert MAIL.to not in repr(MAIL)


def test_the_doctor_hears_that_all_is_well(transport):
    findings = transport.check()

    assert [finding.ok for finding in findings] == [True, True, True]


def test_the_doctor_hears_where_sendgrid_keeps_mails_and_whether_it_delivers_any(sendgrid):
    [usual, *_], [sandbox, *_] = (
        SendGrid(sendgrid.key, host=sendgrid.url, sandbox=sandbox).check() for sandbox in (False, True)
    )

    assert usual.message == f"Mails go to {sendgrid.url}, which is not SendGrid's own address."
    assert "SENDGRID_HOST" in usual.fix
    assert "delivers none" in sandbox.message


def test_the_doctor_hears_of_domains_that_sendgrid_has_not_verified_as_far_as_the_key_may_ask(sendgrid):
    transport = SendGrid(sendgrid.key, host=sendgrid.url, domains={"vendor.example", "begun.example"})

    *_, begun = transport.check()
    sendgrid.scopes.remove("whitelabel.read")
    unasked = transport.check()

    assert not begun.ok
    assert "has not verified the domain begun.example: it refuses mails from there (403)" in begun.message
    assert all(one.ok for one in unasked)


def test_the_doctor_hears_that_the_domain_of_our_own_sender_is_not_verified(sendgrid):
    own = Sender("success@elsewhere.example")

    *_, one = SendGrid(sendgrid.key, host=sendgrid.url, sender=own, domains={"vendor.example"}).check()

    assert "has not verified the domain elsewhere.example" in one.message
    assert "take another PLAYBOOK_MAIL_FROM" in one.fix


def test_the_doctor_hears_what_the_key_may_not_do(sendgrid, transport):
    sendgrid.scopes = []

    _, sending, logs = transport.check()

    assert not sending.ok
    assert "Mail Send" in sending.fix
    assert not logs.ok
    assert "Email Logs" in logs.fix


@pytest.mark.parametrize("host", ["http://127.0.0.1:9", None])
def test_the_doctor_hears_of_a_wrong_key_and_of_silence(sendgrid, host):
    [finding] = SendGrid("SG.other", host=host or sendgrid.url).check()

    assert not finding.ok
    assert finding.fix


def test_the_doctor_sends_nothing(sendgrid, transport):
    transport.check()

    assert sendgrid.calls("mail/send") == 0


def test_the_stand_in_refuses_what_sendgrid_refuses(sendgrid, transport):
    categories = tuple(f"category-{number}" for number in range(11))

    answers = [
        transport.send(mail, WITHIN)
        for mail in (changed(subject=""), changed(categories=categories), changed(headers=(("Subject", "x"),)))
    ]

    assert all(isinstance(answer, Refused) for answer in answers)
    assert json.loads(sendgrid.requests[0].body)["subject"] == ""
