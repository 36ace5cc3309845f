"""What is left in a database: every cell of every table as text, and the bytes of a SQLite file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from activities.effect import perform
from activities.host import Channel, Host
from activities.outbox import Outbox
from activities.store import effects, outbox
from activities.store.database import Database
from activities.store.tables import metadata
from activities.transport import Message
from engine.plan import Plan
from tests.support.hosts import host_on

LEE = {"id": "c1", "name": "Lee Varga", "role": "champion", "email": "lee.varga@acme.test", "relationship": 4}


def everything(database: Database) -> str:
    def cells(connection: sa.Connection) -> str:
        rows = (row for table in metadata.sorted_tables for row in connection.execute(sa.select(table)))
        return "\n".join(str(cell) for row in rows for cell in row)

    return database.read(cells)


def bytes_of(folder: Path) -> bytes:
    """Of all that SQLite keeps there: the database, its log, its index."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("playbook.db*")))


def outboxed(database: Database, *plans: Plan, before: Callable[[Message], None] = lambda _: None) -> Host:
    """A host whose mail and Slack messages stay in the local outbox; `before` is told of each that is on its way."""
    host = host_on(database, *plans)

    def keep(message: Message) -> None:
        before(message)
        database.write(partial(outbox.keep, message=message, at=host.clock.now()))

    def holds(message: str) -> bool:
        return database.read(partial(outbox.holds, message=message))

    times = {"deadline": timedelta(seconds=1), "lease": timedelta(seconds=2), "seconds": 3}
    local = {name: Channel(Outbox(keep, holds), name, **times) for name in ("email", "slack")}
    return replace(host, channels=local)


def do_all(host: Host) -> None:
    """Everything that is wanted of the world."""
    for row in host.database.read(partial(effects.listed, states_in=("wanted",))):
        perform(host, row.id, None, lambda _: None)
