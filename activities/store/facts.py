"""Facts as they came: kept whole, found again by their id."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from activities.store.database import chunks
from activities.store.tables import facts
from activities.store.together import Collided
from activities.store.writing import insert_new
from engine.facts import Fact


@dataclass(frozen=True, slots=True)
class Stored:
    fact: Fact
    received: datetime


def known(connection: Connection, ids: Collection[str]) -> set[str]:
    """Which of the ids are stored already."""
    found: set[str] = set()
    for part in chunks(sorted(set(ids))):
        found |= set(connection.scalars(select(facts.c.id).where(facts.c.id.in_(part))))
    return found


def stored(connection: Connection, ids: Collection[str]) -> dict[str, Stored]:
    """Those of the ids that are stored already, by id."""
    found: dict[str, Stored] = {}
    query = select(facts.c.id, facts.c.body, facts.c.received)
    for part in chunks(sorted(set(ids))):
        for id_, body, received in connection.execute(query.where(facts.c.id.in_(part))):
            found[id_] = Stored(Fact.model_validate_json(body), received)
    return found


def add(connection: Connection, new: Sequence[Fact], received: datetime) -> None:
    """Raises Collided when another transaction stored one of them under another account's lock."""
    try:
        if new:
            connection.execute(insert(facts), _rows(new, received))
    except IntegrityError:
        raise Collided from None


def _rows(new: Sequence[Fact], received: datetime) -> list[dict[str, object]]:
    return [
        {"id": one.id, "account": one.account, "at": one.at, "received": received, "body": one.model_dump_json()}
        for one in new
    ]


def add_said(connection: Connection, said: Sequence[Fact], received: datetime) -> None:
    """Facts that runs said themselves; one that is said again is the same fact."""
    insert_new(connection, facts, _rows(said, received))


def received_by(connection: Connection, account: str, then: datetime) -> list[Fact]:
    """What had come in by then, in the order in which it happened."""
    query = select(facts.c.body).where(facts.c.account == account, facts.c.received <= then)
    bodies = connection.scalars(query.order_by(facts.c.at, facts.c.id))
    return [Fact.model_validate_json(body) for body in bodies]


def last_addresses(connection: Connection, account: str, contacts: Collection[str]) -> dict[str, str]:
    """By contact, the mail address that they had last, as facts have told it. In one pass over what told of any."""
    found: dict[str, str] = {}
    query = select(facts.c.body).where(facts.c.account == account, facts.c.body.contains('"email":"', autoescape=True))
    for body in connection.scalars(query.order_by(facts.c.at.desc(), facts.c.id.desc())) if contacts else ():
        told = Fact.model_validate_json(body).contact or {}
        contact, email = str(told.get("id")), told.get("email")
        if contact in contacts and isinstance(email, str) and email:
            found.setdefault(contact, email)
        if len(found) == len(contacts):
            break
    return found


def of_account(
    connection: Connection, account: str, since: datetime | None = None, limit: int | None = 1_000
) -> list[Fact]:
    """In the order in which they happened."""
    query = select(facts.c.body).where(facts.c.account == account)
    query = query.where(facts.c.at >= since) if since else query
    bodies = connection.scalars(query.order_by(facts.c.at, facts.c.id).limit(limit))
    return [Fact.model_validate_json(body) for body in bodies]
