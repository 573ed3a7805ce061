"""How the bot speaks: dates, times, sizes, counts and names in words, and subjects without their prefixes.

Pure words: nothing here knows a template or a digest. Every datetime is shown in the zone that is handed in, in the
language of `words`.
Outside text is cut to a length before a pattern sees it, and loses what could break a line or turn it around.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from bot.digests.wording import ENGLISH, Words, mark, mark_as
from bot.types import Event, EventType, Message
from bot.unseen import harmless, one_line

_LINE_CAP = 2_000
_TEXT_CAP = 20_000
_REPLY = re.compile(r"(?i)^(?:re|fw|fwd|aw|wg|sv|tr|antw)\s?(?:\[\d{1,3}\])?\s?:\s*")
_BRACKET = re.compile(r"^\[([^\[\]]{1,60})\]\s*")
_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\u200b]{1,1000}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]?\s+(?=[\"'(\[]?[A-Z0-9\u00c0-\u00de])")
_GREETING = re.compile(r"(?i)^(?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|day)|all|everyone|colleagues)\b")
_RUN = re.compile(r"[^\W_]+")
_DAYS = (mark("Monday"), mark("Tuesday"), mark("Wednesday"), mark("Thursday"), mark("Friday"), mark("Saturday"),
         mark("Sunday"))
_SHORT_DAYS = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))
_MONTHS = (mark("January"), mark("February"), mark("March"), mark("April"), mark("May"), mark("June"), mark("July"),
           mark("August"), mark("September"), mark("October"), mark("November"), mark("December"))
_SHORT_MONTHS = (
    mark_as("short month", "Jan"), mark_as("short month", "Feb"), mark_as("short month", "Mar"),
    mark_as("short month", "Apr"), mark_as("short month", "May"), mark_as("short month", "Jun"),
    mark_as("short month", "Jul"), mark_as("short month", "Aug"), mark_as("short month", "Sep"),
    mark_as("short month", "Oct"), mark_as("short month", "Nov"), mark_as("short month", "Dec"),
)
#: What a date is about.
KINDS: Mapping[EventType, str] = {
    "training": mark("Training"), "meeting": mark("Meeting"), "maintenance": mark("Maintenance"),
    "deadline": mark("Deadline"),
}
#: Words that begin with the sound of an i: Spanish and Italian say "and" differently before them.
_I_SOUND = re.compile(r"(?i)h?[ií](?![aeoáéó])")
_FAR = timedelta(days=300)
#: What stands between the two ends of a span.
TO = "\N{EN DASH}"


# ── text from outside ─────────────────────────────────────────────────────────────────────────────────────────────


def clean_line(text: str, limit: int = 200) -> str:
    """One line without controls, at most `limit` characters, cut at a word with an ellipsis."""
    return shorten(" ".join(one_line(text[:_LINE_CAP]).split()), limit)


def clean_text(text: str) -> str:
    """Text of several lines without controls; line ends become one kind."""
    return harmless(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def shorten(line: str, limit: int) -> str:
    """The line itself, or its beginning up to a word's end and an ellipsis."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head = cut if line[limit - 1] == " " else cut.rpartition(" ")[0]
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:-") + "…"


def bare_subject(subject: str, lists: Iterable[str] = (), words: Words = ENGLISH) -> str:
    """The subject without reply marks and the lists' bracketed prefixes; "(no subject)" when nothing is left."""
    return _bare(subject, tuple(lists), words)


#: The same subjects stand in the digests of many readers.
@lru_cache(maxsize=500)
def _bare(subject: str, lists: tuple[str, ...], words: Words) -> str:
    line, known = clean_line(subject, 300), [_squeeze(name) for name in lists]
    shorter = _without_prefix(line, known)
    while shorter != line:
        line, shorter = shorter, _without_prefix(shorter, known)
    return shorten(line, 140) or words.say("(no subject)")


def _without_prefix(line: str, known: Sequence[str]) -> str:
    line = _REPLY.sub("", line, count=1)
    bracket = _BRACKET.match(line)
    return line[bracket.end():] if bracket and _is_list_mark(_squeeze(bracket[1]), known) else line


def _is_list_mark(mark: str, known: Sequence[str]) -> bool:
    if mark in ("external", "ext", "externalemail", "caution"):
        return True
    if mark.startswith("carli"):
        return True
    return any(name and (name in mark or (len(mark) > 3 and mark in name)) for name in known)


def _squeeze(text: str) -> str:
    return "".join(_RUN.findall(text.lower().partition(".")[0]))


def list_name(name: str) -> str:
    """How a list is called in a line: the part before the first dot of its identifier."""
    return clean_line(name.partition("@")[0].partition(".")[0], 40)


def links(text: str, limit: int = 5) -> tuple[str, ...]:
    """The first different web addresses of a text, without the punctuation that stands behind them."""
    found: dict[str, None] = {}
    for match in _URL.finditer(text[:_TEXT_CAP]):
        url = _trimmed(match[0])
        if "unsubscribe" not in url.lower() and len(url) > len("https://a"):
            found.setdefault(url)
        if len(found) == limit:
            break
    return tuple(found)


def _trimmed(url: str) -> str:
    url = one_line(url).partition(" ")[0].rstrip(".,;:!?*_'\u2019\u201d\u00bb]")
    return url[:-1].rstrip(".,;:") if url.endswith(")") and url.count("(") < url.count(")") else url


def link_label(url: str) -> str:
    """A web address as a person would write it down: without scheme and www, at most 60 characters."""
    bare = re.sub(r"^https?://(?:www\.)?", "", url).rstrip("/")
    return bare if len(bare) <= 60 else bare[:59] + "…"


def linked(text: str) -> tuple[tuple[str, str], ...]:
    """A text as (words, web address or "") runs, so that a template can make its links."""
    runs: list[tuple[str, str]] = []
    end = 0
    for match in _URL.finditer(text):
        url = _trimmed(match[0])
        if url.endswith("…"):
            continue
        runs += [(text[end:match.start()], ""), (link_label(url), url)]
        end = match.start() + len(url)
    return tuple(run for run in (*runs, (text[end:], "")) if run[0])


def opening_sentences(message: Message, limit: int = 320) -> str:
    """The first whole sentences of what the writer wrote now, without greeting: a summary in its own words."""
    said = clean_text((message.new_text or message.text)[:6_000]).strip()
    blocks = [" ".join(block.split()) for block in said.split("\n\n") if block.strip()]
    if len(blocks) > 1 and len(blocks[0]) < 60 and _GREETING.match(blocks[0]):
        blocks = blocks[1:]
    return whole_sentences(" ".join(blocks), limit)


def whole_sentences(text: str, limit: int) -> str:
    """As many whole sentences as fit; the beginning of the first one, with an ellipsis, when not even that fits."""
    if len(text) <= limit:
        return text
    ends = [match.start() for match in _SENTENCE_END.finditer(text[: limit + 2])]
    fitting = [end for end in ends if end <= limit]
    return text[: fitting[-1]].rstrip() if fitting and fitting[-1] > limit // 4 else shorten(text, limit)


# ── numbers and names ─────────────────────────────────────────────────────────────────────────────────────────────


def count(number: int, one: str, many: str = "") -> str:
    """"1 post", "9 posts": in English, for the liaison's mails. What staff read says `words.count`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def join_words(parts: Sequence[str], words: Words = ENGLISH) -> str:
    """"a", "a and b", "a, b and c"; a comma more where a part has an "and" of its own."""
    first, last = ", ".join(parts[:-1]), next(iter(parts[-1:]), "")
    if not first or not last:
        return first or last
    if len(parts) > 2 and any(_and("", "", words) in part for part in parts):
        first += ","
    return _and(first, last, words)


def _and(first: str, last: str, words: Words) -> str:
    if _I_SOUND.match(last):
        return words.say_as("before the sound of an i", "%(first)s and %(last)s", first=first, last=last)
    return words.say("%(first)s and %(last)s", first=first, last=last)


def size_words(size: int, words: Words = ENGLISH) -> str:
    """A file's size as people say it: "870 bytes", "240 kB", "1.2 MB"."""
    if size < 1_000:
        return words.count(size, "%(count)s byte", "%(count)s bytes")
    if size < 999_500:
        return f"{round(size / 1_000)} kB"
    return f"{size / 1_000_000:.1f} MB"


# ── days and times ────────────────────────────────────────────────────────────────────────────────────────────────


def day_of(moment: date | datetime, zone: tzinfo) -> date:
    """The calendar day, in the zone."""
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def day_short(day: date, today: date, words: Words = ENGLISH) -> str:
    """"Tue 9 Dec", with the year when it is far away."""
    weekday = words.say(_SHORT_DAYS[day.weekday()])
    month = words.say_as("short month", _SHORT_MONTHS[day.month - 1])
    if abs(day - today) > _FAR:
        return words.say_as("short date", "%(weekday)s %(day)s %(month)s %(year)s", weekday=weekday, day=day.day,
                            month=month, year=day.year)
    return words.say_as("short date", "%(weekday)s %(day)s %(month)s", weekday=weekday, day=day.day, month=month)


def day_long(day: date, words: Words = ENGLISH) -> str:
    """"Tuesday 9 December 2026"."""
    weekday, month = words.say(_DAYS[day.weekday()]), words.say(_MONTHS[day.month - 1])
    return words.say_as("long date", "%(weekday)s %(day)s %(month)s %(year)s", weekday=weekday, day=day.day,
                        month=month, year=day.year)


def day_near(day: date, today: date, words: Words = ENGLISH) -> str:
    """"today", "tomorrow", "Sunday" within a week, and "Sun 21 Dec" beyond."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return words.say("tomorrow") if ahead else words.say("today")
    return words.say(_DAYS[day.weekday()]) if 1 < ahead < 7 else day_short(day, today, words)


def days_left(day: date, today: date, words: Words = ENGLISH) -> str:
    """"today", "tomorrow", "in 3 days"."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return words.say("tomorrow") if ahead else words.say("today")
    return words.count(ahead, "in %(count)s day", "in %(count)s days")


def clock(moment: datetime, words: Words = ENGLISH) -> str:
    """"9:14 a.m.", "1 p.m.", "noon", "midnight"; "13:00" where the catalogue asks for a clock of 24 hours."""
    if _has_24_hours(words):
        return f"{moment.hour}:{moment.minute:02}"
    if moment.minute == 0 and moment.hour % 12 == 0:
        return words.say("noon") if moment.hour else words.say("midnight")
    if moment.hour < 12:
        return words.say("%(time)s a.m.", time=_dial(moment))
    return words.say("%(time)s p.m.", time=_dial(moment))


def _has_24_hours(words: Words) -> bool:
    # Translators: how many hours your clock has, 12 or 24.
    return words.say_as("hours of a clock", "12").strip() == "24"


def _dial(moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    return f"{hour}:{moment.minute:02}" if moment.minute else str(hour)


def zone_word(moment: datetime) -> str:
    """"CST", or "UTC+3" where a zone has no letters."""
    name = moment.tzname() or "UTC"
    return name if name[:1].isalpha() else f"UTC{name[:3]}"


def clock_span(start: datetime, end: datetime | None, words: Words = ENGLISH) -> str:
    """"1-5 a.m.", "11 a.m.-1 p.m."; only the start when there is no end. Both must be in the zone to be shown."""
    if end is None or end <= start:
        return clock(start, words)
    plain = all(moment.minute or moment.hour % 12 for moment in (start, end)) and not _has_24_hours(words)
    same_half = start.hour // 12 == end.hour // 12 and start.date() == end.date()
    if plain and same_half and start.utcoffset() == end.utcoffset():
        return f"{_dial(start)}{TO}{clock(end, words)}"
    return f"{clock(start, words)}{TO}{clock(end, words)}"


def window(event: Event, zone: tzinfo, now: datetime, words: Words = ENGLISH, *, near: bool = False,
           zoned: bool = True) -> str:
    """When an event is, in the zone: "Sun 14 Dec, 1-5 a.m. CST". `near` says "Sunday" and "tomorrow" instead."""
    today = now.astimezone(zone).date()
    name = day_near if near else day_short
    day, last = day_of(event.start, zone), day_of(event.end or event.start, zone)
    start = event.start.astimezone(zone) if isinstance(event.start, datetime) else None
    end = event.end.astimezone(zone) if isinstance(event.end, datetime) else None
    first = name(day, today, words)
    if start is None:
        return first if last <= day else f"{first}{TO}{name(last, today, words)}"
    if end is None or last == day or _ends_at_midnight(day, end):
        return _at(first, _hours(start, end, words, zoned=zoned), words, near=near)
    shown = f" {zone_word(end)}" if zoned else ""
    begins = _at(first, _own_clock(start, end, words, zoned=zoned), words, near=near)
    return f"{begins}{TO}{_at(name(last, today, words), clock(end, words), words, near=near)}{shown}"


def _at(day: str, hours: str, words: Words, *, near: bool) -> str:
    if near:
        return words.say_as("in a headline", "%(day)s %(hours)s", day=day, hours=hours)
    return words.say("%(day)s, %(hours)s", day=day, hours=hours)


def _hours(start: datetime, end: datetime | None, words: Words, *, zoned: bool) -> str:
    if end is None or start.utcoffset() == end.utcoffset() or not zoned:
        return clock_span(start, end, words) + (f" {zone_word(start)}" if zoned else "")
    return f"{_own_clock(start, end, words, zoned=zoned)}{TO}{clock(end, words)} {zone_word(end)}"


def _own_clock(start: datetime, end: datetime, words: Words, *, zoned: bool) -> str:
    changes = zoned and start.utcoffset() != end.utcoffset()
    return f"{clock(start, words)} {zone_word(start)}" if changes else clock(start, words)


def _ends_at_midnight(day: date, end: datetime) -> bool:
    return end.date() == day + timedelta(days=1) and end.hour == end.minute == 0


def times(event: Event, zone: tzinfo, words: Words = ENGLISH) -> str:
    """The hours alone, with the zone: "10 a.m.-noon CST"; the empty string for a whole day."""
    if not isinstance(event.start, datetime):
        return ""
    start = event.start.astimezone(zone)
    end = event.end.astimezone(zone) if isinstance(event.end, datetime) else None
    return _hours(start, end, words, zoned=True)


def posted(moment: datetime, now: datetime, zone: tzinfo, words: Words = ENGLISH) -> str:
    """When something came, seen from now: "today, 9:14 a.m.", "yesterday, 4 p.m.", "Fri 5 Dec"."""
    there, today = moment.astimezone(zone), now.astimezone(zone).date()
    back = (today - there.date()).days
    if back == 0:
        return words.say("today, %(time)s", time=clock(there, words))
    if back == 1:
        return words.say("yesterday, %(time)s", time=clock(there, words))
    return day_short(there.date(), today, words)


def sent_words(moment: datetime, now: datetime, zone: tzinfo, words: Words = ENGLISH) -> str:
    """"sent to you at 9:14 a.m."; with the day when it was not today."""
    there, today = moment.astimezone(zone), now.astimezone(zone).date()
    time = clock(there, words)
    if there.date() == today:
        return words.say("sent to you at %(time)s", time=time)
    if (today - there.date()).days == 1:
        return words.say("sent to you yesterday at %(time)s", time=time)
    return words.say("sent to you on %(day)s at %(time)s", day=day_short(there.date(), today, words), time=time)
