"""The edges: one module per thing outside (mail, Slack, the database, the ledger). Only here does anything leave."""
