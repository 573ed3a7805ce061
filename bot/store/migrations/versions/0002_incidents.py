"""Incidents: what ties the posts about one downtime together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import Id, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_updated_at", "incidents", ["updated_at"])
    with op.batch_alter_table("messages") as batch:
        batch.add_column(sa.Column("incident", Id, nullable=True))
        batch.create_index("ix_messages_incident", ["incident"])


def downgrade() -> None:
    op.drop_index("ix_messages_incident", "messages")
    op.drop_column("messages", "incident")
    op.drop_index("ix_incidents_updated_at", "incidents")
    op.drop_table("incidents")
