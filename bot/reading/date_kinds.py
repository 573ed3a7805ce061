"""What kind of happening a date is, by plain rules: a moment with its surroundings, and a first verdict on it.

The rules are few, for the model weighs their verdict among all the other signs; without a model it stands alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import get_args
from zoneinfo import ZoneInfo

from bot.reading.date_clock import Times, resolve
from bot.reading.date_cues import classes
from bot.reading.date_items import Moment
from bot.types import EventType
from bot.words import stems

_KINDS: tuple[EventType, ...] = get_args(EventType)


@dataclass(frozen=True, slots=True)
class Place:
    """What stands around a moment: its sentence, the heading above, the subject, the sentences before and after."""

    sentence: str
    heading: str = ""
    subject: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A moment with its surroundings; sentence[begin:end] is its own stretch of the sentence, without other moments.

    `hours` counts the days of its message that have hours: many make a programme.
    """

    moment: Moment
    place: Place
    begin: int
    end: int
    now: datetime
    zone: ZoneInfo
    hours: int = 0

    @property
    def pre(self) -> str:
        """Its own stretch before it."""
        return self.place.sentence[self.begin : self.moment.begin]

    @property
    def post(self) -> str:
        """Its own stretch behind it."""
        return self.place.sentence[self.moment.stop : self.end]

    @property
    def opens(self) -> bool:
        """Whether it begins its line."""
        return not self.place.sentence[: self.moment.begin].strip(" -*•\t(0123456789.")

    def times(self, kind: EventType | None = None) -> Times | None:
        """The real dates, as one reads them where this kind of happening is meant; None if there are none."""
        return resolve(self.moment, self.now, self.zone, early=kind == "maintenance", last=kind == "deadline",
                       past=is_past(self.place.sentence))


# Searched in small letters: a pattern that need not mind capitals is three times as fast.
_PAST = re.compile(
    r"\b(?:was|were|went|held|attended|thanks? (?:you )?for (?:coming|attending|joining)|recorded|met|took place|"
    r"happened|"
    r"had|did|began|started|finished|ended|restarted|restored|sent|wrote|failed|migrated|minutes of|told|"
    r"last (?:week|month|year|night))\b"
)
_FUTURE = re.compile(
    r"\b(?:will|is|are|shall|['\u2019]ll|going to|scheduled|planned|upcoming|please|join|register|reminder|next|"
    r"tomorrow|"
    r"tonight|have been|has been|new|begins|starts|takes|runs|closes|meets|from|by|deadline|due|must)\b"
)
_GIVEN_UP = re.compile(
    r"\b(?:(?:not|isn['\u2019]t|won['\u2019]t|no longer|instead of|rather than|was|were|originally|previously|had been|"
    r"wrote|said)(?:\s(?:be|on|for|at|to|take place|scheduled|planned|set|held|it|as|to be)){0,3})[\s,:(“\"]{0,3}$"
)
_TAKEN_BACK = re.compile(
    r"^[^.;]{0,40}?\b(?:(?:is|are|was|were|has been|have been|will be) (?:hereby |now )?(?:cancel+ed|called off|"
    r"postponed|"
    r"moved|rescheduled|off\b)|will not|won['\u2019]t|did not|after all)"
)
_CANCELLED = re.compile(
    r"\b(?:cancel+ed|called off|no (?:office hours?|meeting|session|class|webinar|training|call|maintenance)|"
    r"(?:will not|won['\u2019]t|does not|doesn['\u2019]t) (?:meet|take place|be held|happen)|call(?:ing)? off|"
    r"not happening|won['\u2019]t be)\b"
)
_NEW = re.compile(r"\b(?:to|now|new|instead|until|make it|do it)\b[^.;]{0,40}$")
_DUE = re.compile(
    r"\b(?:no later than|due|deadlines?|expir\w+|clos(?:es|ing|ed?)|ends?|extended|rsvp|turned off|switched off|"
    r"accepted)\b"
    r"[\w ]{0,14}[\s:(,]{0,3}$|\b(?:reply|by|before) (?:the |about )?$"
)
_BY = re.compile(r"\b(?:by|before|than)(?:\s\w+['\u2019]?){0,4}\W{0,3}$")
_UNTIL = re.compile(r"\b(?:until|till|through|up to|to)(?:\s\w+){0,2}\W{0,3}$")
_THEN = re.compile(r"\b(?:before|by) (?:then|that (?:day|date|time))\b")
_DUE_BEHIND = re.compile(
    r"\W{0,3}(?:is|was|are|will be)? ?(?:the )?(?:deadline|due|last day|cut-?off)\b|[^.;]{0,60}\bdue\)?$"
)
_ASKS = re.compile(
    r"\b(?:please|must|needs? to|send|tell|let (?:me|us|\w+) know|reply|respond|return|submit|register|vot\w+|"
    r"complete|answer|"
    r"choices?|renewal|survey|form|nominat\w+|applications?|ballot|proposals?|comments?|open|make)\b"
)
_HOPES = re.compile(
    r"\b(?:expect|hope|should|aim|plan|fix|patch|finish|back|notes|next (?:\w+ )?(?:release|update))\b"
)
_STATES = re.compile(
    r"\b(?:clos(?:ed|ing|ure)|holiday|break|no delivery|suspended|effective|takes effect|since|published|as of|version|"
    r"minutes of|fall due|go live|begin|moves?|office closed)\b"
)
_DEADLINE = re.compile(r"\bdeadline\b", re.IGNORECASE)
_OPEN = re.compile(r"\b(?:tests?|testing|trials?|comment period)\b", re.IGNORECASE)
_AGENT = re.compile(
    r"\b(?:we|i|they|he|she|it|vendor|office|board|staff)(?:['\u2019](?:ll|d|re)| will| shall| would| expects?| hopes?|"
    r" plans?| should| can| is| are)\b", re.IGNORECASE,
)
_TOLD = re.compile(
    r"\byou(?:['\u2019]ll|['\u2019]d| will| should)? (?:hear|get|receive|be|find|see)\b|"
    r"\b(?:announced|decisions?|results?|published|posted|sent out|invoices?|notified|ready|final)\b", re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|because|so that|as|was|were|had|did)\b", re.IGNORECASE)
_ELSE = re.compile(r"\b(?:if|unless|otherwise|or else)\b", re.IGNORECASE)
_YOU = re.compile(r"\byours?\b|\byou\b", re.IGNORECASE)
_EVERY = re.compile(r"\b(?:every|each|most)\s$")


@lru_cache(maxsize=64)
def is_past(sentence: str) -> bool:
    """Whether a sentence looks back."""
    small = sentence.lower()
    return bool(_PAST.search(small)) and not _FUTURE.search(small)


def signs(one: Candidate) -> set[str]:
    """The names of the rules whose words stand at or around a moment."""
    sentence, pre, post = one.place.sentence.lower(), one.pre.lower(), one.post.lower()
    preposition = one.moment.preposition
    due = pre[-80:] + (f" {preposition} " if preposition in ("by", "before", "until", "till") else "")
    held = {
        "given up": one.moment.old or _GIVEN_UP.search(pre[-60:]), "taken back": _TAKEN_BACK.match(post[:90]),
        "new": _NEW.search(pre), "every": _EVERY.search(pre),
        "due": _DUE.search(due), "by": _BY.search(due), "until": _UNTIL.search(due),
        "then": _THEN.search(f"{post} {one.place.after[:320].lower()}"), "due behind": _DUE_BEHIND.match(post),
        "hoped": _HOPES.search(pre),
        "agent": _AGENT.search(pre[-90:]), "agent behind": _AGENT.search(post[:60]),
        "told": _TOLD.search(pre[-90:]), "told behind": _TOLD.search(post[:60]), "since": _SINCE.search(pre[-60:]),
    }
    return {*(name for name, match in held.items() if match), *_of_sentence(sentence)}


#: The moments of one sentence share what is said of it.
@lru_cache(maxsize=64)
def _of_sentence(sentence: str) -> frozenset[str]:
    held = {"cancelled": _CANCELLED.search(sentence), "asked": _ASKS.search(sentence), "past": is_past(sentence),
            "else": _ELSE.search(sentence), "you": _YOU.search(sentence), "state": _STATES.search(sentence)}
    return frozenset(name for name, match in held.items() if match)


def _is_due(one: Candidate, told: set[str]) -> bool:
    """Whether the date is the last day to do something."""
    moment = one.moment
    if moment.end is not None and moment.end_day is None:
        return False
    if moment.end_day is not None:
        open_for = "asked" in told and "deadline" in _classes(one.pre)
        return moment.start is None and (open_for or bool(_OPEN.search(one.pre)))
    if "due behind" in told or (moment.start is None and "then" in told):
        return True
    if "until" in told and "due" not in told:
        return "asked" in told
    return bool(told & {"due", "by"}) and ("asked" in told or not told & {"hoped", "state"})


def _classes(text: str) -> list[str]:
    """The kinds that the words of a text name, in order, the due ones as "deadline"."""
    named = ("deadline" if name == "due" else name for _, name in classes(stems(text)))
    return [name for name in named if name in _KINDS]


def _named(text: str, *, last: bool = False) -> EventType | None:
    """The kind of happening that a text names first (or last)."""
    found = [name for name in _classes(text) if name != "deadline"]
    return next((kind for kind in _KINDS if found and kind == found[-1 if last else 0]), None)


def kind_in(text: str) -> EventType | None:
    """The kind a subject or a title names; a session is training, whatever it is about."""
    found = _classes(text)
    return next((kind for kind in ("training", "maintenance", "meeting", "deadline") if kind in found), None)


def verdict(one: Candidate) -> tuple[EventType | None, float]:
    """The kind of a moment by rule, and how doubtful it is: the farther off the word for it stood, the more."""
    moment, place, told = one.moment, one.place, signs(one)
    given_up = told & {"given up", "taken back", "every"} or ("cancelled" in told and "new" not in told)
    if given_up or (moment.start is None and not _is_due(one, told) and told & {"state", "hoped"}):
        return None, 1.0
    if _is_due(one, told):
        return "deadline", 0.0
    if kind := _named(one.pre, last=True) or _named(one.post) or _named(place.sentence):
        return kind, 0.0
    if "deadline" in _classes(place.heading) or _DEADLINE.search(place.sentence):
        return "deadline", 0.2
    if moment.start is None and not one.opens and moment.end_day is None:
        return None, 1.0
    if kind := _named(place.heading) or _named(place.subject):
        return kind, 0.2
    return _named(place.before) or _named(place.after) or ("training" if moment.end else None), 0.45
