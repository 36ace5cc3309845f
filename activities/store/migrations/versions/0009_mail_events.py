"""What comes back from mails."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False, server_default=""),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_mail_events_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_events")),
    )
    op.create_index("ix_mail_events_account_contact_kind", "mail_events", ["account", "contact", "kind"])
    op.create_index("ix_mail_events_effect", "mail_events", ["effect"])
    received = sa.text("channel = 'email' AND receipt IS NOT NULL")
    op.create_index("ix_effects_receipt", "effects", ["receipt"], sqlite_where=received, postgresql_where=received)
