"""Where tasks are shown in a form that can be changed."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cards",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("shown", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("digest", sa.Text(), nullable=False, server_default=""),
        sa.Column("told", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_cards_task")),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_cards_account")),
        sa.PrimaryKeyConstraint("task", "recipient", name=op.f("pk_cards")),
    )
    op.create_index("ix_cards_account", "cards", ["account"])
    where = sa.text("rev > shown")
    op.create_index("ix_cards_stale", "cards", ["lease_until"], sqlite_where=where, postgresql_where=where)
