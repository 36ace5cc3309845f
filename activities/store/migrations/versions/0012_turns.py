"""Whose message that follows a task is shown next: in the order in which they fell behind."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cards", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    where = sa.text("rev > shown")
    op.drop_index("ix_cards_stale", table_name="cards")
    op.create_index("ix_cards_stale", "cards", ["turn"], sqlite_where=where, postgresql_where=where)
