"""What became of mails and runs is counted by playbook."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mails = sa.text("channel = 'email'")
    op.create_index(
        "ix_effects_mails", "effects", ["playbook", "settled_at"], sqlite_where=mails, postgresql_where=mails
    )
    op.create_index("ix_runs_playbook_started", "runs", ["playbook", "started"])
