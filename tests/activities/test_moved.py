"""Whoever wants no mail gets none at a new address either."""

from datetime import timedelta

import pytest

from activities.mail import responses
from activities.store import suppressions
from tests.support.hosts import acme, apply, host_on, playbook, tell

OLD, NEW = "kim@acme.test", "kim@new.test"
LATER = timedelta(minutes=1)


@pytest.fixture
def host(database):
    made = host_on(database)
    mail = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
    apply(made, playbook(mail, start="start: {when: metrics.nps.value < 5}\n"))
    acme(made)
    return made


def moves(host, to):
    tell(host, "acme", contact={"id": "c1", "email": to})


def keeps_out(host, address):
    """Why the address gets no mail, and of which topics."""
    found = host.database.read(lambda connection: suppressions.listed(connection, address))
    return [(one.reason, one.topics) for one in found]


def test_what_somebody_left_stays_left_when_their_address_changes(host):
    responses.respond(host, "acme", "c1", "unsubscribe")
    responses.respond(host, "acme", "c1", "unsubscribe", topic="product")

    moves(host, NEW)

    assert keeps_out(host, NEW) == keeps_out(host, OLD) == [(None, ("", "product"))]


def test_who_complained_gets_no_mail_at_a_new_address_and_what_bounced_was_the_old_one(host):
    responses.take_in(host, responses.Response("acme", "c1", "unsubscribe", lasting="complained"))
    moves(host, NEW)
    assert keeps_out(host, NEW) == [("complained", ("",))]

    tell(host, "acme", contact={"id": "c2", "name": "Lee", "email": "lee@acme.test"})
    responses.respond(host, "acme", "c2", "bounce")
    tell(host, "acme", contact={"id": "c2", "email": "lee@new.test"})

    assert keeps_out(host, "lee@new.test") == []


@pytest.mark.parametrize("mailed", [True, False])
def test_an_address_that_was_away_for_a_while_is_known_by_what_was_told_of_it(host, mailed):
    if mailed:
        tell(host, "acme", metric="nps", value=3)
    tell(host, "acme", contact={"id": "c2", "name": "Lee", "email": "lee@acme.test"})
    responses.respond(host, "acme", "c1", "unsubscribe")
    moves(host, None)
    tell(host, "acme", contact={"id": "c2", "email": "lee@new.test"})

    moves(host, NEW)

    assert keeps_out(host, NEW) == [(None, ("",))]


def test_what_was_chosen_again_is_not_undone_by_an_older_fact(host):
    responses.respond(host, "acme", "c1", "unsubscribe")
    moves(host, NEW)
    host.database.write(lambda connection: suppressions.opt_in(connection, NEW, [""]))

    tell(host, "acme", at=host.clock.now() - timedelta(days=1), contact={"id": "c1", "email": OLD})

    assert keeps_out(host, NEW) == []
