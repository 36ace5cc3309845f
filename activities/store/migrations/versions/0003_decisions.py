"""Decisions in columns of their own, only those that say something; since when each start has been as it is."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = ("truth", "next_at", "barred", "fault")


def upgrade() -> None:
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT account, playbook, start_hash, body FROM decisions")).all()
    op.drop_table("decisions")
    table = op.create_table(
        "decisions",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("start_hash", sa.Text(), nullable=False),
        sa.Column("truth", sa.Boolean(), nullable=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("barred", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_decisions_account")),
        sa.PrimaryKeyConstraint("account", "playbook", "start_hash", name=op.f("pk_decisions")),
    )
    where = sa.text("fault IS NOT NULL")
    op.create_index("ix_decisions_fault", "decisions", ["account"], sqlite_where=where, postgresql_where=where)
    if rows := [_row(*one) for one in known]:
        op.bulk_insert(table, [row for row in rows if row["truth"] or row["next_at"]])
    op.add_column("active", sa.Column("since", sa.Integer(), nullable=False, server_default="0"))


def _row(account: str, playbook: str, start_hash: str, body: str) -> dict[str, object]:
    said = json.loads(body)
    row = {name: said.get(name) for name in _COLUMNS}
    row["next_at"] = row["next_at"] and datetime.fromisoformat(row["next_at"])
    return {"account": account, "playbook": playbook, "start_hash": start_hash, **row}
