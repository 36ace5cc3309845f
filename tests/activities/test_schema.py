"""The migrations and the tables are one schema."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from activities.store.database import Database
from activities.store.schema import newest, upgrade, version
from activities.store.tables import metadata


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def empty(request):
    database = Database(request.getfixturevalue(request.param))
    yield database
    database.close()


def test_migrations_make_the_tables_that_the_code_reads(empty):
    upgrade(empty)

    differences = empty.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    assert differences == []


def test_an_upgrade_is_safe_to_run_twice(empty):
    assert empty.read(version) is None

    upgrade(empty)
    upgrade(empty)

    assert empty.read(version) == newest() is not None


def test_a_command_that_reads_settings_does_not_wait_for_alembic():
    loaded = "import sys, activities.store.database; print('alembic' in sys.modules)"

    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )

    assert told.stdout.strip() == "False"
