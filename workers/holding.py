"""Starts of many accounts and starts that are held, as people and programs are told of them."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.desks import bench
from activities.host import Host
from activities.releasing import Waiting, waiting
from activities.starts import Tally
from activities.store import holds
from engine.stored import to_json
from engine.subjects import slot
from workers.views import View, attention_view
from workers.wording import why_barred, why_held

EVERY = 20_000  # held starts that one listing shows at most
CROWD = 10  # held starts of one playbook; more than that are one thing to decide


def tally_view(tally: Tally, *, done: bool) -> View:
    """`started` are runs by account; before anything is done, `would_start` are accounts."""
    barred: View = {reason: list[JsonValue](several) for reason, several in sorted(tally.barred.items())}
    if done:
        return {"started": dict(sorted(tally.started.items())), "barred": barred}
    return {"would_start": list[JsonValue](sorted(tally.started)), "barred": barred}


def tally_lines(tally: Tally) -> Iterator[str]:
    """Who is barred, and by what."""
    for reason, several in sorted(tally.barred.items()):
        some = ", ".join(several[:5]) + (", …" if len(several) > 5 else "")
        yield f"{len(several)} not: {why_barred(reason)} ({some})"


def held_views(connection: Connection, host: Host, **which: str | None) -> list[View]:
    found = waiting(connection, host, playbook=which.get("playbook"), account=which.get("account"), limit=EVERY)
    return [held_view(one) for one in found]


def held_view(one: Waiting) -> View:
    """`still`: whether its condition is true as things stand; null where an event or another playbook was the cause."""
    return {
        "playbook": one.playbook,
        "account": one.account,
        "subject": one.subject,
        "reason": one.reason,
        "at": to_json(one.at),
        "still": one.still,
        "why": one.why,
    }


def held_attention(connection: Connection, host: Host, limit: int) -> Iterator[View]:
    """Start by start, but many of one playbook as one, with `number`; `limit` is of either sort."""
    plans = bench(host, connection).current.rules.plans if (counted := holds.counted(connection)) else {}
    for playbook in sorted({name for name, _ in counted}):
        reasons = {reason: number for (name, reason), number in sorted(counted.items()) if name == playbook}
        if sum(reasons.values()) > CROWD:
            yield _crowd(playbook, reasons, applied=playbook in plans)
            continue
        for one in waiting(connection, host, playbook=playbook, limit=limit):
            yield _alone(one, applied=playbook in plans)


def _alone(one: Waiting, *, applied: bool) -> View:
    still = {True: "; its condition still holds", False: "; its condition holds no more", None: ""}[one.still]
    reason = f"a start of {one.playbook} is held ({why_held(one.reason)}){still}"
    fix = f"playbook release {one.playbook} --account {slot(one.account, one.subject)}{'' if applied else ' --drop'}"
    return attention_view("held", one.playbook, one.account, reason + _gone(applied=applied), fix)


def _crowd(playbook: str, reasons: Mapping[str, int], *, applied: bool) -> View:
    number = sum(reasons.values())
    parts = ", ".join(f"{many}: {why_held(reason)}" for reason, many in reasons.items())
    reason = f"{number:,} starts of {playbook} are held ({parts}){_gone(applied=applied)}"
    fix = f"playbook held --playbook {playbook}; playbook release {playbook} --all{'' if applied else ' --drop'}"
    return attention_view("held", playbook, None, reason, fix, number=number)


def _gone(*, applied: bool) -> str:
    return "" if applied else "; the playbook is applied no more"
