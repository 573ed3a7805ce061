"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.schema import Id, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tables_of_mail()
    _tables_of_health()
    _tables_of_delivery()


def _tables_of_mail() -> None:
    op.create_table(
        "messages",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.String(length=500), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("disposition", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("folded_into", Id, nullable=True),
        sa.Column("thread", Id, nullable=True),
        sa.Column("rfc_message_id", sa.String(length=998), nullable=True),
        sa.Column("bytes_hash", sa.String(length=64), nullable=False),
        sa.Column("subject_key", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("rules_version", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("parsed", sa.LargeBinary(), nullable=True),
        sa.Column("reading", sa.LargeBinary(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["folded_into"], ["messages.id"], name=op.f("fk_messages_folded_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "account", "folder", "uid_validity", "uid", name=op.f("uq_messages_account_folder_uid_validity_uid")
        ),
    )
    op.create_index(op.f("ix_messages_bytes_hash"), "messages", ["bytes_hash"], unique=False)
    op.create_index(op.f("ix_messages_folded_into"), "messages", ["folded_into"], unique=False)
    op.create_index(op.f("ix_messages_received_at"), "messages", ["received_at"], unique=False)
    op.create_index(op.f("ix_messages_rfc_message_id"), "messages", ["rfc_message_id"], unique=False)
    op.create_index(
        op.f("ix_messages_subject_key_received_at"), "messages", ["subject_key", "received_at"], unique=False
    )
    op.create_index(op.f("ix_messages_thread"), "messages", ["thread"], unique=False)
    op.create_table(
        "positions",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.String(length=500), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("account", "folder", name=op.f("pk_positions")),
    )
    op.create_table(
        "thread_ids",
        sa.Column("rfc_message_id", sa.String(length=998), nullable=False),
        sa.Column("thread", Id, nullable=False),
        sa.PrimaryKeyConstraint("rfc_message_id", name=op.f("pk_thread_ids")),
    )
    op.create_table(
        "bands",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("message", Id, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_bands_message")),
        sa.PrimaryKeyConstraint("band", "message", name=op.f("pk_bands")),
    )
    op.create_table(
        "message_lists",
        sa.Column("message", Id, nullable=False),
        sa.Column("list", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_message_lists_message")),
        sa.PrimaryKeyConstraint("message", "list", name=op.f("pk_message_lists")),
    )


def _tables_of_health() -> None:
    op.create_table(
        "faults",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("first_at", Moment(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("cleared_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_faults")),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "polls",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.String(length=500), nullable=False),
        sa.Column("last_attempt", Moment(), nullable=True),
        sa.Column("last_success", Moment(), nullable=True),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "folder", name=op.f("pk_polls")),
    )


def _tables_of_delivery() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("reader", sa.String(length=100), nullable=False),
        sa.Column("slot", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("envelope_sender", sa.String(length=320), nullable=False),
        sa.Column("rfc_message_id", sa.String(length=998), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("next_attempt_at", Moment(), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("reader", "slot", name=op.f("uq_deliveries_reader_slot")),
    )
    op.create_index(op.f("ix_deliveries_created_at"), "deliveries", ["created_at"], unique=False)
    op.create_index(
        op.f("ix_deliveries_state_priority_next_attempt_at"),
        "deliveries",
        ["state", "priority", "next_attempt_at"],
        unique=False,
    )
    op.create_table(
        "routes",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("message", Id, nullable=False),
        sa.Column("reader", sa.String(length=100), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("area", sa.String(length=100), nullable=True),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("rules_version", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("urgent_delivery", Id, nullable=True),
        sa.Column("digest_delivery", Id, nullable=True),
        sa.ForeignKeyConstraint(["digest_delivery"], ["deliveries.id"], name=op.f("fk_routes_digest_delivery")),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_routes_message")),
        sa.ForeignKeyConstraint(["urgent_delivery"], ["deliveries.id"], name=op.f("fk_routes_urgent_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routes")),
        sa.UniqueConstraint("message", "reader", name=op.f("uq_routes_message_reader")),
    )
    op.create_index(op.f("ix_routes_digest_delivery"), "routes", ["digest_delivery"], unique=False)
    op.create_index(op.f("ix_routes_reader_digest_delivery"), "routes", ["reader", "digest_delivery"], unique=False)
    op.create_index(op.f("ix_routes_way_urgent_delivery"), "routes", ["way", "urgent_delivery"], unique=False)
