"""What came back of our mail, and the addresses at which nobody is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "returned",
        sa.Column("delivery", _ID, nullable=False),
        sa.Column("fate", sa.String(20), nullable=False),
        sa.Column("message", _ID, nullable=True),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_returned_delivery"),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name="fk_returned_message"),
        sa.PrimaryKeyConstraint("delivery", "fate", name="pk_returned"),
    )
    op.create_index("ix_returned_fate_at", "returned", ["fate", "at"])
    op.create_index("ix_returned_told_at", "returned", ["told_at"])
    op.create_table(
        "paused",
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("reader", sa.String(100), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("address", name="pk_paused"),
    )


def downgrade() -> None:
    op.drop_table("paused")
    op.drop_table("returned")
