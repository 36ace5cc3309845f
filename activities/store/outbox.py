"""The local outbox: messages that would have gone to SendGrid and Slack, kept where a person can read them."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from activities.store.tables import outbox
from activities.transport import Message


@dataclass(frozen=True, slots=True)
class Kept:
    """`at` is the logical instant at which it was kept."""

    seq: int
    at: datetime
    id: str
    channel: str
    address: str
    subject: str
    body: str


def keep(connection: Connection, message: Message, at: datetime) -> None:
    row = {
        "id": message.id,
        "channel": message.channel,
        "at": at,
        "address": message.to,
        "subject": message.subject,
        "body": message.body,
        "message": json.dumps(asdict(message), ensure_ascii=False),
    }
    connection.execute(insert(outbox).values(row))


def holds(connection: Connection, message: str) -> bool:
    return connection.scalar(select(outbox.c.seq).where(outbox.c.id == message).limit(1)) is not None


def forget(connection: Connection, message: str) -> None:
    connection.execute(delete(outbox).where(outbox.c.id == message))


def listed(connection: Connection, *, channel: str | None = None, after: int = 0, limit: int = 100) -> list[Kept]:
    """In the order they were kept, from the one after `after`."""
    columns = (outbox.c[name] for name in Kept.__dataclass_fields__)
    query = select(*columns).where(outbox.c.seq > after)
    query = query.where(outbox.c.channel == channel) if channel else query
    return [Kept(*row) for row in connection.execute(query.order_by(outbox.c.seq).limit(limit))]
