"""Mail leaves by the way that the settings say, from the claim to a real server's mailbox."""

import pytest

from activities.effect import perform
from activities.store import effects
from tests.support.one_mail import want_one_mail
from tests.support.sendgrid_posts import Signer
from tests.support.standins import StandInSendGrid
from tests.support.standins.smtp import StandInSmtp
from workers.settings import load_settings
from workers.wiring import host_from


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """Does the one mail that a playbook wants, under these settings; its state and receipt."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "Vendor <success@vendor.test>")
    monkeypatch.setenv("PLAYBOOK_PUBLIC_URL", "https://cs.vendor.test")
    monkeypatch.setenv("PLAYBOOK_INBOUND_DOMAIN", "reply.vendor.test")
    monkeypatch.setenv("SENDGRID_INBOUND_KEY", Signer().key)
    monkeypatch.setenv("PLAYBOOK_LINK_SECRET", "a-secret-that-is-long-enough-for-it")
    want_one_mail()

    def send(**given):
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        host = host_from(load_settings())
        (mail,) = host.database.read(effects.listed)
        perform(host, mail.id, None, lambda receipt: None)
        after = host.database.read(lambda connection: effects.find(connection, mail.id))
        host.database.close()
        return after

    return send


def test_a_mail_goes_by_any_server_with_a_sender_who_may_and_the_ways_back(sent):
    with StandInSmtp() as server:
        mail = sent(PLAYBOOK_SMTP_URL=f"smtp://127.0.0.1:{server.port}")

    (got,) = server.mails
    assert (mail.state, mail.receipt) == ("sent", f"smtp:{mail.id} 4F1C2")
    assert got.letter["From"] == "Ben <success@vendor.test>"
    assert got.letter["Reply-To"].startswith("reply+")
    assert got.letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "our contact at Acme" in got.part("plain")


def test_a_mail_goes_by_sendgrid_with_its_pool(sent):
    with StandInSendGrid() as sendgrid:
        mail = sent(SENDGRID_API_KEY=sendgrid.key, SENDGRID_HOST=sendgrid.url, SENDGRID_IP_POOL="customers")

    (got,) = sendgrid.mails
    assert mail.state == "sent"
    assert (got.payload["ip_pool_name"], got.payload["categories"]) == ("customers", ["call", "thanks"])
    assert "https://cs.vendor.test/unsubscribe/" in got.part("text/html")


def test_a_lost_answer_of_a_mail_server_is_a_doubt_and_no_second_mail(sent):
    with StandInSmtp() as server:
        server.answers["AFTER"] = "drop"
        first = sent(PLAYBOOK_SMTP_URL=f"smtp://127.0.0.1:{server.port}")
        again = sent()

    assert (first.state, again.state) == ("uncertain", "uncertain")
    assert len(server.mails) == 1
