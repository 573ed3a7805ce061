"""Lists of days, a line each: which line is one, and whose hours the days have that are listed without any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.reading.date_clock import resolve_day
from bot.reading.date_items import Moment
from bot.reading.date_join import hours
from bot.reading.date_series import weekdays
from bot.reading.date_times import items
from bot.reading.sentences import Sentence

#: The moments of one sentence, with the sentence's number.
Told = tuple[int, tuple[Moment, ...]]
#: How many sentences a time may stand before the list of days that it is for.
AHEAD = 4
#: What may stand before the day in its line.
NUMBERED = " -*•(\t0123456789."
_NAMED = re.compile(r"\W{0,4}(?:[\w /&'\u2019.-]{1,30}(?::|,|\s[|\u2013-])\s{1,3}|"
                    r"(?:part|session|week|day|module)\s\w{1,3}\W{1,3})?"
                    r"(?:\w{3,6}days?,?\s)?$", re.IGNORECASE)


def is_list(parts: tuple[Moment, ...], text: str) -> bool:
    """Whether these are days of a list that is still without hours."""
    if not parts or parts[0].day is None or any(part.start for part in parts):
        return False
    before = text[: parts[0].begin]
    return not before.strip(NUMBERED) or bool(_NAMED.match(before))


def listed(told: Iterable[Told], lines: Sequence[Sentence], now: datetime) -> Iterator[Told]:
    """`Thursdays from 10 to 11, beginning June 13.`, `9:30 to 3:30 at each site: Oak Park, June 13`: the days listed
    below such a line have its hours, those of a series only on its weekdays."""
    coming: tuple[int, Moment, frozenset[int]] | None = None
    for at, parts in told:
        if len(parts) == 1 and parts[0].day and parts[0].start:
            coming = at, parts[0], _days_to_come(parts[0], lines[at].text, now)
        elif coming is not None and at - coming[0] <= AHEAD and is_list(parts, lines[at].text):
            _, model, fitting = coming
            parts = tuple(hours(part, model) if _weekday(part, now) in fitting else part for part in parts)
            coming = at, model, fitting
        yield at, parts


def _days_to_come(part: Moment, text: str, now: datetime) -> frozenset[int]:
    """On which weekdays a list may go on that this moment begins; none if it begins none."""
    written = items(text[part.begin : part.stop])
    if len(written) > 1 and (written[0].kind, written[-1].kind) == ("time", "day"):
        between = text[part.begin + written[0].stop : part.begin + written[-1].begin]
        label = between.rpartition(": ")
        if label[1] and _NAMED.match(label[2]):
            return frozenset(range(7))
    first, _ = resolve_day(part.day, now) if part.day else (None, True)
    return weekdays(text, first) if first else frozenset()


def _weekday(part: Moment, now: datetime) -> int | None:
    day, _ = resolve_day(part.day, now) if part.day else (None, True)
    return None if day is None else day.weekday()
