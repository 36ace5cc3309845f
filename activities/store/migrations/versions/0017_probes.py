"""Which effect a provider did not take last, and who tries it next."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("breakers", sa.Column("effect", sa.Text(), nullable=True))
    op.add_column("breakers", sa.Column("mode", sa.Text(), nullable=True))
