"""Moments → real dates: years left out, weekdays, "tomorrow", zones, and the two nights a year when clocks are set."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.reading.date_items import Day, Hour, Moment

_DAY = timedelta(days=1)
#: How far behind the message a date without a year may lie before the next year is meant.
_BEHIND = 120


@dataclass(frozen=True, slots=True)
class Times:
    """A resolved start and end: both dates, or both aware datetimes in the library's zone; `sure` if all agreed."""

    start: date | datetime
    end: date | datetime | None
    sure: bool = True

    @property
    def first_day(self) -> date:
        """The day it starts on."""
        return self.start.date() if isinstance(self.start, datetime) else self.start


def resolve_day(day: Day, now: datetime, *, past: bool = False) -> tuple[date | None, bool]:
    """The date that a day as written means on `now`, and whether it fits its weekday. None if there is no such date."""
    today = now.date()
    if day.month is not None and day.day is not None:
        found, sure = _with_month(day, today, past)
        return (found + _DAY * day.shift, sure) if found is not None and day.shift else (found, sure)
    if day.nth:
        found = _monthly(day, today)
        return (found + _DAY * (day.shift or 0) if found is not None else None), True
    if day.end_of:
        return _end_of(day, today), True
    if day.weekday is not None:
        return _on_weekday(day, today, past)
    if day.shift is not None:
        return today + _DAY * day.shift, True
    return (_nth(day.day, today, past), True) if day.day is not None else (None, False)


def _with_month(day: Day, today: date, past: bool) -> tuple[date | None, bool]:
    if day.year is not None:
        found = _date(day.year, day.month, day.day)
        return found, found is not None and (day.weekday is None or found.weekday() == day.weekday)
    years = [
        found for year in (today.year - 1, today.year, today.year + 1) if (found := _date(year, day.month, day.day))
    ]
    near = [found for found in years if -300 <= (found - today).days <= 330]
    fitting = [
        found
        for found in near
        if day.weekday is not None and found.weekday() == day.weekday and (past or (found - today).days >= -_BEHIND)
    ]
    choice = fitting or near
    best = min(choice, key=lambda found: _distance(found, today, past), default=None)
    return best, day.weekday is None or bool(fitting)


def _monthly(day: Day, today: date) -> date | None:
    """`first Monday of April`; of every month where none is named: the next."""
    months = [_month_on(today, shift) for shift in range(12)]
    fitting = [(year, month) for year, month in months if day.month in (None, month)]
    days = (_nth_weekday(year, month, day.weekday or 0, day.nth) for year, month in fitting)
    return next((found for found in days if found is not None and found >= today), None)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    if nth < 0:
        last = date(year, month, calendar.monthrange(year, month)[1])
        return last - _DAY * ((last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return _date(year, month, 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _distance(found: date, today: date, past: bool) -> int:
    """Nearness with a lean forward: a day behind counts as much as four ahead."""
    ahead = (found - today).days
    if past:
        return -ahead if ahead <= 0 else 1000 + ahead
    return ahead if ahead >= 0 else -4 * ahead if ahead >= -_BEHIND else 1000 - ahead


def _date(year: int | None, month: int | None, day: int | None) -> date | None:
    try:
        return date(year or 0, month or 0, day or 0)
    except ValueError:
        return None


def _end_of(day: Day, today: date) -> date | None:
    if day.end_of == "week":
        friday = today + _DAY * ((4 - today.weekday()) % 7)
        return friday + _DAY * 7 if day.which == "next" else friday
    if day.end_of == "month":
        year, month = today.year, day.month or today.month
        if day.month is None and day.which == "next":
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        elif day.month is not None and month < today.month:
            year += 1
        return date(year, month, calendar.monthrange(year, month)[1])
    return date(today.year, 12, 31) if day.end_of == "year" else today


def _on_weekday(day: Day, today: date, past: bool) -> tuple[date | None, bool]:
    weekday = day.weekday or 0
    if day.day is not None:
        return _weekday_nth(weekday, day.day, today)
    ahead = (weekday - today.weekday()) % 7
    if past or day.which in ("last", "past", "this past"):
        return today - _DAY * ((today.weekday() - weekday) % 7 or (0 if past and not day.which else 7)), True
    if day.which == "next":
        monday = today + _DAY * (7 - today.weekday())
        return monday + _DAY * weekday, True
    if day.which in ("following", "the following"):
        ahead = ahead or 7
    return today + _DAY * (ahead + (day.shift or 0)), True


def _weekday_nth(weekday: int, number: int, today: date) -> tuple[date | None, bool]:
    """`Tuesday the 4th`: of the month where that is so, the nearest ahead."""
    months = [_month_on(today, shift) for shift in (0, 1, 2, -1)]
    found = [day for year, month in months if (day := _date(year, month, number))]
    fitting = [day for day in found if day.weekday() == weekday and (day - today).days >= -10]
    if fitting:
        ahead = [day for day in fitting if day >= today]
        return (ahead or fitting)[0], True
    return _nth(number, today, False), False


def _nth(number: int, today: date, past: bool) -> date | None:
    """`the 15th`: of this month or the next; of the last where the text looks back."""
    months = (0, -1, -2) if past else (0, 1, 2)
    found = [day for shift in months if (day := _date(*_month_on(today, shift), number))]
    return next((day for day in found if (day <= today if past else day >= today)), None)


def _month_on(today: date, shift: int) -> tuple[int, int]:
    number = today.year * 12 + today.month - 1 + shift
    return number // 12, number % 12 + 1


def resolve(moment: Moment, now: datetime, zone: ZoneInfo, *, early: bool = False, past: bool = False,
            last: bool = False) -> Times | None:
    """What a moment means to a reader in `zone`, written at `now` (aware). `early` reads a bare 2:00 as a.m.; `last`
    tells only the end of several days.

    None if the date does not exist. Without a day the message's own is meant.
    """
    local = now.astimezone(zone)
    day, sure = resolve_day(moment.day, local, past=past) if moment.day else (local.date(), True)
    if day is None or not 1990 <= day.year <= 2100:
        return None
    until = _end_date(moment, day, local)
    if last and until is not None:
        day, until, moment = until, None, replace(moment, start=moment.end, end=None, end_day=None)
    if moment.start is None:
        return Times(day, until if until is not None and until > day else None, sure)
    if _is_midnight_end(moment, last=last):
        return Times(day, None, sure)
    return _timed(moment, day, until, zone, early=early, sure=sure)


def _end_date(moment: Moment, day: date, now: datetime) -> date | None:
    if moment.end_day is None:
        return None
    anchor = datetime.combine(day, time(), now.tzinfo)
    same_week = moment.day is not None and moment.day.which == moment.end_day.which == "next"
    until, _ = resolve_day(replace(moment.end_day, which="") if same_week else moment.end_day, anchor)
    if until is not None and until < day and moment.end_day.month is None and moment.end_day.weekday is None:
        until, _ = resolve_day(moment.end_day, now)
    return until if until is not None and day <= until <= day + _DAY * 120 else None


def _is_midnight_end(moment: Moment, *, last: bool) -> bool:
    """`by midnight Friday` is the end of Friday: the day itself says so best."""
    start = moment.start
    return (
        start is not None
        and start.hour == 0
        and start.minute == 0
        and start.half == "24"
        and moment.end is None
        and (last or not moment.minutes)
        and moment.preposition != "after"
        and moment.part != "morning"
    )


def _timed(moment: Moment, day: date, until: date | None, zone: ZoneInfo, *, early: bool, sure: bool) -> Times | None:
    assert moment.start is not None
    source = ZoneInfo(moment.zone) if moment.zone and moment.zone != "America/Chicago" else zone
    if moment.zone == "America/Chicago" and str(zone) != moment.zone:
        source = ZoneInfo(moment.zone)
    begin = clock(moment.start, moment.part, early=early)
    if begin is None:
        return None
    start = _instant(day, begin, source)
    end = _end(moment, day, until, begin, source, early=early)
    if end is None and moment.minutes:
        end = (start.astimezone(UTC) + timedelta(minutes=moment.minutes)).astimezone(zone)
    # In UTC: in autumn an hour may end at the very time on the clock at which it began.
    is_after = end is not None and end.astimezone(UTC) > start.astimezone(UTC)
    return Times(start.astimezone(zone), end.astimezone(zone) if end and is_after else None, sure)


def _end(moment: Moment, day: date, until: date | None, begin: time, zone: ZoneInfo, *, early: bool) -> datetime | None:
    if moment.end is None:
        return None
    written, one_day = moment.end, until is None or until == day
    if one_day and not written.half and begin.hour < 12 <= written.hour + (written.hour < begin.hour) * 12:
        written = Hour(written.hour, written.minute, "pm")
    # The part of the day is the start's: `tonight at 8 … until 6` ends in the morning.
    is_start = not one_day or (moment.part == "morning" and begin.hour >= 12)
    finish = clock(written, "" if is_start else moment.part, early=early)
    if finish is None:
        return None
    if one_day and not written.half and finish <= begin and finish.hour < 12 <= begin.hour < written.hour + 12:
        finish = finish.replace(hour=finish.hour + 12)
    last = until or (day + _DAY if finish <= begin else day)
    return _instant(last, finish, zone)


def clock(written: Hour, part: str = "", *, early: bool = False) -> time | None:
    """The time of day; an hour without a.m. or p.m. goes by the part of the day, else by office hours."""
    if written.minute > 59 or written.hour > 23:
        return None
    if written.half == "24":
        return time(written.hour, written.minute)
    base = written.hour % 12
    half = written.half or _guess(written.hour, part, early)
    return time(base + (12 if half == "pm" else 0), written.minute)


def _guess(hour: int, part: str, early: bool) -> str:
    if part == "morning":
        return "am" if hour != 12 else "pm"
    if part in ("afternoon", "evening"):
        return "pm"
    if part == "night":
        return "pm" if 6 <= hour <= 11 else "am"
    if early and hour < 7:
        return "am"
    return "am" if 7 <= hour <= 11 else "pm"


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """An aware datetime; a time that spring skips is moved on by its hour, of a doubled one the first counts."""
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
