"""One sentence → its items: days, times and durations as written, not yet related to each other or to a year."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bot.reading import date_words as w
from bot.reading.date_forms import LINK, PATTERNS, SCAN, START

Half = Literal["", "am", "pm", "24"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day as written. `shift` counts days from the message's own; `part` is "week", "month" … for "end of"."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    shift: int | None = None
    which: str = ""
    end_of: str = ""


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day as written; `half` is empty where neither a.m. nor p.m. was said, "24" on a 24-hour clock."""

    hour: int
    minute: int = 0
    half: Half = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A day, time or duration found at text[begin:stop]."""

    kind: Literal["day", "time", "span"]
    begin: int
    stop: int
    days: tuple[Day, ...] = ()
    until: Day | None = None
    start: Hour | None = None
    end: Hour | None = None
    zone: str = ""
    minutes: int = 0
    part: str = ""
    preposition: str = ""


_MONTH = re.compile(w.MONTH, re.IGNORECASE)
_WEEKDAY = re.compile(rf"\b{w.WEEKDAY}", re.IGNORECASE)
_YEAR = re.compile(rf"\b{w.YEAR}")
_ZONE = re.compile(w.ZONE, re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,2}")
_WORD_ORDINAL = re.compile(rf"\b{w.WORD_ORDINAL}", re.IGNORECASE)
_RANGE = re.compile(r"-|\u2013|\u2014|\bto\b|\bthrough\b|\bthru\b|\buntil\b|\btill\b", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?P<word>noon|midnight|midday)|(?P<mil>\d{4})(?=\s?h|\s?(?:-|to)\s?\d\d\d\d\s?h)|"
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?(?::\d\d)?\s?(?P<half>[ap]\.?\s?m|[ap]\b)?",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"\W?(at|by|around|from|until|till|before|about|between)\b", re.IGNORECASE)


#: A sentence with more is none; the rest is not read.
_MOST = 40


def items(text: str) -> tuple[Item, ...]:
    """The days, times and durations of a sentence, in order (at most 40)."""
    return tuple(islice(_found(text), _MOST))


def _found(text: str) -> Iterator[Item]:
    if "@" in text or "/" in text:
        text = LINK.sub(_blank, text)
    at = 0
    while start := START.search(text, at):
        match = SCAN.match(text, start.start())
        if match is None:
            at = start.start() + 1
            continue
        at = max(match.end(), start.start() + 1)
        form = (match.lastgroup or "")[2:]
        item = _READERS[form](match) if form in _READERS else None
        if item is None and form not in ("junk", "span"):
            at = match.start() + max(1, len(match.group().split(" ")[0]))
        if item is not None:
            yield item


def _day_item(match: re.Match[str], *days: Day, until: Day | None = None, part: str = "") -> Item:
    return Item("day", match.start(), match.end(), days, until, part=part)


def weekday_of(text: str) -> int | None:
    """0 for a Monday word … 6; None if the text holds none."""
    found = _WEEKDAY.search(text)
    return w.WEEKDAYS[found.group()[:3].lower()] if found else None


def _named_month(match: re.Match[str]) -> Item | None:
    """`Tuesday, Feb. 6`, `October 22-24, 2024`, `Dec 3 and 10`, `12 March`."""
    text = match.group()
    month = _MONTH.search(_WEEKDAY.sub(_blank, text))
    if month is None or (
        month.group()[:3] in ("may", "mar") and text.islower() and month.group() in ("may", "mar", "march")
    ):
        return None
    year = _YEAR.search(text)
    rest = _YEAR.sub("", text)
    numbers = [int(number) for number in _NUMBER.findall(rest)] or _spelt(rest)
    number = w.MONTHS[month.group()[:3].lower()]
    when = int(year.group()) if year else None
    return _several(match, [(when, number, day) for day in numbers], rest)


def _spelt(text: str) -> list[int]:
    return [w.ORDINALS[found.group().lower()] for found in _WORD_ORDINAL.finditer(text)]


def _blank(match: re.Match[str]) -> str:
    """A weekday word made invisible, but not "mar" of March: only the letters of weekdays are looked for."""
    return " " * len(match.group())


def _several(match: re.Match[str], dates: list[tuple[int | None, int | None, int]], text: str) -> Item | None:
    """An item of one day, of a list of days, or of a range."""
    if not dates:
        return None
    weekday = weekday_of(text)
    days = [Day(year, month, day, weekday if at == 0 else None) for at, (year, month, day) in enumerate(dates)]
    if len(days) == 2 and _RANGE.search(text):
        return _day_item(match, days[0], until=days[1])
    return _day_item(match, *days)


def _iso(match: re.Match[str]) -> Item:
    year, month, day = match.group()[:10].split("-")
    return _day_item(match, Day(int(year), int(month), int(day)))


_SLASH = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:[/.-](\d{2,4}))?")


def _slash(match: re.Match[str]) -> Item | None:
    """`3/12`, `3/12/20`, `3/12/2020`; dots and hyphens only with a year, else they are versions and ranges."""
    found = _SLASH.search(match.group())
    if found is None or (found[2] != "/" and len(found[4] or "") != 4):
        return None
    year = int(found[4]) + (2000 if len(found[4]) == 2 else 0) if found[4] else None
    return _day_item(match, Day(year, int(found[1]), int(found[3]), weekday_of(match.group())))


def _weekday(match: re.Match[str]) -> Item | None:
    """`Friday`, `this Thursday`, `Tuesday the 4th`, `Monday of next week`, `a week from Friday`."""
    found = PATTERNS["weekday"].match(match.string, match.start())
    if found is None:
        return None
    name = found["wd"]
    if "day" not in name.lower() and not name[:1].isupper():
        return None
    ordinal = found["n"] or found["n2"]
    which = "next" if found["later"] else " ".join((found["which"] or "").lower().split())
    weeks = {"two": 2, "three": 3}.get((found["ahead"] or "a").split()[0].lower(), 1) if found["ahead"] else 0
    day = Day(
        None, None, int(_NUMBER.findall(ordinal)[0]) if ordinal else None, weekday_of(name), 7 * weeks or None, which
    )
    return _day_item(match, day)


_SHIFTS = {"today": 0, "tonight": 0, "this": 0, "tomorrow": 1, "yesterday": -1, "last": -1}


def _near(match: re.Match[str]) -> Item:
    """`today`, `this afternoon`, `tomorrow`, `two weeks from today`."""
    words = match.group().lower().removeprefix("later ").split()
    if "from" in words:
        return _day_item(match, Day(shift=7 * {"two": 2, "three": 3}.get(words[0], 1) + (words[-1] == "tomorrow")))
    part = "night" if words[0] == "tonight" else words[-1] if len(words) > 1 else ""
    if words[0] in ("that", "the"):
        return _day_item(match, Day(which="that"), part=part.replace("day", ""))
    return _day_item(match, Day(shift=_SHIFTS[words[0]]), part=part)


def _nth(match: re.Match[str]) -> Item | None:
    """`the 15th`, without a month."""
    text = match.group()
    begin = text.lower().index("the ")
    item = _several(match, [(None, None, int(day)) for day in _NUMBER.findall(text[begin:])], text[begin:])
    return item and Item("day", match.start() + begin, match.end(), item.days, item.until)


def _end(match: re.Match[str]) -> Item:
    """`end of the week`, `end of May`, `COB`."""
    text = match.group().lower()
    month = _MONTH.search(text.replace("month", "     "))
    if month:
        return _day_item(match, Day(month=w.MONTHS[month.group()[:3]], end_of="month"))
    unit = next((unit for unit in ("week", "month", "year") if unit in text), "day")
    return _day_item(match, Day(end_of=unit, which="next" if "next" in text else ""))


def hour(text: str) -> Hour | None:
    """A time as written; None where the figures are none."""
    found = _CLOCK.search(text)
    if found is None:
        return None
    if found["word"]:
        return Hour(0 if found["word"].lower() == "midnight" else 12, 0, "24")
    if found["mil"]:
        return Hour(int(found["mil"][:2]), int(found["mil"][2:]), "24")
    number, minute = int(found["hour"]), int(found["minute"] or 0)
    half: Half = "" if not found["half"] else "am" if found["half"][0] in "aA" else "pm"
    if number > 12 or number == 0 or (not half and len(found["hour"]) == 2 and number < 10):
        return Hour(number, minute, "24") if not half or number > 12 or number == 0 else None
    return Hour(number, minute, half)


def zone_of(text: str) -> str:
    """The IANA name of the last zone named; the empty string for none."""
    found = _ZONE.findall(text)
    return w.ZONES[found[-1].lower().replace("u.s. ", "").replace("us ", "").lstrip()[0]] if found else ""


def _range(match: re.Match[str]) -> Item | None:
    """`10-11 a.m.`, `from 9:30 to noon CT`, `between 6:00 a.m. and 10:00 a.m.`, `(2 to 3)`."""
    text = _ZONE.sub(_blank, match.group())
    clocks = [hour(found.group()) for found in _CLOCK.finditer(text)]
    if len(clocks) < 2 or clocks[0] is None or clocks[1] is None:
        return None
    start, end = match_halves(clocks[0], clocks[1])
    return Item(
        "time",
        match.start(),
        match.end(),
        start=start,
        end=end,
        zone=zone_of(match.group()),
        preposition=_preposition(match),
    )


def match_halves(start: Hour, end: Hour) -> tuple[Hour, Hour]:
    """Give an hour without a half of the day that of its partner: 10-11 a.m., 11-1 p.m., 11 a.m. to 1."""
    if not start.half and end.half:
        return _borrow(start, end), end
    if start.half and not end.half:
        return start, _follow(start, end)
    return start, end


def _borrow(start: Hour, end: Hour) -> Hour:
    if end.half == "24":
        half: Half = "24" if end.hour > 12 else "am" if end.hour == 12 and start.hour < 12 else "pm"
        return Hour(start.hour, start.minute, half)
    same = (start.hour % 12, start.minute) < (end.hour % 12, end.minute)
    return Hour(start.hour, start.minute, end.half if same else "am" if end.half == "pm" else "pm")


def _follow(start: Hour, end: Hour) -> Hour:
    if start.half == "24" and (start.hour > 12 or start.hour == 0):
        return Hour(end.hour, end.minute, "am" if start.hour == 0 else "24")
    if start.half == "24" and start.hour < 12:
        return Hour(end.hour, end.minute, "24" if end.hour > start.hour else "pm")
    begin: Half = "pm" if start.half == "24" else start.half
    same = (end.hour % 12, end.minute) > (start.hour % 12, start.minute)
    other: Half = "am" if begin == "pm" else "pm"
    return Hour(end.hour, end.minute, begin if same else other)


def _preposition(match: re.Match[str]) -> str:
    found = _PREPOSITION.match(match.group())
    return found[1].lower() if found else ""


def _time(match: re.Match[str]) -> Item | None:
    start = hour(_ZONE.sub(_blank, match.group()))
    if start is None:
        return None
    return Item(
        "time", match.start(), match.end(), start=start, zone=zone_of(match.group()), preposition=_preposition(match)
    )


def _span(match: re.Match[str]) -> Item | None:
    """`two hours`, `90 minutes`, `an hour and a half`."""
    found = PATTERNS["span"].match(match.string, match.start())
    if found is None:
        return None
    word = " ".join((found["most"] or found["count"]).lower().split())
    count = w.NUMBERS.get(word)
    if count is None and not re.fullmatch(r"\d{1,2}(?:\.\d)?", word):
        return None
    number = float(word if count is None else count) + (0.5 if found["half"] or found["plus"] else 0)
    minutes = round(number * (60 if found["unit"][0] in "hH" else 1))
    return Item("span", match.start(), match.end(), minutes=minutes) if 0 < minutes <= 24 * 60 else None


def _part(match: re.Match[str]) -> Item:
    return Item("span", match.start(), match.end(), part=match.group().lower().rstrip("s").removeprefix("over"))


_READERS: dict[str, Callable[[re.Match[str]], Item | None]] = {
    "iso": _iso,
    "listed": _named_month,
    "month": _named_month,
    "day_month": _named_month,
    "slash": _slash,
    "weekday": _weekday,
    "near": _near,
    "nth": _nth,
    "end": _end,
    "range": _range,
    "between": _range,
    "loose": _range,
    "time": _time,
    "hour": _time,
    "span": _span,
    "part": _part,
}
