"""Every accepted version of the liaison's files; the one that was kept as the last good one becomes the first."""

from __future__ import annotations

import hashlib
import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LAST_GOOD = "rules:last-good"
_FILES = ("areas.yaml", "people.yaml", "routing.yaml")


def upgrade() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("came", sa.String(20), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("texts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_rule_versions"),
    )
    op.create_index("ix_rule_versions_version", "rule_versions", ["version"])
    _move_last_good(op.get_bind())


def downgrade() -> None:
    op.drop_table("rule_versions")


def _move_last_good(connection: sa.Connection) -> None:
    if not sa.inspect(connection).has_table("marks"):  # a store that is only a list of versions, as a test makes it
        return
    marks = sa.table("marks", sa.column("name", sa.String), sa.column("value", sa.Text),
                     sa.column("updated_at", sa.DateTime(timezone=True)))
    row = connection.execute(sa.select(marks).where(marks.c.name == _LAST_GOOD)).first()
    if row is None:
        return
    versions = sa.table("rule_versions", sa.column("version", sa.String), sa.column("at", sa.DateTime(timezone=True)),
                        sa.column("came", sa.String), sa.column("author", sa.String),
                        sa.column("texts", sa.LargeBinary))
    texts = json.loads(row.value)
    joined = "\0".join("\n".join(texts.get(name, "").splitlines()) for name in _FILES)
    connection.execute(sa.insert(versions), {
        "version": hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:12], "at": row.updated_at,
        "came": "start", "author": "", "texts": zlib.compress(row.value.encode())})
    connection.execute(sa.delete(marks).where(marks.c.name == _LAST_GOOD))
