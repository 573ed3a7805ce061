"""How the bot speaks: dates, times, sizes, counts and names in words, and subjects without their prefixes.

Pure words: nothing here knows a template or a digest. Every datetime is shown in the zone that is handed in.
Outside text is cut to a length before a pattern sees it, and loses what could break a line or turn it around.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from bot.types import Event, Message

_LINE_CAP = 2_000
_TEXT_CAP = 20_000
#: Controls, line and paragraph separators, bidirectional overrides and lone surrogates: none may reach a header.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+")
_UNSAFE_BUT_BREAKS = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_REPLY = re.compile(r"(?i)^(?:re|fw|fwd|aw|wg|sv|tr|antw)\s?(?:\[\d{1,3}\])?\s?:\s*")
_BRACKET = re.compile(r"^\[([^\[\]]{1,60})\]\s*")
_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\u200b]{1,1000}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]?\s+(?=[\"'(\[]?[A-Z0-9\u00c0-\u00de])")
_GREETING = re.compile(r"(?i)^(?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|day)|all|everyone|colleagues)\b")
_RUN = re.compile(r"[^\W_]+")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")
_FAR = timedelta(days=300)
#: What stands between the two ends of a span.
TO = "\N{EN DASH}"


# ── text from outside ─────────────────────────────────────────────────────────────────────────────────────────────


def clean_line(text: str, limit: int = 200) -> str:
    """One line without controls, at most `limit` characters, cut at a word with an ellipsis."""
    return shorten(" ".join(_UNSAFE.sub(" ", text[:_LINE_CAP]).split()), limit)


def clean_text(text: str) -> str:
    """Text of several lines without controls; line ends become one kind."""
    return _UNSAFE_BUT_BREAKS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def shorten(line: str, limit: int) -> str:
    """The line itself, or its beginning up to a word's end and an ellipsis."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head = cut if line[limit - 1] == " " else cut.rpartition(" ")[0]
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:-") + "…"


def bare_subject(subject: str, lists: Iterable[str] = ()) -> str:
    """The subject without reply marks and the lists' bracketed prefixes; "(no subject)" when nothing is left."""
    line, known = clean_line(subject, 300), [_squeeze(name) for name in lists]
    shorter = _without_prefix(line, known)
    while shorter != line:
        line, shorter = shorter, _without_prefix(shorter, known)
    return shorten(line, 140) or "(no subject)"


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
    url = _UNSAFE.split(url)[0].rstrip(".,;:!?*_'\u2019\u201d\u00bb]")
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
    """"1 post", "9 posts"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def join_words(words: Sequence[str]) -> str:
    """"a", "a and b", "a, b and c"; a comma more where a word has an "and" of its own."""
    last = ", and " if len(words) > 2 and any(" and " in word for word in words) else " and "
    return last.join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def size_words(size: int) -> str:
    """A file's size as people say it: "870 bytes", "240 kB", "1.2 MB"."""
    if size < 1_000:
        return count(size, "byte")
    if size < 999_500:
        return f"{round(size / 1_000)} kB"
    return f"{size / 1_000_000:.1f} MB"


# ── days and times ────────────────────────────────────────────────────────────────────────────────────────────────


def day_of(moment: date | datetime, zone: tzinfo) -> date:
    """The calendar day, in the zone."""
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def day_short(day: date, today: date) -> str:
    """"Tue 9 Dec", with the year when it is far away."""
    words = f"{_DAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"
    return f"{words} {day.year}" if abs(day - today) > _FAR else words


def day_long(day: date) -> str:
    """"Tuesday 9 December 2026"."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def day_near(day: date, today: date) -> str:
    """"today", "tomorrow", "Sunday" within a week, and "Sun 21 Dec" beyond."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return ("today", "tomorrow")[ahead]
    return _DAYS[day.weekday()] if 1 < ahead < 7 else day_short(day, today)


def days_left(day: date, today: date) -> str:
    """"today", "tomorrow", "in 3 days"."""
    ahead = (day - today).days
    return ("today", "tomorrow")[ahead] if ahead in (0, 1) else f"in {ahead} days"


def clock(moment: datetime) -> str:
    """"9:14 a.m.", "1 p.m.", "noon", "midnight"."""
    if moment.minute == 0 and moment.hour % 12 == 0:
        return "noon" if moment.hour else "midnight"
    return f"{_dial(moment)} {_half(moment)}"


def _dial(moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    return f"{hour}:{moment.minute:02}" if moment.minute else str(hour)


def _half(moment: datetime) -> str:
    return "a.m." if moment.hour < 12 else "p.m."


def zone_word(moment: datetime) -> str:
    """"CST", or "UTC+3" where a zone has no letters."""
    name = moment.tzname() or "UTC"
    return name if name[:1].isalpha() else f"UTC{name[:3]}"


def clock_span(start: datetime, end: datetime | None) -> str:
    """"1-5 a.m.", "11 a.m.-1 p.m."; only the start when there is no end. Both must be in the zone to be shown."""
    if end is None or end <= start:
        return clock(start)
    plain = all(moment.minute or moment.hour % 12 for moment in (start, end))
    if plain and _half(start) == _half(end) and start.date() == end.date() and start.utcoffset() == end.utcoffset():
        return f"{_dial(start)}{TO}{clock(end)}"
    return f"{clock(start)}{TO}{clock(end)}"


def window(event: Event, zone: tzinfo, now: datetime, *, near: bool = False, zoned: bool = True) -> str:
    """When an event is, in the zone: "Sun 14 Dec, 1-5 a.m. CST". `near` says "Sunday" and "tomorrow" instead."""
    today = now.astimezone(zone).date()
    name = day_near if near else day_short
    day, last = day_of(event.start, zone), day_of(event.end or event.start, zone)
    start = event.start.astimezone(zone) if isinstance(event.start, datetime) else None
    end = event.end.astimezone(zone) if isinstance(event.end, datetime) else None
    if start is None:
        return name(day, today) if last <= day else f"{name(day, today)}{TO}{name(last, today)}"
    joint = " " if near else ", "
    if end is None or last == day or _ends_at_midnight(day, end):
        return f"{name(day, today)}{joint}{_hours(start, end, zoned=zoned)}"
    mark = f" {zone_word(end)}" if zoned else ""
    return f"{name(day, today)}{joint}{_own_clock(start, end, zoned)}{TO}{name(last, today)}{joint}{clock(end)}{mark}"


def _hours(start: datetime, end: datetime | None, *, zoned: bool) -> str:
    if end is None or start.utcoffset() == end.utcoffset() or not zoned:
        return clock_span(start, end) + (f" {zone_word(start)}" if zoned else "")
    return f"{_own_clock(start, end, zoned)}{TO}{clock(end)} {zone_word(end)}"


def _own_clock(start: datetime, end: datetime, zoned: bool) -> str:
    changes = zoned and start.utcoffset() != end.utcoffset()
    return f"{clock(start)} {zone_word(start)}" if changes else clock(start)


def _ends_at_midnight(day: date, end: datetime) -> bool:
    return end.date() == day + timedelta(days=1) and end.hour == end.minute == 0


def times(event: Event, zone: tzinfo) -> str:
    """The hours alone, with the zone: "10 a.m.-noon CST"; the empty string for a whole day."""
    if not isinstance(event.start, datetime):
        return ""
    start = event.start.astimezone(zone)
    end = event.end.astimezone(zone) if isinstance(event.end, datetime) else None
    return _hours(start, end, zoned=True)


def posted(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """When something came, seen from now: "today, 9:14 a.m.", "yesterday, 4 p.m.", "Fri 5 Dec"."""
    there, today = moment.astimezone(zone), now.astimezone(zone).date()
    back = (today - there.date()).days
    if back in (0, 1):
        return f"{('today', 'yesterday')[back]}, {clock(there)}"
    return day_short(there.date(), today)


def sent_words(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """"sent to you at 9:14 a.m."; with the day when it was not today."""
    there = moment.astimezone(zone)
    today = now.astimezone(zone).date()
    return f"sent to you {_sent_day(there.date(), today)}at {clock(there)}"


def _sent_day(day: date, today: date) -> str:
    if day == today:
        return ""
    return "yesterday " if (today - day).days == 1 else f"on {day_short(day, today)} "
