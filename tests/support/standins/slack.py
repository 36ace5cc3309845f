"""Slack's Web API as far as it is used: messages, threads, conversations and people, with Slack's own refusals."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.support.standins.server import Request, Response, StandIn

Arguments = dict[str, Any]
ALL_SCOPES = (
    "chat:write", "commands", "im:write", "users:read", "users:read.email", "im:history",
    "channels:history", "channels:read",
)  # fmt: skip


@dataclass(slots=True)
class Posted:
    """A message as it stands now; `edits` counts how often it was replaced."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]
    thread_ts: str | None = None
    broadcast: bool = False
    edits: int = 0
    by_person: bool = False

    @property
    def effect(self) -> str | None:
        effect = self.metadata.get("event_payload", {}).get("effect")
        return None if effect is None else str(effect)

    @property
    def shown(self) -> str:
        return "\n".join(_texts(self.blocks))

    @property
    def buttons(self) -> list[str]:
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        return [button["text"]["text"] for row in rows for button in row]


@dataclass(slots=True)
class Room:
    id: str
    name: str = ""
    archived: bool = False
    member: bool = True
    private: bool = False
    messages: list[Posted] = field(default_factory=list)


class Refusal(Exception):
    pass


@dataclass(slots=True)
class Limit:
    """Of one method: `burst` calls at once, then one in `apart` seconds by `clock`; in the whole workspace, or in each
    conversation.
    """

    clock: Callable[[], datetime]
    burst: int
    apart: float
    each_channel: bool = False
    refused: int = 0
    free: dict[str, datetime] = field(default_factory=dict)

    def wait(self, channel: str) -> int:
        """Seconds, as Slack tells them; 0 when the call may pass."""
        place, now = channel if self.each_channel else "", self.clock()
        free = max(self.free.get(place, now), now)
        over = (free - now).total_seconds() - (self.burst - 1) * self.apart
        if over > 0:
            self.refused += 1
            return ceil(over)
        self.free[place] = free + timedelta(seconds=self.apart)
        return 0


class StandInSlack(StandIn):
    """A workspace: `people` maps mail addresses to user ids; rooms are made by `room`, conversations as asked for."""

    def __init__(self, token: str = "xoxb-token", certificate: Path | None = None) -> None:
        super().__init__(certificate)
        self.token = token
        self.scopes = list(ALL_SCOPES)
        self.people: dict[str, str] = {}
        self.rooms: dict[str, Room] = {}
        self.app_token, self.socket = "xapp-token", ""  # where Socket Mode is to be found
        self.page = 100
        self.views: list[Arguments] = []
        self.homes: dict[str, Arguments] = {}
        self.whispers: list[str] = []
        self.limits: dict[str, Limit] = {}
        self._numbers = count(1)
        self._direct: dict[str, str] = {}

    @property
    def api(self) -> str:
        return f"{self.url}/api/"

    @property
    def messages(self) -> list[Posted]:
        return [message for room in self.rooms.values() for message in room.messages]

    @property
    def conversations(self) -> dict[str, Room]:
        """Those with one person, by their user id."""
        return {user: self.rooms[room] for user, room in self._direct.items()}

    def room(self, name: str, *, archived: bool = False, member: bool = True, private: bool = False) -> Room:
        made = Room(f"C{len(self.rooms):08d}", name, archived, member, private)
        self.rooms[made.id] = made
        return made

    def answer(self, request: Request) -> Response:
        if request.path == "/hooks/click":
            self.whispers.append(json.loads(request.body)["text"])
            return Response(body={"ok": True})
        method = request.path.removeprefix("/api/")
        headers = {"X-OAuth-Scopes": ",".join(self.scopes)}
        if wait := self._wait(method, request):
            return Response(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait)})
        try:
            act = self._permitted(method, request)
            return Response(body={"ok": True} | act(_arguments(request)), headers=headers)
        except Refusal as refusal:
            return Response(body={"ok": False, "error": str(refusal)}, headers=headers)

    def _wait(self, method: str, request: Request) -> int:
        limit = self.limits.get(method)
        return limit.wait(str(_arguments(request).get("channel"))) if limit else 0

    def _permitted(self, method: str, request: Request) -> Callable[[Arguments], Arguments]:
        token = self.app_token if method == "apps.connections.open" else self.token
        if request.headers.get("authorization") != f"Bearer {token}":
            raise Refusal("invalid_auth")
        scope, act = self._methods()[method]
        if scope and scope not in self.scopes:
            raise Refusal("missing_scope")
        return act

    def _methods(self) -> dict[str, tuple[str, Callable[[Arguments], Arguments]]]:
        return {
            "apps.connections.open": ("", lambda _: {"url": self.socket}),
            "auth.test": ("", lambda _: {"team": "Acme", "team_id": "T0ACME", "user_id": "UBOT00000", "bot_id": "B0"}),
            "bots.info": ("users:read", lambda _: {"bot": {"id": "B0", "app_id": "A0PLAYS"}}),
            "users.list": ("users:read", self._members),
            "users.info": ("users:read", self._info),
            "views.open": ("", self._view),
            "views.publish": ("", self._view),
            "views.update": ("", self._view),
            "chat.postMessage": ("chat:write", self._post),
            "chat.update": ("chat:write", self._update),
            "chat.delete": ("chat:write", self._delete),
            "conversations.open": ("im:write", self._open),
            "conversations.list": ("channels:read", self._list),
            "conversations.history": ("", self._history),
            "conversations.replies": ("", self._replies),
            "users.lookupByEmail": ("users:read.email", self._look_up),
        }

    def _post(self, given: Arguments) -> Arguments:
        room = self._writable(str(given["channel"]))
        thread = given.get("thread_ts")
        if thread and not any(message.ts == thread for message in room.messages):
            raise Refusal("thread_not_found")
        content = _content(given)
        message = Posted(room.id, f"{int(time.time())}.{next(self._numbers):06d}", *content, thread_ts=thread)
        message.broadcast = bool(given.get("reply_broadcast"))
        room.messages.append(message)
        return {"channel": room.id, "ts": message.ts}

    def _update(self, given: Arguments) -> Arguments:
        room = self._writable(str(given["channel"]))
        for message in room.messages:
            if message.ts == given["ts"]:
                message.text, message.blocks, message.metadata = _content(given)
                message.edits += 1
                return {"channel": room.id, "ts": message.ts}
        raise Refusal("message_not_found")

    def _delete(self, given: Arguments) -> Arguments:
        room = self._room(str(given["channel"]))
        found = next((one for one in room.messages if one.ts == given["ts"]), None)
        if found is None:
            raise Refusal("message_not_found")
        if found.by_person:
            raise Refusal("cant_delete_message")
        room.messages.remove(found)
        return {"channel": room.id, "ts": found.ts}

    def _open(self, given: Arguments) -> Arguments:
        user = str(given["users"])
        if user not in self.people.values():
            raise Refusal("user_not_found")
        if user not in self._direct:
            room = Room(f"D{len(self._direct):08d}")
            self.rooms[room.id] = room
            self._direct[user] = room.id
        return {"channel": {"id": self._direct[user]}}

    def _list(self, given: Arguments) -> Arguments:
        asked = str(given.get("types", "public_channel")).split(",")
        if "private_channel" in asked and "groups:read" not in self.scopes:
            raise Refusal("missing_scope")
        named = [room for room in self.rooms.values() if room.name and not room.archived]
        seen = [one for one in named if (one.member if one.private else True) and _kind(one) in asked]
        rooms = [{"id": room.id, "name": room.name, "is_member": room.member} for room in seen]
        return self._paged("channels", rooms, given)

    def _history(self, given: Arguments) -> Arguments:
        room = self._room(str(given["channel"]))
        top = [message for message in reversed(room.messages) if message.thread_ts is None]
        return self._read(top, given)

    def _replies(self, given: Arguments) -> Arguments:
        room = self._room(str(given["channel"]))
        found = [m for m in room.messages if given["ts"] in {m.ts, m.thread_ts}]
        if not found:
            raise Refusal("thread_not_found")
        return self._read(found, given)

    def _look_up(self, given: Arguments) -> Arguments:
        if given["email"] not in self.people:
            raise Refusal("users_not_found")
        return {"user": {"id": self.people[given["email"]], "profile": {"email": given["email"]}}}

    def _members(self, given: Arguments) -> Arguments:
        everyone = [{"id": user, "deleted": False, "profile": {"email": mail}} for mail, user in self.people.items()]
        return self._paged("members", everyone, given)

    def _info(self, given: Arguments) -> Arguments:
        mails = [mail for mail, user in self.people.items() if user == given["user"]]
        if not mails:
            raise Refusal("user_not_found")
        return {"user": {"id": given["user"], "profile": {"email": mails[0]}}}

    def _view(self, given: Arguments) -> Arguments:
        view = given["view"] if isinstance(given["view"], dict) else json.loads(given["view"])
        if len(json.dumps(view["blocks"])) > 100_000 or any(_is_malformed(one) for one in view["blocks"]):
            raise Refusal("invalid_arguments")
        named = [one["block_id"] for one in view["blocks"] if "block_id" in one]
        if len(view["blocks"]) > 100 or len(set(named)) < len(named):
            raise Refusal("invalid_arguments")
        if "user_id" in given:
            self.homes[str(given["user_id"])] = view
        self.views.append(view)
        return {"view": {"id": f"V{len(self.views)}"}}

    def _room(self, named: str) -> Room:
        for room in self.rooms.values():
            if named in {room.id, f"#{room.name}"}:
                return room
        raise Refusal("channel_not_found")

    def _writable(self, named: str) -> Room:
        room = self._room(named)
        if room.archived:
            raise Refusal("is_archived")
        if not room.member:
            raise Refusal("not_in_channel")
        return room

    def _read(self, messages: list[Posted], given: Arguments) -> Arguments:
        oldest, latest = given.get("oldest", "0"), given.get("latest", "9999999999")
        kept = [message for message in messages if float(oldest) <= float(message.ts) <= float(latest)]
        with_metadata = given.get("include_all_metadata") == "1"
        return self._paged("messages", [_shown(message, with_metadata=with_metadata) for message in kept], given)

    def _paged(self, name: str, entries: list[dict[str, Any]], given: Arguments) -> Arguments:
        start = int(given.get("cursor") or 0)
        end = start + min(int(given.get("limit", 100)), self.page)
        following = str(end) if end < len(entries) else ""
        return {name: entries[start:end], "response_metadata": {"next_cursor": following}}


def _kind(room: Room) -> str:
    return "private_channel" if room.private else "public_channel"


def _content(given: Arguments) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    blocks = given.get("blocks", [])
    if not given.get("text") and not blocks:
        raise Refusal("no_text")
    if len(blocks) > 50 or any(_is_malformed(block) for block in blocks):
        raise Refusal("invalid_blocks")
    if sum(map(len, _texts(blocks))) > 13_000:
        raise Refusal("msg_blocks_too_long")
    return str(given.get("text", "")), blocks, given.get("metadata", {})


def _is_malformed(block: dict[str, Any]) -> bool:
    """By Slack's own models and the limits that its reference names beside them."""
    try:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    except (SlackObjectFormationError, AssertionError):
        return True
    limit = 3000 if "text" in block else 2000
    actions = [one.get("action_id") for one in block.get("elements", []) if "action_id" in one]
    return len(set(actions)) < len(actions) or any(not 0 < len(text) <= limit for text in _texts([block]))


def _texts(blocks: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        found += [
            one["text"]["text"] if isinstance(one["text"], dict) else one["text"]
            for one in parts
            if one and "text" in one
        ]
    return found


def _shown(message: Posted, *, with_metadata: bool) -> dict[str, Any]:
    shown = {"type": "message", "ts": message.ts, "text": message.text}
    shown |= {"user": "U0ANA"} if message.by_person else {"bot_id": "B0"}
    return shown | {"metadata": message.metadata} if with_metadata else shown


def _arguments(request: Request) -> Arguments:
    """The client declares JSON even for a call without arguments."""
    if request.body and "json" in request.headers.get("content-type", ""):
        parsed = json.loads(request.body)
        assert isinstance(parsed, dict)
        return parsed
    return dict(parse_qsl(request.body.decode()))
