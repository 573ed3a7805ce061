"""The last day by which a message asks for something, so that open requests are found without reading every message."""

from __future__ import annotations

import json
import zlib
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: How many messages are looked at in one go.
_SLICE = 200


def upgrade() -> None:
    # Without a batch: SQLite can add a column as it stands, and a batch would write the whole table anew.
    op.add_column("messages", sa.Column("due", sa.Date(), nullable=True))
    op.create_index("ix_messages_due", "messages", ["due"])
    _fill(op.get_bind())


def downgrade() -> None:
    op.drop_index("ix_messages_due", "messages")
    op.drop_column("messages", "due")


def _fill(connection: sa.Connection) -> None:
    """What the stored readings say; they are JSON, compressed, as they were written then."""
    messages = sa.table("messages", sa.column("id", sa.BigInteger), sa.column("reading", sa.LargeBinary),
                        sa.column("due", sa.Date))
    last = 0
    while rows := connection.execute(
        sa.select(messages.c.id, messages.c.reading)
        .where(messages.c.id > last, messages.c.reading.is_not(None)).order_by(messages.c.id).limit(_SLICE)
    ).all():
        last = rows[-1].id
        for row in rows:
            due = _due(json.loads(zlib.decompress(row.reading)).get("reading") or {})
            if due is not None:
                connection.execute(sa.update(messages).where(messages.c.id == row.id).values(due=due))


def _due(reading: dict[str, Any]) -> date | None:
    tags = [reading.get("request"), *(item.get("request") for item in reading.get("items") or [])]
    days = [tag["value"]["due"] for tag in tags if tag and (tag.get("value") or {}).get("due")]
    return max(map(date.fromisoformat, days), default=None)
