"""What is from SendGrid is known by its signature, and nothing odd is ever more than that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.sendgrid_signature import SIGNATURE, TIMESTAMP, is_signed, public_key
from tests.support.sendgrid_posts import Signer

# Published by SendGrid with its library (sendgrid-python, test/unit/test_eventwebhook.py, MIT).
KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6w"
    "EA3F+g=="
)
SHOWN = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
AT = "1600112502"
BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
THEN = datetime.fromtimestamp(int(AT), UTC)


def test_the_published_signature_is_taken():
    assert is_signed(KEY, SHOWN, AT, BODY, THEN)


@pytest.mark.parametrize(
    ("key", "signature", "timestamp", "body"),
    [
        (KEY, SHOWN, AT, BODY.strip()),
        (KEY, SHOWN, "1600112503", BODY),
        (Signer().key, SHOWN, AT, BODY),
        (KEY, SHOWN[:-6] + "aaZtM=", AT, BODY),
    ],
)
def test_what_is_not_exactly_what_was_signed_is_refused(key, signature, timestamp, body):
    assert not is_signed(key, signature, timestamp, body, THEN)


@pytest.mark.parametrize(
    ("after", "taken"),
    [
        (timedelta(hours=24), True),
        (timedelta(hours=26), False),
        (-timedelta(minutes=6), False),
    ],
)
def test_a_signature_is_taken_for_as_long_as_sendgrid_tries_and_no_longer(after, taken):
    assert is_signed(KEY, SHOWN, AT, BODY, THEN + after) is taken


@given(st.text(max_size=100), st.one_of(st.text(max_size=20), st.just(AT)), st.binary(max_size=50))
def test_nothing_odd_raises(signature, timestamp, body):
    assert not is_signed(KEY, signature, timestamp, body, THEN)


def test_a_body_that_is_no_text_can_be_signed():
    signer, body = Signer(), b"\xff\x00mail"
    headers = signer.headers(body, THEN)

    assert is_signed(signer.key, headers[SIGNATURE], headers[TIMESTAMP], body, THEN)


@pytest.mark.parametrize("odd", ["", "key", "c2VjcmV0", "ü"])
def test_what_is_no_key_is_said_so(odd):
    with pytest.raises(ValueError, match="it is not a verification key"):
        public_key(odd)
