"""text/calendar parts (RFC 5545, 5546) → events in the library's zone; METHOD:CANCEL gives the days taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.reading.date_kinds import kind_in
from bot.types import Event, EventType, Message

if TYPE_CHECKING:
    from icalendar import Component

#: No larger part and no more events than these are read.
_LARGEST = 100_000
_MOST = 20


@dataclass(frozen=True, slots=True)
class CalendarEvents:
    """What the calendar parts of a message announce, and the days that they cancel."""

    events: tuple[Event, ...] = ()
    cancelled: frozenset[date] = frozenset()


def calendar_events(message: Message, zone: ZoneInfo) -> CalendarEvents:
    """The events of all calendar parts. A part that cannot be read gives none: bad mail is data."""
    parts = [calendar for part in message.calendars[:10] if (calendar := _parse(part)) is not None]
    if not parts:
        return CalendarEvents()
    kept: list[Event] = []
    cancelled: set[date] = set()
    for calendar in parts:
        method = str(calendar.get("METHOD", "")).strip().upper()
        for component in calendar.walk("VEVENT")[:_MOST]:
            for event in _event(component, message, zone):
                if method == "CANCEL" or str(component.get("STATUS", "")).upper() == "CANCELLED":
                    cancelled.add(event.start.date() if isinstance(event.start, datetime) else event.start)
                elif method not in ("REPLY", "COUNTER", "DECLINECOUNTER"):
                    kept.append(event)
    return CalendarEvents(tuple(kept), frozenset(cancelled))


def _parse(part: str) -> Component | None:
    if len(part) > _LARGEST or "BEGIN:VCALENDAR" not in part.upper():
        return None
    from icalendar import Calendar  # few messages bring one; until then its 80 modules stay out of memory

    try:
        return Calendar.from_ical(part)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return None


def _event(component: Component, message: Message, zone: ZoneInfo) -> Iterator[Event]:
    start = _moment(component, "DTSTART", zone)
    if start is None:
        return
    summary = str(component.get("SUMMARY", "") or message.subject)[:300]
    yield Event(
        type=_kind(component, summary, message), start=start, end=_end(component, start, zone), sentence=summary
    )


def _kind(component: Component, summary: str, message: Message) -> EventType:
    texts = (summary, message.subject, str(component.get("DESCRIPTION", ""))[:1000])
    return next((kind for text in texts if (kind := kind_in(text))), "meeting")


def _value(component: Component, name: str) -> object:
    """What a property holds; None if it is missing or broken."""
    try:
        return getattr(component.get(name), "dt", None)
    except ValueError:  # also icalendar's BrokenCalendarProperty
        return None


def _moment(component: Component, name: str, zone: ZoneInfo) -> date | datetime | None:
    """A property's date, or its datetime in `zone`; a floating time (RFC 5545, 3.3.5) is taken as the library's."""
    value = _value(component, name)
    if not isinstance(value, datetime):
        return value if isinstance(value, date) else None
    try:
        aware = value.replace(tzinfo=zone) if value.tzinfo is None else value
        return aware.astimezone(UTC).astimezone(zone)
    except (OverflowError, ValueError):
        return None


def _end(component: Component, start: date | datetime, zone: ZoneInfo) -> date | datetime | None:
    """DTEND or DTSTART + DURATION; a whole-day DTEND is exclusive: the day before is the last."""
    end = _moment(component, "DTEND", zone) or _after(component, start)
    if end is None or isinstance(end, datetime) != isinstance(start, datetime):
        return None
    if not isinstance(end, datetime):
        end = end - timedelta(days=1)
    return end if end > start else None


def _after(component: Component, start: date | datetime) -> date | datetime | None:
    length = _value(component, "DURATION")
    if not isinstance(length, timedelta):
        return None
    try:
        return (
            (start.astimezone(UTC) + length).astimezone(start.tzinfo) if isinstance(start, datetime) else start + length
        )
    except (OverflowError, ValueError):
        return None
