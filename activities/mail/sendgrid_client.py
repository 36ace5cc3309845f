"""The vendor's SendGrid client behind a typed door. It ships no types, so what is untyped stays in this file."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.request import OpenerDirector, Request

from python_http_client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from activities.wire import Exchange

# At DEBUG it writes the key, the addresses and the bodies.
logging.getLogger("python_http_client").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: Any  # parsed JSON, or None where there was none


def receipt_of(message_id: str) -> str:
    """X-Message-Id, with which the sending was answered, where an `sg_message_id` shows where it ends."""
    found = re.match(r"([\w-]{22})\.", message_id)
    return found[1] if found else message_id


def call(
    key: str,
    host: str,
    exchange: Exchange,
    verb: Literal["get", "post"],
    path: str,
    body: Mapping[str, object] | None = None,
) -> Reply:
    """One request by a client of its own: the vendor's keeps headers of one call for the next. Every status is a
    Reply; only the lack of an answer raises."""
    vendor = SendGridAPIClient(key, host=host)
    vendor.client = _Timed(exchange, host=host, version=3, request_headers=vendor.client.request_headers)
    try:
        answer = getattr(vendor.client._(path), verb)(request_body=body)
    except HTTPError as error:
        return Reply(int(error.status_code), _lower(error.headers), _parsed(error.body))
    return Reply(int(answer.status_code), _lower(answer.headers), _parsed(answer.body))


class _Timed(Client):  # type: ignore[misc]
    """The client's two documented seams: how it builds itself for a path, and how it makes the request."""

    def __init__(self, exchange: Exchange, **settings: Any) -> None:
        super().__init__(**settings)
        self.exchange = exchange

    def _build_client(self, name: str | None = None) -> "_Timed":
        return _Timed(
            self.exchange,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> Any:
        del opener, timeout  # the client's own know no total deadline
        return super()._make_request(self.exchange.opener(), request, timeout=self.exchange.deadline.left())


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
