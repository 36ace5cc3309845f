"""What was deleted is not gone from a database's files at once: SQLite keeps it in free pages for long."""

import sqlite3

from sqlalchemy import Engine

from activities.store.database import Database

MOST = 500_000_000  # bytes that are written anew while others wait for their turn


def overwrite(database: Database, most: int | None = None) -> bool:
    """Writes a SQLite file anew without what was deleted, and empties its log; whether nothing deleted is left in them.

    False as well where the file is larger than `most` bytes, or others held it for too long. PostgreSQL's own vacuum
    sees to it by and by.
    """
    engine = database.engine
    return engine.dialect.name != "sqlite" or _rewritten(engine, most)


def _rewritten(engine: Engine, most: int | None) -> bool:
    raw = engine.raw_connection()  # not within a transaction, which SQLAlchemy would begin
    try:
        cursor = raw.cursor()
        pages, size = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if most is not None and pages * size > most:
            return False
        cursor.execute("VACUUM")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except sqlite3.OperationalError:
        return False
    finally:
        raw.close()
