"""All posts about one downtime are one incident: announced, moved, begun, still going on, over.

The posts come under changing subjects, through several lists and without reply headers, so they are tied together by
the systems they name, by whose systems those are, and by time: a window that both name, or a trouble that goes on.
Another instance's or another campus's downtime is another incident. Pure: the open incidents come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from bot.systems import family
from bot.types import Event, Incident, OutagePost, Reading

#: How long after the last word about it an incident may be taken up again.
INCIDENT_WINDOW = timedelta(days=30)
#: A trouble without a named end is taken to go on so long; its "restored" may come so late.
_GOES_ON = timedelta(hours=36)
#: How far from its window a post about it may come without naming the window again; trouble that begins so late
#: after it is another trouble.
_AROUND, _LATE = timedelta(hours=24), timedelta(hours=6)
_OVER = ("resolved", "cancelled", "report")
#: Stages that speak of something told before, and need no window to say of what.
_FOLLOWING = ("moved", "begun", "update", "cancelled", "resolved")


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One post about a downtime, as far as incidents care: what it says, when, in which conversation, which window."""

    post: OutagePost
    at: datetime
    thread: int | None
    domain: str
    window: Event | None = None


def window_of(reading: Reading) -> Event | None:
    """The maintenance window that a post names, the last one when it names an old and a new one."""
    sure = [event for event in reading.dates if event.type == "maintenance" and event.sure]
    return sure[-1] if sure else None


def find(word: Word, known: Sequence[Incident], zone: tzinfo) -> Incident | None:
    """The incident that a post belongs to, the one spoken of last where several fit; None for a new one."""
    fitting = [one for one in known if abs(word.at - one.updated_at) <= INCIDENT_WINDOW and _is_ours(word, one)]
    in_thread = [one for one in fitting if word.thread is not None and word.thread in one.threads]
    by_system = [one for one in fitting if _same_system(word, one) and _same_time(word, one, zone)]
    return max(in_thread or by_system, key=lambda one: (one.updated_at, one.id), default=None)


def advance(incident: Incident | None, word: Word) -> Incident:
    """The incident after this post; an older post than the last adds names and changes no state."""
    threads = frozenset() if word.thread is None else frozenset({word.thread})
    if incident is None:
        return Incident(
            stage=word.post.stage, systems=word.post.systems, places=word.post.places, domain=word.domain,
            window=word.window, opened_at=word.at, updated_at=word.at, threads=threads)
    grown = replace(
        incident, systems=_joined(incident.systems, word.post.systems), threads=incident.threads | threads,
        places=incident.places or word.post.places, window=incident.window or word.window)
    if word.at < incident.updated_at:
        return grown
    stage = incident.stage if _is_behind(word, incident) else word.post.stage
    return replace(grown, stage=stage, window=word.window or grown.window, updated_at=word.at)


def is_going_on(incident: Incident, now: datetime) -> bool:
    """Whether this is trouble at this moment, as far as the posts tell."""
    return incident.stage in ("begun", "update") and now - incident.updated_at <= _GOES_ON


def _is_behind(word: Word, incident: Incident) -> bool:
    """A mere notice changes nothing; neither does a report, or an "update", of what is over."""
    if word.post.stage == "announced":
        return word.window is None or incident.stage in _OVER
    return incident.stage in _OVER and word.post.stage in ("update", "report")


def _is_ours(word: Word, incident: Incident) -> bool:
    """Two that name different instances or campuses are told apart; one campus's own trouble is never everybody's."""
    mine, theirs = set(word.post.places), set(incident.places)
    if mine and theirs:
        return bool(mine & theirs)
    home = {place for place in mine | theirs if "." in place}
    return not home or word.domain == incident.domain


def _same_system(word: Word, incident: Incident) -> bool:
    """A system that both name; where one names none, the same instance, or the same house speaking."""
    mine, theirs = set(map(family, word.post.systems)), set(map(family, incident.systems))
    if mine and theirs:
        return bool(mine & theirs)
    return bool(set(word.post.places) & set(incident.places)) or word.domain == incident.domain


def _same_time(word: Word, incident: Incident, zone: tzinfo) -> bool:
    if word.window is not None and incident.window is not None:
        return _overlap(word.window, incident.window, zone) or _is_news_of(word, incident, zone)
    if incident.window is not None:
        return _is_near(word, incident.window, zone) or _is_news_of(word, incident, zone)
    if word.window is not None and word.post.stage == "announced":
        return False
    return _still_told(word, incident)


def _still_told(word: Word, incident: Incident) -> bool:
    """Trouble without a window: the next words about it come within a day and a half; the report within weeks."""
    if word.post.stage == "report":
        return incident.stage in _OVER or is_going_on(incident, word.at)
    if incident.stage in _OVER:
        return word.post.stage in ("resolved", "update") and word.at - incident.updated_at <= _AROUND
    return word.post.stage in _FOLLOWING and abs(word.at - incident.updated_at) <= _GOES_ON


def _is_news_of(word: Word, incident: Incident, zone: tzinfo) -> bool:
    """A new time for it, or that it will not be, comes before its window has passed."""
    is_ahead = incident.window is not None and word.at <= _span(incident.window, zone)[1]
    return word.post.stage in ("moved", "cancelled") and incident.stage not in _OVER and is_ahead


def _overlap(one: Event, other: Event, zone: tzinfo) -> bool:
    (start, end), (begin, stop) = _span(one, zone), _span(other, zone)
    return start < stop and begin < end


def _is_near(word: Word, window: Event, zone: tzinfo) -> bool:
    start, end = _span(window, zone)
    far = _LATE if word.post.stage == "begun" else _AROUND
    return start - far <= word.at <= end + far


def _span(event: Event, zone: tzinfo) -> tuple[datetime, datetime]:
    start = _moment(event.start, time(), zone)
    end = _moment(event.end, time.max, zone) if event.end is not None else _moment(event.start, time.max, zone)
    return start, max(end, start + timedelta(hours=1))


def _moment(value: date | datetime, hour: time, zone: tzinfo) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, hour, zone)


def _joined(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
