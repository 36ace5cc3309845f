"""What an import remembers on the disk while it is under way: where each fact stands in its file, in the order in which
they are told, how far it has come, and what was wrong.

Only places and digests stand in it, and why lines were left out. It is taken away when the import has ended.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.importing.tables import Fault

_TABLES: Final = """
CREATE TABLE said (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE keys (source TEXT, key BLOB, line INTEGER, place INTEGER, PRIMARY KEY (source, key)) WITHOUT ROWID;
CREATE TABLE found (account BLOB, at INTEGER, form INTEGER, line INTEGER, place INTEGER);
CREATE TABLE faults (file TEXT, line INTEGER, message TEXT, PRIMARY KEY (file, line, message)) WITHOUT ROWID;
"""
# A row's number is its place in the order: all of one account's together, as they happened.
_ORDER: Final = """
CREATE TABLE facts AS SELECT account, form, line, place FROM found ORDER BY account, at, form, line;
DROP TABLE found;
"""


class Busy(Exception):
    """Another process imports the same file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of the fact `number`, from 1: its account's digest, which form makes it, and where its row begins."""

    number: int
    account: bytes
    form: int
    line: int
    place: int


@dataclass(slots=True)
class Way:
    """How far an import has come: `through` facts, of which so many were stored now, and known already."""

    through: int = 0
    stored: int = 0
    known: int = 0


class Shelf:
    """`fingerprint` is of everything that decides what the facts are. `changed`: a file has been changed since the
    import was cut off, so that it begins anew; `resumed`: it goes on. `aside` counts rows of which nothing is made.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        former = self._open() if path.exists() else None
        self.resumed = former == fingerprint
        self.changed = former is not None and not self.resumed
        if not self.resumed:
            self._begin(fingerprint)
        self.aside = self._said("aside")
        self.way = Way(*(self._said(name) for name in ("through", "stored", "known")))

    def _open(self) -> str | None:
        """The fingerprint of what stands in it, if all was found that is to be told; None for a torn one."""
        try:
            self._connect()
            row = self.sql.execute("SELECT value FROM said WHERE name = 'fingerprint'").fetchone()
            return str(row[0]) if row else None
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_BUSY":
                raise Busy from None
            return None
        except sqlite3.DatabaseError:
            return None

    def _connect(self) -> None:
        self.sql = sqlite3.connect(self.path, isolation_level=None, timeout=0.1, check_same_thread=False)
        # What a power cut could tear is only begun anew.
        self.sql.executescript("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000;")
        self.sql.executescript("BEGIN EXCLUSIVE; COMMIT")  # from here on no other process can

    def _begin(self, fingerprint: str) -> None:
        if hasattr(self, "sql"):
            self.sql.close()
        self.path.unlink(missing_ok=True)
        self.path.touch(mode=0o600)
        self._connect()
        self.sql.executescript("BEGIN EXCLUSIVE;" + _TABLES)
        self.sql.executemany(
            "INSERT INTO said VALUES (?, 0)", [(name,) for name in ("through", "stored", "known", "aside")]
        )
        self._fingerprint = fingerprint

    def close(self) -> None:
        """It stays for the next time."""
        self.sql.close()

    def remove(self) -> None:
        self.sql.close()
        self.path.unlink(missing_ok=True)

    # --- what is found

    def add_key(self, source: str, key: str, line: int, place: int) -> int | None:
        """None, or the line that has the key already."""
        row = (source, digest(key), line, place)
        if self.sql.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)", row).rowcount:
            return None
        return int(self.sql.execute("SELECT line FROM keys WHERE source = ? AND key = ?", row[:2]).fetchone()[0])

    def find_key(self, source: str, key: str) -> tuple[int, int] | None:
        """Line and place."""
        query = "SELECT line, place FROM keys WHERE source = ? AND key = ?"
        found: tuple[int, int] | None = self.sql.execute(query, (source, digest(key))).fetchone()
        return found

    def add_fact(self, account: str, at: int, form: int, line: int, place: int) -> None:
        self.sql.execute("INSERT INTO found VALUES (?, ?, ?, ?, ?)", (digest(account), at, form, line, place))

    def add_fault(self, fault: Fault) -> None:
        row = (fault.file, fault.line, fault.message)
        self.sql.execute("INSERT OR IGNORE INTO faults VALUES (?, ?, ?)", row)

    def all_found(self) -> None:
        """From here on an import that is cut off is gone on with."""
        for statement in filter(str.strip, _ORDER.split(";")):
            self.sql.execute(statement)
        self.sql.execute("UPDATE said SET value = ? WHERE name = 'aside'", (self.aside,))
        self.sql.execute("INSERT INTO said VALUES ('fingerprint', ?)", (self._fingerprint,))
        self.sql.execute("COMMIT")

    # --- what is told

    def total(self) -> int:
        return int(self.sql.execute("SELECT coalesce(max(rowid), 0) FROM facts").fetchone()[0])

    def left(self) -> Iterator[Place]:
        """What is not through yet, in order."""
        query = "SELECT rowid, account, form, line, place FROM facts WHERE rowid > ? ORDER BY rowid LIMIT 2000"
        after = self.way.through
        while some := self.sql.execute(query, (after,)).fetchall():
            yield from (Place(*row) for row in some)
            after = some[-1][0]

    def came(self, way: Way) -> None:
        self.way = way
        rows = [("through", way.through), ("stored", way.stored), ("known", way.known)]
        self.sql.execute("BEGIN")
        self.sql.executemany("UPDATE said SET value = ?2 WHERE name = ?1", rows)
        self.sql.execute("COMMIT")

    def faults(self, most: int) -> list[Fault]:
        """The first of them, by file and line."""
        return [Fault(*row) for row in self.sql.execute("SELECT * FROM faults ORDER BY file, line LIMIT ?", (most,))]

    def faulty(self) -> int:
        return int(self.sql.execute("SELECT count(*) FROM faults").fetchone()[0])

    def _said(self, name: str) -> int:
        row = self.sql.execute("SELECT value FROM said WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0


def digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
