"""What one sentence leaves out and another tells: the day of a lone time, the hour of listed days, a length, a zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.reading.date_clock import resolve_day
from bot.reading.date_items import Day, Moment
from bot.reading.date_join import EACH, each_day, hours, named_zone
from bot.reading.date_lengths import is_length
from bot.reading.date_lists import AHEAD, NUMBERED, Told, is_list, listed
from bot.reading.date_series import each_of
from bot.reading.date_times import items
from bot.reading.sentences import Sentence

#: The moments of one sentence completed, and those as written, with the sentence's number.
Whole = tuple[int, tuple[Moment, ...], tuple[Moment, ...]]
#: How many sentences the rows of a programme may stand apart.
_APART = 6
#: A day's programme with more lines than these is one happening from first to last.
_ROWS = 3


def spread(told: Sequence[Told], lines: Sequence[Sentence], now: datetime) -> Iterator[Whole]:
    """Complete the moments of all sentences by each other. Yields (sentence, whole moments, the moments as written)."""
    series = [(at, each_of(parts, lines[at].text, now)) for at, parts in told]
    whole = _start_end(_zoned(_without_rule(series), lines), lines)
    lent = _lend(listed(_same_time(_that_day(whole), lines), lines, now), lines)
    lengthened = _all_last([(at, _with_length(at, parts, lines)) for at, parts in lent], lines)
    known = _named_days(lengthened, now)
    for at, parts in lengthened:
        later = tuple(_next_year(part, at, lines, now) for part in parts)
        yield at, tuple(_tie(part, known, now.date(), lines[at].text) for part in later), parts


def _without_rule(told: Sequence[Told]) -> list[Told]:
    """`second Thursday of each month, 10 to 11`: where the message names the days, only the hours of it count."""
    if not any(part.day is not None and part.day.day is not None for _, parts in told for part in parts):
        return list(told)
    freed = [(at, tuple(replace(part, day=None) if part.day is not None and part.day.which == "each" else part
                        for part in parts)) for at, parts in told]
    return [(at, tuple(part for part in parts if part.day or part.start)) for at, parts in freed]


# ── zones, "Start:" and "End:", "that day", "same time" ───────────────────────────────────────────────────────────


def _zoned(told: Sequence[Told], lines: Sequence[Sentence]) -> list[Told]:
    """`All times Eastern` in one line holds for the hours of all lines that name no zone."""
    named = set().union(*(named_zone(line.text[:200]) for line in lines if "ime" in line.text))
    zone = named.pop() if len(named) == 1 else ""
    return [(at, tuple(replace(part, zone=part.zone or zone) if part.start else part for part in parts))
            for at, parts in told]


_LINE = r"\W{0,4}(?:\w{1,14} ){0,2}(?:%s)\w*\b[\w ()]{0,20}[:\u2013-]"
_BEGINS = re.compile(_LINE % "start|begin|from|opens?|down", re.IGNORECASE)
_BACK = re.compile(
    r"\b(?:(?:restored|back|re-?instated|(?:up|available|possible|on) again)|"
    r"(?:work|upgrade|maintenance|outage|migration|services?|we|it|systems?) (?:\w+ ){0,3}"
    r"(?:completed?|finish(?:ed)?|done|over|end|return|resume))(?: \w+){0,3} (?:by|at|around)\b", re.IGNORECASE,
)
_ENDS = re.compile(_LINE % r"end|finish|until|to\b|till|back|up\b|complet|stop", re.IGNORECASE)


def _start_end(told: Iterable[Told], lines: Sequence[Sentence]) -> list[Told]:
    """`Start: …` with `End: …` in the line below is one happening."""
    whole: list[Told] = []
    for at, parts in told:
        if whole and whole[-1][0] == at - 1 and _is_end(whole[-1][1], parts, lines[at - 1].text, lines[at].text):
            first, last = whole[-1][1][0], parts[0]
            whole[-1] = (at - 1, (replace(first, end=last.start, end_day=last.day if first.day else None),))
        else:
            whole.append((at, parts))
    return whole


def _is_end(first: tuple[Moment, ...], last: tuple[Moment, ...], above: str, below: str) -> bool:
    if len(first) != 1 or len(last) != 1 or first[0].end or last[0].end:
        return False
    if (first[0].start is None) != (last[0].start is None):
        return False
    is_back = first[0].start is not None and _is_back(last[0], below)
    return is_back or bool(_BEGINS.match(above) and _ENDS.match(below))


def _is_back(last: Moment, below: str) -> bool:
    """`Service should be back by Saturday at 6 a.m.`"""
    return bool(_BACK.search(below[: last.stop]))


def _that_day(told: Iterable[Told]) -> Iterator[Told]:
    """Put the day last named for "that day"; a moment of which no day was named goes."""
    named: Day | None = None
    for at, parts in told:
        kept: list[Moment] = []
        for part in parts:
            if part.day is not None and part.day.which == "that":
                part = replace(part, day=named)
            if part.day is not None or part.start is not None:
                kept.append(part)
            named = part.day or named
        yield at, tuple(kept)


_SAME = re.compile(r"\bsame (?:time|hours?)\b|\bat that (?:time|hour) too\b", re.IGNORECASE)


def _same_time(told: Iterable[Told], lines: Sequence[Sentence]) -> Iterator[Told]:
    """`Next calls: July 18, August 15, same time`: the hours of the happening told before."""
    timed: Moment | None = None
    for at, parts in told:
        model = next((part for part in parts if part.start), timed)
        if model is not None and any(part.start is None for part in parts) and _SAME.search(lines[at].text):
            parts = tuple(part if part.start else hours(part, model) for part in parts)
        timed = next((part for part in reversed(parts) if part.start), timed)
        yield at, parts


# ── hours without a day, days without hours ───────────────────────────────────────────────────────────────────────


def _lend(given: Iterable[Told], lines: Sequence[Sentence]) -> list[Told]:
    """Give times without a day the days named before them, and days listed after a time that hour."""
    told = list(given)
    listed, whole = [one for one in told if one[1]], list[Told]()
    coming: tuple[int, tuple[Moment, ...]] | None = None
    place = 0
    while place < len(listed):
        at, parts = listed[place]
        place += 1
        kept = tuple(part for part in parts if part.day is not None)
        rows = 0 if kept or not whole else _programme(listed, place - 1, whole[-1], lines)
        if rows:
            whole += _programme_rows(listed[place - 1 : place - 1 + rows], whole[-1][1][0])
            place += rows - 1
        elif parts and not kept:
            follows = [is_list(after, lines[number].text) for number, after in listed[place : place + 2]]
            heads = _heads(listed[place : place + 1], lines, at)
            lone = not any(part.day for number, after in told if number for part in after)
            taken = not heads and (_to_only_day(whole, listed[place:], parts[0], lines[at].text)
                                   or _to_subject(whole, at, parts[0], lines, lone)
                                   or _to_days_before(whole, at, parts[0], lines))
            is_for = heads or _is_for_list(lines[at], parts[0], follows == [True] * 2)
            coming = None if taken or not is_for else (at, parts)
        else:
            if coming is not None and at - coming[0] <= AHEAD and is_list(kept, lines[at].text):
                coming = (at, coming[1])
                kept = tuple(hours(part, time) for part in kept for time in coming[1])
            whole.append((at, kept))
    return whole


def _programme(listed: list[Told], place: int, last: Told, lines: Sequence[Sentence]) -> int:
    """How many lines from `place` on are rows of the programme of the day named right before; 0 if it is none."""
    at, parts = last
    if len(parts) != 1 or parts[0].start or parts[0].end_day:
        return 0
    rows = 0
    for number, moments in listed[place:]:
        opens = moments and not moments[0].day and not lines[number].text[: moments[0].begin].strip(NUMBERED)
        if number > at + _APART or not opens:
            break
        at, rows = number, rows + 1
    return rows if rows > 1 else 0


def _programme_rows(rows: list[Told], day: Moment) -> list[Told]:
    """Each row with the day; of many rows one from first to last, for nobody puts ten talks in a calendar."""
    if len(rows) <= _ROWS:
        return [(at, (replace(parts[0], day=day.day),)) for at, parts in rows]
    first, last = rows[0][1][0], rows[-1][1][0]
    return [(rows[0][0], (replace(first, day=day.day, end=last.end or last.start),))]


def _heads(below: list[Told], lines: Sequence[Sentence], at: int) -> bool:
    """Whether hours open a paragraph, or end in a colon, right above a list of days: then they are for no day above."""
    if not below or below[0][0] > at + AHEAD or not is_list(below[0][1], lines[below[0][0]].text):
        return False
    opens = lines[at - 1].block != lines[at].block == lines[below[0][0]].block
    return opens or lines[at].text.endswith(":")


_LIMIT = re.compile(
    r"\b(?:(?:by|before|until|till|through|than)(?: on)?"
    r"(?: (?:the )?(?:close of business|end of (?:the )?day|cob|eod))?|"
    r"(?:due|deadline|clos(?:es?|ing)|ends?|expires?|opens?)(?: (?:is|on|by|date|now|extended|to|until|the)){0,3})"
    r"[\s:]{1,2}$", re.IGNORECASE,
)
_LABEL = re.compile(r"\W{0,3}(?:time|hours?|when)\b", re.IGNORECASE)
_RESTART = re.compile(r"\b(?:restart|reboot|emergency|take (?:it|\w+) (?:down|off ?line)|going down|"
                      r"will (?:be|go) (?:down|off ?line|unavailable))", re.IGNORECASE)
_TODAY = re.compile(r"\b(?:will|today|now)\b", re.IGNORECASE)


def _to_subject(whole: list[Told], at: int, time: Moment, lines: Sequence[Sentence], lone: bool) -> bool:
    """Put hours into the day of the subject: in a line "Time: …" before any day, or where the text names no day."""
    if len(whole) != 1 or whole[0][0] or not whole[0][1] or any(part.start for part in whole[0][1]):
        return False
    if not _LABEL.match(lines[at].text) and not (lone and at <= _APART):
        return False
    whole[0] = (0, tuple(hours(part, time) for part in whole[0][1]))
    return True


_MEETS = re.compile(r"\b(?:meet|begin|start|join)(?:s|ing)?\b", re.IGNORECASE)


def _to_only_day(whole: list[Told], below: list[Told], time: Moment, text: str) -> bool:
    """`Friday's board meeting … We will be meeting at Midway at 9:30`: the hours of the one day that is named."""
    days = [part.day for _, parts in (*whole, *below) for part in parts if part.day]
    bare = all(part.start is None and part.end_day is None for _, parts in whole for part in parts)
    only = len({(day.month, day.day, day.weekday) for day in days}) == 1
    if not (whole and bare and only and _MEETS.search(text)):
        return False
    number, parts = whole[-1]
    whole[-1] = (number, tuple(hours(part, time) for part in parts))
    return True


def _to_days_before(whole: list[Told], at: int, time: Moment, lines: Sequence[Sentence]) -> bool:
    """Put hours into the days right before them that have none; without any day, into today where a system restarts."""
    changed = False
    for index in range(len(whole) - 1, -1, -1):
        number, parts = whole[index]
        bare = bool(parts) and all(part.start is None for part in parts)
        far = number == 0 or at - number > 2 + (len(whole) - 1 - index) or time.preposition == "before"
        if far or not bare or _is_limit(parts, lines[number], lines[at]):
            break
        timed = [hours(part, time) for part in parts]
        whole[index] = (number, tuple(each_day(lines[at].text, timed)))
        changed = True
    pattern = _TODAY if time.end is not None else _RESTART
    if not changed and pattern.search(lines[at].text) and not any(parts for _, parts in whole):
        whole.append((at, (time,)))
        return True
    return changed


def _is_limit(parts: tuple[Moment, ...], line: Sentence, below: Sentence) -> bool:
    limited = any(_LIMIT.search(line.text[max(0, part.begin - 40) : part.begin]) for part in parts)
    return limited and not _LABEL.match(below.text)


def _is_for_list(line: Sentence, time: Moment, follows: bool) -> bool:
    """Whether the hours of a sentence without days may be those of a list of days that follows."""
    if line.text.endswith(":") or line.is_heading or (follows and time.end is not None):
        return True
    is_title = len(line.text) < 60 and line.text[-1:] not in ".!?"
    return (time.end is not None and is_title) or bool(EACH.search(line.text))


# ── lengths ───────────────────────────────────────────────────────────────────────────────────────────────────────

_LENGTH = re.compile(r"\b(?:hours?|hrs?|minutes?|mins?)\b", re.IGNORECASE)
_DURATION = re.compile(r"\W{0,3}(?:\w+ ){0,2}(?:duration|length)\b", re.IGNORECASE)
_ALL_LAST = re.compile(
    r"\b(?:all|each|every|both|sessions?|events?|webinars?|workshops?|calls?|parts?|they|classes|apiece)\b",
    re.IGNORECASE,
)


#: How long a talk may be says nothing of any meeting.
_TALKS = re.compile(r"\b(?:proposals?|talks?|presentations?|speakers?|papers?|submi\w+|lightning)\b", re.IGNORECASE)


def _is_endless(part: Moment) -> bool:
    return bool(part.start and not part.end and not part.minutes)


def _all_last(told: list[Told], lines: Sequence[Sentence]) -> list[Told]:
    """`All events last one hour.` anywhere in the message."""
    if not any(_is_endless(part) for _, parts in told for part in parts):
        return told
    timed = {at for at, parts in told if any(part.start for part in parts)}
    alone = (line.text for at, line in enumerate(lines)
             if at not in timed and _ALL_LAST.search(line.text) and not _TALKS.search(line.text))
    minutes = next((found for text in alone if (found := _length(text))), 0)
    return [(at, _lasting(parts, minutes)) for at, parts in told]


def _lasting(parts: tuple[Moment, ...], minutes: int) -> tuple[Moment, ...]:
    return tuple(replace(part, minutes=minutes) if minutes and _is_endless(part) else part for part in parts)


def _with_length(at: int, parts: tuple[Moment, ...], lines: Sequence[Sentence]) -> tuple[Moment, ...]:
    """`… tonight at 11. Should take 15 minutes.`"""
    if not any(_is_endless(part) for part in parts):
        return parts
    near = [lines[place].text for place in (at + 1, at - 1) if at and 0 < place < len(lines)] + [lines[at].heading]
    near += [line.text for line in lines[at + 2 : at + 5] if _DURATION.match(line.text)]
    return _lasting(parts, next((found for text in near if (found := _length(text))), 0))


def _length(text: str) -> int:
    if not _LENGTH.search(text):
        return 0
    spans = [item for item in items(text[:300]) if item.kind == "span" and item.minutes]
    lengths = [span.minutes for span in spans if is_length(text, span)]
    return lengths[0] if len(lengths) == 1 else 0


# ── bare weekdays ─────────────────────────────────────────────────────────────────────────────────────────────────


def _named_days(told: list[Told], now: datetime) -> list[date]:
    """Full dates in the text, ahead of the message, in order of writing."""
    days = (part.day for _, parts in told for part in parts if part.day is not None)
    found = (resolve_day(day, now)[0] for day in days if day.month is not None and day.day is not None)
    return [day for day in found if day is not None and 0 <= (day - now.date()).days <= 120]


def _next_year(part: Moment, at: int, lines: Sequence[Sentence], now: datetime) -> Moment:
    """`Our 2027 conferences: April 9; November 4-7`, written in December: the year beside it, if only the next is."""
    day = part.day
    if day is None or day.month is None or day.day is None or day.year is not None or now.month < 9:
        return part
    beside = f"{lines[at].text} {lines[at].heading} {lines[max(1, at - 1)].text if at else ''} {lines[0].text}"
    if str(now.year + 1) not in beside or str(now.year) in beside:
        return part
    found, _ = resolve_day(day, now)
    if found is None or found >= now.date():
        return part
    until = part.end_day
    ends = replace(until, year=now.year + 1) if until is not None and until.month else until
    return replace(part, day=replace(day, year=now.year + 1), end_day=ends)


_BY = re.compile(
    r"\b(?:by|before|due|than|until)(?: on| the)?(?: (?:cob|eod|noon|close of business|end of (?:the )?day))?,?"
    r"(?: on)?\s$",
    re.IGNORECASE,
)


def _tie(part: Moment, known: list[date], today: date, text: str) -> Moment:
    """A bare weekday is the full date of that weekday which the message names; not so one by which something is due."""
    day = part.day
    bare = day is not None and day.weekday is not None and day.day is None and day.shift is None and not day.nth
    if day is None or not bare or day.which not in ("", "this"):
        return part
    if _BY.search(text[max(0, part.begin - 40) : part.begin]):
        return part
    best = next((one for one in known if one.weekday() == day.weekday), None)
    if best is None or (day.which == "this" and (best - today).days > 7):
        return part
    return replace(part, day=replace(day, year=best.year, month=best.month, day=best.day, which="tied"))
