"""What Slack sends when somebody acts, signed as Slack signs it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from activities.host import Host
from activities.slack.workspace import Workspace
from tests.support.callers import Caller
from tests.support.standins import StandInSlack
from workers.http.app import make_app
from workers.http.slack import Door
from workers.slack.receiver import Receiver

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, APP = {"id": "T0ACME", "domain": "acme"}, "A0PLAYS"
FORM = "application/x-www-form-urlencoded"


def signature(secret: str, stamp: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


def click(user: str, verb: str, task: str, url: str = "", **more: Any) -> dict[str, Any]:
    """A button of a card."""
    action = {"type": "button", "block_id": "verbs", "action_id": f"task.{verb}", "value": task, "action_ts": "1.1"}
    return {
        "type": "block_actions", "user": {"id": user, "team_id": TEAM["id"]}, "team": TEAM, "api_app_id": APP,
        "trigger_id": "1.2.3", "response_url": url, "actions": [action], **more,
    }  # fmt: skip


def sent(user: str, view: Mapping[str, Any], **fields: Mapping[str, Any]) -> dict[str, Any]:
    """A form, filled in: `fields` are the states by the name of their block."""
    state = {name: {next(iter(one)): {"type": "any", **one}} for name, one in fields.items()}
    return {
        "type": "view_submission", "user": {"id": user}, "team": TEAM, "api_app_id": APP,
        "view": {**view, "id": "V1", "state": {"values": state}},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counter:
    """A host's HTTP interface as Slack calls it."""

    caller: Caller
    host: Host
    slack: StandInSlack
    receiver: Receiver

    def post(self, path: str, body: bytes, secret: str = SECRET, age: int = 0, **headers: str) -> httpx.Response:
        stamp = str(int(self.host.clock.real().timestamp()) - age)
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature(secret, stamp, body)}
        return self.caller.post(path, content=body, headers={"Content-Type": FORM, **signed, **headers})

    def act(self, payload: Mapping[str, Any]) -> httpx.Response:
        return self.post("/slack/interactions", urlencode({"payload": json.dumps(payload)}).encode())

    def press(self, user: str, verb: str, task: str) -> httpx.Response:
        return self.act(click(user, verb, task, f"{self.slack.url}/hooks/click"))

    def fill(self, user: str, **fields: Mapping[str, Any]) -> httpx.Response:
        """The form that was opened last."""
        return self.act(sent(user, self.slack.views[-1], **fields))

    def whispers(self) -> list[str]:
        """All that was said to who acted, once nothing is under way any more."""
        self.receiver.close()
        return self.slack.whispers


def counter(host: Host, slack: StandInSlack, ack: float = 5) -> Counter:
    receiver = Receiver(host, Workspace(slack.token, api=slack.api), ack)
    app = make_app(host, door=Door(receiver, SECRET, host.clock.real))
    return Counter(Caller(app, ("203.0.113.9", 50_000), "http://localhost:8080"), host, slack, receiver)
