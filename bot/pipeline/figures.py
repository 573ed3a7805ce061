"""The figures of the liaison's report: asked of the store, so that they say what happened and not what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.digests.report import Aside, AtOnce, Figures, Kept, Poll, Undelivered, Unsure
from bot.inbox.masking import mask
from bot.pipeline.receive import Judges
from bot.routing.route import UNSURE
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.store.values import DeliveryRow, Stored
from bot.types import Disposition

#: What the report names one by one. What went its way is only counted: after a backfill that may be thousands.
_APART = (Disposition.HELD, Disposition.QUARANTINED, Disposition.SET_ASIDE)


def gather(store: Store, judges: Judges, since: datetime, until: datetime, now: datetime,
           quiet_after: timedelta = timedelta(minutes=30)) -> Figures:
    """What happened between `since` and `until`; faults and mailboxes as they stand now."""
    apart = store.archive.received(since, until, _APART)
    written = store.outbox.between(since, now + timedelta(microseconds=1))  # what this very run wrote, too
    counted = store.archive.count(since, until)
    by = dict(counted)
    book = judges.book
    return Figures(
        since=max(since, store.archive.first_received(since, until) or since), until=until,
        zone=judges.zone, received=counted.received, routed=by[Disposition.ROUTED], folded=by[Disposition.FOLDED],
        held=by[Disposition.HELD], set_aside=by[Disposition.SET_ASIDE], quarantined=by[Disposition.QUARANTINED],
        held_items=tuple(_kept(stored) for stored in apart if stored.disposition is Disposition.HELD),
        quarantine=tuple(_kept(stored) for stored in apart if stored.disposition is Disposition.QUARANTINED),
        unsure=tuple(_unsure(stored, book) for stored in store.archive.routed_by(UNSURE, since, until)),
        aside=tuple(_aside(apart)), at_once=tuple(_at_once(written, store, book)),
        served=_names(book, written, "digest", "sent", "queued", "leased", "deferred"),
        nothing_new=tuple(name for name in _names(book, written, "digest", "empty")),
        undelivered=tuple(_undelivered(row, book) for row in _troubled(store, since)),
        faults=tuple(f"{fault.what} {fault.mend}".strip() for fault in store.health.faults(since)),
        polls=tuple(Poll(mailbox=f"{poll.account}, {poll.folder}", last=poll.last_success)
                    for poll in store.health.polls()),
        quiet_after=quiet_after,
    )


def _kept(stored: Stored) -> Kept:
    message = stored.message
    return Kept(
        subject=mask(message.subject) if message else f"message {stored.id} of {stored.account}",
        who=message.sender.label if message and message.sender else "unknown sender",
        lists=", ".join(stored.lists), why=f"{stored.why} (number {stored.id})", at=stored.received_at,
    )


def _unsure(stored: Stored, book: Rulebook) -> Unsure:
    message = stored.message
    reading = stored.reading
    told = (*(reading.areas if reading.is_guess else ()), *reading.unsure)
    guesses = (f"{book.label(str(tag.value))}, {tag.score:.2f}" for tag in told)
    return Unsure(
        subject=message.subject if message else "", lists=", ".join(stored.lists), guess="; ".join(guesses),
        who=message.sender.label if message and message.sender else "unknown sender",
    )


def _aside(arrivals: Iterable[Stored]) -> Iterable[Aside]:
    kinds: dict[str, list[str]] = {}
    for stored in arrivals:
        if stored.disposition is Disposition.SET_ASIDE:
            kinds.setdefault(stored.kind, []).append(stored.message.subject if stored.message else "")
    return [Aside(kind=kind, number=len(subjects), subjects=tuple(subjects)) for kind, subjects in kinds.items()]


def _at_once(written: Iterable[DeliveryRow], store: Store, book: Rulebook) -> Iterable[AtOnce]:
    readers: dict[int, list[DeliveryRow]] = {}
    for row in written:
        for number in row.items if row.kind == "urgent" else ():
            readers.setdefault(number, []).append(row)
    stored = store.archive.many(list(readers))
    return [
        AtOnce(subject=message.subject, at=min(row.created_at for row in rows),
               readers=tuple(_name(book, row.reader) for row in rows))
        for number, rows in readers.items() if number in stored and (message := stored[number].message)
    ]


def _names(book: Rulebook, rows: Iterable[DeliveryRow], kind: str, *states: str) -> tuple[str, ...]:
    found = dict.fromkeys(
        row.reader for row in rows if row.kind == kind and row.state in states and not row.reply.startswith("in ")
    )
    return tuple(_name(book, reader) for reader in found)


def _name(book: Rulebook, reader: str) -> str:
    return book.people[reader].name if reader in book.people else reader


def _troubled(store: Store, since: datetime) -> list[DeliveryRow]:
    return [*(row for row in store.outbox.open() if row.state == "deferred"), *store.outbox.failed(since)]


def _undelivered(row: DeliveryRow, book: Rulebook) -> Undelivered:
    return Undelivered(reader=_name(book, row.reader), what=row.slot, state=row.state, reply=row.reply)
