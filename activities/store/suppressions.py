"""Addresses that get no mail any more, whatever a playbook wants."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from activities.store.tables import suppressions
from activities.store.writing import insert_new

_REASON = select(suppressions.c.reason).where(suppressions.c.address == bindparam("of"))


def add(connection: Connection, address: str, reason: str, since: datetime) -> None:
    insert_new(connection, suppressions, [{"address": address.lower(), "reason": reason, "since": since}])


def lift(connection: Connection, address: str) -> None:
    connection.execute(delete(suppressions).where(suppressions.c.address == address.lower()))


def reason_of(connection: Connection, address: str) -> str | None:
    """Why the address is suppressed; None when it is not."""
    return connection.scalar(_REASON, {"of": address.lower()})
