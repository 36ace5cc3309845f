"""Since when Slack takes a digest not, and whether it goes by mail instead."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("digests", sa.Column("since", Instant(), nullable=True))
    op.add_column("digests", sa.Column("certain", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("digests", sa.Column("by_mail", sa.Boolean(), nullable=False, server_default=sa.false()))
