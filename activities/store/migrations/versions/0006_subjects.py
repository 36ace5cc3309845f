"""Decisions of each subject of an account, for playbooks with a run for each contact or record."""

import sqlalchemy as sa
from alembic import op

from activities.store.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEPT = ("account", "playbook", "start_hash", "truth", "since", "next_at", "barred", "fault", "why")


def upgrade() -> None:
    names = ", ".join(_KEPT)
    op.drop_index("ix_decisions_fault", table_name="decisions")
    op.rename_table("decisions", "decisions_before")
    if op.get_bind().dialect.name == "postgresql":
        # Names of constraints are the schema's: the new table wants the same.
        for name in ("fk_decisions_account", "pk_decisions"):
            op.drop_constraint(name, "decisions_before")
    op.create_table(
        "decisions",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("playbook", sa.Text(), nullable=False),
        sa.Column("start_hash", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, server_default=""),
        sa.Column("truth", sa.Boolean(), nullable=True),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("barred", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_decisions_account")),
        sa.PrimaryKeyConstraint("account", "playbook", "start_hash", "subject", name=op.f("pk_decisions")),
    )
    op.execute(f"INSERT INTO decisions ({names}) SELECT {names} FROM decisions_before")  # noqa: S608 - all ours
    op.drop_table("decisions_before")
    where = sa.text("fault IS NOT NULL")
    op.create_index("ix_decisions_fault", "decisions", ["account"], sqlite_where=where, postgresql_where=where)
