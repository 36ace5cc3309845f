"""Which day's digest each colleague has had."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digests",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("day", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_digests")),
    )
    op.create_index("ix_digests_next_at", "digests", ["next_at"])
