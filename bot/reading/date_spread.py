"""What one sentence leaves out and another tells: the day of a lone time, the hour of listed days, a length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from bot.reading.date_clock import resolve_day
from bot.reading.date_items import Day, Item, items
from bot.reading.date_join import Moment, is_length, named_zone
from bot.reading.sentences import Sentence

#: The moments of one sentence, with the sentence's number.
Told = tuple[int, tuple[Moment, ...]]

_LENGTH = re.compile(r"\b(?:hours?|hrs?|minutes?|mins?)\b", re.IGNORECASE)
_TAKES = re.compile(
    r"^\W{0,3}(?:it|this|that|each|we|the \w+|all sessions?|sessions?|downtime|duration|length|expect|"
    r"plan for|allow|should|will|about|an?|the work|both)\b[^.]{0,60}$|"
    r"^\W{0,3}(?:duration|length)\b",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"\b(?:each|every|all|always|monthly|weekly|both|dates|following|same|run from|from)\b|:$", re.IGNORECASE
)
_RESTART = re.compile(
    r"\b(?:restart|reboot|emergency|take (?:it|\w+) (?:down|off ?line)|going down|will (?:be|go) (?:down|"
    r"off ?line|unavailable))",
    re.IGNORECASE,
)
_TODAY = re.compile(r"\b(?:will|today|now)\b", re.IGNORECASE)


def lend(told: list[Told], lines: tuple[Sentence, ...]) -> list[Told]:
    """Give times without a day the days named before them, days their hour, starts their length."""
    whole: list[Told] = []
    coming: tuple[int, Moment] | None = None
    for at, parts in _same_time(_that_day(told), lines):
        loose = tuple(part for part in parts if part.day is None)
        if loose and len(loose) == len(parts):
            coming = (at, loose[0]) if _lend_hours(whole, at, loose, lines) else None
        else:
            kept = tuple(part for part in parts if part.day is not None)
            if coming is not None and at - coming[0] <= 1 and all(part.start is None for part in kept):
                coming = (at, coming[1])
                kept = tuple(_hours(part, coming[1]) for part in kept)
            whole.append((at, kept))
    lengthened = [(at, _with_length(at, parts, lines)) for at, parts in whole]
    return _all_last(lengthened, lines)


_ALL_LAST = re.compile(
    r"\W{0,3}(?:all|each|every|both|sessions|events|webinars|they|classes)\b[^.]{0,40}\b(?:lasts?|runs?|"
    r"takes?|are|is)\b", re.IGNORECASE
)


def _all_last(told: list[Told], lines: tuple[Sentence, ...]) -> list[Told]:
    """`All events last one hour.` anywhere in the message."""
    if not any(_is_endless(part) for _, parts in told for part in parts):
        return told
    minutes = next((found for line in lines if _ALL_LAST.match(line.text) and (found := _length(line.text))), 0)
    if not minutes:
        return told
    return [
        (at, tuple(replace(part, minutes=minutes) if _is_endless(part) else part for part in parts))
        for at, parts in told
    ]


def _is_endless(part: Moment) -> bool:
    return bool(part.start and not part.end and not part.minutes)


_BEGINS = re.compile(
    r"\W{0,4}(?:\w{1,14} ){0,2}(?:start\w*|begin\w*|from|opens?|down)\b[\w ()]{0,20}[:\u2013-]", re.IGNORECASE
)
_ENDS = re.compile(
    r"\W{0,4}(?:\w{1,14} ){0,2}(?:end\w*|finish\w*|until|to|till|back|up|complet\w*|"
    r"stop\w*)\b[\w ()]{0,20}[:\u2013-]",
    re.IGNORECASE,
)


def zoned(told: list[Told], lines: tuple[Sentence, ...]) -> list[Told]:
    """`All times Eastern` in one line holds for the hours of all lines that name no zone."""
    named = set().union(*(named_zone(line.text[:200]) for line in lines if "ime" in line.text))
    if len(named) != 1:
        return told
    zone = named.pop()
    return [
        (at, tuple(replace(part, zone=part.zone or zone) if part.start else part for part in parts))
        for at, parts in told
    ]


def spanned(told: list[Told], lines: tuple[Sentence, ...]) -> list[Told]:
    """`Start: …` with `End: …` in the line below is one happening."""
    whole: list[Told] = []
    for at, parts in told:
        before = whole[-1] if whole else None
        if before is not None and before[0] == at - 1 and _is_end(before[1], parts, lines[at - 1 : at + 1]):
            first, last = before[1][0], parts[0]
            whole[-1] = (at - 1, (replace(first, end=last.start, end_day=last.day if first.day else None),))
        else:
            whole.append((at, parts))
    return whole


def _is_end(first: tuple[Moment, ...], last: tuple[Moment, ...], lines: tuple[Sentence, ...]) -> bool:
    if len(first) != 1 or len(last) != 1 or first[0].end or last[0].end:
        return False
    if (first[0].start is None) != (last[0].start is None):
        return False
    return bool(_BEGINS.match(lines[0].text) and _ENDS.match(lines[1].text))


def _that_day(told: list[Told]) -> Iterator[Told]:
    """Put the day last named for "that day"; a moment of which no day was named goes."""
    named: Day | None = None
    for at, parts in told:
        kept: list[Moment] = []
        for part in parts:
            if part.day is not None and part.day.which == "that":
                if named is None:
                    continue
                part = replace(part, day=named)
            kept.append(part)
            named = part.day or named
        yield at, tuple(kept)


_SAME = re.compile(r"\bsame (?:time|hours?)\b|\bat that (?:time|hour) too\b", re.IGNORECASE)


def _same_time(told: Iterable[Told], lines: tuple[Sentence, ...]) -> Iterator[Told]:
    """`Next calls: July 18, August 15, same time`: the hours of the happening told before."""
    timed: Moment | None = None
    for at, parts in told:
        if timed is not None and any(part.start is None for part in parts) and _SAME.search(lines[at].text):
            parts = tuple(part if part.start else _hours(part, timed) for part in parts)
        timed = next((part for part in reversed(parts) if part.start), timed)
        yield at, parts


_LIMIT = re.compile(r"\b(?:by|before|until|till|through|due|deadline|than|closes?)(?: on)?[\s:]{1,2}$", re.IGNORECASE)
_LABEL = re.compile(r"\W{0,3}(?:time|hours?|when)\b", re.IGNORECASE)


def _lend_hours(whole: list[Told], at: int, loose: tuple[Moment, ...], lines: tuple[Sentence, ...]) -> bool:
    """Put the hours of a sentence without days into the days right before it that have none.

    True if there were none and the hours may belong to a list of days that follows.
    """
    if at == 0:
        return False
    changed = False
    for index in range(len(whole) - 1, -1, -1):
        number, parts = whole[index]
        bare = parts and all(part.start is None for part in parts)
        limited = any(_LIMIT.search(lines[number].text[max(0, part.begin - 24) : part.begin]) for part in parts)
        limited = limited and not _LABEL.match(lines[at].text)
        if not bare or limited or number == 0 or at - number > 2 + (len(whole) - 1 - index):
            break
        whole[index] = (number, tuple(_hours(part, loose[0]) for part in parts))
        changed = True
    if not changed and _is_today(lines[at].text, loose[0]) and not any(parts for _, parts in whole):
        whole.append((at, loose))
        return False
    line = lines[at]
    if changed:
        return False
    if line.text.endswith(":") or line.is_heading:
        return True
    is_title = len(line.text) < 60 and line.text[-1:] not in ".!?"
    return loose[0].end is not None and (is_title or bool(_EACH.search(line.text)))


def _is_today(text: str, time: Moment) -> bool:
    """A time in a message that names no day: today's, if something is to be done to a system then."""
    return bool(_TODAY.search(text) if time.end is not None else _RESTART.search(text))


def _hours(day: Moment, time: Moment) -> Moment:
    if day.end_day is not None and time.end is None:
        return day
    return replace(
        day, start=time.start, end=time.end, zone=time.zone, minutes=time.minutes, part=day.part or time.part
    )


def _with_length(at: int, parts: tuple[Moment, ...], lines: tuple[Sentence, ...]) -> tuple[Moment, ...]:
    """`… tonight at 11. Should take 15 minutes.`"""
    if not any(_is_endless(part) for part in parts):
        return parts
    minutes = next(
        (found for near in (at + 1, at - 1) if 0 < near < len(lines) and at and (found := _length(lines[near].text))), 0
    )
    minutes = minutes or _length(lines[at].heading)
    if not minutes:
        return parts
    return tuple(replace(part, minutes=minutes) if _is_endless(part) else part for part in parts)


def _length(text: str) -> int:
    if not _LENGTH.search(text):
        return 0
    spans: tuple[Item, ...] = tuple(item for item in items(text[:300]) if item.kind == "span" and item.minutes)
    lengths = [span.minutes for span in spans if is_length(text, span)]
    return lengths[0] if len(lengths) == 1 else 0


def anchored(told: Iterable[Told], now: datetime) -> Iterator[tuple[int, tuple[Moment, ...], tuple[Moment, ...]]]:
    """Each sentence's moments with bare weekdays tied to the full date of that weekday which the message names.

    Yields (sentence, tied moments, the moments as written).
    """
    listed = list(told)
    known = _named_days(listed, now)
    for at, parts in listed:
        yield at, tuple(_tie(part, known, now.date()) for part in parts), parts


def _named_days(told: list[Told], now: datetime) -> list[date]:
    """Full dates in the text, ahead of the message, in order of writing."""
    found = (
        resolve_day(part.day, now)[0]
        for _, parts in told
        for part in parts
        if part.day is not None and part.day.month is not None and part.day.day is not None
    )
    return [day for day in found if day is not None and 0 <= (day - now.date()).days <= 120]


def _tie(part: Moment, known: list[date], today: date) -> Moment:
    day = part.day
    if (
        day is None
        or day.weekday is None
        or day.day is not None
        or day.shift is not None
        or day.which not in ("", "this")
    ):
        return part
    fitting = [one for one in known if one.weekday() == day.weekday]
    if not fitting or (day.which == "this" and (fitting[0] - today).days > 7):
        return part
    best = fitting[0]
    return replace(part, day=replace(day, year=best.year, month=best.month, day=best.day, which="tied"))
