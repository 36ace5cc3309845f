"""The task for a contact that is missing lives beside its run: what is told about it is no mail."""

import pytest

from activities import runs, tasks
from activities.effect import perform
from activities.store import traces
from activities.store.tasks import listed
from tests.support.hosts import acme, host_on, only_run, playbook, tell

MAIL = """
  - {email: care, to: technical_owner, subject: Hello, text: How are you, missing: task}
  - {wait: answer, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: []}
"""


def work(host):
    """Everything that the run wants of the world."""
    while wanted := runs.advance(host, only_run(host).id).effects:
        perform(host, wanted[0].id, None, lambda _: None)


def only_task(host):
    (task,) = host.database.read(listed)
    return task


def told(host):
    entries = host.database.read(lambda connection: traces.of_run(connection, only_run(host).id))
    return [(one.path, one.event) for one in entries]


def test_a_message_that_hands_it_over_is_no_mail_and_does_not_close_it(sqlite):
    host = host_on(sqlite, playbook(MAIL, start="start: {when: metrics.nps.value < 5}\n"))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    work(host)

    tasks.reassign(host, only_task(host).id, "ben", by="ana")
    work(host)
    tasks.complete(host, only_task(host).id, "done", by="ben")
    work(host)

    assert "sent" not in [event for _, event in told(host)]
    assert ("care/missing", "completed") in told(host)


@pytest.mark.parametrize(
    ("to", "title"),
    [
        ("technical_owner", "Find a contact at Acme: technical_owner"),
        ("champion", "Find an address for Kim at Acme: champion"),
        (
            "{each: known(contact.name)}",
            "Find an address for Kim and 1 more at Acme: contact where known(contact.name)",
        ),
    ],
)
def test_it_names_whoever_is_there_and_has_no_address(sqlite, to, title):
    mail = MAIL.replace("technical_owner", to)
    host = host_on(sqlite, playbook(mail, start="start: {when: metrics.nps.value < 5}\n"))
    acme(host)
    for name, contact in (("Kim", "c1"), ("Lou", "c2")):
        tell(host, "acme", contact={"id": contact, "name": name, "role": "champion", "email": None})

    tell(host, "acme", metric="nps", value=3)

    assert only_task(host).title == title
