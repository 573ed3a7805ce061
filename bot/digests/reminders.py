"""Reminders: which are due on a reader's day, the lines that say so in a digest, and the mail where there is none.

A day before a training, a meeting or a downtime; a week and two days before a deadline. Days are days of the reader's
own calendar, so a night of summer time shifts none. Whoever heard of it on that very day, or later, needs no reminder.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.digests.phrases import (
    KINDS,
    clean_line,
    day_long,
    day_of,
    day_short,
    days_left,
    shorten,
    times,
    zone_word,
)
from bot.digests.render import Rendered, Templates
from bot.digests.values import Digest, House, ReaderView, Reminder
from bot.digests.wording import ENGLISH, Words
from bot.happening import Happening, day_in
from bot.types import Event, EventType

#: How many days before, the earliest first.
AHEAD: Mapping[EventType, tuple[int, ...]] = {
    "training": (1,), "meeting": (1,), "maintenance": (1,), "deadline": (7, 2),
}


class Heard(Protocol):
    """What a reader was told of a happening: which SEQUENCE, when, and the last reminder (see `due`)."""

    @property
    def sequence(self) -> int: ...

    @property
    def at(self) -> datetime: ...

    @property
    def reminded(self) -> str: ...


def due(happening: Happening, heard: Heard, zone: ZoneInfo, now: datetime) -> str:
    """The name of the reminder that is due now ("2026-12-04/1"), or "". A reminder that was missed gives way to the
    next one; what has begun, was called off, or was told in time needs none."""
    today, day = now.astimezone(zone).date(), day_in(happening.start, zone)
    if happening.state != "on" or _has_begun(happening, now, today):
        return ""
    steps = [before for before in AHEAD[happening.type] if day - timedelta(days=before) <= today]
    if not steps:
        return ""
    knows = heard.sequence >= happening.sequence
    if knows and heard.at.astimezone(zone).date() >= day - timedelta(days=steps[-1]):
        return ""
    name = f"{day.isoformat()}/{steps[-1]}"
    return "" if heard.reminded == name else name


def _has_begun(happening: Happening, now: datetime, today: date) -> bool:
    start = happening.start
    return start <= now if isinstance(start, datetime) else start < today


def reminder(happening: Happening, heard: Heard, zone: ZoneInfo, now: datetime, words: Words = ENGLISH) -> Reminder:
    """The line that reminds."""
    today, day = now.astimezone(zone).date(), day_in(happening.start, zone)
    event = Event(type=happening.type, start=happening.start, end=happening.end)
    return Reminder(
        day=day, when=day_short(day, today, words), left=days_left(day, today, words), times=times(event, zone, words),
        subject=clean_line(happening.title, 140) or clean_line(happening.subject, 140),
        kind=words.say(KINDS[happening.type]),
        says=clean_line(happening.sentence, 160) if happening.type == "deadline" else "",
        is_moved=heard.sequence < happening.sequence,
    )


def with_reminders(digest: Digest, reminders: Sequence[Reminder]) -> Digest:
    """A digest that reminds, too."""
    if not reminders:
        return digest
    counted = digest.reader.words.count(len(reminders), "%(count)s reminder", "%(count)s reminders")
    contents = ", ".join(part for part in (digest.contents, counted) if part)
    return replace(digest, reminders=tuple(reminders), contents=contents)


def reminder_mail(reminders: Sequence[Reminder], reader: ReaderView, now: datetime, *, templates: Templates,
                  house: House) -> Rendered:
    """The mail for a reader who has no digest that day."""
    words, zone = reader.words, reader.zone
    subject = _subject(reminders, words)
    first = reminders[0]
    preheader = ", ".join(part for part in (first.kind, first.when, first.times) if part)
    values = {
        "reminders": reminders, "house": house, "subject": subject, "preheader": preheader,
        "day_words": day_long(day_of(now, zone), words), "zone": f"{zone_word(now.astimezone(zone))}, {zone.key}",
    }
    return Rendered(subject=subject, preheader=preheader, language=words.code,
                    text=templates.text("reminder", values, words.code),
                    html=templates.html("reminder", values, words.code))


def _subject(reminders: Sequence[Reminder], words: Words) -> str:
    first, others = reminders[0], len(reminders) - 1
    subject = shorten(first.subject, 90)
    if not others:
        return words.say("Reminder: %(subject)s, %(left)s", subject=subject, left=first.left)
    return words.count(others, "Reminder: %(subject)s, %(left)s and %(count)s more",
                       "Reminder: %(subject)s, %(left)s and %(count)s more", subject=subject, left=first.left)
