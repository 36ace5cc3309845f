"""Fixtures for what lives in a database."""

from tests.support.databases import database, postgres, postgresql, postgresql_url, sqlite, sqlite_url

__all__ = ["database", "postgres", "postgresql", "postgresql_url", "sqlite", "sqlite_url"]
