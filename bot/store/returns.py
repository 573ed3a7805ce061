"""What came back of our mail, each thing once; which addresses nobody is at any more, and since when.

A report counts only for a mail that left not long ago, and whose Message-ID nobody but its reader can know: one that a
message from anywhere else has named meanwhile proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Exists, exists, func, select, update

from bot.store.engine import reading, upsert, writing
from bot.store.schema import deliveries, messages, paused, returned, thread_ids

DEAD, DELAYED, ELSEWHERE = "dead", "delayed", "elsewhere"
#: Servers give a mail up after five days at most (RFC 5321, 4.5.4.1); a report that comes later is not believed.
REPORTED_WITHIN = timedelta(days=10)
#: Failures older than this do not add up with new ones.
COUNTED_FOR = timedelta(days=45)
#: A mail that has not come back within this time has come through.
COMES_BACK_WITHIN = timedelta(days=2)
#: What machines write of a mail gives its Message-ID to nobody.
_MACHINES = ("delivery-report", "auto-reply", "own-mail", "loop")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ours:
    """One of our mails that a report names: `recipient` is the address it went to."""

    delivery: int
    recipient: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """Something that came back and was not told yet. For ELSEWHERE `address` is the one that the report is about."""

    delivery: int
    reader: str
    slot: str
    kind: str
    recipient: str
    subject: str
    fate: str
    address: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Dead:
    """An address whose mails of several days in a row came back for good."""

    address: str
    reader: str
    days: tuple[date, ...]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Paused:
    """An address that gets no mail."""

    address: str
    reader: str
    since: datetime
    why: str


class Returns:
    """Queries and small changes around what comes back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def untold(self) -> list[Returned]:
        """What came back and nobody was told of yet, oldest first."""
        wanted = (
            select(returned.c.delivery, returned.c.fate, returned.c.address, returned.c.text, deliveries.c.reader,
                   deliveries.c.slot, deliveries.c.kind, deliveries.c.recipient, deliveries.c.subject)
            .join(deliveries, deliveries.c.id == returned.c.delivery)
            .where(returned.c.told_at.is_(None)).order_by(returned.c.at, returned.c.delivery)
        )
        with reading(self._engine) as connection:
            return [Returned(**row._mapping) for row in connection.execute(wanted)]

    def told(self, one: Returned, now: datetime) -> None:
        """It was told, or is nothing to tell."""
        with writing(self._engine) as connection:
            connection.execute(
                update(returned).where(returned.c.delivery == one.delivery, returned.c.fate == one.fate)
                .values(told_at=now))

    def of_delivery(self, delivery: int) -> list[tuple[str, str]]:
        """What came back of one mail: fate and words."""
        wanted = select(returned.c.fate, returned.c.text).where(returned.c.delivery == delivery)
        with reading(self._engine) as connection:
            return [(row.fate, row.text) for row in connection.execute(wanted.order_by(returned.c.at))]

    def dead(self, now: datetime, zone: ZoneInfo, days: int) -> list[Dead]:
        """Addresses of which mails of so many different days came back for good, with none that came through between
        them, and that are not paused already."""
        wanted = (
            select(returned.c.address, returned.c.text, deliveries.c.id, deliveries.c.reader, deliveries.c.created_at)
            .join(deliveries, deliveries.c.id == returned.c.delivery)
            .outerjoin(paused, paused.c.address == returned.c.address)
            .where(returned.c.fate == DEAD, returned.c.at >= now - COUNTED_FOR,
                   paused.c.address.is_(None) | (paused.c.lifted_at <= returned.c.at))
            .order_by(deliveries.c.id)
        )
        found: list[Dead] = []
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
            for address in dict.fromkeys(row.address for row in rows):
                own = [row for row in rows if row.address == address]
                if len({row.created_at.astimezone(zone).date() for row in own}) < days:
                    continue
                through = _last_through(connection, address, now)
                since = [row for row in own if row.id > through]
                dates = tuple(sorted({row.created_at.astimezone(zone).date() for row in since}))
                if len(dates) >= days:
                    found.append(Dead(address=address, reader=since[-1].reader, days=dates, text=since[-1].text))
        return found

    def pause(self, dead: Dead, now: datetime) -> None:
        """From now on this address gets no mail."""
        fresh = {"reader": dead.reader, "since": now, "why": dead.text, "lifted_at": None}
        with writing(self._engine) as connection:
            connection.execute(
                upsert(connection.dialect.name, paused).values(address=dead.address, **fresh)
                .on_conflict_do_update(index_elements=["address"], set_=fresh))

    def lift(self, address: str, now: datetime) -> bool:
        """It gets mail again, and what came back before then counts no more; True when it was paused."""
        with writing(self._engine) as connection:
            return connection.execute(
                update(paused).where(paused.c.address == address.lower(), paused.c.lifted_at.is_(None))
                .values(lifted_at=now)).rowcount > 0

    def paused(self) -> list[Paused]:
        """The addresses that get no mail now."""
        wanted = select(paused).where(paused.c.lifted_at.is_(None)).order_by(paused.c.since, paused.c.address)
        with reading(self._engine) as connection:
            return [Paused(address=row.address, reader=row.reader, since=row.since, why=row.why)
                    for row in connection.execute(wanted)]


def _last_through(connection: Connection, address: str, now: datetime) -> int:
    """The newest mail that reached this address, as far as anybody can know; 0 if none did."""
    return connection.execute(
        select(func.max(deliveries.c.id))
        .where(func.lower(deliveries.c.recipient) == address, deliveries.c.state == "sent",
               deliveries.c.created_at >= now - COUNTED_FOR, deliveries.c.sent_at <= now - COMES_BACK_WITHIN)
    ).scalar() or 0


# ── within a transaction that does more ──


def named_mail(connection: Connection, names: Sequence[str], addresses: Collection[str], now: datetime) -> Ours | None:
    """The mail of ours that a report names: one to an address that it speaks of, else the likeliest."""
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.recipient, deliveries.c.rfc_message_id)
        .where(deliveries.c.rfc_message_id.in_(names), deliveries.c.created_at >= now - REPORTED_WITHIN,
               deliveries.c.attempts > 0, ~_is_public())
    ).all()
    known = sorted(rows, key=lambda row: (row.recipient.lower() not in addresses, names.index(row.rfc_message_id)))
    return Ours(delivery=known[0].id, recipient=known[0].recipient.lower()) if known else None


def _is_public() -> Exists:
    """Whether a message that people or lists may have seen names the mail: a reader answered a list, say."""
    return exists().where(
        thread_ids.c.rfc_message_id == deliveries.c.rfc_message_id, messages.c.thread == thread_ids.c.thread,
        messages.c.kind.not_in(_MACHINES))


def note_returned(connection: Connection, delivery: int, fate: str, address: str, text: str, now: datetime,
                  message: int | None = None) -> bool:
    """What came back of a mail; a failure is the outcome of it. False when that is known already."""
    done = connection.execute(
        upsert(connection.dialect.name, returned).on_conflict_do_nothing(),
        {"delivery": delivery, "fate": fate, "message": message, "address": address.lower()[:320], "at": now,
         "text": text[:1000]})
    if done.rowcount < 1:
        return False
    if message is not None:
        fail_returned(connection, delivery)
    return True


def fail_returned(connection: Connection, delivery: int) -> None:
    """What a report says is the outcome of a mail, whatever the server said when it took it; it may come before our
    own record of that."""
    text = connection.execute(
        select(returned.c.text)
        .where(returned.c.delivery == delivery, returned.c.message.is_not(None),
               returned.c.fate.not_in((DELAYED, ELSEWHERE))).limit(1)).scalar()
    if text is not None:
        connection.execute(
            update(deliveries).where(deliveries.c.id == delivery, deliveries.c.state.in_(("sent", "deferred")))
            .values(state="failed", code=None, reply=f"came back: {text}"[:1000], next_attempt_at=None))
