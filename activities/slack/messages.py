"""Slack messages by Slack's own client: to a person, a channel or a thread, and edited in place.

Slack knows no idempotency key. The effect's opaque id travels as message metadata, which the workspace can read; by
that a lost answer is found again. A receipt is `channel:timestamp`, which is all that a thread or an edit needs.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from activities.slack.client import API, TimedClient, headers_of
from activities.slack.reach import trouble
from activities.slack.text import fallback, quiet, sections
from activities.transport import Answer, Busy, Finding, Message, Refused, Sent, Uncertain
from activities.wire import UNREACHABLE_FOR, Deadline

EVENT_TYPE = "playbook_effect"
SCOPES: Mapping[str, str] = {
    "chat:write": "posts and edits messages",
    "commands": "answers /playbook",
    "im:write": "opens a conversation with a person",
    "users:read": "reads who is in the workspace",
    "users:read.email": "finds a person by mail address",
    "im:history": "finds a message to a person whose answer was lost",
    "channels:history": "finds a message in a channel whose answer was lost",
    "channels:read": "finds a public channel by its name, for the same",
}

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MEMBER = re.compile(r"[UW][A-Z0-9]+")
_GONE = frozenset({"thread_not_found", "message_not_found", "channel_not_found"})
_UNREADABLE = "missing_scope"  # posting may be allowed all the same
_CLOCK_SKEW = timedelta(minutes=2)
_PAGES = 5  # of 200 entries each; no place of ours has more since a claim

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Place:
    channel: str
    ts: str


class Slack:
    """`look_up` bounds each of `find` and `check` as a whole. Unless `broadcasts`, mentions of a whole channel are
    shown without waking it."""

    name = "slack"

    def __init__(
        self,
        token: str,
        *,
        api: str = API,
        broadcasts: bool = False,
        look_up: timedelta = timedelta(seconds=15),
    ) -> None:
        if not re.fullmatch(r"[!-~]+", token):  # http.client would name the token in its complaint
            raise ValueError("The Slack token is empty or has a character that no token has.")
        self._token = token
        self._api = api
        self._broadcasts = broadcasts
        self._look_up = look_up
        self._users: dict[str, str] = {}  # mail address → user id
        self._rooms: dict[str, str] = {}  # user id → the conversation with this user

    def send(self, message: Message, deadline: timedelta) -> Answer:
        answer = self._sent(message, deadline)
        if isinstance(answer, Refused) and not answer.credentials and _is_channel(message.to):
            return replace(answer, reason=f"Into {message.to}: {answer.reason}")
        return answer

    def _sent(self, message: Message, deadline: timedelta) -> Answer:
        if not message.body.strip():
            return Refused("The message is empty. (no_text)", "no_text")
        if not _reachable(message):
            return Refused(f"{message.to} is not a Slack member id (U…) nor an address. (no_member_id)", "no_member_id")
        client = self._client(deadline)
        try:
            channel = self._channel(client, message)
        except Exception as error:  # noqa: BLE001 - answer_to tells trouble outside from a fault of ours
            self._users.pop(message.to, None)
            return _before_posting(client.answer_to(error))
        answer = self._deliver(client, message, channel, _place(message.edit))
        if isinstance(answer, Refused) and message.alone and answer.code in _GONE:
            return self._deliver(client, replace(message, thread=None), channel, None)
        if isinstance(answer, Refused) and answer.code == "message_not_found":
            return self._deliver(client, message, channel, None)  # somebody deleted it: it is still to be read
        return answer

    def find(self, message: Message, since: datetime) -> Sent | Busy | None:
        """A message in a private channel is found by the channel's id only, not by its name. None also where the app
        may never read the place."""
        if not _reachable(message):
            return None
        client = self._client(self._look_up)
        found = self._looked_for(client, message, since)
        if found is None and message.thread and message.alone:
            return self._looked_for(client, replace(message, thread=None), since)
        return found

    def _looked_for(self, client: TimedClient, message: Message, since: datetime) -> Sent | Busy | None:
        try:
            channel = _channel_id(client, self._channel(client, message))
            for candidate in _candidates(client, message, channel, str(int((since - _CLOCK_SKEW).timestamp()))):
                if candidate.get("metadata", {}).get("event_payload", {}).get("effect") == message.id:
                    return Sent(f"{channel}:{candidate['ts']}")
        except Exception as error:  # noqa: BLE001 - as in send
            answer = client.answer_to(error)
            log.info("effect %s could not be looked up in Slack: %s", message.id, answer)
            return _unread(answer)
        return None

    def remove(self, receipt: str, deadline: timedelta) -> Answer:
        """The thread first, so that another try still finds it. What people wrote there is theirs to delete."""
        place, client, theirs = _place(receipt), self._client(deadline), 0
        if place is None:
            return Sent(receipt)
        try:
            listed = _pages(client.conversations_replies, "messages", channel=place.channel, ts=place.ts)
            found = [one for one in listed if one["ts"] != place.ts]
            for one in found:
                theirs += not (one.get("bot_id") and _deleted(client, place.channel, str(one["ts"])))
            gone = _deleted(client, place.channel, place.ts)
        except Exception as error:  # noqa: BLE001 - as in send
            answer = client.answer_to(error)
            return Sent(receipt) if isinstance(answer, Refused) and answer.code in _GONE else answer
        if theirs or not gone:
            return Refused("People's own words below a message are theirs to delete.", "cant_delete_message")
        return Sent(receipt)

    def check(self) -> Sequence[Finding]:
        client = self._client(self._look_up)
        try:
            reply = client.auth_test()
        except Exception as error:  # noqa: BLE001 - as in send
            return [trouble("slack token", client, error, _no_entry)]
        entry = Finding("slack token", ok=True, message=f"The token is good for {reply.get('team', 'its workspace')}.")
        return [entry, _rights(headers_of(reply).get("x-oauth-scopes"))]

    def _client(self, deadline: timedelta) -> TimedClient:
        """One a call: what it knows of its deadline must not leak into the next."""
        return TimedClient(self._token, self._api, Deadline(deadline))

    def _deliver(self, client: TimedClient, message: Message, channel: str, edited: _Place | None) -> Answer:
        content = self._content(message)
        thread = _place(message.thread)
        try:
            if edited:
                reply = client.chat_update(channel=channel, ts=edited.ts, **content)
            else:
                reply = client.chat_postMessage(
                    channel=channel,
                    thread_ts=thread.ts if thread else None,
                    reply_broadcast=True if thread and message.broadcast else None,
                    unfurl_links=False,
                    unfurl_media=False,
                    **content,
                )
        except Exception as error:  # noqa: BLE001 - as in send
            return client.answer_to(error)
        return Sent(f"{reply['channel']}:{reply['ts']}")

    def _content(self, message: Message) -> dict[str, Any]:
        body = message.body if self._broadcasts else quiet(message.body)
        return {
            "text": fallback(body),
            "blocks": [dict(one) for one in message.blocks] or [_section(part) for part in sections(body)],
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"effect": message.id}},
        }

    def _channel(self, client: TimedClient, message: Message) -> str:
        """Where it goes: an edit or a thread stays where it began. Receipts of another transport name no place."""
        place = _place(message.edit) or _place(message.thread)
        if place:
            return place.channel
        to = message.to
        if _MAIL.fullmatch(to):
            to = _remembered(self._users, to, lambda: client.users_lookupByEmail(email=to)["user"]["id"])
        if _MEMBER.fullmatch(to):
            return _remembered(self._rooms, to, lambda: client.conversations_open(users=to)["channel"]["id"])
        return to


def _deleted(client: TimedClient, channel: str, ts: str) -> bool:
    try:
        client.chat_delete(channel=channel, ts=ts)
    except SlackApiError as error:
        code = error.response.get("error")
        if code not in {"message_not_found", "cant_delete_message"}:
            raise
        return bool(code == "message_not_found")
    return True


def _section(mrkdwn: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


def _reachable(message: Message) -> bool:
    """What is meant for a person is never posted into a channel: only `#name` and a channel's id are one."""
    to = message.to
    if _place(message.edit) or _place(message.thread) or _is_id(to):
        return True
    return bool(_MAIL.fullmatch(to) or _MEMBER.fullmatch(to) or (to.startswith("#") and len(to) > 1))


def _remembered(known: dict[str, str], key: str, ask: Callable[[], str]) -> str:
    if key not in known:
        known[key] = ask()
    return known[key]


def _channel_id(client: TimedClient, channel: str) -> str:
    """Unlike a post, a look into the history needs the id. A name that is not found stays as it is."""
    if _is_id(channel):
        return channel
    name = channel.removeprefix("#")
    listed = _pages(client.conversations_list, "channels", types="public_channel", exclude_archived=True)
    return next((str(entry["id"]) for entry in listed if entry.get("name") == name), channel)


def _is_channel(to: str) -> bool:
    return to.startswith("#") or _is_id(to)


def _is_id(channel: str) -> bool:
    return re.fullmatch(r"[CGD][A-Z0-9]{5,}", channel) is not None


def _candidates(client: TimedClient, message: Message, channel: str, oldest: str) -> Iterator[Mapping[str, Any]]:
    """A thread's messages are not part of its channel's history."""
    edited, thread = _place(message.edit), _place(message.thread)
    where: dict[str, Any] = {"channel": channel, "include_all_metadata": True}
    if edited:
        return _pages(
            client.conversations_history, "messages", **where, oldest=edited.ts, latest=edited.ts, inclusive=True
        )
    if thread:
        return _pages(client.conversations_replies, "messages", **where, oldest=oldest, ts=thread.ts)
    return _pages(client.conversations_history, "messages", **where, oldest=oldest)


def _pages(fetch: Callable[..., SlackResponse], entries: str, **where: Any) -> Iterator[Mapping[str, Any]]:
    cursor = None
    for _ in range(_PAGES):
        reply = fetch(**where, limit=200, cursor=cursor)
        yield from reply.get(entries, [])
        cursor = (reply.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _place(receipt: str | None) -> _Place | None:
    match = re.fullmatch(r"([CGD][A-Z0-9]{5,}):(\d+\.\d+)", receipt or "")
    return _Place(*match.groups()) if match else None


def _before_posting(answer: Answer) -> Answer:
    """Whatever became of a look-up, nothing has been posted yet."""
    return Busy(answer.reason, UNREACHABLE_FOR) if isinstance(answer, Uncertain) else answer


def _unread(answer: Answer) -> Busy | None:
    """Nobody knows whether it is there, while looking again may tell."""
    match answer:
        case Busy():
            return answer
        case Uncertain(reason):
            return Busy(reason, UNREACHABLE_FOR)
        case Refused(reason, code, credentials=True) if code != _UNREADABLE:
            return Busy(reason, UNREACHABLE_FOR)  # until the token is mended
    return None


def _no_entry(refused: Refused) -> Finding:
    fix = "Install the app in the workspace again and set its bot token (xoxb-...) as SLACK_BOT_TOKEN."
    return Finding("slack token", ok=False, message=refused.reason, fix=fix)


def _rights(granted: str | None) -> Finding:
    if granted is None:
        message = "Slack did not say which scopes the app has (its answer lacks the header x-oauth-scopes)."
        return Finding("slack scopes", ok=True, message=f"{message} It needs {', '.join(sorted(SCOPES))}.")
    missing = sorted(SCOPES.keys() - {scope.strip() for scope in granted.split(",")})
    if not missing:
        return Finding("slack scopes", ok=True, message="The app has every permission that it needs.")
    lacking = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    fix = "Add them under OAuth & Permissions in the app's settings and install it again."
    return Finding("slack scopes", ok=False, message=f"The app lacks: {lacking}.", fix=fix)
