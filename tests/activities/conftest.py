"""Fixtures for what lives in a database, and for what speaks TLS."""

from tests.support.certificates import certificate, trusting
from tests.support.databases import database, postgres, postgresql, postgresql_url, sqlite, sqlite_url

__all__ = ["certificate", "database", "postgres", "postgresql", "postgresql_url", "sqlite", "sqlite_url", "trusting"]
