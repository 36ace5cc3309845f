"""What is told of providers that take nothing: since when, how much waits, when it is tried again, what to do."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.desks import bench
from activities.host import Host
from activities.store import cards, mail_events, troubles
from activities.store.cards import CardRow
from activities.store.effects import EffectRow
from activities.store.troubles import Trouble
from workers.views import View, attention_view, effect_view, instant


def provider_views(connection: Connection, host: Host) -> Iterator[View]:
    """One for each channel in trouble, however much waits for it."""
    for one in troubles.found(connection, host.clock.real()):
        since = host.clock.logical(one.since) if one.since else None
        fix = "mend what `playbook doctor` tells (a changed setting counts from the next start); "
        fix += f"then `playbook resume --provider {one.channel}` tries it at once"
        more = {"since": instant(since), "waiting": one.waiting, "next_try": instant(_next(one, host))}
        yield attention_view("provider", one.channel, None, _told(connection, host, one), fix, **more)


def message_views(connection: Connection, host: Host, rows: Sequence[EffectRow]) -> list[View]:
    """Each with when it is tried, or looked for, next (null where that is in its turn, or a person's to say), and with
    what became of a mail since, as far as that was told.
    """
    down = troubles.down(connection)
    events = mail_events.of_mails(connection, [row.id for row in rows if row.channel == "email"])
    return [
        {
            **effect_view(row),
            "next_try": instant(row.until) or _of_provider(row, down, host),
            "events": [{"kind": kind, "at": instant(at)} for kind, at in events.get(row.id, [])],
        }
        for row in rows
    ]


def card_views(connection: Connection, limit: int) -> Iterator[View]:
    """Messages that do not show how their tasks stand; those that Slack takes for one reason are told as one."""
    found: dict[str, list[CardRow]] = {}
    for row in cards.troubled(connection, limit):
        found.setdefault(row.reason or "", []).append(row)
    for reason, rows in found.items():
        task = rows[0].task
        if len(rows) == 1:
            told = f"the message to {rows[0].recipient} does not show how its task stands: {reason}"
            fix = f"mend that; it is tried again by itself, and playbook task show {task} tells how it stands"
            yield attention_view("card", task, rows[0].account, told, fix)
        else:
            told = f"{len(rows):,} messages do not show how their tasks stand: {reason}"
            fix = "mend that; it is tried again by itself, and playbook task show TASK tells how one stands"
            yield attention_view("card", task, None, told, fix, number=len(rows))


def _told(connection: Connection, host: Host, one: Trouble) -> str:
    match one.sort:
        case "not asked":
            return f"whether something has arrived by {one.channel} cannot be looked for: {one.reason}"
        case "not taken":
            return f"what is to go out by {one.channel} is not taken: {one.reason}"
    told = f"nothing goes out by {one.channel}, and what is for it keeps its place: {one.reason}"
    if one.channel == "slack" and host.falls_back:
        span = bench(host, connection).current.setting.policy.mail_fallback
        told += f"; what is for colleagues goes to them by mail when that lasts for {span}"
    return told


def _next(one: Trouble, host: Host) -> datetime | None:
    return host.clock.logical(one.tried_at) if one.tried_at else one.until


def _of_provider(row: EffectRow, down: dict[str, Trouble], host: Host) -> JsonValue:
    one = down.get(row.channel) if row.held == "provider" else None
    return instant(_next(one, host)) if one else None
