"""Rates: when a provider, or one channel of it, takes the next message, and whose turn is when."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("effects", sa.Column("go_at", Instant(), nullable=True))
    op.create_table(
        "paces",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("free_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_paces")),
    )
