"""At once: why a route waits or was not sent at once, and the mails that a rule wants an answer to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import Id, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a batch: SQLite can add columns as it stands, and a batch would write the whole table anew.
    op.add_column("routes", sa.Column("held", sa.String(20), nullable=True))
    op.add_column("routes", sa.Column("held_until", Moment(), nullable=True))
    op.add_column("routes", sa.Column("held_why", sa.Text(), nullable=True))
    op.create_index("ix_deliveries_rfc_message_id", "deliveries", ["rfc_message_id"])
    op.create_table(
        "awaited",
        sa.Column("delivery", Id, nullable=False),
        sa.Column("message", Id, nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_awaited_delivery"),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name="fk_awaited_message"),
        sa.PrimaryKeyConstraint("delivery", "message", name="pk_awaited"),
    )
    op.create_index("ix_awaited_message", "awaited", ["message"])
    op.create_index("ix_awaited_closed_at", "awaited", ["closed_at"])


def downgrade() -> None:
    op.drop_table("awaited")
    op.drop_index("ix_deliveries_rfc_message_id", "deliveries")
    for name in ("held_why", "held_until", "held"):
        op.drop_column("routes", name)
