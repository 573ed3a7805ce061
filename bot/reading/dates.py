"""The dates of a message → events. Only what its writer wrote now is read, never quotes; "now" is the message's Date.

The way: text → sentences → items (days, times, durations as written) → moments (which belong together) → a kind for
each (maintenance, training, meeting, deadline or none) → real dates in the library's zone → duplicates merged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.linear import LinearModel
from bot.reading.calendar import CalendarEvents, calendar_events
from bot.reading.date_clock import Times
from bot.reading.date_features import HAPPENINGS, Judged, judged
from bot.reading.date_items import Moment
from bot.reading.date_join import moments
from bot.reading.date_kinds import Candidate, Place, verdict
from bot.reading.date_spread import spread
from bot.reading.date_times import items
from bot.reading.date_words import is_dated
from bot.reading.sentences import CAP, SENTENCE, Sentence, sentences
from bot.types import Event, EventType, Message, Tag

_PREFIX = re.compile(r"\s*(?:\[[^\]]{1,40}\]\s*|(?:re|fwd?|aw):\s*)", re.IGNORECASE)
_NEWSLETTER = re.compile(
    r"\b(?:newsletter|news|digest|round-?up|bulletin|update for|this (?:week|month))\b", re.IGNORECASE
)
#: What stands between the dates of a list.
_LISTED = re.compile(r"[\s,;&|(]{0,4}(?:(?:and|or|plus)\s{1,2}(?:again\s)?(?:on\s)?(?:the\s)?)?")
_MOST = 60
#: From this doubt on an event is shown as "date?".
_DOUBT = 0.45
#: No more moments than these are looked at in one message.
_LOOKED_AT = 50
_LONG_OVER = timedelta(days=2)
#: From how many sessions on a message is a programme, how likely its further rows must be, and how doubtful they are.
_PROGRAMME, _NEARLY, _ROW = 3, 0.4, 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """An event with what it was read from: how doubtful its kind is (0 to 1)."""

    event: Event
    doubt: float

    @property
    def day(self) -> date:
        """The day it starts."""
        return first_day(self.event.start)


@dataclass(frozen=True, slots=True)
class LastDay:
    """A moment that may be a last day: how likely it is one, and how likely something happens then."""

    moment: Candidate
    due: float
    happens: float

    @property
    def sentence(self) -> str:
        """Where it stands."""
        return self.moment.place.sentence

    def event(self) -> Event | None:
        """The deadline that it would be; None where it lies behind the message."""
        times = self.moment.times("deadline")
        if times is None or self.moment.moment.old or _is_over(times, self.moment.now, "deadline"):
            return None
        return _event("deadline", times, self.sentence, sure=False)


@dataclass(frozen=True, slots=True)
class Dated:
    """The events of a message, and all its moments that are still to come."""

    events: tuple[Event, ...] = ()
    days: tuple[LastDay, ...] = ()


def first_day(start: date | datetime) -> date:
    """The day of a date or a datetime."""
    return start.date() if isinstance(start, datetime) else start


def event_tags(found: Iterable[Event]) -> Iterator[Tag]:
    """One `event` tag for each event."""
    for event in found:
        yield Tag(name="event", value=event, by="extractor", why=f"“{_quote(event.sentence)}”")


def _quote(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= 200 else line[:199] + "…"


def events(message: Message, zone: ZoneInfo, model: LinearModel | None = None) -> tuple[Event, ...]:
    """The events of a message in order of time. Without a Date header only those of calendar parts can be told."""
    return read_dates(message, zone, model).events


def read_dates(message: Message, zone: ZoneInfo, model: LinearModel | None = None) -> Dated:
    """The events of a message, and what each of its moments would be as a last day, however unlikely."""
    calendar = calendar_events(message, zone)
    weighed = [(one, _judged(one, model)) for one in candidates(message, zone) if not _is_long_over(one)]
    found = [event for one, told in _in_programme(weighed) if (event := _found(one, told))]
    found = [one for one in found if not _is_cancelled(one, calendar)]
    merged = _merge([*(Found(event, 0) for event in calendar.events), *found])
    # Rounded, for sums depend on their order in the last places, and training must give the same bytes.
    days = (LastDay(one, round(told.due, 4), round(told.happens, 4)) for one, told in weighed)
    return Dated(in_order((one.event for one in merged), zone)[:_MOST], tuple(day for day in days if day.event()))


def in_order(found: Iterable[Event], zone: ZoneInfo) -> tuple[Event, ...]:
    """The events in order of time; a whole day comes before its hours."""
    return tuple(sorted(found, key=lambda event: _order(event.start, zone)))


def _order(start: date | datetime, zone: ZoneInfo) -> datetime:
    return start if isinstance(start, datetime) else datetime.combine(start, time(), zone)


def _is_cancelled(one: Found, calendar: CalendarEvents) -> bool:
    """Whether a METHOD:CANCEL part of the same message takes this date back."""
    return first_day(one.event.start) in calendar.cancelled


def plain_subject(subject: str) -> str:
    """The subject without list prefixes and reply marks."""
    text = subject[:400]
    for _ in range(6):
        match = _PREFIX.match(text)
        if match is None:
            break
        text = text[match.end() :]
    return text.strip()


def candidates(message: Message, zone: ZoneInfo) -> tuple[Candidate, ...]:
    """Every moment that the message's own text names, with what stands around it; no more than 50."""
    if message.date is None:
        return ()
    subject = plain_subject(message.subject)
    text = message.new_text[:CAP]
    if not is_dated(text) and not is_dated(subject):
        return ()
    lines = (Sentence(subject), *sentences(text))
    mixed = bool(_NEWSLETTER.search(subject))
    now = message.date.astimezone(zone)
    read = [(at, line.text[:SENTENCE]) for at, line in enumerate(lines) if is_dated(line.text)]
    told = [(at, moments(text, items(text))) for at, text in read[:_LOOKED_AT]]
    tied = [(at, moment, own) for at, whole, own in spread(told, lines, now) for moment in whole][:_LOOKED_AT]
    hours = len({moment.day for _, moment, _ in tied if moment.day and moment.start})
    return tuple(replace(_candidate(moment, own, _place(lines, at, "" if mixed else subject), now, zone), hours=hours)
                 for at, moment, own in tied)


def _place(lines: tuple[Sentence, ...], at: int, subject: str) -> Place:
    line = lines[at]
    before = lines[at - 1].text if at > 1 else ""
    after = " ".join(other.text for other in lines[at + 1 : at + 3]) if at else ""
    return Place(line.text[:SENTENCE], line.heading, subject, before[:600], after[:600])


def _candidate(moment: Moment, told: tuple[Moment, ...], place: Place, now: datetime, zone: ZoneInfo) -> Candidate:
    first, last = _chain(moment, told, place.sentence) if len(told) > 1 else (moment.begin, moment.stop)
    begin = max((other.stop for other in told if other.stop <= first), default=0)
    end = min((other.begin for other in told if other.begin >= last), default=len(place.sentence))
    if last - first > moment.stop - moment.begin:
        moment = replace(moment, begin=first, stop=last)
    return Candidate(moment, place, begin, end, now, zone)


def _chain(moment: Moment, told: tuple[Moment, ...], text: str) -> tuple[int, int]:
    """From where to where the list reaches that a moment is part of: what is said of `March 4, 11 and April 1` holds
    for each."""
    like = sorted((one.begin, one.stop) for one in told if bool(one.start) == bool(moment.start))
    first, last = moment.begin, moment.stop
    for begin, stop in reversed(like):
        first = begin if stop <= first and _LISTED.fullmatch(text, stop, first) else first
    for begin, stop in like:
        last = stop if begin >= last and _LISTED.fullmatch(text, last, begin) else last
    return first, last


def _judged(one: Candidate, model: LinearModel | None) -> Judged:
    if model is not None:
        return judged(one, model)
    kind, doubt = verdict(one)
    return Judged(kind, doubt, *((1 - doubt, 0.0) if kind == "deadline" else (0.0, 1 - doubt)))


def _in_programme(weighed: list[tuple[Candidate, Judged]]) -> Iterator[tuple[Candidate, Judged]]:
    """Where a message has three sessions with hours, what is nearly one is one too: programmes are told row by row, and
    not every row says what it is."""
    sessions = Counter(told.kind for one, told in weighed if one.moment.start and told.kind in HAPPENINGS)
    for one, told in weighed:
        near = told.kind is None and one.moment.start is not None and told.happens > _NEARLY > told.due
        many = told.likeliest is not None and sessions[told.likeliest] >= _PROGRAMME
        yield one, told._replace(kind=told.likeliest, doubt=_ROW) if near and many else told


def _found(one: Candidate, told: Judged) -> Found | None:
    kind, doubt = told.kind, told.doubt
    if kind is None:
        return None
    times = one.times(kind)
    if times is None or _is_over(times, one.now, kind):
        return None
    return Found(_event(kind, times, one.place.sentence, sure=times.sure and doubt < _DOUBT), doubt)


def _event(kind: EventType, times: Times, sentence: str, *, sure: bool) -> Event:
    end = None if kind == "deadline" else times.end
    return Event(type=kind, start=times.start, end=end, sentence=sentence, sure=sure)


def _is_long_over(one: Candidate) -> bool:
    """Whether it lies behind the message, of whatever kind it was: the costly question of its kind is not asked then.

    Kinds differ in the hour at most, so two days are far enough; of several days the deadline is the last.
    """
    times = one.times("deadline")
    return times is not None and first_day(times.end or times.start) < one.now.date() - _LONG_OVER


def _is_over(times: Times, now: datetime, kind: EventType) -> bool:
    """What lies behind the message is told, not announced."""
    last = times.end or times.start
    if isinstance(last, datetime):
        return last < now
    return last < now.date() or (last == now.date() and kind != "deadline")


# ── merging ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _merge(found: list[Found]) -> list[Found]:
    """Tell each happening once: the telling with a time beats the one without, the nearer word the farther."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (round(one.doubt, 6), _rank(one.event))):
        if not any(_same(one, other) for other in kept):
            kept.append(one)
        else:
            kept = [_fuller(other, one) if _same(one, other) else other for other in kept]
    return [one for one in kept if not any(_is_shadow(one, other) for other in kept)]


def _rank(event: Event) -> int:
    return (0 if isinstance(event.start, datetime) else 2) + (0 if event.end is not None else 1)


def _same(one: Found, other: Found) -> bool:
    if one.event.start != other.event.start:
        return False
    return one.event.type == other.event.type or max(one.doubt, other.doubt) > 0


def _fuller(kept: Found, other: Found) -> Found:
    if kept.event.end is None and other.event.end is not None and kept.event.type == other.event.type:
        return replace(kept, event=replace(kept.event, end=other.event.end))
    return kept


def _is_shadow(one: Found, other: Found) -> bool:
    """A bare date of which another telling knows the time, or that lies inside a longer happening of its kind."""
    if one is other:
        return False
    if isinstance(one.event.start, datetime):
        return _within(one, other) and isinstance(other.event.start, datetime)
    same_kind = one.event.type == other.event.type or (
        one.doubt > 0 and (one.event.type != "deadline" or one.doubt >= _DOUBT)
    )
    timed = isinstance(other.event.start, datetime)
    if same_kind and timed and (one.day == other.day):
        return True
    return _within(one, other)


def _within(one: Found, other: Found) -> bool:
    """Whether a maintenance window or a conference spans this telling of its own kind."""
    end = other.event.end
    if (
        end is None
        or one.event.type != other.event.type
        or one.event.type == "deadline"
        or one.event.start == other.event.start
    ):
        return False
    last = end.date() if isinstance(end, datetime) else end
    if isinstance(one.event.start, datetime) and isinstance(other.event.start, datetime) and isinstance(end, datetime):
        inner = one.event.end if isinstance(one.event.end, datetime) else one.event.start
        return other.event.start <= one.event.start and inner <= end
    return last - other.day <= timedelta(days=14) and other.day <= one.day <= last and (one.event.end is None)
