import socket
import ssl
from datetime import timedelta
from threading import Event
from time import monotonic

import pytest

from activities.mail.sendgrid import SendGrid
from activities.transport import Busy, Message, Sender, Sent, Uncertain, Unsent
from activities.wire import Deadline, DeadlinePassed, Exchange
from tests.support.standins import Drips, Drops, StandInSendGrid

WITHIN = timedelta(seconds=5)
SHORT = timedelta(seconds=0.4)
MAIL = Message(id="m1", channel="email", to="a@acme.example", subject="S", body="B", sender=Sender("c@vendor.example"))


@pytest.fixture
def secure(certificate):
    with StandInSendGrid(certificate=certificate) as stand_in:
        yield stand_in


@pytest.fixture
def deaf():
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()


def test_a_secure_provider_is_spoken_to(secure, trusting):
    answer = SendGrid(secure.key, host=secure.url).send(MAIL, WITHIN)

    assert isinstance(answer, Sent)
    assert len(secure.mails) == 1


def test_a_certificate_that_nobody_vouches_for_gets_nothing(secure):
    answer = SendGrid(secure.key, host=secure.url).send(MAIL, WITHIN)

    assert isinstance(answer, Busy)
    assert "secure connection failed" in answer.reason
    assert secure.requests == []


@pytest.mark.parametrize("fault", [Drips(0.05), Drops("after")])
def test_a_secure_answer_is_held_to_the_deadline_too(secure, trusting, fault):
    secure.fail(fault)
    began = monotonic()

    answer = SendGrid(secure.key, host=secure.url).send(MAIL, SHORT)

    assert isinstance(answer, Uncertain)
    assert monotonic() - began < 1


def test_a_handshake_that_never_ends_is_certain_non_delivery(deaf):
    host, port = deaf

    answer = SendGrid("SG.key", host=f"https://{host}:{port}").send(MAIL, SHORT)

    assert isinstance(answer, Busy)
    assert "the time was up" in answer.reason


def test_a_resolver_that_hangs_is_certain_non_delivery(monkeypatch):
    released = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(10) and [])

    began = monotonic()

    answer = SendGrid("SG.key", host="http://slow.example").send(MAIL, SHORT)

    released.set()
    assert isinstance(answer, Busy)
    assert "the time was up" in answer.reason
    assert monotonic() - began < 1


def test_a_dead_address_leaves_time_for_the_next(monkeypatch):
    with StandInSendGrid() as sendgrid, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        queued = [socket.socket() for _ in range(3)]
        for waiting in queued:
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        alive = ("127.0.0.1", int(sendgrid.url.rsplit(":", 1)[1]))
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in (full.getsockname(), alive)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)

        answer = SendGrid(sendgrid.key, host="http://two.example").send(MAIL, timedelta(seconds=2))

        for waiting in queued:
            waiting.close()
    assert isinstance(answer, Sent)


def test_a_deadline_is_shared_by_the_requests_of_a_call():
    deadline = Deadline(timedelta(seconds=10))

    assert 9 < deadline.left() <= 10
    with pytest.raises(DeadlinePassed):
        Deadline(timedelta(0)).left()


@pytest.mark.parametrize("error", [ValueError("ours"), KeyError("ours")])
def test_a_fault_of_ours_before_anything_left_is_not_called_the_providers(error):
    with pytest.raises(Unsent) as told:
        Exchange(Deadline(WITHIN)).without_answer(error)

    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", [ValueError("ann@acme.example"), ssl.SSLError("ann@acme.example"), OSError("ann")])
def test_what_went_wrong_is_told_by_its_kind_and_not_in_its_words(error):
    exchange = Exchange(Deadline(WITHIN))
    exchange.reached = True

    assert "ann" not in exchange.without_answer(error).reason
