"""Statements made once: what is written and asked all the time is not put together anew each time.

SQLAlchemy takes longer to put a small statement together than SQLite takes to run it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Select, Table, Update, bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from activities.store.database import chunks

Row = Mapping[str, Any]


class Among:
    """A query for the rows whose column has one of some values: one value is asked for by =, more by IN, in parts."""

    def __init__(self, query: Select[Any], column: ColumnElement[Any]) -> None:
        self._one = query.where(column == bindparam("one"))
        self._some = query.where(column.in_(bindparam("some", expanding=True)))

    def rows(self, connection: Connection, values: Collection[Any], **more: Any) -> Iterator[Any]:
        """In the order of the values where they do not fit into one part. `more` are the query's own parameters."""
        ordered = sorted(set(values))
        if len(ordered) == 1:
            yield from connection.execute(self._one, {"one": ordered[0], **more})
            return
        for part in chunks(ordered):
            yield from connection.execute(self._some, {"some": part, **more})


def add_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(_inserting(table), list(rows))


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Every row has the same columns; those that are not the primary key are replaced."""
    if rows:
        connection.execute(_upserting(table, connection.dialect.name, tuple(rows[0])), list(rows))


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Rows whose key is there already are left as they are; how many were not."""
    if not rows:
        return 0
    adding = _adding(table, connection.dialect.name)
    return connection.execute(adding, list(rows), execution_options={"preserve_rowcount": True}).rowcount


def change(connection: Connection, table: Table, key: object, **changes: Any) -> None:
    """One row, by its primary key of one column."""
    change_all(connection, table, [{"which": key, **changes}])


def change_all(connection: Connection, table: Table, rows: Sequence[Row], grows: str | None = None) -> None:
    """As `change`, for many rows: each has its key as `which`, and the same columns."""
    if rows:
        names = tuple(name for name in rows[0] if name != "which")
        connection.execute(_updating(table, names, grows), list(rows))


def insert_into(connection: Connection, table: Table) -> Any:
    return insert_for(table, connection.dialect.name)


def insert_for(table: Table, dialect: str) -> Any:
    return (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)


@cache
def _inserting(table: Table) -> Insert:
    return insert(table)


@cache
def _adding(table: Table, dialect: str) -> Any:
    return insert_for(table, dialect).on_conflict_do_nothing()


@cache
def _upserting(table: Table, dialect: str, names: tuple[str, ...]) -> Any:
    statement = insert_for(table, dialect)
    key = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


@cache
def _updating(table: Table, names: tuple[str, ...], grows: str | None) -> Update:
    (key,) = table.primary_key
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    values |= {grows: table.c[grows] + 1} if grows else {}
    return update(table).where(key == bindparam("which")).values(values)
