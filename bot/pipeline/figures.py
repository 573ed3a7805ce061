"""The figures of the liaison's report: asked of the store, so that they say what happened and not what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.digests.report_values import Aside, AtOnce, Figures, InDoubt, Kept, Missed, Poll, Thin, Undelivered, Unsure
from bot.inbox.masking import mask
from bot.pipeline.receive import Judges
from bot.pipeline.requests import open_requests, subject_of
from bot.routing.route import CATCH_ALL, UNSURE
from bot.rulebook import Rulebook
from bot.silence import PAST, Quiet, quiet_lists
from bot.store.store import Store
from bot.store.values import DeliveryRow, Stored
from bot.types import Disposition, Way

#: What the report names one by one. What went its way is only counted: after a backfill that may be thousands.
_APART = (Disposition.HELD, Disposition.QUARANTINED, Disposition.SET_ASIDE)
_KEPT = (Disposition.HELD, Disposition.QUARANTINED)
#: A reader is in trouble while nothing got through since the last failure, but not for longer than this.
_TROUBLED = timedelta(days=14)
#: Mails may be given up a good while after they were written.
_LATE = timedelta(days=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """What a report is about: arrivals from `since` to `until`, mails written after `written_since` up to `now`, and on
    the first report of a week what nobody got since `missed_since`."""

    since: datetime
    until: datetime
    now: datetime
    written_since: datetime
    missed_since: datetime | None = None


def gather(store: Store, judges: Judges, span: Span, quiet_after: timedelta = timedelta(minutes=30)) -> Figures:
    """What happened in a span; faults and mailboxes as they stand now."""
    since, until, book = span.since, span.until, judges.book
    apart = store.archive.received(since, until, _APART)
    written = [row for row in store.outbox.between(span.written_since, span.now + timedelta(microseconds=1))
               if row.created_at > span.written_since]
    counted = store.archive.count(since, until)
    by = dict(counted)
    return Figures(
        since=max(since, store.archive.first_received(since, until) or since), until=until,
        zone=judges.zone, received=counted.received, routed=by[Disposition.ROUTED], folded=by[Disposition.FOLDED],
        held=by[Disposition.HELD], set_aside=by[Disposition.SET_ASIDE], quarantined=by[Disposition.QUARANTINED],
        held_items=tuple(_kept(stored) for stored in apart if stored.disposition is Disposition.HELD),
        quarantine=tuple(_kept(stored) for stored in apart if stored.disposition is Disposition.QUARANTINED),
        unsure=tuple(_unsure(stored, store, judges) for stored in store.archive.routed_by(UNSURE, since, until)),
        aside=tuple(_aside(apart)), at_once=tuple(_at_once(written, store, book)),
        dues=tuple(open_requests(store, judges, _last_told(store, span).astimezone(judges.zone).date(), until)),
        served=_names(book, written, "digest", "sent", "queued", "leased", "deferred", "failed"),
        nothing_new=_names(book, written, "digest", "empty"),
        undelivered=tuple(_undelivered(row, book) for row in _troubled(store, span)),
        in_doubt=tuple(InDoubt(reader=_name(book, row.reader), what=row.subject, times=row.unanswered)
                       for row in store.outbox.in_doubt(span.written_since)),
        thin=tuple(thin_areas(book)), quiet=_quiet(store, book, span.now),
        missed=tuple(_missed(store, judges, span)), missed_since=span.missed_since,
        faults=tuple(f"{fault.what} {fault.mend}".strip() for fault in store.health.faults(since)
                     if fault.first_at <= span.now),
        polls=tuple(Poll(mailbox=f"{poll.account}, {poll.folder}", last=poll.last_success)
                    for poll in store.health.polls()),
        quiet_after=quiet_after,
    )


# ── to decide ──


def _kept(stored: Stored) -> Kept:
    return Kept(
        subject=subject_of(stored, f"message {stored.id} of {stored.account}"),
        who=_who(stored), lists=", ".join(stored.lists), why=mask(stored.why), at=stored.received_at,
        kind=stored.kind, number=stored.id,
    )


def _who(stored: Stored) -> str:
    sender = stored.message.sender if stored.message else None
    return sender.label if sender else "unknown sender"


def _unsure(stored: Stored, store: Store, judges: Judges) -> Unsure:
    reading = stored.reading
    told = (*(reading.areas if reading.is_guess else ()), *reading.unsure)
    guesses = (f"{judges.book.label(str(tag.value))}, {tag.score:.2f}" for tag in told)
    return Unsure(
        subject=subject_of(stored), lists=", ".join(stored.lists), guess="; ".join(guesses),
        who=_who(stored), number=stored.id,
        readers=_called(judges.book, (row.route.reader for row in store.archive.routes(stored.id)
                                      if row.route.rule != UNSURE)),
    )


# ── what happened ──


def _aside(arrivals: Iterable[Stored]) -> Iterable[Aside]:
    kinds: dict[str, list[str]] = {}
    for stored in arrivals:
        if stored.disposition is Disposition.SET_ASIDE:
            kinds.setdefault(stored.kind, []).append(subject_of(stored))
    return [Aside(kind=kind, number=len(subjects), subjects=tuple(subjects)) for kind, subjects in kinds.items()]


def _at_once(written: Iterable[DeliveryRow], store: Store, book: Rulebook) -> Iterable[AtOnce]:
    readers: dict[int, list[DeliveryRow]] = {}
    for row in written:
        for number in row.items if row.kind == "urgent" else ():
            readers.setdefault(number, []).append(row)
    stored = store.archive.many(list(readers))
    return [
        AtOnce(subject=subject_of(stored[number]), at=min(row.created_at for row in rows),
               readers=_called(book, (row.reader for row in rows)))
        for number, rows in readers.items() if number in stored
    ]


def _names(book: Rulebook, rows: Iterable[DeliveryRow], kind: str, *states: str) -> tuple[str, ...]:
    return _called(book, (
        row.reader for row in rows if row.kind == kind and row.state in states and not row.reply.startswith("in ")
    ))


def _called(book: Rulebook, readers: Iterable[str]) -> tuple[str, ...]:
    """Names for ids, each once."""
    return tuple(_name(book, reader) for reader in dict.fromkeys(readers))


def _name(book: Rulebook, reader: str) -> str:
    return book.people[reader].name if reader in book.people else reader


def _troubled(store: Store, span: Span) -> list[DeliveryRow]:
    """Mails that wait, that failed of late, and that failed with nothing getting through to their reader since."""
    got = store.tally.last_sent(span.now - _TROUBLED)
    failed = [
        row for row in store.outbox.failed(span.now - _TROUBLED)
        if row.created_at >= span.written_since - _LATE or row.reader not in got or got[row.reader] < row.created_at
    ]
    return [row for row in (*store.outbox.open(), *failed)
            if row.created_at <= span.now and row.state in ("deferred", "failed")]


def _undelivered(row: DeliveryRow, book: Rulebook) -> Undelivered:
    return Undelivered(reader=_name(book, row.reader), what=row.subject, state=row.state, reply=row.reply)


def _missed(store: Store, judges: Judges, span: Span) -> Iterable[Missed]:
    """What the liaison alone has, and what is held, of the time since the last weekly look."""
    if span.missed_since is None:
        return []
    when = (span.missed_since, span.until)
    alone = store.archive.many(store.tally.alone((UNSURE, CATCH_ALL), *when)).values()
    found = [*alone, *store.archive.received(*when, _KEPT)]
    return [
        Missed(subject=subject_of(stored, "(unreadable)"), who=_who(stored),
               why=_why_alone(stored, judges.book), at=stored.received_at, number=stored.id)
        for stored in sorted(found, key=lambda stored: stored.id)
    ]


def _why_alone(stored: Stored, book: Rulebook) -> str:
    if stored.disposition is not Disposition.ROUTED:
        return "held" if stored.disposition is Disposition.HELD else "could not be read"
    if stored.reading.area_ids:
        return f"nobody reads {book.label(stored.reading.area_ids[0])}"
    return "the bot was not sure" if stored.reading.unsure else "no area fits"


# ── how things stand ──


def _last_told(store: Store, span: Span) -> datetime:
    """When requests were last told. A first report speaks of no request that was over before the bot came."""
    if span.since > span.until - PAST:
        return span.since
    return store.archive.first_received(span.since, span.until) or span.until


def thin_areas(book: Rulebook) -> Iterable[Thin]:
    """Areas that nobody reads, or one person only."""
    for name, area in book.areas.items():
        chosen = [who for who, person in book.people.items() if person.areas.get(name, Way.NEVER) is not Way.NEVER]
        readers = tuple(dict.fromkeys((*chosen, *book.members(area.mandatory_for))))
        if len(readers) <= 1:
            yield _thin(area.label, readers, book)


def _thin(label: str, readers: Sequence[str], book: Rulebook) -> Thin:
    if not readers:
        return Thin(area=label)
    deputy = book.people[readers[0]].deputy
    return Thin(area=label, reader=_name(book, readers[0]), deputy=_name(book, deputy) if deputy else "")


def _quiet(store: Store, book: Rulebook, now: datetime) -> tuple[Quiet, ...]:
    longest = max((span for span in book.expect.values() if span), default=PAST)
    looked = now - max(2 * PAST, 2 * longest)
    first = store.archive.first_received(looked, now)
    if first is None:
        return ()
    return quiet_lists(store.tally.arrivals_by_list(looked, now), book.expect, first, now)
