"""What the doctor says of mail: who writes from where, what mails do not say, what comes back."""

import pytest

from tests.support.sendgrid_posts import Signer
from tests.support.small_workspace import small_workspace
from workers.examination_mail import answers, letterhead, senders, tried_senders
from workers.settings import Settings

LINKS = {"public_url": "https://cs.vendor.example/", "link_secret": "a-secret-that-is-long-enough-for-it"}
OURS = {"mail_from": "Success <success@vendor.example>"}
BY_SMTP = {**OURS, "smtp_url": "smtp://127.0.0.1:25"}
BY_SENDGRID = {**OURS, "sendgrid_api_key": "SG.key"}
PEOPLE = """
people:
  - {id: ana, name: Ana, email: ana@vendor.example, role: csm}
  - {id: ben, name: Ben, email: Ben@Other.example, role: csm}
  - {id: cy, name: Cy, email: cy@third.example, role: csm, active: false}
"""


@pytest.fixture
def workspace(tmp_path):
    folder = small_workspace(tmp_path / "playbooks")
    (folder / "people.yaml").write_text(PEOPLE)
    return folder


@pytest.fixture
def found(workspace):
    return lambda look, **given: {one.name: one for one in look(Settings(workspace=workspace, **given))}


def test_a_colleague_elsewhere_than_at_a_verified_domain_is_named_with_what_happens_then(found):
    [one] = found(senders, **BY_SMTP).values()

    assert one.ok
    assert one.message == (
        "not at vendor.example, where colleagues write as themselves: ben (Ben@Other.example). Their mails to "
        "customers come from success@vendor.example with their name, and answers go to them."
    )
    assert "PLAYBOOK_MAIL_DOMAINS=other.example,vendor.example" in one.fix


def test_a_sender_of_all_mail_that_is_not_at_a_verified_domain_is_wrong(found):
    one = found(senders, **BY_SENDGRID, mail_domains="other.example")["mail sender"]

    assert not one.ok
    assert "PLAYBOOK_MAIL_FROM (success@vendor.example) is not at a domain of PLAYBOOK_MAIL_DOMAINS" in one.message
    assert "PLAYBOOK_MAIL_DOMAINS=other.example,vendor.example" in one.fix


def test_senders_at_verified_domains_or_whose_mails_stay_here_are_fine(found):
    [one] = found(senders, **BY_SMTP, mail_domains="vendor.example,other.example").values()

    assert one.message == "colleagues at other.example, vendor.example are to write as themselves"
    assert found(senders, **OURS) == {}


def test_that_everybody_writes_as_the_one_sender_is_a_setting_and_no_fault(workspace, found):
    [one] = found(senders, **BY_SMTP, mail_domains="none").values()

    assert (one.ok, one.fix) == (True, "")
    assert one.message.startswith("everybody writes as success@vendor.example, with their own name, and answers go to")
    assert tried_senders(Settings(workspace=workspace, **BY_SMTP, mail_domains="none")) == []


def test_one_colleague_of_each_domain_is_tried_or_the_address_that_stands_on_envelopes_in_their_place(workspace):
    given = {**BY_SMTP, "mail_domains": "vendor.example,other.example,third.example"}
    returning = {**LINKS, "inbound_domain": "reply.vendor.example"}

    tried = tried_senders(Settings(workspace=workspace, **given))
    [returns] = tried_senders(Settings(workspace=workspace, **given, **returning))

    assert tried == ["Ben@Other.example", "ana@vendor.example"]
    assert returns.endswith("@reply.vendor.example")


@pytest.mark.parametrize(
    ("site", "ok", "said"),
    [
        ("https://cs.vendor.example", True, "how to get no more of them"),
        ("http://cs.vendor.example", False, "no unsubscribing with one click (RFC 8058)"),
        ("http://127.0.0.1:8080", True, "which nobody follows from elsewhere"),
    ],
)
def test_links_that_are_not_https_are_not_said_to_be_fine(workspace, found, site, ok, said):
    (workspace / "policy.yaml").write_text("mail: {company: V, address: Boston}\n")

    one = found(letterhead, **BY_SMTP, **LINKS | {"public_url": site})["mail"]

    assert (one.ok, said in one.message) == (ok, True)


def test_a_key_for_events_that_a_mail_server_never_sends_is_said_to_be_idle(found):
    one = found(answers, **BY_SMTP, sendgrid_event_key=Signer().key)["mail events"]

    assert "no events will come back" in one.message
    assert "SENDGRID_EVENT_KEY is for SendGrid" in one.fix


@pytest.mark.parametrize(
    ("policy", "given", "unsaid", "fix"),
    [
        ("{company: V}", LINKS, "where they are by post", "'mail: {address: …}' in policy.yaml"),
        ("{address: Boston}", LINKS, "who writes", "'mail: {company: …}' in policy.yaml"),
        (
            "{company: V, address: Boston}",
            {"link_secret": LINKS["link_secret"]},
            "how to get no more of them",
            "PLAYBOOK_PUBLIC_URL",
        ),
        (
            "{company: V, address: Boston}",
            {},
            "how to get no more of them",
            "PLAYBOOK_PUBLIC_URL and PLAYBOOK_LINK_SECRET",
        ),
    ],
)
def test_what_a_mail_lacks_is_named_exactly(workspace, found, policy, given, unsaid, fix):
    (workspace / "policy.yaml").write_text(f"mail: {policy}\n")

    [one] = found(letterhead, **BY_SMTP, **given).values()

    assert (one.ok, one.message, one.fix) == (False, f"Mails do not say {unsaid}.", f"Set {fix}.")


def test_where_events_and_replies_come_in_is_told(found):
    key = Signer().key
    given = {"sendgrid_event_key": key, "sendgrid_inbound_key": key, "inbound_domain": "reply.vendor.example"}

    told = found(answers, **BY_SENDGRID, **LINKS, **given)

    assert all(one.ok for one in told.values())
    assert (
        "https://cs.vendor.example/sendgrid/events, signed (SENDGRID_EVENT_KEY is set)" in told["mail events"].message
    )
    assert "reply.vendor.example come to https://cs.vendor.example/sendgrid/inbound" in told["mail replies"].message


def test_that_no_events_will_come_back_is_wrong_of_sendgrid_and_so_of_a_mail_server(found):
    sendgrid, smtp = found(answers, **BY_SENDGRID)["mail events"], found(answers, **BY_SMTP)["mail events"]

    assert (sendgrid.ok, smtp.ok) == (False, True)
    assert "o events will come back" in sendgrid.message
    assert "set SENDGRID_EVENT_KEY" in sendgrid.fix
    assert "no events will come back" in smtp.message


def test_a_key_for_replies_without_a_domain_for_them_is_said_to_be_half(found):
    one = found(answers, **BY_SMTP, sendgrid_inbound_key=Signer().key)["mail replies"]

    assert "SENDGRID_INBOUND_KEY is set, so set also the domain" in one.fix


def test_an_event_key_is_told_where_mails_stay_here_and_nothing_without(found):
    assert list(found(answers, sendgrid_event_key=Signer().key)) == ["mail events"]
    assert found(answers) == {}
