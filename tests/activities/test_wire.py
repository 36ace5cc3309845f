import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from threading import Event
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from activities import wire
from activities.email import SendGrid
from activities.transport import Busy, Message, Sender, Sent, Uncertain
from activities.wire import Deadline, DeadlinePassed, Exchange
from tests.support.standins import Drips, Drops, StandInSendGrid

WITHIN = timedelta(seconds=5)
SHORT = timedelta(seconds=0.4)
MAIL = Message(id="m1", channel="email", to="a@acme.example", subject="S", body="B", sender=Sender("c@vendor.example"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "stand-in.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def trusting(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    wire._trust.cache_clear()
    yield
    wire._trust.cache_clear()


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
    with pytest.raises(type(error)):
        Exchange(Deadline(WITHIN)).without_answer(error)


@pytest.mark.parametrize("error", [ValueError("ann@acme.example"), ssl.SSLError("ann@acme.example"), OSError("ann")])
def test_what_went_wrong_is_told_by_its_kind_and_not_in_its_words(error):
    exchange = Exchange(Deadline(WITHIN))
    exchange.reached = True

    assert "ann" not in exchange.without_answer(error).reason
