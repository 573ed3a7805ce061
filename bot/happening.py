"""A happening: something with a date that the lists told of, once for all posts about it (RFC 5545, a VEVENT).

Its UID never changes, whatever else does; its SEQUENCE grows with every change of time or state (RFC 5545, 3.8.7.4).
Moments are kept in UTC, whole days as dates. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from bot.types import EventType

#: `closed` is a deadline after which nobody asks any more: what was asked is done, or no longer wanted.
HappeningState = Literal["on", "cancelled", "closed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """One happening as the newest word about it leaves it.

    `starts` are all its starts so far, the one that holds included. `posted_at`, `who`, `lists`, `subject` and
    `sentence` are of the post that told it so. `invitation` is the UID under which others sent it, `recurrence` which
    date of their series it is, `their_sequence` their SEQUENCE. `asked`: a deadline by which something is asked of
    the library. `areas` are ids, main first. `id` is 0 until it is stored.
    """

    uid: str
    type: EventType
    start: date | datetime
    end: date | datetime | None = None
    title: str
    sequence: int = 0
    state: HappeningState = "on"
    asked: bool = False
    sentence: str = ""
    subject: str = ""
    who: str = ""
    domain: str = ""
    lists: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    starts: tuple[date | datetime, ...] = ()
    created_at: datetime
    posted_at: datetime
    invitation: str = ""
    recurrence: str = ""
    their_sequence: int = 0
    incident: int | None = None
    threads: frozenset[int] = frozenset()
    id: int = 0


def in_utc(value: date | datetime) -> date | datetime:
    """A moment in UTC; a whole day as it is."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def day_in(value: date | datetime, zone: tzinfo) -> date:
    """The calendar day, in the zone."""
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def over_at(start: date | datetime, end: date | datetime | None, zone: tzinfo) -> datetime:
    """When it lies behind: at its end; what has no end, or is of whole days, lasts until its day is over."""
    if isinstance(end, datetime):
        return end.astimezone(UTC)
    return datetime.combine(day_in(end or start, zone) + timedelta(days=1), time(), zone).astimezone(UTC)
