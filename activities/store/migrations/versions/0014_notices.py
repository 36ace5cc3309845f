"""Since when a provider is down, and what went to colleagues by mail because of it."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breakers", sa.Column("since", Instant(), nullable=True))
    where = sa.text("channel = 'notice'")
    op.create_index("ix_effects_notices", "effects", ["settled_at"], sqlite_where=where, postgresql_where=where)
