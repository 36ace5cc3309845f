"""Starts that wait for a person: what is held, how many have started in a period, which playbooks are paused."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, server_default=""),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_holds_account")),
        sa.PrimaryKeyConstraint("account", "subject", "playbook", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_playbook_account", "holds", ["playbook", "account"])
    op.create_table(
        "counters",
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("playbook", "period", "since", name=op.f("pk_counters")),
    )
    op.create_table(
        "pauses",
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("playbook", name=op.f("pk_pauses")),
    )
