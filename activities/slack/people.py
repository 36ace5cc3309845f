"""Whether the colleagues of people.yaml are to be found in Slack: by the id that is stated, else by mail address."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from activities.slack.client import TimedClient
from activities.slack.messages import API
from activities.transport import Finding
from activities.wire import Deadline
from engine.people import People, Person

WITHIN = timedelta(seconds=30)
PAGES = 50  # of 200 members each
SHOWN = 10


def check_people(token: str, people: People, *, api: str = API, within: timedelta = WITHIN) -> Finding:
    """One line, which names those who would get nothing."""
    client = TimedClient(token, api, Deadline(within))
    try:
        members = list(_members(client))
    except Exception as error:  # noqa: BLE001 - answer_to tells trouble outside from a fault of ours
        why = client.answer_to(error).reason  # type: ignore[union-attr]  # what was raised is never Sent
        return Finding("Slack people", ok=False, message=f"Slack does not tell who is there: {why}")
    there = [one for one in people.everyone if one.active]
    lost = [one for one in there if not _is_among(one, members)]
    if not lost:
        return Finding("Slack people", ok=True, message=f"All {len(there)} colleagues of people.yaml are in Slack.")
    names = ", ".join(f"{one.id} ({one.slack or one.email or 'no address'})" for one in lost[:SHOWN])
    more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
    fix = "Mend their mail addresses in people.yaml, or state their member ids there: `slack: U…` (Profile > Copy ID)."
    message = f"{len(lost)} of {len(there)} colleagues are not found in Slack and would get nothing: {names}{more}."
    return Finding("Slack people", ok=False, message=message, fix=fix)


def _members(client: TimedClient) -> Iterator[Mapping[str, Any]]:
    cursor = None
    for _ in range(PAGES):
        reply = client.users_list(limit=200, cursor=cursor)
        yield from reply.get("members", [])
        cursor = (reply.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _is_among(person: Person, members: list[Mapping[str, Any]]) -> bool:
    there = [one for one in members if not one.get("deleted")]
    if person.slack:
        return any(one.get("id") == person.slack for one in there)
    mail = (person.email or "").lower()
    return bool(mail) and any(str(one.get("profile", {}).get("email", "")).lower() == mail for one in there)
