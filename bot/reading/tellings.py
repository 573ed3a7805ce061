"""What one post says of dated happenings: which it tells of, and whether it moves, cancels or closes any.

Of the dates only sure ones are taken: a "date?" enters no calendar. What a post takes back is read from its subject,
from sentences that claim it as done, and from the days that it names as given up. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.happening import day_in, in_utc
from bot.headers import base_subject
from bot.reading.calendar import Invitation, invitations
from bot.reading.date_kinds import Candidate, signs
from bot.reading.date_times import items
from bot.reading.dates import candidates
from bot.types import Event, EventType, Message, NewsItem, Reading, Request
from bot.words import stems

News = Literal["told", "moved", "cancelled", "closed"]

_OPENING = 4_000
#: A heading of fewer words names a column, not a happening.
_NAMES_LITTLE = 3
_NOUNS = (r"meetings?|webinars?|trainings?|workshops?|sessions?|forums?|class(?:es)?|calls?|boot ?camps?|office hours|"
          r"maintenance|downtime|outage|upgrade|deadlines?|conference|event|symposium|institute|demo")
#: Marks at the head of a subject. They say what became of the happening, and are no part of its name.
_MARK = re.compile(
    r"(?i)^\W{0,3}(?:(?:final |last |gentle |friendly |second |a )?reminder|save the date|updated?|correct(?:ed|ion)|"
    r"cancel+(?:ed|ation)|called off|moved|re-?scheduled|postponed|(?:date|time) change|"
    r"new (?:date|time|day|deadline)|deadline extended|extended|extension)"
    r"(?:\s{0,3}(?:[:!–—]|\s-|$)\s{0,3}|\s+(?:and|/|&)\s+(?=\w{4,14}\W)|\s+(?:for|of)\s+)")
#: What stands between the dates at the end of a subject, and before the first of them.
_BETWEEN = re.compile(r"(?i)[\s,.;:()!–—-]{0,4}(?:(?:at|from|to|until|and|of|CT|Central)\b[\s,.;:()–—-]{0,3}){0,2}")
_LEADING_TO = re.compile(
    r"(?i)(?:[\s,.;:(–—-]|\b(?:on|by|until|till|through|due|before|from|at|for|to|is|the|extended)){1,8}$")
_OFF_SUBJECT = re.compile(
    rf"(?i)\bcancel+(?:ed|ation)\b|\bcalled off\b|\bwill not (?:take place|be held|meet|happen)\b|\bno (?:{_NOUNS})\b")
_MOVED_SUBJECT = re.compile(
    r"(?i)\b(?:moved?|re-?schedul\w+|postpon\w+|extended|extension|new (?:date|time|day|deadline|window)s?|"
    r"(?:date|time) chang\w+|change of (?:date|time)|correct(?:ed|ion))\b")
_OFF = re.compile(
    r"(?i)\b(?:(?:has|have|had|is|was|are|were) (?:been |now |hereby )?(?:cancel+ed|called off)|"
    r"(?:will not|won['\u2019]t) (?:take place|be held|meet|happen)|"
    r"(?:must|had to|have to|need to|decided to|regret to|going to) (?:cancel|call off)|cancel+ing (?:the|our|this)|"
    rf"no (?:{_NOUNS}) (?:on|this|today|tomorrow|in)\b)")
_MOVED = re.compile(
    r"(?i)\b(?:(?:has|have|had|is|was|are|were|be) (?:been |now |again )?(?:moved|re-?scheduled|postponed|pushed|"
    r"extended|shifted|changed)|moved (?:it |this )?(?:to|from)|re-?scheduled (?:to|for|from)|"
    r"new (?:date|time|deadline|window)\b|"
    r"(?:we|i) (?:have |had to |need to |are |will )?(?:mov|reschedul|postpon|extend|push)\w*|"
    r"correct(?:ed|ion)|instead of|rather than)")
_CLOSED = re.compile(
    r"(?i)\b(?:(?:survey|poll|form|vote|voting|ballot|registration|nominations?|sign-?up|call) (?:is|are|has|have) "
    r"(?:now |been )?closed|no longer (?:needed|necessary|required)|no (?:more|further) (?:answers|responses|replies|"
    r"volunteers|nominations) (?:are )?needed|(?:have|got|received) (?:all|enough) (?:the |of the )?"
    r"(?:volunteers|answers|responses|replies|nominations))")
#: … to no day that it names.
_POSTPONED = re.compile(r"(?i)\b(?:has been|have been|is|are) postponed\b|^\W{0,3}(?:\[[^\]]{1,40}\]\s*)?postponed\b")
_DOUBTFUL = re.compile(r"(?i)\b(?:if|unless|in case|in the event|should (?:we|it|the)|until|whether|may be|might be)\b")
_SENTENCE = re.compile(r"[^.!?\n]{1,600}")
_MAY_GIVE_UP = re.compile(
    r"(?i)mov|sched|postpon|instead|rather|originally|previously|formerly|cancel|call|longer|chang|exten|correct|not |"
    r"n['\u2019]t |no ")
#: Words of a subject that tell no two happenings apart.
_COMMON = frozenset(stems(
    "a an and are at be by for from has have i in is it its join more of on or our please register registration reply "
    "the this to today tomorrow tonight us we will with you your new next now week month day date time reminder final "
    "last save moved rescheduled postponed cancelled canceled cancellation updated update correction extended "
    "extension upcoming announcing announcement invitation invite invited scheduled planned free online virtual zoom "
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january february march april "
    "may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec noon "
    "am pm ct cst cdt central meeting webinar training workshop session class call forum deadline due event open "
    "carli share list via fw"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """One happening as one post tells it; deadlines are whole days. `among` are all areas that the items of its
    newsletter concern ("" of any other post), `areas` those of its own item, or of the whole post."""

    event: Event
    title: str
    asked: bool = False
    areas: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    invitation: str = ""
    recurrence: str = ""
    sequence: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One post, as far as happenings care. `name` is its own for ever (its Message-ID), `news` what it claims of what
    was told before, `is_plain` whether its subject says so, `given_up` the days that it takes back, `said` the words
    of the sentences that do; `taken_back` are invitations withdrawn."""

    name: str
    at: datetime
    thread: int | None
    domain: str
    subject: str
    who: str = ""
    incident: int | None = None
    lists: tuple[str, ...] = ()
    tellings: tuple[Telling, ...] = ()
    news: News = "told"
    is_plain: bool = False
    given_up: frozenset[date] = frozenset()
    said: frozenset[str] = frozenset()
    taken_back: tuple[Invitation, ...] = ()


def plain_title(subject: str) -> str:
    """A subject as the name of what it announces: without list marks, "Reminder:" and "RESCHEDULED:", and without
    the date at its end, which need not hold for ever."""
    title = base_subject(subject)[:200]
    while (mark := _MARK.match(title)) and (rest := title[mark.end():].strip()):
        title = rest
    return _undated(title)


def _undated(title: str) -> str:
    end = len(title)
    for item in reversed(items(title)):
        if not _BETWEEN.fullmatch(title[item.stop:end]):
            break
        end = item.begin
    short = _LEADING_TO.sub("", title[:end]) if end < len(title) else title
    return short if len(short.split()) > 1 else title


def telling_words(text: str) -> frozenset[str]:
    """The stems that tell a happening from others: no weekdays, no figures, no "meeting"."""
    return frozenset(word for word in stems(text[:300]) if word not in _COMMON and not word.isdigit())


def post_of(
    message: Message, reading: Reading, *, at: datetime, name: str, thread: int | None, incident: int | None,
    lists: tuple[str, ...], zone: ZoneInfo,
) -> Post:
    """What a stored message says of happenings. `at` is when it was written, as far as one may believe it."""
    sent = invitations(message, zone)
    told = tuple(_tellings(message, reading, [one for one in sent if not one.is_cancelled], zone))
    news, is_plain, said = _news(message, reading)
    sender = message.sender
    return Post(
        name=name, at=at, thread=thread, incident=incident, lists=lists, subject=base_subject(message.subject)[:200],
        who=sender.label if sender else "", domain=sender.domain if sender else "", tellings=told, news=news,
        is_plain=is_plain, said=said, given_up=frozenset(_given_up(message, zone, news)),
        taken_back=tuple(one for one in sent if one.is_cancelled),
    )


def is_silent(post: Post) -> bool:
    """Whether a post says nothing at all of happenings."""
    return not post.tellings and not post.taken_back and post.news not in ("cancelled", "closed")


# ── what it tells ─────────────────────────────────────────────────────────────────────────────────────────────────


def _tellings(message: Message, reading: Reading, sent: list[Invitation], zone: ZoneInfo) -> Iterator[Telling]:
    """Each sure date once; the last day of a request is one, too, where no date of the text says so already."""
    title = plain_title(message.subject)
    days: set[date] = set()
    asked = {request.due: request for request in _requests(reading) if request.due is not None}
    for event in reading.dates:
        whole = _whole(event, zone)
        item = _item(event, reading)
        if whole.type == "deadline":
            days.add(day_in(whole.start, zone))
        if event.sure:
            yield _telling(whole, item, reading, _sent(event, sent), title,
                           asked=whole.type == "deadline" and whole.start in asked)
    for due, request in asked.items():
        if due not in days:
            event = Event(type="deadline", start=due, sentence=request.sentence or request.what)
            yield _telling(event, _asking(request, reading), reading, None, title, asked=True)


def _whole(event: Event, zone: ZoneInfo) -> Event:
    """In UTC; a deadline is a whole day, whatever hour it names: its sentence tells the hour."""
    if event.type == "deadline":
        return Event(type="deadline", start=day_in(event.start, zone), sentence=event.sentence, sure=event.sure)
    alike = event.end is not None and isinstance(event.end, datetime) == isinstance(event.start, datetime)
    end = in_utc(event.end) if event.end is not None and alike else None
    return Event(type=event.type, start=in_utc(event.start), end=end, sentence=event.sentence, sure=event.sure)


def _telling(event: Event, item: NewsItem | None, reading: Reading, sent: Invitation | None, title: str, *,
             asked: bool) -> Telling:
    among = tuple(dict.fromkeys(area for one in reading.items for area in one.area_ids)) if item else ()
    named = sent.event.sentence if sent and sent.event.sentence else title
    return Telling(
        event=event, title=_heading(item, event) if item and item.heading else named, asked=asked,
        areas=item.area_ids if item else reading.area_ids, among=among,
        invitation=sent.uid if sent else "", recurrence=sent.recurrence if sent else "",
        sequence=sent.sequence if sent else 0,
    )


def _heading(item: NewsItem, event: Event) -> str:
    """The name of a newsletter's item; "GOVERNANCE" says little without the sentence."""
    title = plain_title(item.heading)
    said = " ".join(event.sentence.split())
    return f"{title}: {said}"[:160] if len(title.split()) < _NAMES_LITTLE and said and said != title else title


def _sent(event: Event, sent: Iterable[Invitation]) -> Invitation | None:
    return next((one for one in sent if one.event.start == event.start), None)


def _item(event: Event, reading: Reading) -> NewsItem | None:
    return next((item for item in reading.items for tag in item.events
                 if isinstance(tag.value, Event) and tag.value.start == event.start), None)


def _requests(reading: Reading) -> Iterator[Request]:
    for tag in (reading.request, *(item.request for item in reading.items)):
        if tag is not None and isinstance(tag.value, Request):
            yield tag.value


def _asking(request: Request, reading: Reading) -> NewsItem | None:
    return next((item for item in reading.items if item.request is not None and item.request.value == request), None)


# ── what it takes back ────────────────────────────────────────────────────────────────────────────────────────────


def _news(message: Message, reading: Reading) -> tuple[News, bool, frozenset[str]]:
    """What a post claims of what was told before, whether it says so as plainly as in its subject, and in which words.

    A new date beats a cancellation: "cancelled and rescheduled" is a move.
    """
    stage = reading.outage_post.stage if reading.outage_post else ""
    subject, text = message.subject[:300], message.new_text[:_OPENING]
    off, moved = _claims(_OFF, text), _claims(_MOVED, text)
    # A reply only repeats the subject of the post that it answers.
    is_own = not re.match(r"(?i)\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|sv)\s?:", subject)
    if not reading.dates and _POSTPONED.search(f"{subject if is_own else ''}\n{' '.join(text.split())}"):
        return "cancelled", True, telling_words(subject)
    if stage == "moved" or (is_own and _MOVED_SUBJECT.search(subject)):
        return "moved", True, telling_words(subject)
    if stage == "cancelled" or (is_own and _OFF_SUBJECT.search(subject)):
        return ("moved" if moved and reading.dates and not stage else "cancelled"), True, telling_words(subject)
    if moved and (reading.dates or not off):
        return "moved", False, moved
    if off:
        return "cancelled", False, off
    closed = _claims(_CLOSED, text)
    return ("closed", False, closed) if closed else ("told", False, frozenset())


def _claims(pattern: re.Pattern[str], text: str) -> frozenset[str]:
    """All stems of the sentences that claim it, not as a mere possibility."""
    if not pattern.search(text):
        return frozenset()
    found = (match[0] for match in _SENTENCE.finditer(" ".join(text.split())))
    said = [one for one in found if pattern.search(one) and not _DOUBTFUL.search(one)]
    return frozenset(word for one in said for word in stems(one[:600]))


def _given_up(message: Message, zone: ZoneInfo, news: News) -> Iterator[date]:
    """The days that its text names as given up; all days that it names, where it calls something off."""
    if not _MAY_GIVE_UP.search(message.subject) and not _MAY_GIVE_UP.search(message.new_text[:_OPENING]):
        return
    for one in candidates(message, zone):
        if news == "cancelled" or signs(one) & {"given up", "taken back", "cancelled"}:
            yield from _day(one, zone)


def _day(one: Candidate, zone: ZoneInfo) -> Iterator[date]:
    times = one.times("meeting")
    if times is not None:
        yield day_in(times.start, zone)


#: Trainings and meetings are told apart by words only; posts about one of them may differ.
FAMILY: dict[EventType, str] = {
    "training": "gathering", "meeting": "gathering", "maintenance": "maintenance", "deadline": "deadline",
}
