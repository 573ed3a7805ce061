"""text/calendar parts (RFC 5545, 5546) → events in the library's zone; METHOD:CANCEL gives the days taken back.

Of several versions of one event (the same UID) the one with the highest SEQUENCE counts. A recurring event is told for
each of its next dates, a dozen at most and a year ahead at most, so that no rule can keep the reader busy.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.reading.date_kinds import kind_in
from bot.types import Event, EventType, Message

if TYPE_CHECKING:
    from icalendar import Component

#: No larger part, no more events and no more dates of one event than these are read.
_LARGEST = 100_000
_MOST, _DATES = 20, 12
_YEAR = timedelta(days=366)
#: A longer rule is somebody's mischief. Of a rule so many days are looked at, and so many dates made: one that never
#: comes true, or stands still (INTERVAL=0), would be looked at for ever.
_LONGEST_RULE, _MOST_DAYS = 200, 8_000
#: A longer UID is somebody's mistake (RFC 7986, 5.3 means it to be short).
_LONGEST_UID = 255
#: RFC 5545, 3.3.8: of 32 bits at most.
_SEQUENCE = re.compile(r"[0-9]{1,9}")
#: What icalendar raises for parts that break RFC 5545.
_BROKEN = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError)
#: Outlook names its own zones by their cities; what it calls "customized" is floating time.
_OUTLOOK = re.compile(r"\((?:UTC|GMT)[+-]\d\d:\d\d\)\s(?P<name>Central|Eastern|Mountain|Pacific)\b", re.IGNORECASE)
_OUTLOOK_ZONES = {"central": "America/Chicago", "eastern": "America/New_York", "mountain": "America/Denver",
                  "pacific": "America/Los_Angeles"}


@dataclass(frozen=True, slots=True)
class CalendarEvents:
    """What the calendar parts of a message announce, and the days that they cancel."""

    events: tuple[Event, ...] = ()
    cancelled: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class _Version:
    """One VEVENT: whose version it is, which date of a recurring event it replaces, and whether it takes it back."""

    component: Component
    uid: str
    replaces: date | datetime | None
    sequence: int
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """One date of a calendar part: under which UID others sent it ("" for none), which date of a series it is (""
    when it is no series), their SEQUENCE, and whether they take it back."""

    uid: str
    recurrence: str
    sequence: int
    is_cancelled: bool
    event: Event


def invitations(message: Message, zone: ZoneInfo) -> tuple[Invitation, ...]:
    """The dates of all calendar parts with what tells them apart, those taken back included."""
    versions = _all_versions(message, zone)
    return tuple(
        Invitation(_uid(version.component), _recurrence(version, event), version.sequence, version.is_cancelled, event)
        for version in versions for event in _told(version.component, message, zone, _moved(version, versions)))


def _uid(component: Component) -> str:
    """The UID that others gave; one that no calendar of ours could carry counts as none."""
    uid = str(component.get("UID", "")).strip()
    return uid if len(uid) <= _LONGEST_UID and uid.isascii() and uid.isprintable() else ""


def _recurrence(version: _Version, event: Event) -> str:
    """Which date of a series: the one that it replaces, or its own start."""
    if version.replaces is not None:
        return _stamp(version.replaces)
    return _stamp(event.start) if version.component.get("RRULE") is not None else ""


def _stamp(value: date | datetime) -> str:
    return (value.astimezone(UTC) if isinstance(value, datetime) else value).isoformat()


def _all_versions(message: Message, zone: ZoneInfo) -> list[_Version]:
    return _latest([version for part in message.calendars[:10] for version in _versions(part, zone)])


def calendar_events(message: Message, zone: ZoneInfo) -> CalendarEvents:
    """The events of all calendar parts. A part that cannot be read gives none: bad mail is data."""
    if not message.calendars:
        return CalendarEvents()
    versions = _all_versions(message, zone)
    kept: list[Event] = []
    cancelled: set[date] = set()
    for version in versions:
        for event in _told(version.component, message, zone, _moved(version, versions)):
            if version.is_cancelled:
                cancelled.add(_day(event.start))
            else:
                kept.append(event)
    return CalendarEvents(tuple(kept), frozenset(cancelled))


def _moved(version: _Version, versions: Sequence[_Version]) -> list[date | datetime]:
    """The dates of a recurring event that another part of the message replaces."""
    if version.replaces is not None:
        return []
    return [other.replaces for other in versions if other.uid == version.uid and other.replaces is not None]


def _day(start: date | datetime) -> date:
    return start.date() if isinstance(start, datetime) else start


def _versions(part: str, zone: ZoneInfo) -> list[_Version]:
    if len(part) > _LARGEST or "BEGIN:VCALENDAR" not in part.upper():
        return []
    from icalendar import Calendar  # few messages bring one; until then its 80 modules stay out of memory

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what icalendar guesses of a zone's name is as good as ours
            calendar = Calendar.from_ical(_OUTLOOK.sub(lambda found: _OUTLOOK_ZONES[found["name"].lower()], part))
            method = str(calendar.get("METHOD", "")).strip().upper()
            if method in ("REPLY", "COUNTER", "DECLINECOUNTER"):
                return []
            return [_version(one, method, zone) for one in calendar.walk("VEVENT")[:_MOST]]
    except _BROKEN:
        return []


def _version(component: Component, method: str, zone: ZoneInfo) -> _Version:
    sequence = str(component.get("SEQUENCE", "0"))
    return _Version(
        component, str(component.get("UID", id(component))), _moment(component, "RECURRENCE-ID", zone),
        int(sequence) if _SEQUENCE.fullmatch(sequence) else 0,
        method == "CANCEL" or str(component.get("STATUS", "")).upper() == "CANCELLED",
    )


def _latest(versions: Sequence[_Version]) -> list[_Version]:
    """Of each event (and each replaced date of it) the version of the highest SEQUENCE; of equals the last."""
    latest: dict[tuple[str, str], _Version] = {}
    for version in versions:
        key = (version.uid, str(version.replaces))
        if key not in latest or version.sequence >= latest[key].sequence:
            latest[key] = version
    return list(latest.values())


def _told(component: Component, message: Message, zone: ZoneInfo, moved: Sequence[date | datetime]) -> Iterator[Event]:
    start = _moment(component, "DTSTART", zone)
    if start is None:
        return
    summary = str(component.get("SUMMARY", "") or message.subject)[:300]
    kind, end = _kind(component, summary, message), _end(component, start, zone)
    for each in _dates(component, start, message.date, moved):
        yield Event(type=kind, start=each, end=_shifted(end, start, each), sentence=summary)


def _shifted(end: date | datetime | None, start: date | datetime, each: date | datetime) -> date | datetime | None:
    """The end of one date of a recurring event: as long after its start as it is said of the first."""
    if end is None or each == start:
        return end
    if isinstance(each, datetime) and isinstance(end, datetime) and isinstance(start, datetime):
        length = end.astimezone(UTC) - start.astimezone(UTC)
        return (each.astimezone(UTC) + length).astimezone(each.tzinfo)
    return each + (_day(end) - _day(start))


# ── recurrence ────────────────────────────────────────────────────────────────────────────────────────────────────


def _dates(component: Component, start: date | datetime, now: datetime | None,
           moved: Sequence[date | datetime]) -> list[date | datetime]:
    """The dates of a recurring event from `now` on, without the excepted and moved ones; else the start alone."""
    rule = component.get("RRULE")
    if rule is None or isinstance(rule, list):
        return [start]
    try:
        found = list(_expanded(rule.to_ical().decode(), _value(component, "DTSTART"), start, now))
        without = {_day(each) for each in (*moved, *_exceptions(component, start))}
    except _BROKEN:
        return [start]
    return [each for each in found if _day(each) not in without][:_DATES] or [start]


def _expanded(rule: str, written: object, start: date | datetime, now: datetime | None) -> Iterator[date | datetime]:
    """The next dates by a rule: they keep the hour of the zone in which the start is written (RFC 5545, 3.3.10)."""
    from dateutil.rrule import DAILY, rrulestr

    aware = isinstance(written, datetime) and written.tzinfo is not None
    begin = written if isinstance(written, datetime) and aware else (
        start if isinstance(start, datetime) else datetime.combine(start, time()))
    if len(rule) > _LONGEST_RULE:
        raise ValueError("too long")
    parsed: Any = rrulestr(rule, dtstart=begin)
    if parsed._freq > DAILY:  # hours and minutes recur for nobody
        raise ValueError("too often")
    today = begin if now is None else now if begin.tzinfo else now.replace(tzinfo=None)
    last = max(begin, today) + _YEAR
    bounded = parsed.replace(count=None, until=min(parsed._until, last) if parsed._until else last)
    bounded._bymonth = _Months(bounded._bymonth)
    counted = islice(bounded, min(parsed._count or _MOST_DAYS, _MOST_DAYS))
    ahead = islice((each for each in counted if each.date() >= today.date()), 2 * _DATES)
    zone = start.tzinfo if isinstance(start, datetime) else None
    yield from (each.date() if zone is None else each.astimezone(UTC).astimezone(zone) for each in ahead)


class _Months:
    """The months of a rule. Each day that dateutil looks at is asked for its month first: here they are counted."""

    def __init__(self, months: Collection[int] | None) -> None:
        self._months = frozenset(months or range(1, 13))
        self._left = _MOST_DAYS

    def __contains__(self, month: object) -> bool:
        self._left -= 1
        if self._left < 0:
            raise ValueError("this rule goes on and on")
        return month in self._months


def _exceptions(component: Component, start: date | datetime) -> Iterator[date | datetime]:
    told = component.get("EXDATE", [])
    zone = start.tzinfo if isinstance(start, datetime) else None
    for one in told if isinstance(told, list) else [told]:
        for each in one.dts:
            yield each.dt.astimezone(zone) if isinstance(each.dt, datetime) and each.dt.tzinfo else each.dt


# ── one event ─────────────────────────────────────────────────────────────────────────────────────────────────────


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
    if not isinstance(value, date) or not _is_of_our_time(value):
        return None
    if not isinstance(value, datetime):
        return value
    try:
        aware = value.replace(tzinfo=zone) if value.tzinfo is None else value
        return aware.astimezone(UTC).astimezone(zone)
    except (OverflowError, ValueError):
        return None


def _is_of_our_time(value: date) -> bool:
    """Nobody meets in the year 1; and such days cannot be moved to another zone."""
    return 1970 <= value.year < 2200


def _end(component: Component, start: date | datetime, zone: ZoneInfo) -> date | datetime | None:
    """DTEND or DTSTART + DURATION; a whole-day DTEND is exclusive: the day before is the last."""
    end = _moment(component, "DTEND", zone) or _after(component, start)
    if end is None or isinstance(end, datetime) != isinstance(start, datetime):
        return None
    if not isinstance(end, datetime):
        end = end - timedelta(days=1)
    return end if end > start and _is_of_our_time(end) else None


def _after(component: Component, start: date | datetime) -> date | datetime | None:
    length = _value(component, "DURATION")
    if not isinstance(length, timedelta):
        return None
    try:
        if not isinstance(start, datetime):
            return start + length
        return (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    except (OverflowError, ValueError):
        return None
