"""Care at the moment of sending: whom a mail is for, what holds it, which topics a person wants no mail of, and which
effect tries a provider again that was down.
"""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("effects", sa.Column("recipient", sa.Text(), nullable=False, server_default=""))
    op.add_column("effects", sa.Column("held", sa.Text(), nullable=True))
    whom = "body::json ->> 'to'" if op.get_bind().dialect.name == "postgresql" else "json_extract(body, '$.to')"
    op.execute(f"UPDATE effects SET recipient = {whom} WHERE address <> ''")  # noqa: S608 - both are ours
    op.execute("UPDATE effects SET held = 'provider' WHERE state = 'deferred'")
    op.create_index("ix_effects_account_channel_settled_at", "effects", ["account", "channel", "settled_at"])
    held = sa.text("held = 'provider'")
    op.create_index(
        "ix_effects_put_off",
        "effects",
        ["channel", "priority", "ready_since"],
        sqlite_where=held,
        postgresql_where=held,
    )
    awaited = sa.text("until IS NOT NULL")
    op.create_index("ix_effects_until", "effects", ["until"], sqlite_where=awaited, postgresql_where=awaited)
    op.add_column("breakers", sa.Column("probing", Instant(), nullable=True))
    op.create_table(
        "optouts",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address", "topic", name=op.f("pk_optouts")),
    )
