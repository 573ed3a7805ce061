"""Rules of the calendar part, read by two parsers that know nothing of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import icalendar
import vobject
from vobject.base import VObjectError

from tests.judge.mail import Mail, rule


def _raw(mail: Mail) -> list[bytes]:
    return [bytes(part.get_payload(decode=True) or b"") for part in mail.parts("text/calendar")]


def _read(raw: bytes) -> Any:
    try:
        return icalendar.Calendar.from_ical(raw)
    except ValueError:
        return icalendar.Calendar()


def _events(mail: Mail) -> Iterator[Any]:
    for raw in _raw(mail):
        yield from _read(raw).walk("VEVENT")


@rule("RFC 5545, 3.1: lines of at most 75 bytes that end with CRLF")
def calendar_lines(mail: Mail) -> Iterator[str]:
    for raw in _raw(mail):
        if re.search(rb"(?<!\r)\n", raw) or max(map(len, raw.split(b"\r\n"))) > 75:
            yield "a bare LF, or a line that is not folded"


@rule("RFC 5545, 3.4: icalendar reads it without a complaint")
def read_by_icalendar(mail: Mail) -> Iterator[str]:
    for raw in _raw(mail):
        try:
            calendar = icalendar.Calendar.from_ical(raw)
        except ValueError as wrong:
            yield str(wrong)[:100]
            continue
        yield from (str(part.errors)[:100] for part in calendar.walk() if part.errors)
        if not list(calendar.walk("VEVENT")):
            yield "no event"


@rule("RFC 5545, 3.4: vobject reads it without a complaint")
def read_by_vobject(mail: Mail) -> Iterator[str]:
    for raw in _raw(mail):
        try:
            vobject.readOne(raw.decode("utf-8")).validate(raiseException=True)
        except (VObjectError, ValueError) as wrong:
            yield str(wrong)[:100]


@rule("RFC 5546, 3.2.1; RFC 6047, 2.4: METHOD:PUBLISH, in the part's header too; a file of its own")
def only_published(mail: Mail) -> Iterator[str]:
    for part, raw in zip(mail.parts("text/calendar"), _raw(mail), strict=True):
        if part.get_param("method") != "PUBLISH" or str(_read(raw).get("METHOD")) != "PUBLISH":
            yield f"method {part.get_param('method')}, METHOD {_read(raw).get('METHOD')}"
        if part.get_content_disposition() != "attachment" or not str(part.get_filename()).endswith(".ics"):
            yield f"it is no file: {part['Content-Disposition']}"


@rule("RFC 5545, 3.6.1: UID, DTSTAMP, DTSTART, SEQUENCE, SUMMARY and STATUS in each event, each UID once")
def whole_events(mail: Mail) -> Iterator[str]:
    events = list(_events(mail))
    for event in events:
        lacking = [name for name in ("UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY", "STATUS") if name not in event]
        if lacking:
            yield f"{event.get('SUMMARY')} lacks {lacking}"
    uids = [str(event.get("UID")) for event in events]
    if len(uids) != len(set(uids)):
        yield f"a UID stands twice: {uids}"


@rule("RFC 5545, 3.8.4.1 and 3.8.6.1: nobody is invited, nothing rings; the organizer is the bot")
def nobody_invited(mail: Mail) -> Iterator[str]:
    own = mail.message["From"].addresses[0].addr_spec.lower()
    for event in _events(mail):
        if "ATTENDEE" in event or event.walk("VALARM"):
            yield f"{event.get('SUMMARY')} invites or rings"
        if str(event.get("ORGANIZER", "")).lower() != f"mailto:{own}":
            yield f"{event.get('SUMMARY')} is organized by {event.get('ORGANIZER')}"


@rule("RFC 5545, 3.8.2.2: an event ends after it begins, both as hours in UTC or both as days")
def times_in_order(mail: Mail) -> Iterator[str]:
    for event in _events(mail):
        start, end = (event[name].dt if name in event else None for name in ("DTSTART", "DTEND"))
        if start is None or (end is not None and (type(start) is not type(end) or end <= start)):
            yield f"{event.get('SUMMARY')}: {start} to {end}"
        elif getattr(start, "tzinfo", None) is not None and start.utcoffset():
            yield f"{event.get('SUMMARY')} is not in UTC"


@rule("RFC 5545, 3.8.1.2: an event names its areas, and says the sentence that it came from")
def categories(mail: Mail) -> Iterator[str]:
    for event in _events(mail):
        if "CATEGORIES" not in event or not str(event.get("DESCRIPTION", "")).strip():
            yield f"{event.get('SUMMARY')} has no CATEGORIES or no DESCRIPTION"
