"""A series told by its rule and its bounds → each of its days: `Tuesdays, March 3 to April 7, at 2`, `every Thursday in
October, 2-3 p.m.`, `Fridays at noon through the end of May`, `at 10 for six weeks, starting January 14`."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.reading.date_clock import resolve_day
from bot.reading.date_items import Day, Moment
from bot.reading.date_join import hours
from bot.reading.date_kinds import is_past
from bot.reading.date_words import COUNTS, MONTHS

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(mon|tues|wednes|thurs|fri|satur|sun)day"
#: `Tuesdays`, `every Tuesday`, `Tuesday mornings`.
_RULE = re.compile(
    rf"\b(?:{_WEEKDAY}s|(?:every|each)(?:\sother|\ssecond)?\s{_WEEKDAY}(?:\s(?:and|&)\s{_WEEKDAY})?|"
    rf"{_WEEKDAY}\s(?:morning|afternoon|evening|night|lunchtime)s)\b", re.IGNORECASE,
)
_WEEKLY = re.compile(r"\b(?:weekly|every week|each week)\b", re.IGNORECASE)
_FORTNIGHT = re.compile(r"\b(?:(?:every|each) (?:other|second)|biweekly|fortnight\w*)\b", re.IGNORECASE)
_MONTHLY = re.compile(
    rf"\b(?:(first|second|third|fourth)\s{_WEEKDAY}s?\s(?:of|in)\s(?:each|every|the)|(?:each|every)"
    rf"\s(first|second|third|fourth)\s{_WEEKDAY})\b", re.IGNORECASE,
)
_ORDINALS = ("first", "second", "third", "fourth")
_MONTH = (r"((?-i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|"
          r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?))\b\.?")
#: `in October`, `in March and April`, `during September, October and November`.
_IN = re.compile(rf"\b(?:in|during|of|throughout)\s(?:this\s)?{_MONTH}(?!\s\d\d?\b)"
                 rf"(?:(?:,\s\w+,?)?\s?(?:and|&|to|through|-|\u2013)\s?{_MONTH}(?!\s\d\d?\b))?", re.IGNORECASE)
#: `through the end of May`, `until December 15`.
_UNTIL = re.compile(rf"\b(?:through|thru|until|till)\s(?:(?:the\s)?end\sof\s|(?:[\w-]+\s){{1,3}}on\s)?(?:\w+day,?\s)?"
                    rf"(?:{_MONTH}(?:\s(\d\d?)\b)?|the\s(?:calendar\s)?(month|year)\b)", re.IGNORECASE)
_FROM = re.compile(rf"\b(?:start|begin|from)\w*\s(?:on\s)?(?:\w+day,?\s)?{_MONTH}\s(\d\d?)\b", re.IGNORECASE)
_COUNT = r"(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d\d?)"
#: `for six weeks`, `on four Wednesdays`.
_TIMES = re.compile(
    rf"\b{_COUNT}(?:\s(?:consecutive\s)?(?:weeks|\w+days|sessions|meetings|classes|times)\b|-week\b)", re.IGNORECASE
)
#: A longer series, or one of more days, is told by its span alone.
_LONGEST, _MOST = timedelta(days=370), 20


def each_of(parts: tuple[Moment, ...], text: str, now: datetime) -> tuple[Moment, ...]:
    """The moments of a sentence, with every moment of a series where a first and a last day stand beside a rule."""
    told = [_days(part, text, now) for part in parts]
    if not any(told):
        return _bounded(parts, text, now) or parts
    rule = next((part for part in parts if _is_rule(part)), None)
    return tuple(one for part, days in zip(parts, told, strict=True) if not _is_rule(part) for one in
                 ([_on(part, day, rule) for day in days] or [part]))


def weekdays(text: str, first: date) -> frozenset[int]:
    """The weekdays (Monday is 0) on which something comes again: `on Thursdays`, `every other Friday`, `weekly` from
    `first` on. None where the sentence says nothing of the kind."""
    named = {_number(name) for found in _RULE.findall(text) for name in found if name}
    named |= {_number(name) for found in _MONTHLY.findall(text) for name in (found[1], found[3]) if name}
    return frozenset(named or ({first.weekday()} if _WEEKLY.search(text) else ()))


def _is_rule(part: Moment) -> bool:
    """`Tuesday` of "Tuesday afternoons, 2-3 p.m.": a weekday alone."""
    return part.day is not None and part.day.weekday is not None and part.day.day is None and part.end_day is None


def _on(part: Moment, day: date, rule: Moment | None) -> Moment:
    one = replace(part, day=Day(day.year, day.month, day.day), end_day=None)
    if part.start is None and part.end is not None:  # `from March 6 through March 27 at noon`
        one = replace(one, start=part.end, end=None)
    return hours(one, rule) if rule is not None and rule.start is not None and part.start is None else one


def _days(part: Moment, text: str, now: datetime) -> list[date]:
    """The days of a moment's series; none if it is no series."""
    if part.day is None or part.end_day is None:
        return []
    first, _ = resolve_day(part.day, now)
    last, _ = resolve_day(part.end_day, now if first is None else datetime.combine(first, now.time(), now.tzinfo))
    if first is None or last is None or not timedelta(days=6) < last - first < _LONGEST:
        return []
    told = list(_by_rule([first + timedelta(days=ahead) for ahead in range((last - first).days + 1)], text))
    return told if 1 < len(told) <= _MOST else []


def _bounded(parts: tuple[Moment, ...], text: str, now: datetime) -> tuple[Moment, ...]:
    """Every moment of a series whose bounds are no two days: a month, a last day, a number of weeks."""
    timed = [part for part in parts if part.start is not None]
    if not timed or not weekdays(text, now.date()) or is_past(text):
        return ()
    first, last, most = _bounds(text, now)
    dated = [resolve_day(part.day, now)[0] for part in parts if part.day and part.day.month and part.day.day]
    if last is None or last - first > _LONGEST or any(day not in (first, last) for day in dated):
        return ()
    span = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    days = list(_by_rule(span, text, anywhere=True))[:most]
    whole = (_on(replace(part, end_day=None), day, None) for day in days for part in timed)
    return tuple(whole) if 1 < len(days) <= _MOST else ()


def _bounds(text: str, now: datetime) -> tuple[date, date | None, int]:
    """The first and the last day that a sentence sets for a series, and how often it is at most. No last day: none."""
    begins, until, inside, times = (form.search(text) for form in (_FROM, _UNTIL, _IN, _TIMES))
    first = _first(begins[1], int(begins[2]), now) if begins else now.date()
    if until is not None:
        month = _month(until[1]) if until[1] else now.month if until[3].lower() == "month" else 12
        return first, _until(month, int(until[2] or 0), first), _MOST
    if times is not None and begins is not None:
        count = times[1].lower()
        most = int(count) if count.isdigit() else COUNTS[count] // 10
        return first, first + timedelta(weeks=2 * most), most
    if inside is None:
        return first, None, 0
    opens = _first(inside[1], 1, now)
    if opens - first > _LONGEST / 2:  # last October is nearer than the next
        return first, None, 0
    return max(first, opens), _until(_month(inside[2] or inside[1]), 0, opens), _MOST


def _first(month: str, day: int, now: datetime) -> date:
    found, _ = resolve_day(Day(month=_month(month), day=day), now)
    return found or now.date()


def _until(month: int, day: int, first: date) -> date | None:
    """That day of the month, or with 0 its last, of the first such month from `first` on."""
    year = first.year + (month < first.month)
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None


def _month(name: str) -> int:
    return MONTHS[name[:3].lower()]


def _by_rule(days: list[date], text: str, *, anywhere: bool = False) -> Iterator[date]:
    """The days of a span that a rule names; the rule must hold for the first, but where it may begin `anywhere`."""
    monthly = _MONTHLY.search(text)
    if monthly is not None:
        nth, weekday = (part for part in monthly.groups() if part)
        nth_week = _ORDINALS.index(nth.lower())
        yield from (day for day in days if _number(weekday) == day.weekday() and (day.day - 1) // 7 == nth_week)
        return
    named = weekdays(text, days[0])
    fitting = [day for day in days if day.weekday() in named]
    if anywhere or fitting[:1] == days[:1]:
        yield from fitting[:: 2 if _FORTNIGHT.search(text) and len(named) == 1 else 1]


def _number(name: str) -> int:
    return _NAMES.index(name.lower()[:3])
