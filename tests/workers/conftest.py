"""Fixtures for what runs on Temporal."""

from tests.support.databases import database, postgres, postgresql, postgresql_url, sqlite, sqlite_url
from tests.support.temporal import temporal

__all__ = ["database", "postgres", "postgresql", "postgresql_url", "sqlite", "sqlite_url", "temporal"]
