"""The figures of the director's monthly page, asked of the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.digests.month import MonthFigures
from bot.digests.phrases import list_name
from bot.pipeline.receive import Judges
from bot.pipeline.requests import open_requests, subject_of
from bot.store.store import Store
from bot.types import Count, Disposition

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def month_before(day: date) -> date:
    """The first day of the month before the one that a day lies in."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_after(first: date) -> date:
    """The first day of the next month."""
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins there."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def gather_month(store: Store, judges: Judges, first: date, now: datetime) -> MonthFigures:
    """What happened in the month whose first day is `first`; requests as they are open now."""
    zone, book = judges.zone, judges.book
    start, end = midnight(first, zone), midnight(month_after(first), zone)
    counted, began = store.archive.count(start, end), store.archive.first_received(_BEGINNING, end)
    by, mails = dict(counted), store.tally.mails(start, end)
    waits = store.tally.waits(start, end)
    slowest = max(waits, key=lambda wait: wait[1], default=None)
    return MonthFigures(
        first=first, zone=zone, received=counted.received, routed=by[Disposition.ROUTED],
        folded=by[Disposition.FOLDED], kept=by[Disposition.HELD] + by[Disposition.QUARANTINED],
        set_aside=by[Disposition.SET_ASIDE],
        since=_began_within(began, start, zone), before=_before(store, first, began, zone),
        lists=tuple((list_name(name), number) for name, number in store.tally.by_list(start, end).items()),
        areas=tuple((book.label(area), number) for area, number in store.tally.by_area(start, end).items()),
        digests=mails.get("digest", 0), at_once=mails.get("urgent", 0), people=store.tally.reached(start, end),
        urgent=len({message for message, _ in waits}), waits=tuple(wait for _, wait in waits),
        slowest=_subject(store, slowest[0]) if slowest else "",
        dues=tuple(open_requests(store, judges, now.astimezone(zone).date(), now)),
    )


def _began_within(began: datetime | None, start: datetime, zone: ZoneInfo) -> date | None:
    """The day on which the bot took in its first message, if that was in the midst of the month."""
    return began.astimezone(zone).date() if began and began > start + timedelta(days=2) else None


def _before(store: Store, first: date, began: datetime | None, zone: ZoneInfo) -> int | None:
    """How many came the month before; None unless the bot was there for the whole of it."""
    start = midnight(month_before(first), zone)
    if began is None or began > start + timedelta(days=2):
        return None
    counted: Count = store.archive.count(start, midnight(first, zone))
    return counted.received


def _subject(store: Store, message: int) -> str:
    stored = store.archive.get(message)
    return subject_of(stored) if stored else ""
