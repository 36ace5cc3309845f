"""SendGrid's v3 API as far as it is used: mail/send with its own checks, Email Logs, scopes."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.standins.server import Request, Response, StandIn

_RESERVED = re.compile(
    r"(?i)x-sg-id|x-sg-eid|received|dkim-signature|content-.*|to|from|subject|reply-to|cc|bcc|mime-version"
)
_CONDITION = re.compile(r'^(to_email) = "([^"]*)"$|^(sg_message_id_created_at) >= TIMESTAMP "([^"]*)"$')


@dataclass(frozen=True, slots=True)
class Mail:
    """What SendGrid accepted, one for each recipient."""

    id: str  # sg_message_id; the X-Message-Id answered is its beginning
    at: datetime
    to: str
    payload: dict[str, Any]

    @property
    def effect(self) -> str | None:
        return self.custom_args.get("effect")

    @property
    def custom_args(self) -> dict[str, str]:
        return dict(self.payload["personalizations"][0].get("custom_args", {}))

    def part(self, kind: str) -> str:
        return next(str(part["value"]) for part in self.payload["content"] if part["type"] == kind)


class StandInSendGrid(StandIn):
    """`logs_lag` hides mails from the Email Logs, as the real ones lag behind; `scopes` may be taken away."""

    def __init__(self, key: str = "SG.key", certificate: Path | None = None) -> None:
        super().__init__(certificate)
        self.key = key
        self.mails: list[Mail] = []
        self.logs_lag = False
        self.scopes = ["mail.send", "email_activity.read", "whitelabel.read"]
        self.domains = [{"domain": "vendor.example", "valid": True}, {"domain": "begun.example", "valid": False}]

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _refused(401, "The provided authorization grant is invalid, expired, or revoked")
        match request.verb, request.path:
            case "POST", "/v3/mail/send":
                return self._send(_object(request))
            case "GET", "/v3/scopes":
                return Response(body={"scopes": self.scopes})
            case "GET", "/v3/whitelabel/domains":
                return Response(body=self.domains) if "whitelabel.read" in self.scopes else _refused(403, "forbidden")
            case "POST", "/v3/logs":
                return self._logs(_object(request))
            case "GET", path if path.startswith("/v3/logs/"):
                return self._log(path.removeprefix("/v3/logs/"))
            case _:
                return _refused(404, "not found")

    def _send(self, payload: dict[str, Any]) -> Response:
        if "mail.send" not in self.scopes:
            return _refused(403, "access forbidden")
        complaints = [{"message": text, "field": field, "help": None} for text, field in _complaints(payload)]
        if complaints:
            return Response(400, {"errors": complaints})
        if payload.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Response(200)
        number = len(self.mails)
        short = f"mail{number:04d}"
        for index, to in enumerate(payload["personalizations"][0]["to"]):
            mail_id = f"{short}.recvd-node-1-{number:08d}-00.{index}"
            self.mails.append(Mail(mail_id, datetime.now(UTC), to["email"], payload))
        return Response(202, headers={"X-Message-Id": short})

    def _logs(self, body: dict[str, Any]) -> Response:
        if "email_activity.read" not in self.scopes:
            return _refused(403, "access forbidden")
        mails = [] if self.logs_lag else self.mails
        for condition in filter(None, str(body.get("query", "")).split(" AND ")):
            asked = _CONDITION.match(condition)
            if not asked:
                return _refused(400, "invalid query")
            _, address, _, since = asked.groups()
            mails = [mail for mail in mails if _fits(mail, address, since)]
        newest = sorted(mails, key=lambda mail: mail.at, reverse=True)
        return Response(body={"messages": [_entry(mail) for mail in newest[: int(body.get("limit", 10))]]})

    def _log(self, mail_id: str) -> Response:
        for mail in self.mails:
            if mail.id == mail_id:
                events = [{"event": "processed", "timestamp": int(mail.at.timestamp())}]
                return Response(body=_entry(mail) | {"unique_args": mail.custom_args, "events": events})
        return _refused(404, "not found")


def _complaints(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    person = payload["personalizations"][0]
    addresses = [to["email"] for to in person["to"]]
    for index, address in enumerate(addresses):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
            yield "Does not contain a valid address.", f"personalizations.0.to.{index}.email"
    if len(set(addresses)) < len(addresses):
        yield "Each email address in the personalization block should be unique", "personalizations.0"
    if not payload.get("subject"):
        yield "The subject is required.", "subject"
    if [part["type"] for part in payload["content"]] != ["text/plain", "text/html"]:
        yield "The first content block must be text/plain", "content.0.type"
    if not all(part["value"] for part in payload["content"]):
        yield "The content value must be a string at least one character in length.", "content.0.value"
    arguments = person.get("custom_args", {})
    if not all(isinstance(value, str) for value in arguments.values()) or len(json.dumps(arguments)) > 10_000:
        yield "The custom_args must be strings of less than 10000 bytes.", "personalizations.0.custom_args"
    if len(payload.get("categories", [])) > 10:
        yield "A maximum of 10 categories is allowed.", "categories"
    for name in filter(_RESERVED.fullmatch, payload.get("headers", {})):
        yield f"The header {name} is reserved.", "headers"


def _fits(mail: Mail, address: str | None, since: str | None) -> bool:
    return mail.to == address if address else mail.at >= datetime.fromisoformat(since or "")


def _entry(mail: Mail) -> dict[str, object]:
    return {
        "from_email": mail.payload["from"]["email"],
        "sg_message_id": mail.id,
        "subject": mail.payload["subject"],
        "to_email": mail.to,
        "status": "processed",
        "sg_message_id_created_at": mail.at.isoformat(),
    }


def _object(request: Request) -> dict[str, Any]:
    parsed = json.loads(request.body)
    assert isinstance(parsed, dict)
    return parsed


def _refused(status: int, message: str) -> Response:
    return Response(status, {"errors": [{"message": message, "field": None, "help": None}]})
