"""Signed POSTs to addresses of our own choice: JSON, with the effect's opaque id for the receiver to know it again by.

    Idempotency-Key: <the effect's id>      the same on every try; who has seen it answers 2xx and does nothing
    Playbook-Timestamp: 1772460000          when it was signed, in seconds; refuse what is older than five minutes
    Playbook-Signature: v1=<hex>            HMAC-SHA256 with the secret over TIMESTAMP + "." + the body's bytes

A try whose answer was lost is made again: the receiver tells the two apart by the key. An address whose secret is not
set gets nothing; what it would have got stays in the local outbox.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request

from activities.transport import Answer, Busy, Finding, Message, Refused, Sent, Transport
from activities.verdict import verdict
from activities.wire import Deadline, Exchange

MOST = 64 * 1024  # bytes of an answer that are read
VERSION = "v1"

log = logging.getLogger(__name__)


class Webhooks:
    """`secret_of` gives the secret that an environment variable holds, if it is set; `local` keeps what is not sent."""

    name = "webhook"

    def __init__(
        self, secret_of: Callable[[str], str | None], local: Transport, seconds: Callable[[], float] = time.time
    ) -> None:
        self._secret_of = secret_of
        self._local = local
        self._seconds = seconds

    def send(self, message: Message, deadline: timedelta) -> Answer:
        secret = self._secret_of(message.signed_by or "")
        if not secret:
            return self._local.send(message, deadline)
        exchange = Exchange(Deadline(deadline))
        try:
            status = _post(exchange, self._request(message, secret))
        except HTTPError as refused:
            return _refusal(refused)
        except Exception as error:  # noqa: BLE001 - the exchange tells trouble outside from a fault of ours
            return exchange.without_answer(error)
        return Sent(f"http:{status}")

    def find(self, message: Message, since: datetime) -> Sent | Busy | None:
        """A receiver cannot be asked; what was kept here can be looked up."""
        return None if self._secret_of(message.signed_by or "") else self._local.find(message, since)

    def check(self) -> Sequence[Finding]:
        """Addresses are policy's; `playbook doctor` looks at their secrets."""
        return []

    def _request(self, message: Message, secret: str) -> Request:
        body, timestamp = message.body.encode(), str(int(self._seconds()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "playbook",
            "Idempotency-Key": message.id,
            "Playbook-Timestamp": timestamp,
            "Playbook-Signature": signature(secret, timestamp, body),
        }
        return Request(message.to, data=body, headers=headers, method="POST")  # noqa: S310 - policy takes http(s) only


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a receiver reckons too, and compares in constant time."""
    signed = timestamp.encode() + b"." + body
    return f"{VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _post(exchange: Exchange, request: Request) -> int:
    with exchange.opener().open(request, timeout=exchange.deadline.left()) as answer:
        answer.read(MOST)
        return int(answer.status)


def _refusal(error: HTTPError) -> Answer:
    """One receiver's trouble with our secret says nothing of the others."""
    with error:
        told = verdict(error.code, {name.lower(): value for name, value in error.headers.items()}, str(error.reason))
    return Refused(told.reason, told.code) if isinstance(told, Refused) else told
