"""`playbook outbox` and what else tells of a mail: what became of it, and all that goes out with it."""

import pytest

from activities.effect import perform
from activities.mail import sendgrid_events
from activities.store import effects
from tests.support.commands import playbook
from tests.support.hosts import NOW
from tests.support.one_mail import want_one_mail
from tests.support.sendgrid_posts import event
from workers.settings import load_settings
from workers.wiring import host_from


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """A host, and the one mail of it, which has gone to the outbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    monkeypatch.setenv("PLAYBOOK_PUBLIC_URL", "https://playbooks.vendor.test")
    monkeypatch.setenv("PLAYBOOK_LINK_SECRET", "a secret of thirty-two letters or more")
    want_one_mail()
    host = host_from(load_settings())
    (mail,) = host.database.read(effects.listed)
    perform(host, mail.id, None, lambda receipt: None)
    yield host, mail
    host.database.close()


def states(*arguments: str) -> list[str]:
    """Of the mail: in the list, whole, and with its run."""
    (run,) = playbook("runs", "--json").json
    told = (playbook("outbox"), playbook("outbox", "--show", *arguments), playbook("run", run["id"]))
    return [one.out for one in told]


def test_what_no_provider_was_there_for_is_said_to_be_kept_here(sent):
    assert all("sent (kept here only)" in told for told in states(sent[1].id[:8]))


def test_what_became_of_a_mail_is_told_wherever_it_is_shown(sent):
    host, mail = sent
    host.database.write(lambda c: effects.change(c, mail.id, receipt="x-message-id"))
    told = [event(kind, mail.id, NOW, sg_message_id="x-message-id") for kind in ("delivered", "open", "open", "bounce")]

    sendgrid_events.take_in(host, told)

    assert all("sent (delivered, opened, bounced for good)" in told for told in states(mail.id))
    assert "what became of it: " in playbook("outbox", "--show", mail.id).out
    assert [one["kind"] for one in playbook("outbox", "--json").json[0]["events"]] == [
        "delivered",
        "opened",
        "bounced",
    ]


def test_a_complaint_is_told_with_the_mail_and_counted_in_results(sent):
    host, mail = sent

    sendgrid_events.take_in(host, [event("spamreport", mail.id, NOW)])

    assert all("complained about" in told for told in states(mail.id))
    assert "complained" in playbook("results").lines[1]
    assert playbook("results", "--json").json[0]["mails"][0]["complained"] == 1


def test_a_mail_is_shown_with_its_sender_its_footer_and_its_links(sent):
    shown = playbook("outbox", "--show", sent[1].id).out

    assert "from: Ben <ben@us.test>" in shown
    assert "https://playbooks.vendor.test/unsubscribe/" in shown
    assert "Acme" in shown.partition("thank you.")[2]
