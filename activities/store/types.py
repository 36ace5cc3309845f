"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator, TypeEngine

_WRITTEN = "%Y-%m-%dT%H:%M:%S.%fZ"  # fixed width: text compares as the instants do

Sequence = BigInteger().with_variant(Integer(), "sqlite")  # only an INTEGER primary key counts by itself on SQLite


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC with microseconds; `timestamptz` on PostgreSQL, text of fixed width on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone cannot be stored")
        instant = value.astimezone(UTC)
        # strftime does not pad years below 1000 on every platform.
        return instant.strftime(_WRITTEN).rjust(27, "0") if dialect.name == "sqlite" else instant

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        instant: datetime = value
        return instant.astimezone(UTC)
