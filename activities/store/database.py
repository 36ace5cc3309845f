"""Transactions on the app database, the same on SQLite and PostgreSQL.

A transaction is a function of a connection. It may be run again from its beginning when the database says that it
collided with another, so it must do nothing but read and write through that connection.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from activities.store.together import Collided, Together

T = TypeVar("T")

BUSY_TIMEOUT = 15_000  # milliseconds that a SQLite connection waits for another process's write
PAUSES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # seconds before the second, third … try
POOL = {"pool_size": 20, "max_overflow": 40}
_COLLISIONS = {"40001", "40P01"}  # PostgreSQL: serialisation failure, deadlock
_READS = "playbook_reads"


class Database:
    """One per process; safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        # Threads of this process queue here for SQLite's one writer; its own way is to sleep and try again.
        self._together = Together(self.engine) if self.engine.dialect.name == "sqlite" else None

    def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, after its commit. Collisions are retried; every other error rolls back and comes out."""
        for pause in PAUSES:
            try:
                return self._once(work)
            except Collided:
                pass
            except DBAPIError as error:
                if not _collided(error):
                    raise
            time.sleep(pause)
        return self._once(work)

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns from one consistent look; nothing that it does is kept."""
        with self.engine.connect().execution_options(**{_READS: True}) as connection:
            return work(connection)

    def _once(self, work: Callable[[Connection], T]) -> T:
        if self._together is not None:
            return self._together.write(work)
        with self.engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self.engine.dispose()


class Joined(Database):
    """A transaction that is under way, handed to whoever would open one: all that they do is kept together with it, or
    not at all.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, work: Callable[[Connection], T]) -> T:
        return work(self._connection)

    def read(self, work: Callable[[Connection], T]) -> T:
        return work(self._connection)

    def close(self) -> None:
        """It is closed where it was opened."""


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    # Parameters are customers' names and addresses: no error may show them.
    return create_engine(parsed, hide_parameters=True, pool_pre_ping=True, **POOL)


def _sqlite(url: str) -> Engine:
    arguments: Mapping[str, Any] = {"check_same_thread": False, "timeout": BUSY_TIMEOUT / 1000, "isolation_level": None}
    engine = create_engine(url, hide_parameters=True, connect_args=dict(arguments), **POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once when another wrote between, whatever the timeout.
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _collided(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _COLLISIONS:
        return True
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def chunks(ids: list[str], size: int = 500) -> Iterator[list[str]]:
    """Parts of a list that fit into one `IN`."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
