"""What state an outage is in, by the words of its newest post and its window, and how a headline says so.

The subject counts most; the text counts only in phrases that claim something as done, so that "until it is resolved"
does not say that it is. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from bot.digests.phrases import TO, shorten, window
from bot.types import Event, Message, Reading


class State(StrEnum):
    """Where an outage stands, in the words that a reader sees."""

    NOTICE = "Notice"
    PLANNED = "Planned"
    MOVED = "New time"
    BEGUN = "Going on now"
    CANCELLED = "Called off"
    RESOLVED = "Resolved"
    PAST = "Should be over"

    @property
    def is_over(self) -> bool:
        """Nothing is left to prepare for."""
        return self in (State.CANCELLED, State.RESOLVED, State.PAST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """One outage as its newest post leaves it: the state, and the window that counts, if one was named."""

    state: State
    event: Event | None = None


_NEGATED = re.compile(r"(?i)\b(?:un|not (?:yet )?)(?:resolved|restored|completed?|fixed)\b|\bnot (?:yet )?back\b")
_NOT_YET = re.compile(r"(?i)\b(?:until|till|when|once|as soon as|if|before|after)\b[^.;!?\n]{0,80}")
_IN_SUBJECT = (
    (State.CANCELLED, r"cancell?ed|called off|will not take place"),
    (State.RESOLVED, r"resolved|restored|completed?|fixed|all clear|is over"),
    (State.RESOLVED, r"back (?:up|online|to normal)|(?:is|are) back"),
    (State.MOVED, r"postponed|rescheduled|moved|new (?:date|time|window)|delayed|extended"),
    (State.BEGUN, r"has (?:begun|started)|under way|in progress|currently|investigating|(?:is|are) down|outage"),
)
_IN_TEXT = (
    (State.CANCELLED, r"(?:has|have) been cancell?ed|will not take place"),
    (State.RESOLVED, r"(?:has|have) (?:now )?been (?:resolved|restored|completed|fixed)"),
    (State.RESOLVED, r"(?:is|are) (?:now )?(?:resolved|restored|back online|back to normal|fixed)"),
    (State.RESOLVED, r"maintenance (?:was|is) (?:now )?(?:complete|completed|over|finished)"),
    (State.MOVED, r"(?:has|have) been (?:postponed|rescheduled|moved|extended)|new (?:date|window) (?:is|will be)"),
    (State.BEGUN, r"(?:is|are) (?:currently|now) (?:down|unavailable|investigating|experiencing)"),
    (State.BEGUN, r"has (?:begun|started)|we are (?:aware|investigating)"),
)
_SYSTEMS = ("Alma", "Primo VE", "Primo", "ResShare", "ReShare", "Network Zone", "OpenAthens", "WorldShare", "WorldCat",
            "EZproxy", "VuFind", "Leganto", "Rapido", "I-Share")
_OFF = re.compile(r"(?i)\b(?:unavailable|down(?:time)?|offline|outage|out of service|shut down|(?:is|be|are) off)\b")


def _compiled(rules: Iterable[tuple[State, str]]) -> tuple[tuple[State, re.Pattern[str]], ...]:
    return tuple((state, re.compile(rf"(?i)\b(?:{words})\b")) for state, words in rules)


_SUBJECT_RULES, _TEXT_RULES = _compiled(_IN_SUBJECT), _compiled(_IN_TEXT)
_NAMED = tuple((name, re.compile(rf"(?i)\b{re.escape(name)}\b")) for name in _SYSTEMS)


#: How long a post that says "it is down" is believed when nothing follows.
_BELIEVED = timedelta(hours=24)


def outage_of(message: Message, reading: Reading, events: Iterable[Event], zone: tzinfo, now: datetime) -> Outage:
    """Where an outage stands by its newest post, and which of the windows counts."""
    event = window_of(events, zone, now)
    return Outage(state=state_of(message, reading, event, zone, now), event=event)


def state_of(message: Message, reading: Reading, event: Event | None, zone: tzinfo, now: datetime) -> State:
    """The state that the newest post of an outage claims; a plan whose window has passed "should be over"."""
    claims = (_said(_SUBJECT_RULES, message.subject[:300]),
              _said(_TEXT_RULES, (message.new_text or message.text)[:1_500]))
    # "outage" in a subject is the weakest claim: the text below it may tell that it is over.
    said = next((claim for claim in claims if claim not in (None, State.BEGUN)), claims[0] or claims[1])
    if event is None:
        return _without_window(said, message, reading, now)
    if said in (State.RESOLVED, State.CANCELLED):
        return said
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


def _said(rules: Iterable[tuple[State, re.Pattern[str]]], text: str) -> State | None:
    plain = _NEGATED.sub(" ", _NOT_YET.sub(" ", text))
    return next((state for state, words in rules if words.search(plain)), None)


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


def window_words(outage: Outage, zone: tzinfo, now: datetime) -> str:
    """The window as a card shows it, with "date?" before an unsure one; nothing when it no longer matters."""
    if outage.event is None or outage.state in (State.RESOLVED, State.CANCELLED):
        return ""
    return ("" if outage.event.sure else "date? ") + window(outage.event, zone, now)


def headline(subject: str, message: Message, outage: Outage, zone: tzinfo, now: datetime) -> str:
    """An outage in a few words for a subject line: "Alma off Sunday 1-5 a.m.", "Alma is back"."""
    system = next((name for name, pattern in _NAMED if pattern.search(subject)), "")
    if not system:
        return shorten(subject, 60)
    if outage.state in _SHORT:
        return f"{system} {_SHORT[outage.state]}"
    what = "off" if _OFF.search(f"{subject} {message.new_text[:1_500]}") else "maintenance"
    sure = outage.event if outage.event is not None and outage.event.sure else None
    when = f" {window(sure, zone, now, near=True, zoned=False)}".replace(TO, "-") if sure else ""
    return f"{system} {what}{when}" + (" (new time)" if outage.state is State.MOVED else "")


_SHORT = {
    State.RESOLVED: "is back",
    State.CANCELLED: "maintenance called off",
    State.PAST: "maintenance should be over",
    State.BEGUN: "trouble now",
}
