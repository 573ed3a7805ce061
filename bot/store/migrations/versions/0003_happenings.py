"""Happenings: what is dated, once for all posts about it, and what each reader was told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import Id, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "happenings",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=300), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("over_at", Moment(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_happenings"),
        sa.UniqueConstraint("uid", name="uq_happenings_uid"),
    )
    op.create_index("ix_happenings_over_at", "happenings", ["over_at"])
    op.create_table(
        "happening_posts",
        sa.Column("happening", Id, nullable=False),
        sa.Column("message", Id, nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["happening"], ["happenings.id"], name="fk_happening_posts_happening"),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name="fk_happening_posts_message"),
        sa.PrimaryKeyConstraint("happening", "message", name="pk_happening_posts"),
    )
    op.create_index("ix_happening_posts_message", "happening_posts", ["message"])
    op.create_table(
        "told",
        sa.Column("reader", sa.String(length=100), nullable=False),
        sa.Column("happening", Id, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reminded", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["happening"], ["happenings.id"], name="fk_told_happening"),
        sa.PrimaryKeyConstraint("reader", "happening", name="pk_told"),
    )
    op.create_index("ix_told_happening", "told", ["happening"])
    # Without a batch: SQLite can add a column as it stands, and a batch would write the whole table anew.
    op.add_column("messages", sa.Column("dated", sa.Boolean(), nullable=True))
    op.create_index("ix_messages_dated_disposition", "messages", ["dated", "disposition"])


def downgrade() -> None:
    op.drop_index("ix_messages_dated_disposition", "messages")
    op.drop_column("messages", "dated")
    for table in ("told", "happening_posts", "happenings"):
        op.drop_table(table)
