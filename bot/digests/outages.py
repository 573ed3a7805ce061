"""What state an outage is in, by what its newest post says and by its window, and how a headline says so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from bot.digests.phrases import TO, shorten, window
from bot.digests.wording import ENGLISH, Words, mark
from bot.systems import systems_in
from bot.types import Event, Incident, Message, OutageStage, Reading


class State(StrEnum):
    """Where an outage stands, in the words that a reader sees, in their language."""

    NOTICE = mark("Notice")
    PLANNED = mark("Planned")
    MOVED = mark("New time")
    BEGUN = mark("Going on now")
    CANCELLED = mark("Called off")
    RESOLVED = mark("Resolved")
    PAST = mark("Should be over")

    @property
    def is_over(self) -> bool:
        """Nothing is left to prepare for."""
        return self in (State.CANCELLED, State.RESOLVED, State.PAST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """One outage as its newest post leaves it: the state, and the window that counts, if one was named."""

    state: State
    event: Event | None = None


#: What a reader sees for what the newest post says.
_STATES: Mapping[OutageStage, State] = {
    "announced": State.NOTICE, "moved": State.MOVED, "begun": State.BEGUN, "update": State.BEGUN,
    "cancelled": State.CANCELLED, "resolved": State.RESOLVED, "report": State.RESOLVED,
}
_OFF = re.compile(r"(?i)\b(?:unavailable|down(?:time)?|offline|outage|out of service|shut down|(?:is|be|are) off)\b")


#: How long a post that says "it is down" is believed when nothing follows.
_BELIEVED = timedelta(hours=24)


def outage_of(message: Message, reading: Reading, events: Iterable[Event], zone: tzinfo, now: datetime) -> Outage:
    """Where an outage stands by its newest post, and which of the windows counts."""
    event = window_of(events, zone, now)
    return Outage(state=state_of(message, reading, event, zone, now), event=event)


def outage_now(incident: Incident, zone: tzinfo, now: datetime) -> Outage:
    """Where an outage stands by all posts about it, also by those that a reader does not get."""
    said, event = _STATES[incident.stage], incident.window
    if event is not None and said not in (State.RESOLVED, State.CANCELLED):
        said = _by_window(said, event, zone, now)
    return Outage(state=said, event=event)


def state_of(message: Message, reading: Reading, event: Event | None, zone: tzinfo, now: datetime) -> State:
    """The state that the newest post of an outage claims; a plan whose window has passed "should be over"."""
    post = reading.outage_post
    said = _STATES[post.stage] if post else None
    if event is None:
        return _without_window(said, message, reading, now)
    if said in (State.RESOLVED, State.CANCELLED):
        return said
    return _by_window(said, event, zone, now)


def _by_window(said: State | None, event: Event, zone: tzinfo, now: datetime) -> State:
    if has_passed(event, zone, now):
        return State.PAST
    return State.BEGUN if _has_begun(event, now) else _not_yet(said)


def _without_window(said: State | None, message: Message, reading: Reading, now: datetime) -> State:
    """What is urgent goes on now, until a day has passed without another word."""
    going_on = said is State.BEGUN or (said is None and reading.urgent is not None)
    if not going_on:
        return said or State.NOTICE
    is_fresh = message.date is None or now - message.date <= _BELIEVED
    return State.BEGUN if is_fresh and reading.urgent is not None else State.NOTICE


def _not_yet(said: State | None) -> State:
    """The window lies ahead: "outage" in the subject is then an announcement."""
    return State.MOVED if said is State.MOVED else State.PLANNED


def _has_begun(event: Event, now: datetime) -> bool:
    return isinstance(event.start, datetime) and event.start <= now


def has_passed(event: Event, zone: tzinfo, now: datetime) -> bool:
    """Whether all of it lies behind; something without an end lasts until the end of its day."""
    last = event.end or event.start
    if isinstance(last, datetime) and event.end is not None:
        return last <= now
    day = last.astimezone(zone).date() if isinstance(last, datetime) else last
    return day < now.astimezone(zone).date()


def window_of(events: Iterable[Event], zone: tzinfo, now: datetime) -> Event | None:
    """The window that counts: what is ahead before what has passed, sure before unsure."""
    return min(events, key=lambda event: (has_passed(event, zone, now), not event.sure), default=None)


def window_words(outage: Outage, zone: tzinfo, now: datetime, words: Words = ENGLISH) -> str:
    """The window as a card shows it, with "date?" before an unsure one; nothing when it no longer matters."""
    if outage.event is None or outage.state in (State.RESOLVED, State.CANCELLED):
        return ""
    when = window(outage.event, zone, now, words)
    return when if outage.event.sure else f"{words.say('date?')} {when}"


def headline(subject: str, message: Message, outage: Outage, zone: tzinfo, now: datetime,
             words: Words = ENGLISH) -> str:
    """An outage in a few words for a subject line: "Alma off Sunday 1-5 a.m.", "Alma is back"."""
    system = next(iter(systems_in(subject)), "")
    if not system:
        return shorten(subject, 60)
    if outage.state in _SHORT:
        return words.say(_SHORT[outage.state], system=system)
    is_off = _OFF.search(f"{subject} {message.new_text[:1_500]}")
    what = words.say("%(system)s off", system=system) if is_off else words.say("%(system)s maintenance", system=system)
    sure = outage.event if outage.event is not None and outage.event.sure else None
    when = f" {window(sure, zone, now, words, near=True, zoned=False)}".replace(TO, "-") if sure else ""
    return f"{what}{when}" + (f" ({words.say('new time')})" if outage.state is State.MOVED else "")


_SHORT = {
    State.RESOLVED: mark("%(system)s is back"),
    State.CANCELLED: mark("%(system)s maintenance called off"),
    State.PAST: mark("%(system)s maintenance should be over"),
    State.BEGUN: mark("%(system)s trouble now"),
}
