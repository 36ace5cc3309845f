"""The schema's version, and the way to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from activities.store.database import Database

_HOME = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Brings the schema to the newest version, in one transaction; a database that has it already is left alone."""
    if database.read(version) != newest():
        database.write(_upgraded)


def version(connection: Connection) -> str | None:
    """None for a database without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _upgraded(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HOME))
    return config
