"""Items of one sentence → moments: which time belongs to which day, what is a range and what a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.reading.date_items import Day, Hour, Item, Moment, match_halves
from bot.reading.date_lengths import with_spans
from bot.reading.date_words import ZONE, word_set, zone_of

_YEAR = re.compile(r"\b(?:in|for|of)\s(20\d\d)\b(?=[:,]|\sare\b)")
_WORD = re.compile(r"[a-z]+|--?|[\u2013\u2014&/@;+|]")
_TIGHT = word_set("""
    at from on the starting beginning start begin starts begins between around about approximately of in for
    both day days is are anytime some sometime time times date when this @ | all running runs run held
""")
_TO = frozenset(["to", "until", "till", "til", "through", "thru", "-", "--", "–", "—"])
#: Verbs of an end: `… and should be back by`.
_LAST = re.compile(r"(?:end|finish|conclud|complet|return|resum|continu|restor|wrap|last|reappear)"
                   r"(?:s|es|ed|ing|e|time)?|over|done|back|available|ready|stop")
#: `… and should be on again by`.
_AGAIN = re.compile(r"\b(?:on|up|in|open|there|online)\s(?:\w+\s){0,2}again\b", re.IGNORECASE)
#: `until, we expect, Monday`: what says no more than how sure a time is.
_HEDGE = re.compile(r"(?i),?\s(?:we (?:guess|expect|hope|think|believe)(?: to)?|probably|presumably|hopefully|perhaps|"
                    r"as a rule)\b,?")
#: What ends then is something else: `on May 1, with registration closing April 6`.
_OTHER = word_set("registration deadline proposals applications nominations rsvp submissions")
_AND = word_set("and or & plus / + as well again also part session week class")
#: The most characters and words between two halves of a range; a shorter gap than the last holds no hedge.
_GAP, _WORDS, _SHORT = 70, 8, 9


def link(gap: str) -> str:
    """What the text between two items makes of them: "tight", "and", "to", or "far" (nothing)."""
    if len(gap) > _GAP:
        return "far"
    plain = _HEDGE.sub(" ", gap.lower()) if len(gap) > _SHORT else gap.lower()
    words = _WORD.findall(plain)
    if ";" in words or len(words) > _WORDS or _MOVES.search(gap) or not _OTHER.isdisjoint(words):
        return "far"
    rest = [word for word in words if word not in _TIGHT]
    if not rest:
        return "tight"
    if all(word in _AND or (len(word) == 1 and word.isalpha()) for word in rest):
        return "and"
    listing = all(word in _TO or word in _AND for word in rest)
    last = words[-1] in _TO or (words[-1] in {*_TIGHT, "by"} and not _TO.isdisjoint(words[-3:]))
    joined = listing or (len(rest) <= 2 and last and not any(sign in plain for sign in ".,;"))
    ends = joined or any(_LAST.fullmatch(word) for word in rest) or _AGAIN.search(gap)
    return "to" if ends else "far"


def moments(text: str, items: tuple[Item, ...]) -> tuple[Moment, ...]:
    """Every moment of a sentence, in order of writing."""
    if not items:
        return ()
    days = _without_day_ends(text, _without_rule([item for item in items if item.kind == "day"]))
    times = _joined_times(text, days, [item for item in items if item.kind == "time"])
    found = _join_ranges(text, _with_times(text, days, times))
    shared = _share_zone(text, _share_each(text, _share_times(text, _in_year(text, found))))
    return tuple(with_spans(text, each_day(text, shared), [item for item in items if item.kind == "span"]))


def _in_year(text: str, found: list[Moment]) -> list[Moment]:
    """`Meetings in 2013: March 8, June 14`: the year told once for all."""
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) != 1:
        return found
    year = years.pop()
    return [_with_year(one, year) for one in found]


def _with_year(moment: Moment, year: int) -> Moment:
    day = moment.day
    if day is None or day.day is None or day.month is None or day.year is not None:
        return moment
    return replace(moment, day=replace(day, year=year))


def _without_rule(days: list[Item]) -> list[Item]:
    """Drop "first Thursday of the month" where the days themselves follow."""
    told = [day for day in days if day.days[0].which != "each"]
    return told if any(day.days[0].day is not None for day in told) else days


def _without_day_ends(text: str, days: list[Item]) -> list[Item]:
    """Drop "COB" and "end of day" next to a named day: the day alone counts."""
    named = [day for day in days if day.days[0].end_of != "day"]
    return [day for day in days if day in named or not any(_beside(text, day, other) for other in named)]


def _beside(text: str, one: Item, other: Item) -> bool:
    between = text[one.stop : other.begin] if one.stop <= other.begin else text[other.stop : one.begin]
    return len(between) <= 12 and "." not in between.strip()[:-1]


def _joined_times(text: str, days: list[Item], times: list[Item]) -> list[Item]:
    """`at 2:00 (until 3:30)`: two times with "to" and no day between them are one."""
    joined: list[Item] = []
    for time in times:
        last = joined[-1] if joined else None
        if last is None or last.end or time.end or not _is_joined(text, last, time, days):
            joined.append(time)
            continue
        assert last.start is not None
        assert time.start is not None
        start, end = match_halves(last.start, time.start)
        joined[-1] = replace(last, stop=time.stop, start=start, end=end, zone=last.zone or time.zone)
    return joined


def _is_joined(text: str, last: Item, time: Item, days: list[Item]) -> bool:
    if any(last.stop <= day.begin < time.begin for day in days):
        return False
    after = next((day for day in days if day.begin >= time.stop), None)
    before = any(day.stop <= last.begin for day in days)
    if before and after is not None and _is_own(text, time, after):
        return False
    return link(text[last.stop : time.begin]) == "to" and not _moved(text[: last.begin])


def _is_own(text: str, time: Item, day: Item) -> bool:
    """`3 a.m. Sunday`: the day right behind a time."""
    gap = text[time.stop : day.begin]
    return link(gap) == "tight" and "," not in gap and "(" not in gap


def _with_times(text: str, days: list[Item], times: list[Item]) -> list[Moment]:
    """Each day with its times, and the times of no day."""
    pairs: dict[int, list[Item]] = {}
    for time in times:
        chosen = _day_of(text, time, days, pairs)
        pairs.setdefault(chosen, []).append(time)
    found = [moment for at, day in enumerate(days) for moment in _of_day(day, _around(text, day, pairs.get(at, [])))]
    found += [_of_time(time) for time in pairs.get(-1, [])]
    return _over_night(text, sorted(found, key=lambda moment: moment.begin), days)


def _around(text: str, day: Item, times: list[Item]) -> list[Item]:
    """`at 10 on Tuesday, and will end by 3`: a start and an end on both sides of their day are one time."""
    if len(times) != 2 or any(time.end for time in times):
        return times
    first, last = times
    if not first.stop <= day.begin < last.begin or link(text[day.stop : last.begin]) != "to":
        return times
    assert first.start is not None
    assert last.start is not None
    start, end = match_halves(first.start, last.start)
    return [replace(first, stop=last.stop, start=start, end=end, zone=first.zone or last.zone)]


def _day_of(text: str, time: Item, days: list[Item], pairs: dict[int, list[Item]]) -> int:
    """The index of the day that a time belongs to; -1 for none."""
    before = max((at for at, day in enumerate(days) if day.stop <= time.begin), default=-1)
    after = before + 1 if before + 1 < len(days) else -1
    if after < 0:
        return before if before < 0 or not _clashes(days[before].part, time) else -1
    gap = text[time.stop : days[after].begin]
    if before < 0:
        return after if len(gap) <= 40 and not re.search(r"[.;\]]", gap) else -1
    follows = link(gap) == "tight" and not gap.strip().endswith(("(", ":", "|"))
    near = link(text[days[before].stop : time.begin]) == "tight" and before not in pairs
    if follows and (not near or (text[days[before].stop : time.begin].startswith(",") and gap.strip() == "on")):
        return after
    return before if near or not _clashes(days[before].part, time) else -1


def _clashes(part: str, time: Item) -> bool:
    """`this morning … at 6 p.m.`"""
    half = time.start.half if time.start is not None else ""
    return (part, half) in (("morning", "pm"), ("afternoon", "am"), ("evening", "am"))


def _over_night(text: str, found: list[Moment], days: list[Item]) -> list[Moment]:
    """`Friday 5 pm to 7 am Monday`: a range of hours between two days."""
    stops, kept = {day.stop for day in days}, found[:1]
    for moment in found[1:]:
        last = kept[-1]
        open_end = last.day is not None and last.end is not None and last.end_day is None and last.stop not in stops
        if open_end and _is_bare(moment) and text[last.stop : moment.begin].strip() in ("", "on"):
            kept[-1] = replace(last, stop=moment.stop, end_day=moment.day)
        else:
            kept.append(moment)
    return kept


def _of_day(day: Item, times: list[Item]) -> Iterator[Moment]:
    """A day (or each of several) with none, one or several times."""
    for each in day.days:
        moment = Moment(day.begin, day.stop, each, end_day=day.until, part=day.part)
        if not times:
            yield moment
        for time in times:
            yield replace(moment, begin=min(day.begin, time.begin), stop=max(day.stop, time.stop), start=time.start,
                          end=time.end, zone=time.zone, preposition=time.preposition)


def _of_time(time: Item) -> Moment:
    return Moment(time.begin, time.stop, None, time.start, None, time.end, time.zone, preposition=time.preposition)


# ── ranges ────────────────────────────────────────────────────────────────────────────────────────────────────────

_MOVES = re.compile(r"(?<!\bthe )\b(?:mov|chang|reschedul|shift|postpon|switch)\w*", re.IGNORECASE)
_MOVED = re.compile(
    r"(?<!\bthe )\b(?:moved|moving|moves?|chang\w+|reschedul\w+|shift\w*|postpon\w+|switch\w*|pushed|bumped|extend\w*|"
    r"slid|slipp\w+|delayed|corrected)\b[^.;]{0,50}$", re.IGNORECASE,
)


def _moved(before: str) -> bool:
    """`moved from Tuesday to Thursday` is no range; `moves to a new host from Friday to Sunday` is one."""
    verb = _MOVED.search(before[-80:]) if re.search(r"\bfrom\W{1,3}(?:the\s)?$", before[-12:], re.IGNORECASE) else None
    return verb is not None and not re.search(r"\bto\s", verb[0])


def _join_ranges(text: str, found: list[Moment]) -> list[Moment]:
    """`Sat 11 p.m. to Sun 3 a.m.`, `Oct 30 - Nov 2`: two moments with "to" between them are one."""
    joined: list[Moment] = []
    for moment in found:
        last = joined[-1] if joined else None
        how = _relation(text, last, moment) if last is not None else ""
        if last is None or not how:
            joined.append(moment)
        elif how == "range":
            joined[-1] = _range(last, moment)
        elif how == "until":
            joined[-1] = replace(moment, preposition="until")
        else:
            joined[-1:] = [replace(last, old=how == "first"), replace(moment, old=how == "second")]
    return joined


def _relation(text: str, first: Moment, second: Moment) -> str:
    """How two neighbours hang together: "range", "until" (from now), "first"/"second" given up, or not."""
    if first.end_day is not None or first.end is not None or first.stop > second.begin or first.old:
        return ""
    gap, before = text[first.stop : second.begin], text[: first.begin]
    kind = link(gap)
    if kind == "to" and _moved(before):
        return "first"
    if kind == "tight" and re.search(r"\bfrom\s(?:the\s)?$", gap) and _MOVED.search(before[-80:]):
        return "second"
    between = first.preposition == "between" or before[-9:].lower().endswith("between ")
    if kind != "to" and not (between and kind == "and"):
        return ""
    if first.day is not None and first.day.shift == 0 and first.start is None:
        return "until"
    if first.start is None and re.search(r"\b(?:back|by|return\w*|resum\w*)\b", gap):
        return ""
    return "range" if second.day is None or first.day is not None or second.start is not None else ""


def _range(first: Moment, second: Moment) -> Moment:
    day, end_day = first.day or second.day, second.day if first.day is not None else None
    if day is not None and end_day is not None and end_day.year and not day.year and day.month and end_day.month:
        day = replace(day, year=end_day.year - (day.month > end_day.month))
    halves: tuple[Hour | None, Hour | None]
    if first.start is None and second.end is not None:  # `Saturday to Sunday, 10 p.m. to 4 a.m.`
        halves = (second.start, second.end)
    elif first.start and second.start:
        halves = match_halves(first.start, second.start) if end_day is None else (first.start, second.start)
    else:
        halves = (first.start, second.start)
    return replace(first, stop=second.stop, day=day, end_day=end_day, start=halves[0], end=halves[1],
                   zone=first.zone or second.zone)


_DAILY = re.compile(
    r"\b(?:both|each|every|all three|all) (?:days?|nights?|mornings?|evenings?)\b|\b(?:dai|night)ly\b", re.IGNORECASE
)


def each_day(text: str, found: list[Moment]) -> list[Moment]:
    """`May 18-19, 9:00 to 12:30 both days` is one happening a day, not one through the night."""
    return [one for moment in found for one in _days_between(moment)] if _DAILY.search(text) else found


def _days_between(moment: Moment) -> list[Moment]:
    first, last = moment.day, moment.end_day
    if first is None or last is None or moment.start is None:
        return [moment]
    if first.day is None and last.day is None:
        days = _weekdays_between(first, last)
    elif first.day is None or last.day is None or (first.month, first.year) != (last.month, last.year):
        days = []
    else:
        days = [replace(first, day=day, weekday=None) for day in range(first.day, last.day + 1)]
    return [replace(moment, day=day, end_day=None) for day in days] if 1 < len(days) <= 7 else [moment]


def _weekdays_between(first: Day, last: Day) -> list[Day]:
    """`Monday through Friday` of one week."""
    if first.weekday is None or last.weekday is None:
        return []
    return [replace(first, weekday=day) for day in range(first.weekday, last.weekday + 1)]


# ── what several moments share ────────────────────────────────────────────────────────────────────────────────────


def hours(day: Moment, time: Moment) -> Moment:
    """The day with the hours of the other; several days only with hours that end."""
    if day.end_day is not None and time.end is None:
        return day
    part = day.part or time.part
    return replace(day, start=time.start, end=time.end, zone=time.zone, minutes=time.minutes, part=part)


def _is_bare(moment: Moment) -> bool:
    return moment.day is not None and moment.start is None and moment.end_day is None


def _share_times(text: str, found: list[Moment]) -> list[Moment]:
    """`Dec 3 and Dec 10 at 2pm`, `10 a.m. on March 3 and March 10`: the days of a list share their time."""
    shared = list(found)
    for at in range(len(shared) - 2, -1, -1):
        here, after = shared[at], shared[at + 1]
        gap = text[here.stop : after.begin]
        listed = len(gap) <= 24 and link(gap) in ("tight", "and") and not here.old
        if _is_bare(here) and after.start and after.day and listed and after.day != here.day:
            shared[at] = hours(here, after)
    for at in range(1, len(shared)):
        before, here = shared[at - 1], shared[at]
        timed = before.start and before.day and before.end_day is None and before.preposition != "by"
        if timed and _is_bare(here) and link(text[before.stop : here.begin]) == "and":
            shared[at] = hours(here, before)
    return shared


EACH = re.compile(
    r"\b(?:each|every|both|all|same time|always|daily|weekly|monthly|sessions|webinars|classes|meetings|calls|"
    r"lunches|workshops)\b",
    re.IGNORECASE,
)


def _share_each(text: str, found: list[Moment]) -> list[Moment]:
    """`3/2, 3/16 and 3/30, each at 3 pm`, `all from 1 to 2:30: October 7, …`: one time for all days."""
    timed = [moment for moment in found if moment.start]
    bare = [moment for moment in found if _is_bare(moment)]
    if not bare or len({(moment.start, moment.end) for moment in timed}) != 1:
        return found
    gap = text[timed[0].stop : bare[0].begin]
    follows = len(bare) > 1 or gap.strip() == ";" or link(gap) in ("tight", "and")
    listed = ":" in text[timed[0].begin : bare[0].begin] and follows
    if not listed and not EACH.search(text):
        return found
    return [hours(moment, timed[0]) if moment in bare else moment for moment in found if moment.day is not None]


_NAMED_ZONE = re.compile(
    rf"\btimes?[\s(]{{0,3}}(?:(?:are|is|in|all|given|shown|listed|below)\s){{0,3}}\(?(?P<zone>{ZONE})", re.IGNORECASE
)


def named_zone(text: str) -> set[str]:
    """`Time (UTC): …`, `all times Eastern`: the zone that is named apart from the times."""
    found = _NAMED_ZONE.search(text)
    return {zone_of(found["zone"])} if found else set()


def _share_zone(text: str, found: list[Moment]) -> list[Moment]:
    """A zone named once in a sentence holds for all its times."""
    zones = {moment.zone for moment in found if moment.zone} or named_zone(text)
    if len(zones) != 1:
        return found
    zone = zones.pop()
    return [replace(moment, zone=zone) if moment.start else moment for moment in found]
