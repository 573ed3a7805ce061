"""Happenings as iCalendar objects that a reader's calendar takes in: METHOD:PUBLISH (RFC 5545, RFC 5546, 3.2.1).

Nobody is invited: no ATTENDEE, no ALARM, and the ORGANIZER is the bot's own address. Hours are in UTC, which every
program shows in its own zone, on both sides of a summer-time change; whole days are dates, whose DTEND is the day
after. The same happenings give the same bytes. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.digests.phrases import KINDS, clean_line, clean_text, list_name, shorten
from bot.digests.values import House
from bot.digests.wording import ENGLISH, Words, mark
from bot.happening import Happening
from bot.types import Address

if TYPE_CHECKING:
    from icalendar import Component

PRODUCT = "-//Liaison//Library Digest//EN"
_END = b"END:VCALENDAR\r\n"
_MARKS: Mapping[str, str] = {"cancelled": mark("Cancelled: %(title)s"), "closed": mark("Closed: %(title)s")}
#: How often a program that follows a file should look again.
_REFRESH = timedelta(hours=1)
_NO_LABELS: Mapping[str, str] = {}


def publish(happenings: Sequence[Happening], house: House, labels: Mapping[str, str] = _NO_LABELS,
            name: str = "", words: Words = ENGLISH) -> bytes:
    """One iCalendar object with a VEVENT for each. `labels` are the areas' by id; a `name` makes it a calendar that is
    followed (RFC 7986), not a part of a mail."""
    entries = (_entry(one, house.sender, _categories(one, labels), words) for one in happenings)
    return b"".join((_head(name), *entries, _END))


def _categories(one: Happening, labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(clean_line(labels[area], 60) for area in one.areas if area in labels)


#: A mail's has no name; a file's stays the same as long as its reader does.
@lru_cache(maxsize=2_000)
def _head(name: str) -> bytes:
    from icalendar import Calendar  # imported when the first date is sent: its 80 modules take memory

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("name", clean_line(name, 100))
        calendar.add("x-wr-calname", clean_line(name, 100))
        calendar.add("refresh-interval", _REFRESH, parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    return bytes(calendar.to_ical(sorted=False)).removesuffix(_END)


#: The same entries stand in the mails and files of many readers.
@lru_cache(maxsize=4_000)
def _entry(one: Happening, sender: Address, categories: tuple[str, ...], words: Words) -> bytes:
    from icalendar import Event, vCalAddress

    event = Event()
    event.add("uid", one.uid)
    event.add("sequence", one.sequence)
    event.add("dtstamp", one.posted_at.astimezone(UTC))
    event.add("created", one.created_at.astimezone(UTC))
    event.add("last-modified", one.posted_at.astimezone(UTC))
    _add_times(event, one.start, one.end)
    event.add("summary", _summary(one, words))
    event.add("description", "\n".join(_description(one)))
    event.add("status", "CONFIRMED" if one.state == "on" else "CANCELLED")
    event.add("transp", "OPAQUE" if _takes_time(one) else "TRANSPARENT")
    if categories:
        event.add("categories", list(categories))
    organizer = vCalAddress(f"mailto:{sender.address}")
    organizer.params["cn"] = clean_line(sender.name, 60).replace('"', "'")
    event.add("organizer", organizer)
    return bytes(event.to_ical(sorted=False))


def _add_times(event: Component, start: date | datetime, end: date | datetime | None) -> None:
    """Of whole days DTEND is the day after the last (RFC 5545, 3.6.1); an hour without an end gets none invented."""
    if not isinstance(start, datetime):
        event.add("dtstart", start)
        event.add("dtend", max(start, end if end is not None and not isinstance(end, datetime) else start)
                  + timedelta(days=1))
        return
    event.add("dtstart", start.astimezone(UTC))
    if isinstance(end, datetime) and end > start:
        event.add("dtend", end.astimezone(UTC))


def _takes_time(one: Happening) -> bool:
    """Whether it makes a reader busy: a training or a meeting at an hour; no deadline, no downtime, no whole day."""
    return one.type in ("training", "meeting") and isinstance(one.start, datetime) and one.state == "on"


def _summary(one: Happening, words: Words) -> str:
    title = clean_line(one.title, 150) or clean_line(one.subject, 150) or words.say(KINDS[one.type])
    if one.state in _MARKS:
        return words.say(_MARKS[one.state], title=title)
    return words.say("Deadline: %(title)s", title=title) if one.type == "deadline" else title


def _description(one: Happening) -> Iterable[str]:
    """The sentence that says it; then who wrote it, on which lists, under which subject."""
    sentence = shorten(" ".join(clean_text(one.sentence).split()), 600)
    if sentence and sentence != one.subject:
        yield sentence
        yield ""
    lists = ", ".join(dict.fromkeys(list_name(name) for name in one.lists[:6]))
    yield " · ".join(part for part in (clean_line(one.who, 60), lists, clean_line(one.subject, 150)) if part)
