"""What was sent at once, to whom, about which downtime; what waits or was not sent, and why; and who has answered.

Every change is one transaction that changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from bot.store.engine import reading, writing
from bot.store.schema import awaited, deliveries, messages, routes
from bot.store.values import RouteRow
from bot.types import Way

#: Why a route that may go at once does not go now. `settled` ones never will; the digest has them.
QUIET, CAP, SETTLED = "quiet", "cap", "settled"

# Read inside an intake, too: what each post of a downtime needs is built once.
_TOLD = select(routes.c.reader).distinct().join(messages, messages.c.id == routes.c.message).where(
    messages.c.incident == bindparam("incident"), messages.c.id < bindparam("before"), routes.c.way == Way.NOW.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A message that a reader has had at once: the Message-ID of the mail that told of it, and when it was written."""

    message: int
    rfc_message_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A mail that a rule wants an answer to. `sent_at` is when it left, or when sending it was given up."""

    delivery: int
    message: int
    reader: str
    sent_at: datetime
    due: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One of our own mails, as an answer to it is recognised."""

    delivery: int
    reader: str
    messages: tuple[int, ...]


class Alerts:
    """Queries and small changes around what goes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def told(self, reader: str, incident: int) -> list[Told]:
        """What this reader has had at once about a downtime, in the order of the mails."""
        wanted = (
            select(routes.c.message, deliveries.c.rfc_message_id, deliveries.c.created_at)
            .join(messages, messages.c.id == routes.c.message)
            .join(deliveries, deliveries.c.id == routes.c.urgent_delivery)
            .where(messages.c.incident == incident, routes.c.reader == reader)
            .order_by(deliveries.c.id, routes.c.message)
        )
        with reading(self._engine) as connection:
            return [Told(message=row.message, rfc_message_id=row.rfc_message_id, at=row.created_at)
                    for row in connection.execute(wanted)]

    def readers(self, incident: int, before: int) -> frozenset[str]:
        """Who was told at once of a downtime, or is about to be, by messages older than that one."""
        with reading(self._engine) as connection:
            return told_readers(connection, incident, before)

    def incident_of_thread(self, thread: int) -> int | None:
        """The downtime that a conversation is about, the newest of several."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.max(messages.c.incident)).where(messages.c.thread == thread)).scalar()

    def sent_since(self, reader: str, since: datetime) -> int:
        """How many mails this reader was sent at once since then."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(func.count()).select_from(deliveries)
                .where(deliveries.c.created_at > since, deliveries.c.kind == "urgent", deliveries.c.reader == reader)
            ).scalar_one()

    # ── what waits, and what will not go ──

    def hold(self, row: RouteRow, held: str, until: datetime, why: str) -> None:
        """Note that a route waits; nothing is written when that is known."""
        if (row.held, row.held_until, row.held_why) != (held, until, why):
            self._note(row, held=held, held_until=until, held_why=why)

    def settle(self, row: RouteRow, why: str) -> None:
        """It does not go at once: the digest has it."""
        self._note(row, way=Way.DAILY.value, held=SETTLED, held_until=None, held_why=why)

    def _note(self, row: RouteRow, **values: object) -> None:
        # Not by number alone: SQLite gives the numbers of deleted routes to new ones.
        same = (routes.c.id == row.id, routes.c.message == row.message, routes.c.reader == row.route.reader)
        waits = (routes.c.urgent_delivery.is_(None), routes.c.digest_delivery.is_(None),
                 routes.c.way == Way.NOW.value)
        with writing(self._engine) as connection:
            connection.execute(update(routes).where(*same, *waits).values(**values))

    # ── answers ──

    def questions(self) -> list[Question]:
        """Mails that still want an answer and have left the house, or never will."""
        wanted = (
            select(awaited.c.delivery, awaited.c.message, awaited.c.seconds, deliveries.c.reader, deliveries.c.sent_at,
                   deliveries.c.created_at)
            .join(deliveries, deliveries.c.id == awaited.c.delivery)
            .where(awaited.c.closed_at.is_(None), deliveries.c.state.in_(("sent", "failed")))
            .order_by(awaited.c.delivery, awaited.c.message)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        return [
            Question(delivery=row.delivery, message=row.message, reader=row.reader,
                     sent_at=row.sent_at or row.created_at,
                     due=row.sent_at + timedelta(seconds=row.seconds) if row.sent_at else row.created_at)
            for row in rows
        ]

    def is_answered(self, message: int) -> bool:
        """Whether anybody has answered a mail about this message."""
        wanted = select(awaited.c.message).where(awaited.c.message == message, awaited.c.answered_at.is_not(None))
        with reading(self._engine) as connection:
            return connection.execute(wanted.limit(1)).first() is not None

    def close(self, question: Question, now: datetime) -> None:
        """Nothing more is to be done about it."""
        with writing(self._engine) as connection:
            connection.execute(
                update(awaited).values(closed_at=now)
                .where(awaited.c.delivery == question.delivery, awaited.c.message == question.message))

    def answers(self, message: int) -> list[tuple[str, datetime | None]]:
        """Whose answer about a message is wanted, and when it came."""
        wanted = (
            select(deliveries.c.reader, awaited.c.answered_at)
            .join(deliveries, deliveries.c.id == awaited.c.delivery)
            .where(awaited.c.message == message).order_by(awaited.c.delivery)
        )
        with reading(self._engine) as connection:
            return [(row.reader, row.answered_at) for row in connection.execute(wanted)]


def told_readers(connection: Connection, incident: int, before: int) -> frozenset[str]:
    """Whose way was "at once" for a post of a downtime that is older than the message `before`."""
    return frozenset(connection.execute(_TOLD, {"incident": incident, "before": before}).scalars())


def our_mail(connection: Connection, names: Collection[str], address: str) -> Sent | None:
    """The mail sent at once to this address that one of these Message-IDs names."""
    wanted = (
        select(deliveries.c.id, deliveries.c.reader, deliveries.c["items"])
        .where(deliveries.c.rfc_message_id.in_([name[:998] for name in names]), deliveries.c.kind == "urgent",
               func.lower(deliveries.c.recipient) == address.lower())
        .order_by(deliveries.c.id.desc()).limit(1)
    )
    row = connection.execute(wanted).first()
    return None if row is None else Sent(delivery=row.id, reader=row.reader, messages=tuple(row._mapping["items"]))


def await_answer(connection: Connection, delivery: int, spans: Mapping[int, timedelta]) -> None:
    """An answer is wanted to a mail that is being queued, about these messages, within these spans."""
    if spans:
        connection.execute(insert(awaited), [
            {"delivery": delivery, "message": message, "seconds": int(span.total_seconds())}
            for message, span in spans.items()
        ])


def note_answer(connection: Connection, delivery: int, now: datetime) -> None:
    """Somebody answered; the first answer counts."""
    connection.execute(
        update(awaited).where(awaited.c.delivery == delivery, awaited.c.answered_at.is_(None)).values(answered_at=now))
