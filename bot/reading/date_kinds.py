"""What kind of happening a date is: maintenance, training, meeting, deadline, or none that belongs in a calendar.

The words nearest to the date decide; then its heading, the subject, the sentences around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.reading import date_cues as cues
from bot.reading.date_items import Hour
from bot.reading.date_join import Moment
from bot.types import EventType


@dataclass(frozen=True, slots=True)
class Place:
    """What stands around a moment: its sentence, the texts to ask next when it does not say, and the main kind."""

    sentence: str
    heading: str = ""
    subject: str = ""
    before: str = ""
    after: str = ""
    main: Callable[[], EventType | None] = lambda: None


def is_old(sentence: str, moment: Moment, begin: int, end: int) -> bool:
    """Whether this date is one that was moved, cancelled, or only told of; sentence[begin:end] is its own stretch."""
    pre, post = (
        sentence[max(begin, moment.begin - 90) : moment.begin],
        sentence[moment.stop : min(end, moment.stop + 90)],
    )
    if re.search(r"\b(?:i|we) (?:wrote|said|typed|announced)\b", sentence[: moment.begin], re.IGNORECASE):
        return True
    if cues.OLD.search(pre) and not re.search(r"\b(?:if not|why not|whether or not)\W*$", pre, re.IGNORECASE):
        return True
    if cues.OLD_AFTER.match(post):
        return True
    return bool(cues.CANCEL.search(sentence)) and not cues.NEW.search(pre) and not cues.DUE.search(pre)


def is_past(sentence: str) -> bool:
    """Whether a sentence looks back."""
    return bool(cues.PAST.search(sentence)) and not cues.FUTURE.search(sentence)


def is_since(sentence: str, moment: Moment) -> bool:
    """Whether the date only says since when, as of when, or of when something is."""
    return bool(cues.SINCE.search(sentence[max(0, moment.begin - 40) : moment.begin]))


def is_due(place: Place, moment: Moment, begin: int, end: int) -> bool:
    """Whether the date is the last day to do something."""
    sentence = place.sentence
    post = sentence[moment.stop : end]
    if not sentence[: moment.begin].strip(" -*•\t") and moment.start is None and cues.DUE_LAST.match(post):
        return True
    if cues.DUE_AFTER.match(post) or (moment.start is None and _is_change(sentence, moment, post)):
        return True
    if moment.end_day is not None and moment.start is None:
        return not _loan(sentence) and _is_window(sentence, moment)
    if moment.end is not None or moment.end_day is not None or _loan(sentence):
        return False
    pre = sentence[max(begin, moment.begin - 100) : moment.begin] + _own_preposition(moment)
    if moment.start == Hour(11, 59, "pm"):
        return True
    demanded = bool(cues.DEMAND.search(sentence))
    if _UNTIL.search(pre) and not demanded:
        return bool(cues.ASKING.search(sentence)) and kind_in(sentence) != "maintenance"
    if not (cues.DUE.search(pre) or cues.BY.search(pre)):
        return False
    if (_is_vague(moment) and not demanded) or cues.ARRIVES.search(pre):
        return False
    begged = cues.BEGS.search(sentence) or cues.DUE.search(pre)
    if not begged and cues.THEIR_PROMISE.search(sentence[begin : moment.begin]):
        return False
    return demanded or not cues.HOPING.search(sentence[begin : moment.begin])


_MAY = re.compile(
    r"\W{0,3}(?:(?:all|any|the|other|others|libraries|you|members|staff|everyone|anyone)\s){1,3}(?:may|can|"
    r"must|should|need)\b",
    re.IGNORECASE,
)


def _is_window(sentence: str, moment: Moment) -> bool:
    """`Voting runs October 7 through October 21`: its last day counts."""
    told = sentence[: moment.begin]
    if re.search(r"\b(?:hold|avoid|refrain|don['\u2019]t|do not|freeze|not)\b", told, re.IGNORECASE):
        return False
    if re.search(r"\bbetween\s(?:the\s)?$", told, re.IGNORECASE) and not cues.DEMAND.search(told):
        return False
    if _MAY.match(sentence[moment.stop :]):
        return True
    if not cues.WINDOW.search(told) and not re.search(r"\btrial\b", sentence, re.IGNORECASE):
        return False
    return kind_in(told) in (None, "deadline") or bool(re.search(r"\b(?:must|vot\w+|survey)\b", told, re.IGNORECASE))


def _is_change(sentence: str, moment: Moment, post: str) -> bool:
    """`On March 18 the site will require …`: a change that libraries must have prepared for."""
    if not re.match(r"\W{0,3}(?:on)\s\W?$", sentence[: moment.begin], re.IGNORECASE):
        return False
    return bool(re.search(r"\b(?:requires?|must|have to|has to|needs? to|stops?)\b", post[:160], re.IGNORECASE))


def _own_preposition(moment: Moment) -> str:
    return f" {moment.preposition} " if moment.preposition in ("by", "before", "until", "till") else ""


def _is_vague(moment: Moment) -> bool:
    """`today` and `end of November` are last days only where something is demanded."""
    return moment.start is None and moment.day is not None and (moment.day.shift == 0 or bool(moment.day.end_of))


_THEN = re.compile(r"\b(?:before|by) (?:then|that (?:day|date|time))\b|\bso before\b", re.IGNORECASE)
_UNTIL = re.compile(
    r"\b(?:until|up to|till|through|thru|from now to)(?:\s(?:the|about|noon|midnight|at)){0,2}[\s,:(]{0,2}$",
    re.IGNORECASE,
)
_STARTING = re.compile(
    r"\b(?:beginning|starting|from|effective|as of|between|since)(?:\s(?:on|the)){0,2}\s?$", re.IGNORECASE
)
_EVERY = re.compile(
    r"\b(?:every|each|most|on alternate|first|second|third|fourth|last|other)\s?(?:and\s\w+\s)?$", re.IGNORECASE
)


def _loan(sentence: str) -> bool:
    """A due date of books is a patron's matter."""
    return bool(
        re.search(
            r"\b(?:loans?|items?|books?|laptops?|charges|lent|checked out|says) (?:[\w,]+ ){0,6}\W?due\b|"
            r"\bdue dates?\b|"
            r"\bfall due\b",
            sentence,
            re.IGNORECASE,
        )
    ) and not re.search(r"\b(?:survey|form|report|renewal|response|nomination|vote)", sentence, re.IGNORECASE)


def nearest(sentence: str, moment: Moment) -> EventType | None:
    """The kind named nearest to the moment within its sentence."""
    found: list[tuple[int, int, EventType]] = []
    hidden = cues.NOT_CUE.sub(lambda match: "_" * len(match.group()), sentence)
    for rank, (kind, pattern) in enumerate(cues.CUES):
        for match in pattern.finditer(hidden):
            gap = moment.begin - match.end() if match.end() <= moment.begin else match.start() - moment.stop
            gap += 0 if kind != "maintenance" or _STRONG.match(match.group()) else 40
            found.append((max(0, gap) + (12 if match.start() >= moment.stop else 0), rank, kind))
    if found:
        return min(found)[2]
    return "meeting" if len(sentence) <= 90 and _BODY.search(sentence) else None


_STRONG = re.compile(
    r"maintenance|down|unavail|not |outage|unreach|reboot|restart|interrupt|read|will be off|.*window|inaccess",
    re.IGNORECASE,
)
_DOWN = re.compile(
    rf"{_STRONG.pattern}|refresh|off-?\s?line|shut|cannot|can['\u2019]t|out of service|upgrade|dark|bounce|"
    rf"re-?index|"
    r"switch(?:ing)?[- ]?over|cut ?over",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"\b(?:board|committee|advisory group|task force|working group|council|interest group|steering group|"
    r"agenda)\b",
    re.IGNORECASE,
)


def main_kind(text: str) -> EventType | None:
    """The kind that most words of a whole message name."""
    hidden = cues.NOT_CUE.sub("_", text)
    counts = {kind: 0 for kind, _ in cues.CUES}
    for kind, pattern in cues.CUES:
        counts[kind] += sum(
            1 for match in pattern.finditer(hidden) if kind != "maintenance" or _STRONG.match(match.group())
        )
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else None


def kind_in(text: str) -> EventType | None:
    """The kind a heading or a subject names; the most telling word first."""
    hidden = cues.NOT_CUE.sub("_", text)
    if cues.SESSION.search(hidden) and not _PREDICATE.search(hidden):
        return "meeting" if re.search(r"\blistening\b", hidden, re.IGNORECASE) else "training"
    return next((kind for kind, pattern in cues.CUES if pattern.search(hidden)), None)


_PREDICATE = re.compile(r"\b(?:unavailab\w+|not available|off-?line|(?:is|are|be|go|goes) down|shut)\b", re.IGNORECASE)


def kind_of(moment: Moment, place: Place, begin: int, end: int) -> tuple[EventType | None, int]:
    """The kind of a moment, and how far off the word for it stood.

    0 in the sentence, 1 in heading or subject, 2 around it.
    """
    sentence = place.sentence
    if moment.start is None and _THEN.search(f"{sentence[moment.stop : end]} {place.after[:320]}"):
        return "deadline", 0
    if _is_closing(sentence) or is_since(sentence, moment):
        return None, 0
    if _CORRECTION.search(sentence) and re.search(r"\b(?:by|due|deadline|until)\b", place.before, re.IGNORECASE):
        return "deadline", 2
    if is_due(place, moment, begin, end):
        return "deadline", 0
    if _is_idle(moment, sentence) or _only_ends(moment, sentence, begin) or _is_hope(moment, sentence, begin):
        return None, 0
    if kind := nearest(sentence, moment):
        if kind == "maintenance" and _is_change_only(moment, place):
            return None, 0
        return (kind, 0) if moment.start or not _is_loose(moment) or cues.HAPPENS.search(sentence) else (None, 0)
    if (
        _DEADLINE.search(place.heading)
        or re.search(r"\bdeadline\b", sentence, re.IGNORECASE)
        or re.match(r"\W{0,3}(?:deadline|due)\b", sentence, re.IGNORECASE)
    ):
        return "deadline", 1
    if moment.start is None and (_is_loose(moment) or not (_tells(sentence, moment) or _is_span(moment))):
        return None, 2
    kind, level = _kind_around(moment, place)
    return (None, 2) if moment.start is None and level == 2 and len(sentence) > 90 else (kind, level)


_CORRECTION = re.compile(r"\bshould (?:have )?(?:read|said|be|been)\b|\b(?:correct|right) date\b", re.IGNORECASE)
_DEADLINE = re.compile(r"\b(?:deadlines?|due|cut-?off)\b", re.IGNORECASE)


def _kind_around(moment: Moment, place: Place) -> tuple[EventType | None, int]:
    for level, text in ((1, place.heading), (1, place.subject), (2, place.before), (2, place.after)):
        if text and (kind := kind_in(text) or _of_body(text, place)):
            return ("training" if kind == "maintenance" and _is_drill(place) else kind), level
    if moment.start is None:
        return None, 2
    if main := place.main():
        return main, 2
    return ("training", 2) if moment.end or moment.minutes or (moment.start and len(place.sentence) < 60) else (None, 2)


_DRILL = re.compile(r"\b(?:pretend|drill|exercise|tabletop|practice hour|rehearsal)\b", re.IGNORECASE)


def _is_drill(place: Place) -> bool:
    return bool(_DRILL.search(f"{place.subject} {place.before} {place.sentence}"))


_NOTES = re.compile(
    r"\b(?:minutes|agenda)\b|cttee|\bnotes (?:of|from)\b|\b(?:committee|board|meeting|call|force|group|"
    r"council|ig) notes\b",
    re.IGNORECASE,
)


def _of_body(text: str, place: Place) -> EventType | None:
    """A committee's notes that tell when it sits next."""
    is_notes = text is place.subject and _NOTES.search(text)
    return "meeting" if is_notes else None


_RESUMES = re.compile(
    r"^\W{0,6}(?:everything|all(?: systems| services| clients)?|[\w ]{0,20}) (?:on|back|up again|restored|"
    r"available again|reopens?|opens)\b(?! (?:the|a|line))",
    re.IGNORECASE,
)


def _is_hope(moment: Moment, sentence: str, begin: int) -> bool:
    """`should be fixed by Friday`: nobody puts that in a calendar."""
    pre = sentence[begin : moment.begin]
    return moment.end is None and bool(cues.BY.search(pre + _own_preposition(moment))) and bool(cues.HOPING.search(pre))


def _only_ends(moment: Moment, sentence: str, begin: int) -> bool:
    """A last day of which nothing is asked, such as `prices hold until Friday`, is no happening either."""
    if moment.start is not None or moment.end_day is not None:
        return False
    pre = sentence[max(begin, moment.begin - 60) : moment.begin]
    return bool(cues.BY.search(pre) or cues.ARRIVES.search(pre))


def _is_change_only(moment: Moment, place: Place) -> bool:
    """A release, a move or a load on a day is news; only what it makes unavailable is maintenance."""
    return moment.start is None and not _DOWN.search(f"{place.sentence} {place.heading} {place.subject}")


def _is_loose(moment: Moment) -> bool:
    """A weekday or "the 4th" alone is too little for a happening that its sentence does not tell as one."""
    return moment.day is not None and (moment.day.month is None or moment.day.which == "tied")


def _is_idle(moment: Moment, sentence: str) -> bool:
    """Dates that start a state, recur, or are today without an hour: nothing to put in a calendar."""
    pre = sentence[max(0, moment.begin - 30) : moment.begin]
    day = moment.day
    if day is not None and day.weekday is not None and (day.day is None or day.which == "tied") and _EVERY.search(pre):
        return True
    if _RESUMES.search(sentence[moment.stop :][:60]) and len(sentence) < 90:
        return True
    if moment.start is not None:
        return bool(_TELLS_AGAIN.search(pre)) or (bool(_OPENS.search(pre)) and nearest(sentence, moment) is None)
    if re.match(r"\s?(?:onwards?|on)\b", sentence[moment.stop :], re.IGNORECASE):
        return True
    if moment.end_day is not None:
        return bool(re.search(r"\bbetween\s?$", pre, re.IGNORECASE))
    if cues.BEGINS.search(pre) and not _SESSION.search(sentence[max(0, moment.begin - 60) : moment.begin]):
        return True
    return bool(_STARTING.search(pre)) or (day is not None and (day.shift == 0 or bool(day.end_of)))


_TELLS_AGAIN = re.compile(
    r"\b(?:(?:write|post|report|update|check|mail)\s(?:to you\s|you\s|in\s)?again|next\s(?:update|word|"
    r"message|note)|"
    r"let you know)\s(?:(?:at|by|around|about|before)\s)?$",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"\b(?:opens?|reopens?|resumes?|live|restored)\s(?:again\s)?(?:(?:on|at|from|by)\s)?$", re.IGNORECASE
)
_SESSION = re.compile(rf"\b(?:{cues.TRAINING}|{cues.MEETING}|maintenance|downtime|outage)\b", re.IGNORECASE)


def _is_closing(sentence: str) -> bool:
    if not cues.CLOSING.search(sentence) or cues.DEMAND.search(sentence):
        return False
    return not re.search(
        r"\b(?:maintenance|downtime|unavailable|webinars?|meeting|training|workshop|session|deadline|survey|"
        r"register)\b",
        sentence,
        re.IGNORECASE,
    )


def _is_span(moment: Moment) -> bool:
    """`October 23-24` is seldom said in passing."""
    return moment.end_day is not None and moment.day is not None and moment.day.month is not None


def _tells(sentence: str, moment: Moment) -> bool:
    """Whether a date without a time is told as a happening, not in passing."""
    rest = len(sentence) - (moment.stop - moment.begin)
    return rest <= 30 or bool(cues.HAPPENS.search(sentence))
