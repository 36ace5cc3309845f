"""Whether the app may write into the channels that playbooks name: they are there, and it has been invited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError

from activities.slack.client import API, TimedClient
from activities.slack.reach import trouble
from activities.transport import Finding, Refused
from activities.wire import Deadline

NAME = "slack channels"
WITHIN = timedelta(seconds=30)
PAGES = 50  # of 200 channels each
PUBLIC = "public_channel"
ALL = "public_channel,private_channel"  # of the private ones, those that the app is in
INVITE = "Write `/invite @playbooks` in each of them (by the name that the app has with you)."

Wanted = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Channels by `#name`, with whether the app is in each; `whole` if none that it might see is left out."""

    there: Mapping[str, bool]
    private: bool
    whole: bool


def check_channels(token: str, wanted: Wanted, *, api: str = API, within: timedelta = WITHIN) -> Sequence[Finding]:
    """`wanted` says of each `#channel` which playbooks write to it."""
    if not wanted:
        return []
    client = TimedClient(token, api, Deadline(within))
    try:
        seen = _seen(client)
    except Exception as error:  # noqa: BLE001 - trouble tells what is outside from a fault of ours
        return [trouble(NAME, client, error, lambda refused: _untold(refused, wanted), "Slack does not list channels.")]
    outside = {name: by for name, by in wanted.items() if seen.there.get(name) is False}
    unseen = {name: by for name, by in wanted.items() if name not in seen.there}
    found = [*([_outside(outside)] if outside else []), *([_unseen(unseen, seen)] if unseen else [])]
    return found or [Finding(NAME, ok=True, message=f"The app is in {_named(wanted)}.")]


def _outside(channels: Wanted) -> Finding:
    message = f"The app is not in {_named(channels)}: what is for them is refused, and the run waits."
    return Finding(NAME, ok=False, message=message, fix=INVITE)


def _unseen(channels: Wanted, seen: _Seen) -> Finding:
    if not seen.whole:
        message = (
            f"Slack has more channels than are looked through; whether the app is in {_named(channels)} is not known."
        )
        return Finding(NAME, ok=True, message=message, fix=INVITE)
    if seen.private:
        message = f"The app sees no channel {_named(channels)}: what is for them is refused, and the run waits."
        return Finding(NAME, ok=False, message=message, fix=f"Make them, or mend the playbooks. {INVITE}")
    message = (
        f"There is no public channel {_named(channels)} that is not archived. Of private ones Slack tells the app "
        "nothing (groups:read)."
    )
    fix = f"Make them, or mend the playbooks; where they are private, give the app groups:read. {INVITE}"
    return Finding(NAME, ok=False, message=message, fix=fix)


def _untold(refused: Refused, wanted: Wanted) -> Finding:
    message = f"Slack does not tell whether the app is in {_named(wanted)}. {refused.reason}"
    return Finding(NAME, ok=False, message=message, fix=f"Mend the token, or give the app channels:read. {INVITE}")


def _named(channels: Wanted) -> str:
    """ "#wins (ask), #product (coaching, sessions)" """
    return ", ".join(f"{name} ({', '.join(by)})" for name, by in sorted(channels.items()))


def _seen(client: TimedClient) -> _Seen:
    try:
        return _listed(client, ALL)
    except SlackApiError as error:
        if error.response.get("error") != "missing_scope":
            raise
    return _listed(client, PUBLIC)


def _listed(client: TimedClient, types: str) -> _Seen:
    there: dict[str, bool] = {}
    cursor: str | None = None
    for _ in range(PAGES):
        reply = client.conversations_list(types=types, exclude_archived=True, limit=200, cursor=cursor)
        there |= {f"#{one.get('name')}": one.get("is_member") is True for one in _entries(reply.get("channels"))}
        cursor = (reply.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return _Seen(there, private=types == ALL, whole=not cursor)


def _entries(listed: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in listed or [] if isinstance(one, Mapping))
