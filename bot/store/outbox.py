"""The outbox's rows: written once per reader and slot, leased before an attempt, closed by its outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, bindparam, func, insert, or_, select, update

from bot.errors import StoreError
from bot.faultpoints import passing
from bot.store.alerts import await_answer
from bot.store.calendar import tell
from bot.store.engine import reading, writing
from bot.store.health import move_mark
from bot.store.returns import fail_returned, note_returned
from bot.store.schema import deliveries, messages, routes
from bot.store.values import DeliveryRow, Told
from bot.types import Delivery, DeliveryKind, Outgoing

#: What goes out first. Urgent mail never waits behind a batch of digests.
PRIORITY: dict[DeliveryKind, int] = {"urgent": 0, "notice": 1, "digest": 2, "reminder": 2, "report": 3}

_OPEN = ("queued", "deferred", "leased")


class StaleRoutes(StoreError):  # noqa: N818  reads as what happened
    """What a mail was composed from is no longer what is stored; nothing was written."""

    temporary = True

    def __init__(self, what: str) -> None:
        super().__init__(what, temporary=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """How many messages a mail says to have arrived in a span."""

    since: datetime
    until: datetime
    number: int


class Outbox:
    """The deliveries table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def has(self, reader: str, slot: str) -> bool:
        """Whether this reader's mail for this slot is written (or known to be empty)."""
        with reading(self._engine) as connection:
            return _has(connection, reader, slot)

    def queue(self, mail: Outgoing, route_ids: Sequence[int], now: datetime, *, told: Sequence[Told] = (),
              awaits: Mapping[int, timedelta] = MappingProxyType({})) -> bool:
        """Write the row and mark the routes it carries, in one transaction; False when the row is there already.
        `told` is what it tells its reader of happenings, `awaits` the messages of it that want an answer, and how long
        that may take.

        Raises StaleRoutes when the routes were replaced meanwhile (the rules changed): compose again.
        """
        passing("composing")
        with writing(self._engine) as connection:
            if _has(connection, mail.reader, mail.slot):
                return False
            await_answer(connection, _queue(connection, mail, route_ids, now), awaits)
            tell(connection, mail.reader, told)
        passing("queued")
        return True

    def queue_marked(self, mails: Sequence[Outgoing], marks: Mapping[str, str], now: datetime,
                     told: Arrived | None = None) -> int:
        """Write mails that carry no routes, and move the marks that say so, in one transaction; a row that is there
        already stays. Returns how many were written.

        Raises StaleRoutes when other mail came in that span meanwhile than was `told`: compose again.
        """
        passing("composing")
        with writing(self._engine) as connection:
            if told is not None and _arrived(connection, told) != told.number:
                raise StaleRoutes("Mail came in while a report was composed.")
            fresh = [mail for mail in mails if not _has(connection, mail.reader, mail.slot)]
            for mail in fresh:
                _queue(connection, mail, (), now)
            for name, value in marks.items():
                move_mark(connection, name, value, now)
        passing("queued")
        return len(fresh)

    def nothing_new(self, reader: str, slot: str, note: str, now: datetime) -> None:
        """A slot that had nothing for a reader: no mail, but a row, so that the report can say so."""
        empty = Outgoing(reader=reader, slot=slot, kind="digest", recipient="", envelope_sender="", message_id="",
                         subject=note, raw=b"")
        with writing(self._engine) as connection:
            if not _has(connection, reader, slot):
                connection.execute(insert(deliveries).values({**_row(empty, now), "state": "empty", "reply": note}))

    def lease(self, now: datetime, span: timedelta) -> Delivery | None:
        """The next mail that is due, leased to the caller for `span`; a lease that ran out is due again, and nobody
        knows what became of its attempt."""
        with writing(self._engine) as connection:
            row = connection.execute(
                select(deliveries).where(_due(now))
                .order_by(deliveries.c.priority, deliveries.c.next_attempt_at, deliveries.c.id).limit(1)
                # On PostgreSQL other workers pass over a row that is being leased; SQLite has one writer anyway.
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            connection.execute(
                update(deliveries).where(deliveries.c.id == row.id)
                .values(state="leased", lease_until=now + span, attempts=row.attempts + 1,
                        unanswered=row.unanswered + (row.state == "leased"))
            )
            return _delivery(row)

    def record(self, delivery: int, state: str, code: int | None, reply: str, now: datetime,
               next_attempt_at: datetime | None = None, *, unanswered: bool = False,
               refused: tuple[str, str] | None = None) -> None:
        """The outcome of an attempt. `unanswered`: whether the server has the mail nobody knows. `refused` says of a
        failed one what that means, and of which address."""
        sent = {"sent_at": now} if state == "sent" else {}
        with writing(self._engine) as connection:
            connection.execute(
                update(deliveries).where(deliveries.c.id == delivery)
                .values(state=state, code=code, reply=reply[:1000], lease_until=None,
                        next_attempt_at=next_attempt_at, unanswered=deliveries.c.unanswered + int(unanswered), **sent)
            )
            if refused is not None:
                note_returned(connection, delivery, *refused, reply, now)
            fail_returned(connection, delivery)

    def release(self, delivery: int, reply: str, next_attempt_at: datetime) -> None:
        """Give a lease back: nothing was handed over, so the attempt does not count."""
        with writing(self._engine) as connection:
            connection.execute(
                update(deliveries).where(deliveries.c.id == delivery)
                .values(state="deferred", lease_until=None, reply=reply[:1000], next_attempt_at=next_attempt_at,
                        attempts=deliveries.c.attempts - 1)
            )

    def postpone(self, until: datetime, urgent_by: datetime) -> None:
        """The server cannot be reached: nothing that waits is due before then; urgent mail asks again sooner."""
        late = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at < until)
        waiting = and_(deliveries.c.state.in_(("queued", "deferred")), late)
        with writing(self._engine) as connection:
            for where, at in ((deliveries.c.kind != "urgent", until), (deliveries.c.kind == "urgent", urgent_by)):
                connection.execute(update(deliveries).where(waiting, where).values(next_attempt_at=at))

    def recover(self, now: datetime) -> int:
        """At start: leases of a process that died are due again at once, with the same Message-ID."""
        with writing(self._engine) as connection:
            return connection.execute(
                update(deliveries).where(deliveries.c.state == "leased").values(lease_until=now)
            ).rowcount

    def hasten(self, now: datetime, longest: timedelta) -> int:
        """A clock that ran ahead was put right: nothing waits longer than `longest`; returns how many mails did."""
        late = now + longest
        with writing(self._engine) as connection:
            waiting = connection.execute(
                update(deliveries).where(deliveries.c.state.in_(("queued", "deferred")),
                                         deliveries.c.next_attempt_at > late).values(next_attempt_at=now))
            leased = connection.execute(
                update(deliveries).where(deliveries.c.state == "leased", deliveries.c.lease_until > late)
                .values(lease_until=late))
        return waiting.rowcount + leased.rowcount

    def next_due(self) -> datetime | None:
        """When the earliest open mail is due, for the sender's sleep; None when the outbox is empty."""
        wanted = select(
            func.min(func.coalesce(deliveries.c.lease_until, deliveries.c.next_attempt_at))
        ).where(deliveries.c.state.in_(_OPEN))
        with reading(self._engine) as connection:
            return connection.execute(wanted).scalar()

    def between(self, start: datetime, end: datetime) -> list[DeliveryRow]:
        """Rows written in a span, oldest first."""
        return self._rows(deliveries.c.created_at >= start, deliveries.c.created_at < end)

    def open(self) -> list[DeliveryRow]:
        """Rows still to go out."""
        return self._rows(deliveries.c.state.in_(_OPEN))

    def failed(self, since: datetime) -> list[DeliveryRow]:
        """Rows that were given up."""
        return self._rows(deliveries.c.state == "failed", deliveries.c.created_at >= since)

    def in_doubt(self, since: datetime) -> list[DeliveryRow]:
        """Mails sent since then of which an earlier attempt got no answer: they may have come twice."""
        return self._rows(deliveries.c.sent_at >= since, deliveries.c.state == "sent", deliveries.c.unanswered > 0)

    def last(self, slot_prefix: str) -> DeliveryRow | None:
        """The newest digest whose slot begins so."""
        # A range, not LIKE: the unique index on (reader, slot) does not help here, created_at's does.
        wanted = (
            select(*_SHOWN)
            .where(deliveries.c.slot >= slot_prefix, deliveries.c.slot < slot_prefix + "\uffff",
                   deliveries.c.kind == "digest")
            .order_by(deliveries.c.created_at.desc()).limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(wanted).first()
        return _shown(row) if row else None

    def of_message(self, message: int) -> list[DeliveryRow]:
        """The mails that carried a message."""
        carried = select(routes.c.urgent_delivery).where(routes.c.message == message).union(
            select(routes.c.digest_delivery).where(routes.c.message == message)
        )
        return self._rows(deliveries.c.id.in_(carried))

    def raw(self, delivery: int) -> bytes:
        """The bytes as they were or will be sent."""
        with reading(self._engine) as connection:
            return bytes(connection.execute(select(deliveries.c.raw).where(deliveries.c.id == delivery)).scalar_one())

    def forget_bytes(self, before: datetime) -> int:
        """Drop the bytes of mail sent before then (the record of it stays); returns how many."""
        with writing(self._engine) as connection:
            result = connection.execute(
                update(deliveries).values(raw=b"")
                .where(deliveries.c.sent_at < before, deliveries.c.raw != b"")
            )
            return result.rowcount

    def _rows(self, *where: Any) -> list[DeliveryRow]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_SHOWN).where(*where).order_by(deliveries.c.id)).all()
        return [_shown(row) for row in rows]


_SHOWN = tuple(deliveries.c[name] for name in DeliveryRow.__slots__)


def _shown(row: Row[Any]) -> DeliveryRow:
    return DeliveryRow(**{**row._mapping, "items": tuple(row._mapping["items"])})


# What is asked for every mail is built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
_INSERT = insert(deliveries)
_WRITTEN = select(deliveries.c.id).where(deliveries.c.reader == bindparam("reader"),
                                         deliveries.c.slot == bindparam("slot"))
#: Not by number alone: SQLite gives the numbers of deleted routes to new ones, maybe of another reader.
_MARK = {
    kind: update(routes).values({column: bindparam("delivery")}).where(
        routes.c.id.in_(bindparam("carried", expanding=True)), routes.c.reader == bindparam("owner"),
        routes.c.message.in_(bindparam("posts", expanding=True)), column.is_(None))
    for kind, column in (("urgent", routes.c.urgent_delivery), ("digest", routes.c.digest_delivery))
}


def _due(now: datetime) -> Any:
    waiting = and_(
        deliveries.c.state.in_(("queued", "deferred")),
        or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= now),
    )
    return or_(waiting, and_(deliveries.c.state == "leased", deliveries.c.lease_until <= now))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id, reader=row.reader, slot=row.slot, kind=row.kind, recipient=row.recipient,
        envelope_sender=row.envelope_sender, message_id=row.rfc_message_id, raw=bytes(row.raw),
        attempts=row.attempts + 1, created_at=row.created_at,
    )


def _row(mail: Outgoing, now: datetime) -> dict[str, Any]:
    return {
        "reader": mail.reader, "slot": mail.slot, "kind": mail.kind, "recipient": mail.recipient,
        "envelope_sender": mail.envelope_sender, "rfc_message_id": mail.message_id, "subject": mail.subject,
        "raw": mail.raw, "items": list(mail.items), "priority": PRIORITY[mail.kind], "state": "queued",
        "created_at": now, "next_attempt_at": now,
    }


def _queue(connection: Connection, mail: Outgoing, route_ids: Sequence[int], now: datetime) -> int:
    key = connection.execute(_INSERT, _row(mail, now)).inserted_primary_key
    if route_ids and key:
        marked = connection.execute(_MARK["urgent" if mail.kind == "urgent" else "digest"], {
            "carried": route_ids, "owner": mail.reader, "posts": mail.items, "delivery": key[0]})
        if marked.rowcount != len(route_ids):
            raise StaleRoutes("The routes changed while a mail was composed.")
    return int(key[0]) if key else 0


def _has(connection: Connection, reader: str, slot: str) -> bool:
    return connection.execute(_WRITTEN, {"reader": reader, "slot": slot}).first() is not None


def _arrived(connection: Connection, told: Arrived) -> int:
    wanted = select(func.count()).where(messages.c.received_at >= told.since, messages.c.received_at < told.until)
    return int(connection.execute(wanted).scalar_one())
