from datetime import UTC, datetime, timedelta

import pytest

from activities.outbox import Outbox
from activities.transport import Message, Sent, Transport

WITHIN = timedelta(seconds=1)
MAIL = Message(id="m1", channel="email", to="ann@acme.example", body="Hello")


@pytest.fixture
def kept():
    return {}


@pytest.fixture
def outbox(kept):
    def write(message):
        assert message.id not in kept
        kept[message.id] = message

    transport: Transport = Outbox(write, kept.__contains__)
    return transport


def test_a_message_is_kept_and_its_receipt_names_it(outbox, kept):
    answer = outbox.send(MAIL, WITHIN)

    assert answer == Sent("outbox:m1")
    assert kept == {"m1": MAIL}


def test_a_message_is_kept_once_however_often_it_is_sent(outbox, kept):
    answers = [outbox.send(MAIL, WITHIN) for _ in range(3)]

    assert answers == [Sent("outbox:m1")] * 3
    assert len(kept) == 1


def test_what_is_kept_is_found_and_nothing_else(outbox):
    before = outbox.find(MAIL, datetime.now(UTC))
    outbox.send(MAIL, WITHIN)

    assert before is None
    assert outbox.find(MAIL, datetime.now(UTC)) == Sent("outbox:m1")


def test_a_store_in_trouble_is_no_answer_of_a_provider():
    def broken(message):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Outbox(broken, lambda _: False).send(MAIL, WITHIN)


def test_the_doctor_hears_where_messages_go(outbox):
    [finding] = outbox.check()

    assert finding.ok
    assert "local outbox" in finding.message
