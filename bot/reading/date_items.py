"""The items of a sentence as written (days, times, durations), and the cursor by which the grammar reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.reading.date_words import Token, tokens, word_set

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


@dataclass(frozen=True, slots=True)
class Moment:
    """One happening as written at text[begin:stop]: a day (or none), hours, and an end that may lie on another day.

    `old` is set where the sentence says that this date was given up for another.
    """

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
    old: bool = False


#: What was read, and the token after it.
Read = tuple[Item, int] | None
END = Token("end of text", 1 << 20, 1 << 20, "")
#: Tokens that stand behind the last, so that one may look ahead.
AHEAD = 8
CLOCKS = frozenset({"time", "noon"})
#: What may follow a figure that is not the number of anything.
FREE = word_set("""
    at from in on for and or but we you i it so as if when this that with via both each every sharp o'clock
    o’clock to until till through the a an is are was will because not rather instead unless please by over
    there he she they then before after inclusive respectively of between again too also either central eastern
    pacific mountain am pm est ct et cst cdt
""")


class Cursor:
    """The tokens of one sentence, and questions about them that all forms ask."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [*tokens(text), *[END] * AHEAD]
        self.day_stop = -1

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
        return (token.kind in ("word", "unit", "week") and token.text not in FREE and token.begin <= before.stop + 1
                and self.text[token.begin].islower())

    def day(self, begin: int, after: int, *days: Day, until: Day | None = None, part: str = "") -> Read:
        return Item("day", self.tokens[begin].begin, self.tokens[after - 1].stop, days, until, part=part), after


_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(?::\d\d)?\s?([ap])?|(\d\d)(\d\d)")


def hour(text: str) -> Hour | None:
    """A time in figures; None where they are none ("13 p.m." is 13:00, "0 p.m." is not a time)."""
    if text[:4].isdigit():
        return Hour(int(text[:2]), int(text[2:4]), "24")
    found = _CLOCK.match(text)
    if found is None or not found[1]:
        return None
    number, minute = int(found[1]) % 24, int(found[2] or 0)
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
