"""Times of day and lengths as they are written, and the grammar of a sentence that puts all forms together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from bot.reading.date_days import Days
from bot.reading.date_items import AHEAD, CLOCKS, END, Cursor, Day, Hour, Item, Read, hour, match_halves
from bot.reading.date_words import ZONE_TAIL, zone_of

#: A sentence with more items is none; the rest is not read.
_MOST = 40
_APPROXIMATE = frozenset(["about", "around", "approximately", "roughly", "approx", "at", "on", "by"])
_BARE_AFTER = frozenset(["at", "@", "by", "around", "from", "until", "till", "before", "between"])


class Times(Cursor):
    """Each method tries one form of a time or a length at one token."""

    def clock(self, at: int) -> Read:
        """`2 p.m. CT`, `10-11 a.m.`, `from 9:30 to noon`, `between 6 and 10 a.m.`, `after 9 and before 11`, `at 3`."""
        first = self.hour(at)
        if first is None:
            return None
        after, zone = self.zone(self.hour_stop(at))
        before, place = self.word(at - 1), after + 1
        place += before == "after" and self.word(place) == "before"
        joined = self.is_to(after) or (self.word(after) == "and" and (
            before == "between" or self.word(place - 1) == "before"))
        while self.word(place) in _APPROXIMATE:
            place += 1
        last = self.hour(place) if joined else None
        if last is not None and self.is_range(at, place):
            end, last_zone = self.zone(self.hour_stop(place))
            first, last = match_halves(first, last)
            return self.time(at, end, first, last, last_zone or zone), end
        if self.kind(at) in CLOCKS or self.hour_stop(at) > at + 1 or self.is_hour(at, zone):
            return self.time(at, after, first, None, zone), after
        return None

    def time(self, at: int, after: int, start: Hour, end: Hour | None, zone: str) -> Item:
        before = self.word(at - 1)
        return Item("time", self.tokens[at].begin, self.tokens[after - 1].stop, start=start, end=end, zone=zone,
                    preposition=before if self.kind(at - 1) in ("word", "to") else "")

    def hour(self, at: int) -> Hour | None:
        token = self.tokens[at] if at < len(self.tokens) else END
        if token.kind == "noon":
            return Hour(token.value, 0, "24")
        if token.kind == "time":
            return hour(token.text)
        spelt = token.kind == "count" and token.text not in ("a", "an", "couple")
        if spelt and token.value % 10 == 0 and token.value <= 120:
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
        if self.kind(at) in CLOCKS or self.kind(last) in CLOCKS or self.kind(last + 1) == "noon":
            return self.kind(last) in CLOCKS or self.kind(after) not in ("month", "weekday")
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
        alone = self.kind(at + 1) in ("sign", "end of text", "near", "weekday")
        if self.kind(at) == "count" and not (before == "at" and alone):
            return False
        if before in ("around", "about") and self.word(at - 2) in ("at", "by"):
            before = "at"
        following = self.kind(at + 1)
        return before in _BARE_AFTER and before != "between" and not self.is_counted(at + 1) and (
            following not in ("half", "num", "year", "other") and self.word(at + 1) not in ("/", "&"))

    # ── lengths ───────────────────────────────────────────────────────────────────────────────────────────────────

    def span(self, at: int) -> Read:
        """`two hours`, `90 minutes`, `2-4 hours` (the longest), `an hour and a half`, `three quarters of an hour`."""
        if self.word(at + 1) in ("quarter", "quarters") and self.word(at + 4) == "hour" and self.kind(at) == "count":
            minutes = 15 * self.tokens[at].value // 10
            return Item("span", self.tokens[at].begin, self.tokens[at + 4].stop, minutes=minutes), at + 5
        place = at
        if self.is_to(at + 1) and self.length(at + 2) is not None and self.kind(self.unit(at + 2)) == "unit":
            place = at + 2
        tenths, unit = self.length(place), self.unit(place)
        if tenths is None or self.kind(unit) != "unit" or (self.word(place) == "a" and self.word(unit)[-1] == "s"):
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


class Grammar(Days, Times):
    """A recursive descent over the tokens of one sentence."""

    def items(self) -> Iterator[Item]:
        """The items, in order."""
        at = 0
        while at < len(self.tokens) - AHEAD:
            reader = _READERS.get(self.tokens[at].kind)
            found = reader(self, at) if reader is not None else None
            if found is None:
                at += 1
                continue
            item, at = found
            self.day_stop = item.stop if item.kind == "day" else self.day_stop
            yield item

    def figure(self, at: int) -> Read:
        """A figure: a date, a time, or a length."""
        return self.span(at) or self.dated_alone(at) or self.clock(at)

    def ahead(self, at: int) -> Read:
        """`a week from Friday`, `two weeks from today`; `week of March 3` is no day."""
        if self.kind(at) == "week":
            found = self.dated_alone(self.skip(at + 2, "the")) if self.word(at + 1) == "of" else None
            return (Item("span", found[0].begin, found[0].stop), found[1]) if found else None
        if self.kind(at + 1) != "week" or self.word(at + 2) != "from":
            return self.span(at) or self.clock(at)
        days = self.tokens[at].value // 10 * (14 if self.word(at + 1) == "fortnight" else 7)
        if self.kind(at + 3) == "weekday":
            return self.day(at, at + 4, Day(weekday=self.tokens[at + 3].value, shift=days))
        if self.word(at + 3) in ("today", "now", "tomorrow"):
            return self.day(at, at + 4, Day(shift=days + (self.word(at + 3) == "tomorrow")))
        return None


_READERS: dict[str, Callable[[Grammar, int], Read]] = {
    "month": Grammar.dated_alone, "iso": Grammar.dated_alone, "slash": Grammar.dated_alone,
    "slashed": Grammar.dated_alone, "num": Grammar.figure, "nth": Grammar.ordinal, "ordinal": Grammar.ordinal,
    "weekday": Grammar.weekday, "which": Grammar.which, "the": Grammar.the, "that": Grammar.that,
    "near": Grammar.near, "holiday": Grammar.holiday, "end": Grammar.end, "count": Grammar.ahead, "week": Grammar.ahead,
    "time": Grammar.clock, "noon": Grammar.clock, "half": Grammar.span, "part": Grammar.part,
}


def items(text: str) -> tuple[Item, ...]:
    """The days, times and durations of a sentence, in order (at most 40)."""
    return tuple(islice(Grammar(text).items(), _MOST))
