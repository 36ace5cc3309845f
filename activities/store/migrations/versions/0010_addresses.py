"""Mails by the address that they went to."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mails = sa.text("channel = 'email'")
    op.create_index("ix_effects_address", "effects", ["address"], sqlite_where=mails, postgresql_where=mails)
