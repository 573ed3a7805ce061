"""The life of a fault: when it was told, how often, how many lives it had of late, and when it was closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a batch: SQLite can add a column as it stands.
    op.add_column("faults", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("faults", sa.Column("tellings", sa.Integer(), nullable=True))
    op.add_column("faults", sa.Column("lives", sa.Integer(), nullable=True))
    op.add_column("faults", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("closed_at", "lives", "tellings", "told_at"):
        op.drop_column("faults", name)
