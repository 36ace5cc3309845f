"""Addresses that get no mail any more, whatever a playbook wants, and topics that somebody wants no mail of.

The address of a person who was erased is kept as a digest only. The row SALT is no address: its reason is the salt of
the digests, so that nobody finds an address in another database's digests.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from activities.store.tables import optouts, suppressions
from activities.store.writing import Among, insert_new
from engine import mailing

SALT: Final = ":salt"
EVERY: Final = mailing.EVERY
COMPLAINED: Final = "complained"
_TOPICS = select(optouts.c.topic).where(optouts.c.address == bindparam("of"))
_REASON = select(suppressions.c.reason).where(suppressions.c.address == bindparam("of"))

_SUPPRESSED = Among(select(suppressions), suppressions.c.address)
_OPTED_OUT = Among(select(optouts), optouts.c.address)


def add(connection: Connection, address: str, reason: str, since: datetime) -> None:
    insert_new(connection, suppressions, [{"address": address.lower(), "reason": reason, "since": since}])


def opt_out(connection: Connection, address: str, topic: str, since: datetime) -> None:
    """Of one topic, or of EVERY one."""
    insert_new(connection, optouts, [{"address": address.lower(), "topic": topic, "since": since}])


def opt_in(connection: Connection, address: str, topics: Collection[str]) -> None:
    """Mail about these is wanted again; with EVERY among them, about all that was not left by itself."""
    known = [address.lower(), *_digests(connection, address)]
    mine = optouts.c.address.in_(known) & optouts.c.topic.in_(sorted(topics))
    connection.execute(delete(optouts).where(mine))


def left_at(connection: Connection, address: str, topic: str) -> datetime | None:
    """Since when the address gets no mail about the topic in its own right."""
    mine = (optouts.c.address == address.lower()) & (optouts.c.topic == topic)
    since: datetime | None = connection.scalar(select(optouts.c.since).where(mine))
    return since


def take_back(connection: Connection, address: str, since: datetime) -> int:
    """What the address left at that very instant; how much it was."""
    mine = (optouts.c.address == address.lower()) & (optouts.c.since == since)
    return connection.execute(delete(optouts).where(mine)).rowcount


def opted_out(connection: Connection, address: str, topic: str) -> bool:
    known = [address.lower(), *_digests(connection, address)]
    return any(not {topic, EVERY}.isdisjoint(connection.scalars(_TOPICS, {"of": one})) for one in known)


def lift(connection: Connection, address: str, topic: str | None = None) -> int:
    """All that keeps mail from the address, or only its opt-out of one topic; how much there was."""
    known = [address.lower(), *_digests(connection, address)]
    everything = [delete(table).where(table.c.address.in_(known)) for table in (suppressions, optouts)]
    one = [delete(optouts).where(optouts.c.address.in_(known), optouts.c.topic == topic)]
    return sum(connection.execute(each).rowcount for each in (everything if topic is None else one))


def forgive(connection: Connection, address: str) -> None:
    """Who complained wants mail again, in their own word."""
    mine = suppressions.c.address.in_([address.lower(), *_digests(connection, address)])
    connection.execute(delete(suppressions).where(mine, suppressions.c.reason == COMPLAINED))


def pass_on(connection: Connection, old: str, new: str, since: datetime) -> None:
    """Whoever had the one address has the other: what they said keeps mail from both."""
    known = [old.lower(), *_digests(connection, old)]
    for topic in {topic for one in known for topic in connection.scalars(_TOPICS, {"of": one})}:
        opt_out(connection, new, topic, since)
    if reason_of(connection, old) == COMPLAINED:
        add(connection, new, COMPLAINED, since)


@dataclass(frozen=True, slots=True)
class Barred:
    """An address and what it gets no mail about: `topics` (EVERY among them: all that are not essential). With a
    `reason` it gets none at all. What is known of an erased person's is a digest.
    """

    address: str
    reason: str | None
    since: datetime
    topics: tuple[str, ...]


def listed(connection: Connection, address: str | None = None, after: str = "", limit: int = 100) -> list[Barred]:
    """By address, from the one after `after`."""
    known = None if address is None else [address.lower(), *_digests(connection, address)]
    names: set[str] = set()
    for table in (suppressions, optouts):
        query = select(table.c.address).distinct().where(table.c.address > after, table.c.address != SALT)
        query = query if known is None else query.where(table.c.address.in_(known))
        names.update(connection.scalars(query.order_by(table.c.address).limit(limit)))
    some = sorted(names)[:limit]
    reasons = {row.address: row for row in _SUPPRESSED.rows(connection, some)}
    topics: dict[str, list[Row[Any]]] = {}
    for row in _OPTED_OUT.rows(connection, some):
        topics.setdefault(row.address, []).append(row)
    return [_barred(one, reasons.get(one), topics.get(one, [])) for one in some]


def _barred(address: str, suppressed: Row[Any] | None, topics: Sequence[Row[Any]]) -> Barred:
    since = min(row.since for row in (*topics, *([suppressed] if suppressed else [])))
    return Barred(address, suppressed.reason if suppressed else None, since, tuple(sorted(row.topic for row in topics)))


def reason_of(connection: Connection, address: str) -> str | None:
    """Why the address is suppressed; None when it is not."""
    plain: str | None = connection.scalar(_REASON, {"of": address.lower()})
    if plain is not None:
        return plain
    return next((connection.scalar(_REASON, {"of": one}) for one in _digests(connection, address)), None)


def hide(connection: Connection, addresses: Collection[str]) -> int:
    """Those of the addresses that are suppressed stay so, but nobody can read them any more; how many there were."""
    hidden = 0
    for address in sorted({one.lower() for one in addresses}):
        digest = _digest(salt(connection), address)
        _hide_topics(connection, address, digest)
        mine = suppressions.c.address == address
        if connection.scalar(_REASON, {"of": digest}) is not None:
            hidden += connection.execute(delete(suppressions).where(mine)).rowcount
        else:
            hidden += connection.execute(update(suppressions).where(mine).values(address=digest)).rowcount
    return hidden


def _hide_topics(connection: Connection, address: str, digest: str) -> None:
    mine = optouts.c.address == address
    rows = connection.execute(select(optouts.c.topic, optouts.c.since).where(mine)).all()
    insert_new(connection, optouts, [{"address": digest, "topic": row.topic, "since": row.since} for row in rows])
    connection.execute(delete(optouts).where(mine))


def salt(connection: Connection) -> str:
    """Made when it is first needed; the same for ever after."""
    row = {"address": SALT, "reason": secrets.token_hex(16), "since": datetime(1970, 1, 1, tzinfo=UTC)}
    insert_new(connection, suppressions, [row])
    return str(connection.scalar(_REASON, {"of": SALT}))


def _digests(connection: Connection, address: str) -> list[str]:
    """Of the address; none where nobody was ever erased."""
    found = connection.scalar(_REASON, {"of": SALT})
    return [_digest(found, address.lower())] if found is not None else []


def _digest(salted: str, address: str) -> str:
    return "sha256:" + hashlib.sha256(f"{salted}·{address}".encode()).hexdigest()
