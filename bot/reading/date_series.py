"""A series told by its rule, its first and its last day → each of its days: `Tuesdays, March 3 to April 7, at 2`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.reading.date_clock import resolve_day
from bot.reading.date_items import Day, Moment
from bot.reading.date_join import hours

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = r"(mon|tues|wednes|thurs|fri|satur|sun)day"
#: `Tuesdays`, `every Tuesday`, `Tuesday mornings`.
_RULE = re.compile(
    rf"\b(?:{_WEEKDAY}s|(?:every|each)(?:\sother|\ssecond)?\s{_WEEKDAY}|"
    rf"{_WEEKDAY}\s(?:morning|afternoon|evening|night|lunchtime)s)\b", re.IGNORECASE,
)
_WEEKLY = re.compile(r"\b(?:weekly|every week|each week)\b", re.IGNORECASE)
_FORTNIGHT = re.compile(r"\b(?:(?:every|each) (?:other|second)|biweekly|fortnight\w*)\b", re.IGNORECASE)
_MONTHLY = re.compile(
    rf"\b(?:(first|second|third|fourth)\s{_WEEKDAY}s?\s(?:of|in)\s(?:each|every|the)|(?:each|every)"
    rf"\s(first|second|third|fourth)\s{_WEEKDAY})\b", re.IGNORECASE,
)
_ORDINALS = ("first", "second", "third", "fourth")
#: A longer series, or one of more days, is told by its span alone.
_LONGEST, _MOST = timedelta(days=200), 20


def each_of(parts: tuple[Moment, ...], text: str, now: datetime) -> tuple[Moment, ...]:
    """The moments of a sentence, with every moment of a series where a first and a last day stand beside a rule."""
    told = [_days(part, text, now) for part in parts]
    if not any(told):
        return parts
    rule = next((part for part in parts if _is_rule(part)), None)
    return tuple(one for part, days in zip(parts, told, strict=True) if not _is_rule(part) for one in
                 ([_on(part, day, rule) for day in days] or [part]))


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


def _by_rule(days: list[date], text: str) -> Iterator[date]:
    """The days of a span that a rule names; the rule must hold for the first."""
    monthly = _MONTHLY.search(text)
    if monthly is not None:
        nth, weekday = (part for part in monthly.groups() if part)
        nth_week = _ORDINALS.index(nth.lower())
        yield from (day for day in days if _number(weekday) == day.weekday() and (day.day - 1) // 7 == nth_week)
        return
    weekdays = {_number(name) for found in _RULE.findall(text) for name in found if name}
    if _WEEKLY.search(text) and not weekdays:
        weekdays = {days[0].weekday()}
    fitting = [day for day in days if day.weekday() in weekdays]
    if fitting[:1] == days[:1]:
        yield from fitting[:: 2 if _FORTNIGHT.search(text) and len(weekdays) == 1 else 1]


def _number(name: str) -> int:
    return _NAMES.index(name.lower()[:3])
