"""When a digest is due: the newest moment of a slot that lies behind us, in a reader's own time zone. Pure.

A slot is named by its local date, so that a summer-time night can make it neither twice nor never, and so that after
a long sleep one digest goes out, not one for each day missed. On a holiday none goes out: a slot that falls on one is
made up on the next working day.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Protocol
from zoneinfo import ZoneInfo


class Timing(Protocol):
    """A slot's hour and weekdays (`mon` … `sun`), as the rulebook has them."""

    @property
    def at(self) -> time: ...

    @property
    def on(self) -> tuple[str, ...]: ...

    def is_closed(self, day: date) -> bool: ...


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKEND = (5, 6)
_MET = " met "
#: How many days to look for one that is open.
_FAR = 400


def latest(timing: Timing, now: datetime, zone: ZoneInfo) -> datetime:
    """The newest moment at or before `now` at which the slot was due, aware in `zone`."""
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=back) for back in range(_FAR))
    return next(moment for day in days if (moment := _moment(timing, day, zone)) and moment <= now)


def following(timing: Timing, now: datetime, zone: ZoneInfo) -> datetime:
    """The next moment after `now` at which the slot is due, aware in `zone`."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(_FAR))
    return next(moment for day in days if (moment := _moment(timing, day, zone)) and moment > now)


def last_of_day(timings: Collection[Timing], now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the last digest of today is due; on a day without any the earliest hour that any has, on a holiday never."""
    today = now.astimezone(zone).date()
    if any(timing.is_closed(today) for timing in timings):
        return None
    moments = [moment for timing in timings if (moment := _moment(timing, today, zone))]
    return max(moments) if moments else min(_wall(timing, today, zone) for timing in timings)


def key(name: str, moment: datetime) -> str:
    """The name of one digest of a slot: `daily:2026-11-23`."""
    return f"{name}:{moment.date().isoformat()}"


def mark(name: str, zone: ZoneInfo) -> str:
    """The store's mark that holds the key of the newest digest of a slot that is written for all of a zone."""
    return f"slot:{name}:{zone.key}"


def met(key_: str, now: datetime) -> str:
    """What the mark holds when the bot first meets a slot whose hour is past on that day: nothing is made up for it."""
    return f"{key_}{_MET}{now.astimezone(UTC).isoformat()}"


def is_open(name: str, key_: str, settled: str | None, timing: Timing | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the newest digest of a slot, called `key_`, is still to be written, where its mark holds `settled`.

    On the first day an hour counts that came after the bot's start: whoever tries it out puts the slot off by minutes.
    """
    if settled is None:
        return True
    done, is_met, since = settled.partition(_MET)
    if is_met and done == key_:
        return timing is not None and latest(timing, now, zone) > datetime.fromisoformat(since)
    # Put off to an hour that is still to come, today's digest is not yesterday's once more. A mark that lies ahead of
    # the clock was left by a clock that ran wrong: it keeps nothing from anybody.
    is_ahead = key_ < done <= key(name, now.astimezone(zone))
    return done != key_ and not is_ahead


def _moment(timing: Timing, day: date, zone: ZoneInfo) -> datetime | None:
    if timing.is_closed(day) or not (_is_on(timing, day) or _makes_up(timing, day)):
        return None
    return _wall(timing, day, zone)


def _wall(timing: Timing, day: date, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, timing.at, tzinfo=zone)
    # Through UTC: an hour that the spring change leaves out becomes the one after it.
    return wall.astimezone(UTC).astimezone(zone)


def _is_on(timing: Timing, day: date) -> bool:
    return _DAYS[day.weekday()] in timing.on


def _makes_up(timing: Timing, day: date) -> bool:
    """Whether it is the first working day after a slot that fell on a holiday."""
    if day.weekday() in _WEEKEND:
        return False
    before = (day - timedelta(days=back) for back in range(1, _FAR))
    missed = takewhile(lambda one: timing.is_closed(one) or one.weekday() in _WEEKEND, before)
    return any(timing.is_closed(one) and _is_on(timing, one) for one in missed)
