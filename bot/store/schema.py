"""The tables. Nothing here would not work on PostgreSQL; times are stored in UTC and come back aware."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; a naive one is a mistake of the caller."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Back as aware UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


#: SQLite numbers rows only for INTEGER; PostgreSQL wants BIGINT.
Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

positions = Table(
    "positions",
    metadata,
    Column("account", String(200), primary_key=True),
    Column("folder", String(500), primary_key=True),
    Column("uid_validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

#: One row for each message that a mailbox showed, with what became of it.
messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account", String(200), nullable=False),
    Column("folder", String(500), nullable=False),
    Column("uid_validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("disposition", String(20), nullable=False),
    Column("kind", String(40), nullable=False, default=""),
    Column("why", Text, nullable=False, default=""),
    Column("folded_into", Id, ForeignKey("messages.id")),
    Column("thread", Id),
    Column("rfc_message_id", String(998)),
    Column("bytes_hash", String(64), nullable=False, default=""),
    Column("subject_key", String(200), nullable=False, default=""),
    Column("size", BigInteger, nullable=False),
    Column("authenticated", Boolean, nullable=False, default=False),
    Column("rules_version", String(64), nullable=False, default=""),
    Column("signature", LargeBinary, nullable=False, default=b""),
    Column("parsed", LargeBinary),
    Column("reading", LargeBinary),
    Column("raw", LargeBinary, nullable=False),
    Column("incident", Id),
    # Whether its dates are entered as happenings; NULL when it is to be looked at (again).
    Column("dated", Boolean),
    # The last day by which it asks for something; the requests themselves stand in `reading`.
    Column("due", Date),
    UniqueConstraint("account", "folder", "uid_validity", "uid"),
    Index(None, "rfc_message_id"),
    Index(None, "bytes_hash"),
    Index(None, "received_at"),
    Index(None, "thread"),
    Index(None, "folded_into"),
    Index(None, "subject_key", "received_at"),
    Index(None, "incident"),
    Index(None, "dated", "disposition"),
    Index(None, "due"),
)

#: One row for each happening that some post told of; `over_at` is when it lies behind.
happenings = Table(
    "happenings",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("uid", String(300), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("over_at", Moment, nullable=False),
    Column("state", LargeBinary, nullable=False),
    UniqueConstraint("uid"),
    Index(None, "over_at"),
)

#: Which posts told of it; of a newsletter, for which areas (JSON: [areas of its item, areas of all items]).
happening_posts = Table(
    "happening_posts",
    metadata,
    Column("happening", Id, ForeignKey("happenings.id"), primary_key=True),
    Column("message", Id, ForeignKey("messages.id"), primary_key=True),
    Column("areas", JSON, nullable=False),
    Index(None, "message"),
)

#: What a reader was told of it: the newest SEQUENCE, when that was told, and the last reminder ("2026-12-04/1").
told = Table(
    "told",
    metadata,
    Column("reader", String(100), primary_key=True),
    Column("happening", Id, ForeignKey("happenings.id"), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reminded", String(100), nullable=False, default=""),
    Index(None, "happening"),
)

#: One row for each downtime; its posts name it.
incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("updated_at", Moment, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index(None, "updated_at"),
)

message_lists = Table(
    "message_lists",
    metadata,
    Column("message", Id, ForeignKey("messages.id"), primary_key=True),
    Column("list", String(200), primary_key=True),
)

bands = Table(
    "bands",
    metadata,
    Column("band", BigInteger, primary_key=True),
    Column("message", Id, ForeignKey("messages.id"), primary_key=True),
)

#: Every Message-ID that a conversation mentions, seen or not, and the conversation.
thread_ids = Table(
    "thread_ids",
    metadata,
    Column("rfc_message_id", String(998), primary_key=True),
    Column("thread", Id, nullable=False),
)

routes = Table(
    "routes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("message", Id, ForeignKey("messages.id"), nullable=False),
    Column("reader", String(100), nullable=False),
    Column("way", String(10), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("area", String(100)),
    Column("mandatory", Boolean, nullable=False, default=False),
    Column("rules_version", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("urgent_delivery", Id, ForeignKey("deliveries.id")),
    Column("digest_delivery", Id, ForeignKey("deliveries.id")),
    # Why it did not go at once, or not yet: a word for the bot, and a sentence for the liaison.
    Column("held", String(20)),
    Column("held_until", Moment),
    Column("held_why", Text),
    UniqueConstraint("message", "reader"),
    Index(None, "reader", "digest_delivery"),
    Index(None, "digest_delivery"),
    Index(None, "way", "urgent_delivery"),
)

#: The outbox. Rows are unique per reader and slot; bytes and Message-ID are fixed when the row is written.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("reader", String(100), nullable=False),
    Column("slot", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("envelope_sender", String(320), nullable=False),
    Column("rfc_message_id", String(998), nullable=False),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("items", JSON, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("unanswered", Integer, nullable=False, default=0, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Column("next_attempt_at", Moment),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("code", Integer),
    Column("reply", Text, nullable=False, default=""),
    UniqueConstraint("reader", "slot"),
    Index(None, "state", "priority", "next_attempt_at"),
    Index(None, "created_at"),
    Index(None, "rfc_message_id"),
)

#: Mails sent at once that a rule wants an answer to, and until when; closed by an answer, or when the deputy has it.
awaited = Table(
    "awaited",
    metadata,
    Column("delivery", Id, ForeignKey("deliveries.id"), primary_key=True),
    Column("message", Id, ForeignKey("messages.id"), primary_key=True),
    Column("seconds", Integer, nullable=False),
    Column("answered_at", Moment),
    Column("closed_at", Moment),
    Index(None, "message"),
    Index(None, "closed_at"),
)

#: What came back of our mail, each once: refused at the door, or by a report (`message`) that came later.
returned = Table(
    "returned",
    metadata,
    Column("delivery", Id, ForeignKey("deliveries.id"), primary_key=True),
    Column("fate", String(20), primary_key=True),
    Column("message", Id, ForeignKey("messages.id")),
    Column("address", String(320), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("told_at", Moment),
    Index(None, "fate", "at"),
    Index(None, "told_at"),
)

#: Addresses at which nobody is: their mail goes to somebody else until `lifted_at`.
paused = Table(
    "paused",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("reader", String(100), nullable=False),
    Column("since", Moment, nullable=False),
    Column("why", Text, nullable=False),
    Column("lifted_at", Moment),
)

faults = Table(
    "faults",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("what", Text, nullable=False),
    Column("mend", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("count", Integer, nullable=False),
    Column("cleared_at", Moment),
)

polls = Table(
    "polls",
    metadata,
    Column("account", String(200), primary_key=True),
    Column("folder", String(500), primary_key=True),
    Column("last_attempt", Moment),
    Column("last_success", Moment),
    Column("failing_since", Moment),
    Column("error", Text, nullable=False, default=""),
)

#: Small facts by name: by which rules all was judged, the last slot of each kind, when the bot first started.
marks = Table(
    "marks",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

#: Every version of the liaison's files that was in force; `texts` is JSON, compressed: each file as it stood.
rule_versions = Table(
    "rule_versions",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("version", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("came", String(20), nullable=False),
    Column("author", String(200), nullable=False),
    Column("texts", LargeBinary, nullable=False),
    Index(None, "version"),
)
