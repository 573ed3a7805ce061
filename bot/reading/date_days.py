"""Days as they are written: `Tuesday, Feb. 6`, `22-24 October`, `the 15th`, `first Monday of April`, `end of May`, …"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.reading.date_items import CLOCKS, END, FREE, Cursor, Day, Read
from bot.reading.date_words import ZONE_TAIL

_NUMBERS = frozenset({"num", "nth", "ordinal"})
#: `… next week, on Thursday`.
_NEXT_WEEK = re.compile(r"\bnext week\b(?![^,;.:]*\b(?:than|or|before)\b)", re.IGNORECASE)
_HOLIDAYS = {
    "labor": Day(month=9, weekday=0, nth=1), "memorial": Day(month=5, weekday=0, nth=-1),
    "thanksgiving": Day(month=11, weekday=3, nth=4), "christmas": Day(month=12, day=25),
    "halloween": Day(month=10, day=31),
}


class Days(Cursor):
    """Each method tries one form of a day at one token."""

    def date(self, at: int) -> Read:
        """A date with its month, in any form, without a weekday before it."""
        at = self.skip(at, "the")
        form = _FORMS.get(self.kind(at))
        return form(self, at) if form else None

    def month(self, at: int) -> Read:
        """`Feb. 6`, `October 22-24, 2024`, `Dec 3 and 10`, `April (2, 9 and 16)`."""
        first = self.skip(at + 1, ".", "(", "the")
        if self.kind(first) not in _NUMBERS or not 1 <= self.tokens[first].value <= 31:
            return None
        numbers, ranged, after = self.numbers(first)
        return self.dated(at, after, self.tokens[at].value, numbers, ranged)

    def day_month(self, at: int) -> Read:
        """`12 March`, `the 3rd of April`, `3, 10 and 17 March 2026`, `22-24 October`."""
        numbers, ranged, after = self.numbers(at, of_month=True)
        month = self.skip(after, "of") + self.is_tight(after, "month")
        if self.kind(month) != "month" or self.kind(self.skip(month + 1, ".")) == "num" or not 1 <= numbers[0] <= 31:
            return None
        return self.dated(at, month + 1, self.tokens[month].value, numbers, ranged)

    def dated(self, begin: int, after: int, month: int, numbers: list[int], ranged: bool) -> Read:
        year, end = None, self.skip(after, ".", ",") if self.word(after) in (".", ",") else after
        end += self.is_tight(after, "year")
        if self.kind(end) == "year":
            year, after = self.tokens[end].value, end + 1
        days = [Day(year, month, number) for number in numbers]
        if ranged:
            return self.day(begin, after, days[0], until=days[-1])
        return self.day(begin, self.skip(after, ")") if "(" in self.text else after, *days)

    def is_tight(self, at: int, kind: str) -> bool:
        """Whether the dash at `at` joins what stands there to a month or a year: `02-Mar-2026`."""
        token = self.tokens[at]
        is_glued = self.tokens[at - 1].stop == token.begin and token.stop == self.tokens[at + 1].begin
        return token.kind == "dash" and is_glued and self.kind(at + 1) == kind

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
        token = self.tokens[at] if at < len(self.tokens) else END
        fits = token.kind in _NUMBERS and above < token.value <= 31 and not self.is_clock(at)
        taken = self.is_counted(at + 1) or (self.kind(at + 1) == "month" and not of_month)
        return at if fits and not (taken and of_month is not None) else None

    def is_clock(self, at: int) -> bool:
        """Whether the bare figure begins a range of hours, or a zone follows: `1-2 p.m.`, `3 CT`."""
        token = self.tokens[at]
        if token.kind != "num" or token.value > 12:
            return False
        return (self.is_to(at + 1) and self.kind(at + 2) in CLOCKS) or bool(ZONE_TAIL.match(self.text, token.stop))

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

    def weekday(self, at: int, begin: int | None = None, which: str = "") -> Read:
        """`Friday`, `this Thursday`, `Tuesday the 4th`, `Monday of next week`, `Tue 3/4`, `Tuesday, March 4`."""
        begin = at if begin is None else begin
        number = self.tokens[at].value
        if self.recurs(begin):
            return None
        if (found := self.weekdays(at)) is not None:
            return replace(found[0], begin=self.tokens[begin].begin), found[1]
        place = self.skip(at + 1, ".", ",", "(", "the")
        if (found := self.date(place)) is not None:
            item, after = found
            after = self.skip(after, ")") if self.word(place - 1) == "(" else after
            days = (replace(item.days[0], weekday=number), *item.days[1:])
            return replace(item, begin=self.tokens[begin].begin, days=days), after
        if self.kind(place) == "nth" or (self.kind(place) == "ordinal" and self.word(place - 1) == "the"):
            after = self.skip(place + 1, ")") if "(" in self.text else place + 1
            return self.day(begin, after, Day(day=self.tokens[place].value, weekday=number))
        if self.is_title(at):
            return None
        later = self.skip(at + 1, "of")
        if self.word(later) == "next" and self.kind(later + 1) == "week":
            return self.day(begin, later + 2, Day(weekday=number, which="next"))
        start = self.tokens[begin].begin
        if not which and _NEXT_WEEK.search(self.text, max(0, start - 60), start):
            which = "next"
        return self.day(begin, at + 1, Day(weekday=number, which=which))

    def is_title(self, at: int) -> bool:
        """`Rising Sun Branch`: a short name of a day between words with capitals."""
        after = self.tokens[at + 1]
        beside = after.kind == "word" and self.text[after.begin].isupper() and after.begin == self.tokens[at].stop + 1
        return len(self.word(at)) == 3 and beside

    def weekdays(self, at: int) -> Read:
        """`Wed-Fri, March 12-14`, `Sat & Sun 30-31 January`, `Sat to Mon, January 31-February 2`: the dates count."""
        last = self.skip(at + 1, ".")
        if not (self.is_to(last) or self.kind(last) == "and") or self.kind(last + 1) != "weekday":
            return None
        found = self.date(self.skip(last + 2, ".", ",", "(", "the"))
        if found is None:
            return None
        several = found[0].until is not None or len(found[0].days) > 1
        return found if several or (self.is_to(found[1]) and self.kind(found[1] + 1) in ("month", "num")) else None

    def recurs(self, at: int) -> bool:
        """`each Thursday`, `the second Tuesday`: no date by itself."""
        before = self.word(at - 1)
        return before in ("every", "each", "alternate", "most", "other") or self.kind(at - 1) == "ordinal" or (
            before in ("and", "or") and self.recurs(at - 2))

    def which(self, at: int) -> Read:
        """`next Friday`, `this coming Monday`, `this morning`, `last night`, `last Monday of May`."""
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
        noun = token.kind in ("word", "of", "unit", "week", "other") and (token.text not in FREE or token.text == "of")
        return noun and token.begin == self.tokens[at - 1].stop + 1

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
            return self.weekday(place, begin)
        unit = "day" if self.word(place - 1) == "business" else self.word(place)
        if unit not in ("day", "week", "month", "year"):
            return None
        return self.day(begin, place + (self.word(place) == unit), Day(end_of=unit, which=which))

    def holiday(self, at: int) -> Read:
        """`before Labor Day`, `by Thanksgiving`, `the day before Christmas`: only as a last day."""
        word, after = self.word(at), at + 1 + (self.word(at + 1) == "day")
        whole = (word in ("labor", "memorial")) == (after > at + 1)
        if not whole or self.word(at - 1) not in ("by", "before", "until", "than", ":"):
            return None
        is_eve = (self.word(at - 2), self.word(at - 1)) == ("day", "before")
        return self.day(at, after, replace(_HOLIDAYS[word], shift=-1) if is_eve else _HOLIDAYS[word])


#: Which form of a date a token may begin.
_FORMS: dict[str, Callable[[Days, int], Read]] = {
    "month": Days.month, "iso": Days.iso, "slash": Days.slash, "slashed": Days.slash, "num": Days.day_month,
    "nth": Days.day_month, "ordinal": Days.day_month,
}
