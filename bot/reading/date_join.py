"""Items of one sentence → moments: which time belongs to which day, what is a range and what a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.reading import date_words as w
from bot.reading.date_items import Day, Hour, Item, match_halves, zone_of


@dataclass(frozen=True, slots=True)
class Moment:
    """One happening as written at text[begin:stop]: a day (or none), hours, and an end that may lie on another day."""

    begin: int
    stop: int
    day: Day | None = None
    start: Hour | None = None
    end_day: Day | None = None
    end: Hour | None = None
    zone: str = ""
    minutes: int = 0
    part: str = ""
    preposition: str = ""


_LIST = re.compile(
    r"\s?(?:,|;|&|/|\+)?\s?(?:and|or|plus|&|as well as)?\s?(?:again\s)?(?:(?:part|session|week|day|"
    r"class)\s\w{1,5}\W{0,2})?(?:on\s)?(?:the\s)?$",
    re.IGNORECASE,
)
_LAST = (
    r"(?:end|ends|ending|finish\w*|conclud\w*|complet\w*|over|done|last\w*|back|restored|available|return\w*|"
    r"resum\w*|continu\w*|running|run|goes|wrap\w*)"
)
_TO = re.compile(
    rf"\W{{0,3}}(?:(?:(?:and\s)?(?:\w{{1,12}}\s){{0,4}}{_LAST}\s)?(?:\w{{1,12}}\s)?(?:to|until|till|through|"
    rf"thru|-+|\u2013|\u2014|and\s{_LAST})\s?(?:about\s|around\s|approximately\s)?"
    rf"(?:at\s|on\s|by\s)?(?:the\s)?|\s?(?:-+|\u2013|\u2014)\s?|(?:,?\s?and\s)(?:(?:we\s|it\s|"
    rf"they\s)?(?:\w{{1,12}}\s){{0,5}}{_LAST}\s(?:no\slater\sthan\s|by\s|at\s|on\s|around\s|about\s|"
    rf"from\s){{0,2}})|\W{{0,4}}(?:and\s)?(?:end|finish|stop)\w{{0,4}}(?:\s(?:time|date))?[:\s]{{1,3}})$",
    re.IGNORECASE,
)
_AND = re.compile(r"\W{0,3}and\s(?:on\s|at\s)?$", re.IGNORECASE)
_TIGHT = re.compile(
    r"(?:\W|at|from|beginning|starting|between|around|about|@|the|of|in|for|some\s?time|anytime|both|"
    r"days){0,12}$",
    re.IGNORECASE,
)
_TO_DAY = re.compile(r"[\s,(]{0,3}(?:(?:on|this|of|both|for|in\sthe)\s?){0,2}$", re.IGNORECASE)
_FOR = re.compile(
    r"(?:\bfor|\blasts?|\blasting|\btakes?|\btaking|\babout|\broughly|\bapproximately|\bapprox\.?|\bup to|"
    r"\bexpected|\bplan on|\ballow|\bset aside|\bduration:?|\bruns?|\blength:?|\brun|\bbe|\baround|"
    r"[(,;\u2013\u2014:-])\s{0,2}(?:for\s)?(?:about\s|approximately\s|roughly\s|up\sto\s|around\s|"
    r"an?\s(?:estimated|expected)\s|the\sfirst\s)?$",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(
    r"(?:\s?|-)(?:-?long\s)?(?:\w{1,14}\s){0,3}(?:webinar|session|workshop|window|outage|meeting|training|"
    r"class|call|demo|downtime|maintenance|interruption|"
    r"practice|course|conversation|tour|in\stotal|long)",
    re.IGNORECASE,
)
_NOT_LENGTH = re.compile(
    r"\s?(?:before|after|prior|earlier|later|ago|in\sadvance|of\s(?:each|being)|a\s(?:day|week)|per\b|"
    r"beforehand|late|behind|ahead|or\sso\slater|every)",
    re.IGNORECASE,
)


def moments(text: str, items: tuple[Item, ...]) -> tuple[Moment, ...]:
    """Every moment of a sentence, in order of writing."""
    days = [item for item in items if item.kind == "day"]
    times = [item for item in items if item.kind == "time"]
    days = [day for day in _named_once(text, _without_day_ends(text, days)) if not _recurs(text, day)]
    pairs = _pair(text, days, times)
    found = [part for day in days for part in _of_day(day, _joined_times(text, pairs.get(day.begin, [])))]
    found += [_of_time(time) for time in pairs.get(-1, [])]
    found.sort(key=lambda part: part.begin)
    joined = _each_day(text, _share_zone(text, _share_each(text, _share_times(text, _join_ranges(text, found)))))
    return tuple(_with_spans(text, joined, [item for item in items if item.kind == "span"]))


_EVERY = re.compile(
    r"\b(?:every|each|alternate|most|(?:every )?(?:first|second|third|fourth|last|other))\s$", re.IGNORECASE
)


def _recurs(text: str, day: Item) -> bool:
    """`each Thursday`, `the second Tuesday of the month`: no date by itself."""
    one = day.days[0]
    return (
        one.weekday is not None
        and one.day is None
        and one.month is None
        and bool(_EVERY.search(text[max(0, day.begin - 20) : day.begin]))
    )


def _named_once(text: str, days: list[Item]) -> Iterator[Item]:
    """`7/16 (Tue)`: the weekday behind a date belongs to it."""
    before: Item | None = None
    for day in days:
        one, last = day.days[0], before.days[-1] if before else None
        bare = one.weekday is not None and one.day is None and not one.which and one.shift is None
        dated = last is not None and last.month is not None and last.weekday is None
        if before is not None and bare and dated and text[before.stop : day.begin].strip() in ("(", ",", ""):
            continue
        yield (before := day)


def _without_day_ends(text: str, days: list[Item]) -> list[Item]:
    """Drop "COB" and "end of day" next to a named day: the day alone counts."""
    named = [day for day in days if day.days[0].end_of != "day"]
    return [day for day in days if day in named or not any(_near(text, day, other) for other in named)]


def _near(text: str, one: Item, other: Item) -> bool:
    between = text[one.stop : other.begin] if one.stop <= other.begin else text[other.stop : one.begin]
    return len(between) <= 12 and "." not in between.strip()[:-1]


def _pair(text: str, days: list[Item], times: list[Item]) -> dict[int, list[Item]]:
    """Times by the `begin` of the day they belong to; -1 for none."""
    pairs: dict[int, list[Item]] = {}
    for time in times:
        before = next((day for day in reversed(days) if day.stop <= time.begin), None)
        after = next((day for day in days if day.begin >= time.stop), None)
        chosen = _choose(text, time, before, after, pairs)
        pairs.setdefault(chosen.begin if chosen else -1, []).append(time)
    return pairs


def _choose(
    text: str, time: Item, before: Item | None, after: Item | None, pairs: dict[int, list[Item]]
) -> Item | None:
    follows = after is not None and _TO_DAY.match(text[time.stop : after.begin])
    if before is not None and follows and after is not None:
        gap = text[before.stop : time.begin]
        taken = before.begin in pairs
        if len(gap) <= 60 and _TIGHT.match(gap) and not taken and "," in text[time.stop : after.begin]:
            return before
        if len(gap) <= 24 and _TIGHT.match(gap) and not taken and not _TO.match(gap):
            return before
        return after
    if follows or before is not None:
        return after if follows else before
    gap = text[time.stop : after.begin] if after is not None else ""
    return after if len(gap) <= 40 and not re.search(r"[.;\]]", gap) else None


def _joined_times(text: str, times: list[Item]) -> list[Item]:
    """`at 2:00 (until 3:30)`: two times of one day with "to" between them are one."""
    joined: list[Item] = []
    for time in times:
        last = joined[-1] if joined else None
        if last is None or last.end is not None or time.end is not None or time.start is None or last.start is None:
            joined.append(time)
            continue
        gap = text[last.stop : time.begin] + (f"{time.preposition} " if time.preposition in ("until", "till") else "")
        if len(gap) <= 40 and _TO.match(gap):
            start, end = match_halves(last.start, time.start)
            joined[-1] = replace(last, stop=time.stop, start=start, end=end, zone=last.zone or time.zone)
        else:
            joined.append(time)
    return joined


def _of_day(day: Item, times: list[Item]) -> Iterator[Moment]:
    """A day with none, one or several times."""
    several = [replace_day(day, each) for each in day.days]
    for moment in several:
        if not times:
            yield moment
        for time in times:
            yield replace(
                moment,
                begin=min(day.begin, time.begin),
                stop=max(day.stop, time.stop),
                start=time.start,
                end=time.end,
                zone=time.zone,
                preposition=time.preposition,
            )


def replace_day(item: Item, day: Day) -> Moment:
    """The moment of one day of an item that may hold several."""
    return Moment(item.begin, item.stop, day, end_day=item.until, part=item.part)


def _of_time(time: Item) -> Moment:
    return Moment(time.begin, time.stop, None, time.start, None, time.end, time.zone, preposition=time.preposition)


def _join_ranges(text: str, found: list[Moment]) -> list[Moment]:
    """`Sat 11 p.m. to Sun 3 a.m.`, `Oct 30 - Nov 2`: two moments with "to" between them are one."""
    joined: list[Moment] = []
    for moment in found:
        last = joined[-1] if joined else None
        if last is not None and _is_range(text, last, moment):
            joined[-1] = _range(last, moment) if not _is_from_now(last) else replace(moment, preposition="until")
        else:
            joined.append(moment)
    return joined


def _is_from_now(first: Moment) -> bool:
    """`from today until April 11` tells a last day, not a happening."""
    return first.start is None and first.day is not None and first.day.shift == 0


def _is_range(text: str, first: Moment, second: Moment) -> bool:
    if first.end_day is not None or first.end is not None or first.stop > second.begin:
        return False
    gap = text[first.stop : second.begin] + ("" if second.preposition not in ("until", "till") else "until ")
    if len(gap) > 70 or _MOVES.search(gap):
        return False
    if _moved(text[max(0, first.begin - 60) : first.begin]):
        return False
    if second.preposition in ("by", "at", "around", "about"):
        gap = f"{gap.rstrip()} {second.preposition} "
    between = text[max(0, first.begin - 9) : first.begin].lower().endswith("between ") or first.preposition == "between"
    return bool(_TO.match(gap) or (between and _AND.match(gap)))


_MOVES = re.compile(r"\b(?:mov|chang|reschedul|shift|postpon|switch)\w*", re.IGNORECASE)


def _moved(before: str) -> bool:
    """`moved from Tuesday to Thursday` is no range."""
    return bool(
        re.search(
            r"\b(?:mov\w+|chang\w+|reschedul\w+|shift\w+|postpon\w+|switch\w+|pushed|bumped|extended|instead of|"
            r"slid\w*|slipp\w+)\b[^.;]{0,50}$",
            before,
            re.IGNORECASE,
        )
    )


def _range(first: Moment, second: Moment) -> Moment:
    day = first.day or (second.day if second.day is not None else None)
    return replace(
        first,
        stop=second.stop,
        day=day,
        end_day=second.day if first.day is not None else None,
        end=second.start,
        zone=first.zone or second.zone,
    )


def _share_times(text: str, found: list[Moment]) -> list[Moment]:
    """`Dec 3 and Dec 10 at 2pm`: days without a time in one list with a day that has one share it."""
    shared = list(found)
    for at in range(len(shared) - 2, -1, -1):
        here, after = shared[at], shared[at + 1]
        if here.day and not here.start and not here.end_day and after.start and after.day and after.day != here.day:
            gap = text[here.stop : after.begin]
            if len(gap) <= 24 and _LIST.match(gap):
                shared[at] = replace(here, start=after.start, end=after.end, zone=after.zone, stop=here.stop)
    return _share_back(text, shared)


_EACH = re.compile(
    r"\b(?:each|every|both|all|same time|always|daily|sessions|webinars|classes|meetings|calls|lunches|"
    r"workshops)\b", re.IGNORECASE)


def _share_each(text: str, found: list[Moment]) -> list[Moment]:
    """`3/2, 3/16 and 3/30, each at 3 pm`, `all from 1 to 2:30: October 7, …`: one time for all days."""
    timed = [moment for moment in found if moment.start]
    bare = [moment for moment in found if moment.day and not moment.start and not moment.end_day]
    if not bare or len({(moment.start, moment.end) for moment in timed}) != 1 or not _EACH.search(text):
        return found
    time = timed[0]
    return [
        replace(moment, start=time.start, end=time.end, zone=time.zone) if moment in bare else moment
        for moment in found
        if moment.day is not None
    ]


def _each_day(text: str, found: list[Moment]) -> list[Moment]:
    """`May 18-19, 9:00 to 12:30 both days` is one happening a day, not one through the night."""
    if not _DAILY.search(text):
        return found
    return [one for moment in found for one in _days_between(moment)]


_DAILY = re.compile(r"\b(?:both|each|every|all three|all) days?\b|\bdaily\b", re.IGNORECASE)


def _days_between(moment: Moment) -> list[Moment]:
    first, last = moment.day, moment.end_day
    if first is None or last is None or moment.start is None or first.day is None or last.day is None:
        return [moment]
    if (first.month, first.year) != (last.month, last.year) or not 0 < last.day - first.day <= 6:
        return [moment]
    days = [replace(first, day=day, weekday=None) for day in range(first.day, last.day + 1)]
    return [replace(moment, day=day, end_day=None) for day in days]


_NAMED_ZONE = re.compile(
    rf"\btimes?[\s(]{{0,3}}(?:(?:are|is|in|all|given|shown|listed|below)\s){{0,3}}\(?(?P<zone>{w.ZONE})", re.IGNORECASE
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


def _share_back(text: str, found: list[Moment]) -> list[Moment]:
    """`10 a.m. on March 3 and March 10`: the time stood with the first."""
    for at in range(1, len(found)):
        before, here = found[at - 1], found[at]
        timed = (
            before.start and before.day and before.end_day is None and here.day and not here.start and not here.end_day
        )
        if (
            timed
            and before.preposition != "by"
            and re.fullmatch(r",?\s(?:and|or|&)\s(?:again\s)?(?:on\s)?", text[before.stop : here.begin])
        ):
            found[at] = replace(here, start=before.start, end=before.end, zone=before.zone)
    return found


def _with_spans(text: str, found: Iterable[Moment], spans: list[Item]) -> Iterator[Moment]:
    """Give durations and parts of the day to the moments they stand with."""
    parts = [span for span in spans if span.part]
    lengths = [span for span in spans if span.minutes and is_length(text, span)]
    for moment in found:
        part = moment.part or next((span.part for span in parts if _close(span, moment)), "")
        length = lengths[0].minutes if lengths and moment.start and not moment.end else 0
        yield replace(moment, part=part, minutes=length)


def is_length(text: str, span: Item) -> bool:
    """Whether this duration says how long something lasts, not how long ago or before."""
    before, after = text[max(0, span.begin - 40) : span.begin], text[span.stop : span.stop + 40]
    if _NOT_LENGTH.match(after) or re.search(
        r"\b(?:every|within|(?:the|in|over|during|for) (?:last|past)|next|at least|first)\s?$", before, re.IGNORECASE
    ):
        return False
    return bool(_FOR.search(before) or _ADJECTIVE.match(after))


def _close(span: Item, moment: Moment) -> bool:
    return (
        -24 <= span.begin - moment.stop <= 24
        or moment.begin <= span.begin <= moment.stop
        or 0 <= moment.begin - span.stop <= 12
    )
