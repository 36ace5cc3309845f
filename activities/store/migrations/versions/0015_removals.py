"""Messages of erased accounts that are still to be deleted in Slack."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("receipt", name=op.f("pk_removals")),
    )
    op.create_index("ix_removals_next_at", "removals", ["next_at"])
