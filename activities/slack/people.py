"""Whether the colleagues of people.yaml are to be found in Slack: by the id that is stated, else by mail address."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from activities.slack.client import API, TimedClient
from activities.slack.reach import trouble
from activities.transport import Finding, Refused
from activities.wire import Deadline
from engine.people import People, Person

NAME = "slack people"
WITHIN = timedelta(seconds=30)
PAGES = 50  # of 200 members each


def check_people(
    token: str, people: People, *, by_mail: bool = False, api: str = API, within: timedelta = WITHIN
) -> Sequence[Finding]:
    """Names those whom Slack does not bring anything. `by_mail`: what is for them can go by mail instead."""
    client = TimedClient(token, api, Deadline(within))
    try:
        members = [one for one in _members(client) if not one.get("deleted")]
    except Exception as error:  # noqa: BLE001 - trouble tells what is outside from a fault of ours
        return [trouble(NAME, client, error, _untold, "Slack does not tell who is there.")]
    there = [one for one in people.everyone if one.active]
    ids, mails = {one.get("id") for one in members}, {mail for one in members if (mail := _mail(one))}
    strange = [one for one in there if one.slack and one.slack not in ids]
    lost = [one for one in there if not one.slack and (one.email or "").lower() not in mails]
    if not strange and not lost:
        return [Finding(NAME, ok=True, message=f"All {len(there)} colleagues of people.yaml are in Slack.")]
    found = [_strange(strange, by_mail=by_mail)] if strange else []
    return [*found, *([_lost(lost, len(there), by_mail=by_mail, tells=bool(mails))] if lost else [])]


def _strange(people: Sequence[Person], *, by_mail: bool) -> Finding:
    named = ", ".join(f"{one.id} ({one.slack})" for one in people)
    message = f"Slack knows no member of the id that people.yaml states for {named}."
    fix = "Copy the ids anew (Profile > Copy member ID), or take `slack` away where `email` is their address in Slack."
    return Finding(NAME, ok=False, message=f"{message} {_instead(people, by_mail=by_mail)}", fix=fix)


def _lost(people: Sequence[Person], of: int, *, by_mail: bool, tells: bool) -> Finding:
    named = ", ".join(f"{one.id} ({one.email or 'no address'})" for one in people)
    message = f"{len(people)} of {of} colleagues are not found in Slack by their mail address: {named}."
    fix = "Mend their mail addresses in people.yaml, or state their member ids there: `slack: U…` (Profile > Copy ID)."
    if not tells:
        fix = "Slack tells nobody's address: give the app users:read.email and install it again, or state member ids."
    return Finding(NAME, ok=False, message=f"{message} {_instead(people, by_mail=by_mail)}", fix=fix)


def _instead(people: Sequence[Person], *, by_mail: bool) -> str:
    """What becomes of what is for them."""
    refused = [one.id for one in people if not (by_mail and one.email)]
    if not refused:
        return "What is for them goes by mail, and `playbook attention` says so."
    if len(refused) == len(people):
        return "Messages to them are refused."
    return f"What is for them goes by mail; messages to {', '.join(refused)}, without a mail address, are refused."


def _untold(refused: Refused) -> Finding:
    message = f"Slack does not tell who is there. {refused.reason}"
    return Finding(NAME, ok=False, message=message, fix="Mend the token, or give the app users:read.")


def _members(client: TimedClient) -> Iterator[Mapping[str, Any]]:
    cursor = None
    for _ in range(PAGES):
        reply = client.users_list(limit=200, cursor=cursor)
        yield from reply.get("members", [])
        cursor = (reply.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _mail(member: Mapping[str, Any]) -> str:
    return str(member.get("profile", {}).get("email") or "").lower()
