"""One sentence → its items: days, times and durations as written, not yet related to each other or to a year."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from bot.reading.date_words import ZONE_TAIL, Token, tokens, zone_of

Half = Literal["", "am", "pm", "24"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day as written. `shift` counts days from the message's own; `end_of` is "week", "month" … for "end of".

    `nth` with `weekday` is "first Monday" (1) … "last Monday" (-1) of `month`, or of every month.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    shift: int | None = None
    which: str = ""
    end_of: str = ""
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day as written; `half` is empty where neither a.m. nor p.m. was said, "24" on a 24-hour clock."""

    hour: int
    minute: int = 0
    half: Half = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A day (or several, or a first and last), a time of day, or a duration, found at text[begin:stop]."""

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


#: What was read, and the token after it.
Read = tuple[Item, int] | None
#: A sentence with more items is none; the rest is not read.
_MOST = 40
_END = Token("end of text", 1 << 20, 1 << 20, "")
_NUMBERS = frozenset({"num", "nth", "ordinal"})
_CLOCKS = frozenset({"time", "noon"})
_APPROXIMATE = frozenset(["about", "around", "approximately", "roughly", "approx", "at", "on", "by"])
_BARE_AFTER = frozenset(["at", "@", "by", "around", "from", "until", "till", "before", "between"])
#: What may follow a figure that is not the number of anything.
_FREE = frozenset(
    ["at", "from", "in", "on", "for", "and", "or", "but", "we", "you", "i", "it", "so", "as", "if", "when", "this", "that", "with", "via", "both", "each", "every", "sharp", "o'clock", "o’clock", "to", "until", "till", "through", "the", "a", "an", "is", "are", "was", "will", "because", "not", "rather", "instead", "unless", "please", "by", "over", "there", "he", "she", "they", "then", "before", "after", "both", "inclusive", "respectively", "of", "between", "again", "too", "also", "either", "central", "eastern", "pacific", "mountain", "am", "pm", "est", "ct", "et", "cst", "cdt"]
)


_HOLIDAYS = {
    "labor": Day(month=9, weekday=0, nth=1), "memorial": Day(month=5, weekday=0, nth=-1),
    "thanksgiving": Day(month=11, weekday=3, nth=4), "christmas": Day(month=12, day=25),
}


def items(text: str) -> tuple[Item, ...]:
    """The days, times and durations of a sentence, in order (at most 40)."""
    return tuple(islice(_Grammar(text).items(), _MOST))


class _Grammar:
    """A recursive descent over the tokens of one sentence; each method tries one form at one token."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [*tokens(text), *[_END] * 8]
        self.day_stop = -1

    def items(self) -> Iterator[Item]:
        at = 0
        while at < len(self.tokens) - 8:
            reader = _READERS.get(self.tokens[at].kind)
            found = reader(self, at) if reader is not None else None
            if found is None:
                at += 1
                continue
            item, at = found
            self.day_stop = item.stop if item.kind == "day" else self.day_stop
            yield item

    # ── helps ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def kind(self, at: int) -> str:
        return self.tokens[at].kind if at < len(self.tokens) else ""

    def word(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def skip(self, at: int, *words: str) -> int:
        """The token behind any of these words and signs, each at most once."""
        for word in words:
            at += self.word(at) == word
        return at

    def is_to(self, at: int) -> bool:
        return self.kind(at) in ("to", "dash")

    def is_counted(self, at: int) -> bool:
        """Whether a thing that is counted follows ("3 libraries"): then the figure before is no date or time."""
        token = self.tokens[at]
        before = self.tokens[at - 1]
        return (token.kind in ("word", "unit", "week") and token.text not in _FREE and token.begin <= before.stop + 1
                and self.text[token.begin].islower())

    def day(self, begin: int, after: int, *days: Day, until: Day | None = None, part: str = "") -> Read:
        return Item("day", self.tokens[begin].begin, self.tokens[after - 1].stop, days, until, part=part), after

    # ── days ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def date(self, at: int) -> Read:
        """A date with its month, in any form, without a weekday before it."""
        at = self.skip(at, "the")
        reader = {"month": _Grammar.month, "iso": _Grammar.iso, "slash": _Grammar.slash, "slashed": _Grammar.slash,
                  "num": _Grammar.day_month, "nth": _Grammar.day_month, "ordinal": _Grammar.day_month}
        form = reader.get(self.kind(at))
        return form(self, at) if form else None

    def month(self, at: int) -> Read:
        """`Feb. 6`, `October 22-24, 2024`, `Dec 3 and 10`, `April (2, 9 and 16)`."""
        first = self.skip(at + 1, ".", "(", "the")
        if self.kind(first) not in _NUMBERS or not 1 <= self.tokens[first].value <= 31:
            return None
        numbers, ranged, after = self.numbers(first)
        if self.is_counted(after) and len(numbers) == 1 and self.kind(first) == "num" and self.word(at) == "may":
            return None
        return self.dated(at, after, self.tokens[at].value, numbers, ranged)

    def day_month(self, at: int) -> Read:
        """`12 March`, `the 3rd of April`, `3, 10 and 17 March 2026`, `22-24 October`."""
        numbers, ranged, after = self.numbers(at, of_month=True)
        month = self.skip(after, "of")
        if self.kind(month) != "month" or self.kind(self.skip(month + 1, ".")) == "num" or not 1 <= numbers[0] <= 31:
            return None
        return self.dated(at, month + 1, self.tokens[month].value, numbers, ranged)

    def dated(self, begin: int, after: int, month: int, numbers: list[int], ranged: bool) -> Read:
        year, end = None, self.skip(after, ".", ",") if self.word(after) in (".", ",") else after
        if self.kind(end) == "year":
            year, after = self.tokens[end].value, end + 1
        days = [Day(year, month, number) for number in numbers]
        if ranged:
            return self.day(begin, after, days[0], until=days[-1])
        return self.day(begin, self.skip(after, ")") if "(" in self.text else after, *days)

    def numbers(self, at: int, of_month: bool = False) -> tuple[list[int], bool, int]:
        """A list or a range of days of one month; they increase, else they are something else."""
        found, after = [self.tokens[at].value], at + 1
        if self.is_to(after) and (last := self.number(self.skip(after + 1, "the"), found[0], None)):
            return [found[0], self.tokens[last].value], True, last + 1
        closed = False
        while not closed and len(found) < 10:
            place = self.skip(after, ",")
            closed = self.kind(place) == "and"
            place = self.skip(place + closed, "on")
            place = self.skip(place + (self.kind(place) == "weekday"), ",", "the")
            number = self.number(place, found[-1], of_month)
            if place == after or number is None:
                closed = False
                break
            found, after = [*found, self.tokens[number].value], number + 1
        return (found, False, after) if closed or len(found) > 2 else (found[:1], False, at + 1)

    def number(self, at: int, above: int, of_month: bool | None) -> int | None:
        """The token at `at` if it is a day of the month later than `above`, no time and, in a list, no count."""
        token = self.tokens[at] if at < len(self.tokens) else _END
        fits = token.kind in _NUMBERS and above < token.value <= 31 and not self.is_clock(at)
        taken = self.is_counted(at + 1) or (self.kind(at + 1) == "month" and not of_month)
        return at if fits and not (taken and of_month is not None) else None

    def is_clock(self, at: int) -> bool:
        """Whether the bare figure begins a range of hours, or a zone follows: `1-2 p.m.`, `3 CT`."""
        token = self.tokens[at]
        if token.kind != "num" or token.value > 12:
            return False
        return (self.is_to(at + 1) and self.kind(at + 2) in _CLOCKS) or bool(ZONE_TAIL.match(self.text, token.stop))

    def iso(self, at: int) -> Read:
        """`2026-03-12`, `2026/03/12`."""
        year, month, day = (int(part) for part in re.findall(r"\d+", self.word(at)))
        return self.day(at, at + 1, Day(year, month, day))

    def slash(self, at: int) -> Read:
        """`3/12`, `3/12/26`, `3/12/2026`, `03-12-2026`."""
        month, day, *years = (int(part) for part in re.findall(r"\d+", self.word(at)))
        year = years[0] + (2000 if years[0] < 100 else 0) if years else None
        return self.day(at, at + 1, Day(year, month, day))

    def dated_alone(self, at: int) -> Read:
        """A date, with its weekday behind it: `7/16 (Tue)`, `March 12, Thursday`."""
        found = self.date(at)
        if found is None or found[0].until is not None or len(found[0].days) > 1:
            return found
        item, after = found
        name = self.skip(after, ",", "(")
        alone = self.kind(name) == "weekday" and self.date(self.skip(name + 1, ".", ",")) is None
        if not alone or self.kind(self.skip(name + 1, ".", ",", "the")) == "nth":
            return found
        days = (replace(item.days[0], weekday=self.tokens[name].value),)
        end = self.skip(name + 1, ".", ")") if self.word(name - 1) == "(" else name + 1
        return replace(item, days=days, stop=self.tokens[end - 1].stop), end

    def figure(self, at: int) -> Read:
        """A figure: a date, a time, or a length."""
        return self.span(at) or self.dated_alone(at) or self.clock(at)

    def weekday(self, at: int, begin: int | None = None, which: str = "") -> Read:
        """`Friday`, `this Thursday`, `Tuesday the 4th`, `Monday of next week`, `Tue 3/4`, `Tuesday, March 4`."""
        begin = at if begin is None else begin
        number = self.tokens[at].value
        if self.recurs(begin):
            return None
        place = self.skip(at + 1, ".", ",", "(", "the")
        if (found := self.date(place)) is not None:
            item, after = found
            after = self.skip(after, ")") if self.word(place - 1) == "(" else after
            days = (replace(item.days[0], weekday=number), *item.days[1:])
            return replace(item, begin=self.tokens[begin].begin, days=days), after
        if self.kind(place) == "nth" or (self.kind(place) == "ordinal" and self.word(place - 1) == "the"):
            after = self.skip(place + 1, ")") if "(" in self.text else place + 1
            return self.day(begin, after, Day(day=self.tokens[place].value, weekday=number))
        later = self.skip(at + 1, "of")
        if self.word(later) == "next" and self.kind(later + 1) == "week":
            return self.day(begin, later + 2, Day(weekday=number, which="next"))
        return self.day(begin, at + 1, Day(weekday=number, which=which))

    def recurs(self, at: int) -> bool:
        """`each Thursday`, `the second Tuesday`: no date by itself."""
        before = self.word(at - 1)
        return before in ("every", "each", "alternate", "most", "other") or self.kind(at - 1) == "ordinal" or (
            before in ("and", "or") and self.recurs(at - 2))

    def which(self, at: int) -> Read:
        """`next Friday`, `this coming Monday`, `this morning`, `last night`, `last Monday of May`, `last day of May`."""
        name = at + 1 + (self.kind(at + 1) == "which")
        if self.kind(name) == "weekday":
            told = " ".join(self.word(place) for place in range(at, name))
            monthly = self.monthly(at, name, -1) if told == "last" else None
            return monthly or self.weekday(name, at, told)
        if self.kind(name) == "part" and self.word(at) in ("this", "last"):
            return self.day(at, name + 1, Day(shift=0 if self.word(at) == "this" else -1), part=self.word(name))
        if self.word(at) == "last" and self.word(name) == "day" and self.kind(name + 1) == "of":
            return self.end_of(at, self.skip(name + 2, "the"))
        return None

    def monthly(self, begin: int, name: int, nth: int) -> Read:
        """`first Monday of April`, `third Tuesday of each month`."""
        if self.kind(name) != "weekday" or self.kind(name + 1) != "of" or nth > 5:
            return None
        place = self.skip(name + 2, "the", "each", "every")
        if self.kind(place) == "month":
            day = Day(month=self.tokens[place].value, weekday=self.tokens[name].value, nth=nth)
            return self.day(begin, place + 1, day)
        if self.word(place) == "month":
            return self.day(begin, place + 1, Day(weekday=self.tokens[name].value, nth=nth, which="each"))
        return None

    def ordinal(self, at: int) -> Read:
        """`12th of March`, `first Monday of April`."""
        return self.dated_alone(at) or self.monthly(at, at + 1, self.tokens[at].value)

    def the(self, at: int) -> Read:
        """`the 15th`, `the 3rd and 10th`, `the 12th of March`, `the first Monday in April`."""
        if self.kind(at + 1) not in ("nth", "ordinal"):
            return self.that(at + 1) if self.word(at + 1) == "same" else None
        if (found := self.ordinal(at + 1)) is not None:
            return found
        numbers, ranged, after = self.numbers(at + 1)
        first = self.tokens[at + 1]
        month = self.skip(after, "of", "the", "this", "next") if self.word(after) == "of" else after
        named = month > after and self.word(month) == "month"
        if not named and ((first.kind == "ordinal" and first.value < 4) or self.is_named(after)):
            return None
        days = [Day(day=number) for number in numbers]
        return self.day(at, after, days[0], until=days[1]) if ranged else self.day(at, after, *days)

    def is_named(self, at: int) -> bool:
        """Whether a noun follows: `the 3rd floor`, `the 15th annual`."""
        token = self.tokens[at]
        return token.begin == self.tokens[at - 1].stop + 1 and token.kind in ("word", "of", "unit", "week", "other") and (
            token.text not in _FREE or token.text == "of")

    def near(self, at: int) -> Read:
        """`today`, `tonight`, `tomorrow`, `the day after tomorrow`."""
        shift = {"tomorrow": 1, "yesterday": -1}.get(self.word(at), 0)
        if (self.word(at - 2), self.word(at - 1)) == ("day", "after"):
            shift += 1
        return self.day(at, at + 1, Day(shift=shift), part="night" if self.word(at) == "tonight" else "")

    def that(self, at: int) -> Read:
        """`that day`, `the same evening`: the day named before."""
        name = self.skip(at + 1, "very", "same")
        if self.word(name) != "day" and self.kind(name) != "part":
            return None
        return self.day(at, name + 1, Day(which="that"), part=self.word(name) if self.kind(name) == "part" else "")

    def end(self, at: int) -> Read:
        """`end of the week`, `close of business`, `end of May`, `COB`."""
        if self.word(at) in ("cob", "eod"):
            return self.day(at, at + 1, Day(end_of="day"))
        return self.end_of(at, self.skip(at + 2, "the")) if self.word(at + 1) == "of" else None

    def end_of(self, begin: int, place: int) -> Read:
        which = self.word(place) if self.kind(place) == "which" else ""
        place = self.skip(place + bool(which), "work", "working", "business", "calendar")
        if self.kind(place) == "month":
            return self.day(begin, place + 1, Day(month=self.tokens[place].value, end_of="month"))
        if self.kind(place) == "year":
            return self.day(begin, place + 1, Day(self.tokens[place].value, 12, 31))
        if self.kind(place) == "weekday":
            return self.day(begin, place + 1, Day(weekday=self.tokens[place].value))
        unit = "day" if self.word(place - 1) == "business" else self.word(place)
        if unit not in ("day", "week", "month", "year"):
            return None
        return self.day(begin, place + (self.word(place) == unit), Day(end_of=unit, which=which))

    def ahead(self, at: int) -> Read:
        """`a week from Friday`, `two weeks from today`; `week of March 3` is no day."""
        if self.kind(at) == "week":
            found = self.dated_alone(self.skip(at + 2, "the")) if self.word(at + 1) == "of" else None
            return (Item("span", found[0].begin, found[0].stop), found[1]) if found else None
        if self.kind(at + 1) != "week" or self.word(at + 2) != "from":
            return self.span(at) or self.clock(at)
        days = self.tokens[at].value // 10 * 7
        if self.kind(at + 3) == "weekday":
            return self.day(at, at + 4, Day(weekday=self.tokens[at + 3].value, shift=days))
        if self.word(at + 3) in ("today", "now", "tomorrow"):
            return self.day(at, at + 4, Day(shift=days + (self.word(at + 3) == "tomorrow")))
        return None

    def holiday(self, at: int) -> Read:
        """`before Labor Day`, `by Thanksgiving`: only as a last day."""
        word, after = self.word(at), at + 1 + (self.word(at + 1) == "day")
        if self.word(at - 1) not in ("by", "before", "until", "than") or (word in ("labor", "memorial")) != (after > at + 1):
            return None
        return self.day(at, after, _HOLIDAYS[word])

    # ── times ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def clock(self, at: int) -> Read:
        """`2 p.m. CT`, `10-11 a.m.`, `from 9:30 to noon`, `between 6 and 10 a.m.`, `at 3`."""
        first = self.hour(at)
        if first is None:
            return None
        after, zone = self.zone(self.hour_stop(at))
        place = after + 1
        while self.word(place) in _APPROXIMATE:
            place += 1
        joined = self.is_to(after) or (self.word(after) == "and" and self.word(at - 1) == "between")
        last = self.hour(place) if joined else None
        if last is not None and self.is_range(at, place):
            end, last_zone = self.zone(self.hour_stop(place))
            first, last = match_halves(first, last)
            return self.time(at, end, first, last, last_zone or zone), end
        if self.kind(at) in _CLOCKS or self.word(at + 1) in ("noon", "o'clock", "o\u2019clock") or self.is_hour(at, zone):
            return self.time(at, after, first, None, zone), after
        return None

    def time(self, at: int, after: int, start: Hour, end: Hour | None, zone: str) -> Item:
        before = self.word(at - 1)
        return Item("time", self.tokens[at].begin, self.tokens[after - 1].stop, start=start, end=end, zone=zone,
                    preposition=before if self.kind(at - 1) in ("word", "to") else "")

    def hour(self, at: int) -> Hour | None:
        token = self.tokens[at] if at < len(self.tokens) else _END
        if token.kind == "noon":
            return Hour(token.value, 0, "24")
        if token.kind == "time":
            return hour(token.text)
        if token.kind == "count" and token.text not in ("a", "an", "couple") and token.value % 10 == 0 and token.value <= 120:
            return Hour(token.value // 10)
        if token.kind != "num" or not 1 <= token.value <= 12:
            return None
        named = self.word(at + 1) if self.kind(at + 1) == "noon" else ""
        return Hour(12 * (named != "midnight"), 0, "24") if named and token.value == 12 else Hour(token.value)

    def hour_stop(self, at: int) -> int:
        """The token behind an hour, `12 noon`, `5 o'clock` or `2200 hours`."""
        return at + 1 + (self.kind(at + 1) == "noon" or self.word(at + 1) in ("o'clock", "o\u2019clock"))

    def zone(self, at: int) -> tuple[int, str]:
        """The token behind the zone at `at`, and the zone; empty if there is none."""
        match = ZONE_TAIL.match(self.text, self.tokens[at - 1].stop)
        if match is None:
            return at, ""
        while self.tokens[at].begin < match.end():
            at += 1
        return at, zone_of(match[1])

    def is_range(self, at: int, last: int) -> bool:
        """Whether two hours with "to" between them are times: one says so, or what stands around them does."""
        after = self.hour_stop(last)
        if self.kind(last) in ("num", "count") and self.is_counted(after):
            return False
        if self.kind(at) in _CLOCKS or self.kind(last) in _CLOCKS or self.kind(last + 1) == "noon":
            return self.kind(last) in _CLOCKS or self.kind(after) not in ("month", "weekday")
        if "count" in (self.kind(at), self.kind(last)):
            return False
        if ZONE_TAIL.match(self.text, self.tokens[last].stop) or self.word(at - 1) in _BARE_AFTER:
            return True
        gap = self.text[self.day_stop : self.tokens[at].begin] if self.day_stop >= 0 else "."
        return (self.word(at - 1) in "(,:|" and (self.day_stop >= 0)) or not re.search(r"[^\s,:|\u2013(-]", gap)

    def is_hour(self, at: int, zone: str) -> bool:
        """Whether a bare figure is an hour: `at 3`, `by 5 on Friday`, `10 CT`."""
        if zone:
            return True
        before = self.word(at - 1)
        if self.kind(at) == "count" and (before != "at" or self.kind(at + 1) not in ("sign", "end of text", "near", "weekday")):
            return False
        if before in ("around", "about") and self.word(at - 2) in ("at", "by"):
            before = "at"
        following = self.kind(at + 1)
        return before in _BARE_AFTER and before != "between" and not self.is_counted(at + 1) and (
            following not in ("half", "num", "year", "other") and self.word(at + 1) not in ("/", "&"))

    # ── lengths ───────────────────────────────────────────────────────────────────────────────────────────────────

    def span(self, at: int) -> Read:
        """`two hours`, `90 minutes`, `2-4 hours` (the longest counts), `an hour and a half`, `half an hour`."""
        place = at
        if self.is_to(at + 1) and self.length(at + 2) is not None and self.kind(self.unit(at + 2)) == "unit":
            place = at + 2
        tenths, unit = self.length(place), self.unit(place)
        if tenths is None or self.kind(unit) != "unit":
            return None
        after = unit + 1
        if [self.word(after + step) for step in range(3)] == ["and", "a", "half"]:
            tenths, after = tenths + 5, after + 3
        minutes = tenths * (60 if self.word(unit)[0] == "h" else 1) // 10
        item = Item("span", self.tokens[at].begin, self.tokens[after - 1].stop, minutes=minutes)
        return (item, after) if 0 < minutes <= 24 * 60 else None

    def length(self, at: int) -> int | None:
        token = self.tokens[at]
        if token.kind == "half":
            return round(float(token.text.replace(" 1/2", ".5")) * 10)
        return token.value * (10 if token.kind == "num" else 1) if token.kind in ("num", "count") else None

    def unit(self, at: int) -> int:
        """Where the unit of a count stands: behind a hyphen, "(4)", "an" or "and a half"."""
        place = at + 1
        if self.word(place) == "(" and self.word(place + 2) == ")":
            place += 3
        if [self.word(place + step) for step in range(3)] == ["and", "a", "half"]:
            place += 3
        return place + (self.kind(place) == "dash" or self.word(place) in ("an", "full"))

    def part(self, at: int) -> Read:
        """`morning`, `overnight`."""
        word = self.word(at).removesuffix("s").removeprefix("over")
        return Item("span", self.tokens[at].begin, self.tokens[at].stop, part=word), at + 1


_READERS: dict[str, Callable[[_Grammar, int], Read]] = {
    "month": _Grammar.dated_alone, "iso": _Grammar.dated_alone, "slash": _Grammar.dated_alone,
    "slashed": _Grammar.dated_alone, "num": _Grammar.figure, "nth": _Grammar.ordinal, "ordinal": _Grammar.ordinal,
    "weekday": _Grammar.weekday, "which": _Grammar.which, "the": _Grammar.the, "that": _Grammar.that,
    "near": _Grammar.near, "holiday": _Grammar.holiday, "end": _Grammar.end, "count": _Grammar.ahead, "week": _Grammar.ahead,
    "time": _Grammar.clock, "noon": _Grammar.clock, "half": _Grammar.span, "part": _Grammar.part,
}
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(?::\d\d)?\s?([ap])?|(\d\d)(\d\d)")


def hour(text: str) -> Hour | None:
    """A time in figures; None where they are none ("13 p.m." is 13:00, "0 p.m." is not a time)."""
    if text[:4].isdigit():
        return Hour(int(text[:2]), int(text[2:4]), "24")
    found = _CLOCK.match(text)
    if found is None or not found[1]:
        return None
    number, minute = int(found[1]), int(found[2] or 0)
    if number > 12 or number == 0:
        return Hour(number, minute, "24") if not found[3] or number > 12 else None
    if not found[3]:
        return Hour(number, minute, "24" if found[1][0] == "0" else "")
    return Hour(number, minute, "am" if found[3] == "a" else "pm")


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
