"""When nobody is to be disturbed: a person's quiet hours and weekends, and the library's holidays. Pure.

All is reckoned in moments, not in readings of the clock, so that a night of summer time is quiet once and ends once: an
hour that the spring change leaves out becomes the one after it, of one that comes twice the first counts (PEP 495).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from bot.section import Section

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_SPAN = re.compile(r"([0-9]{1,4}) ?(m|min|minutes?|h|hours?)")
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
#: Nights, weekends and holidays that follow one another; beyond so many somebody has made a slip in the dates.
_MOST = 400
_SATURDAY = 5


def _clock(value: object) -> object:
    if isinstance(value, time):
        return value
    found = _TIME.fullmatch(str(value))
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"`{value}` is not a time of day. Write it as \"07:30\".")
    return time(int(found[1]), int(found[2]))


def _span(value: object) -> object:
    found = _SPAN.fullmatch(str(value).strip())
    span = timedelta(**{"hours" if found[2].startswith("h") else "minutes": int(found[1])}) if found else None
    if isinstance(value, timedelta):
        return value
    if span is None or not SHORTEST <= span <= LONGEST:
        raise ValueError(f"`{value}` is no span between 5 minutes and 24 hours. Write it as 30m or 2h.")
    return span


Clock = Annotated[time, BeforeValidator(_clock), WithJsonSchema({
    "type": "string", "pattern": r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"})]
Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({
    "type": "string", "pattern": f"^{_SPAN.pattern}$"})]


class Quiet(Section):
    """A person's quiet hours, `from` an evening `until` a morning, in their own zone; and whether weekends are."""

    start: Clock | None = Field(default=None, alias="from")
    until: Clock | None = None
    weekends: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Quiet:
        if (self.start is None) != (self.until is None):
            raise ValueError("Quiet hours need both `from` and `until`.")
        if self.start is None and not self.weekends:
            raise ValueError("Nothing is quiet here. Write {from: \"20:00\", until: \"07:00\"}, or {weekends: true}.")
        if self.start is not None and self.start == self.until:
            raise ValueError("`from` and `until` are the same; nothing would ever reach this person at once.")
        return self


class Holiday(Section):
    """A day, or days, on which the library is closed: `on`, or the first (`from`) and the last (`until`)."""

    name: Annotated[str, Field(min_length=1)]
    on: date | None = None
    start: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Holiday:
        if (self.on is None) == (self.start is None) or (self.start is None) != (self.until is None):
            raise ValueError(f"`{self.name}` needs a day (`on: 2026-11-26`), or the first and the last "
                             "(`from: 2026-12-24`, `until: 2027-01-01`).")
        if self.last < self.first:
            raise ValueError("`until` lies before `from`.")
        if self.last - self.first > timedelta(days=60):
            raise ValueError(f"`{self.name}` lasts longer than sixty days; digests would stop for all of them.")
        return self

    @property
    def first(self) -> date:
        """The first day."""
        return self.on or self.start or date.min

    @property
    def last(self) -> date:
        """The last day."""
        return self.on or self.until or date.min

    def covers(self, day: date) -> bool:
        """Whether the library is closed that day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """Why somebody is not to be disturbed now ("quiet hours", "Thanksgiving"), and when they may be again."""

    until: datetime
    why: str


def pause(quiet: Quiet | None, holidays: Iterable[Holiday], now: datetime, zone: ZoneInfo) -> Pause | None:
    """What holds a mail now, and the first moment at which nothing does; None when nothing holds it."""
    closed, at, why = tuple(holidays), now, ""
    for _ in range(_MOST):
        held = _held(quiet, closed, at, zone)
        if held is None:
            break
        at, why = held.until, why or held.why
    return Pause(until=at.astimezone(zone), why=why) if why else None


def _held(quiet: Quiet | None, holidays: tuple[Holiday, ...], at: datetime, zone: ZoneInfo) -> Pause | None:
    today = at.astimezone(zone).date()
    tomorrow = moment(today + timedelta(days=1), time(), zone)
    holiday = next((one for one in holidays if one.covers(today)), None)
    if holiday is not None:
        return Pause(until=tomorrow, why=holiday.name)
    if quiet is None:
        return None
    if quiet.weekends and today.weekday() >= _SATURDAY:
        return Pause(until=tomorrow, why="the weekend")
    end = next((end for start, end in _nights(quiet, today, zone) if start <= at < end), None)
    return None if end is None else Pause(until=end, why="quiet hours")


def _nights(quiet: Quiet, today: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The quiet spans that begin yesterday and today."""
    if quiet.start is None or quiet.until is None:
        return
    over_midnight = timedelta(days=quiet.until < quiet.start)
    for day in (today - timedelta(days=1), today):
        yield moment(day, quiet.start, zone), moment(day + over_midnight, quiet.until, zone)


def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A time of day as a moment in UTC."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
