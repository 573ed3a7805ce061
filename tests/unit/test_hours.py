"""Quiet hours, weekends and holidays: what holds a mail now, and until when, on summer-time nights too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.digests.slots import following, key, latest
from bot.hours import Holiday, Quiet, pause
from bot.rulebook import DAYS, Timetable
from tests.unit.builders import CHICAGO

NIGHT = Quiet.model_validate({"from": "20:00", "until": "07:00"})
LATE = Quiet.model_validate({"from": "22:00", "until": "02:30"})
EARLY = Quiet.model_validate({"from": "22:00", "until": "01:30"})
NOON = Quiet.model_validate({"from": "12:00", "until": "13:00"})
FREE_DAYS = Quiet.model_validate({"from": "20:00", "until": "07:00", "weekends": True})
THANKSGIVING = Holiday.model_validate({"name": "Thanksgiving", "from": date(2026, 11, 26), "until": date(2026, 11, 27)})
LABOR_DAY = Holiday(name="Labor Day", on=date(2026, 9, 7))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(("quiet", "now", "until", "why"), [
    (NIGHT, "2026-11-24T19:59", None, ""),
    (NIGHT, "2026-11-24T20:00", "2026-11-25T07:00", "quiet hours"),
    (NIGHT, "2026-11-25T06:59", "2026-11-25T07:00", "quiet hours"),
    (NIGHT, "2026-11-25T07:00", None, ""),
    (NOON, "2026-11-25T12:30", "2026-11-25T13:00", "quiet hours"),
    (NOON, "2026-11-25T13:00", None, ""),
    (None, "2026-11-25T03:00", None, ""),
    (None, "2026-11-26T10:00", "2026-11-28T00:00", "Thanksgiving"),
    # The night before, two holidays, a weekend and a night are one pause.
    (FREE_DAYS, "2026-11-25T21:00", "2026-11-30T07:00", "quiet hours"),
    (FREE_DAYS, "2026-11-28T10:00", "2026-11-30T07:00", "the weekend"),
    (NIGHT, "2026-11-28T10:00", None, ""),
])
def test_what_holds_and_until_when(quiet: Quiet | None, now: str, until: str | None, why: str) -> None:
    found = pause(quiet, [THANKSGIVING], local(now), CHICAGO)
    if until is None:
        assert found is None
    else:
        assert found is not None
        assert (found.until, found.why) == (local(until), why)


@pytest.mark.parametrize(("quiet", "now", "until"), [
    # Spring, 8 March 2026: 02:30 does not exist and becomes 03:30 CDT, 08:30 UTC.
    (LATE, "2026-03-08T06:00+00:00", "2026-03-08T08:30+00:00"),
    (NIGHT, "2026-03-08T06:00+00:00", "2026-03-08T12:00+00:00"),
    # Autumn, 1 November 2026: 01:30 comes twice, and the first one ends the night.
    (EARLY, "2026-11-01T05:00+00:00", "2026-11-01T06:30+00:00"),
    (EARLY, "2026-11-01T06:45+00:00", None),
    (EARLY, "2026-11-01T07:15+00:00", None),
    (LATE, "2026-11-01T07:15+00:00", "2026-11-01T08:30+00:00"),
    (NIGHT, "2026-11-01T07:15+00:00", "2026-11-01T13:00+00:00"),
])
def test_summer_time_nights(quiet: Quiet, now: str, until: str | None) -> None:
    found = pause(quiet, [], datetime.fromisoformat(now), CHICAGO)
    assert (found.until.astimezone(UTC) if found else None) == (datetime.fromisoformat(until) if until else None)


@given(st.integers(0, 2 * 365 * 24 * 60), st.times(), st.times(), st.booleans())
def test_a_pause_ends_at_a_moment_that_nothing_holds(minute: int, start: time, until: time, weekends: bool) -> None:
    if start.replace(second=0, microsecond=0) == until.replace(second=0, microsecond=0):
        return
    quiet = Quiet.model_validate({"from": start.strftime("%H:%M"), "until": until.strftime("%H:%M"),
                                  "weekends": weekends})
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    found = pause(quiet, [THANKSGIVING, LABOR_DAY], now, CHICAGO)
    if found is not None:
        assert now < found.until.astimezone(UTC) <= now + timedelta(days=8)
        assert pause(quiet, [THANKSGIVING, LABOR_DAY], found.until, CHICAGO) is None


@pytest.mark.parametrize(("given", "words"), [
    ({"from": "20:00"}, "both `from` and `until`"), ({}, "Nothing is quiet here"),
    ({"from": "20:00", "until": "20:00"}, "are the same"), ({"from": "8 p.m.", "until": "07:00"}, "not a time of day"),
])
def test_quiet_hours_that_are_none_are_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Quiet.model_validate(given)


# ── digests ──

WORKDAYS = Timetable(at=time(7, 30), on=DAYS[:5], holidays=(THANKSGIVING, LABOR_DAY))
MONDAYS = Timetable(at=time(7, 30), on=("mon",), holidays=(THANKSGIVING, LABOR_DAY))


@pytest.mark.parametrize(("slot", "now", "last", "next_"), [
    (WORKDAYS, "2026-11-26T12:00", "2026-11-25T07:30", "2026-11-30T07:30"),
    (WORKDAYS, "2026-11-30T07:30", "2026-11-30T07:30", "2026-12-01T07:30"),
    (MONDAYS, "2026-09-07T12:00", "2026-08-31T07:30", "2026-09-08T07:30"),       # Labor Day is made up on Tuesday
    (MONDAYS, "2026-09-08T12:00", "2026-09-08T07:30", "2026-09-14T07:30"),
    (MONDAYS, "2026-11-27T12:00", "2026-11-23T07:30", "2026-11-30T07:30"),       # no Monday was missed
])
def test_no_digest_on_a_holiday_and_the_next_working_day_makes_up(
    slot: Timetable, now: str, last: str, next_: str
) -> None:
    assert latest(slot, local(now), CHICAGO) == local(last)
    assert following(slot, local(now), CHICAGO) == local(next_)
    assert key("daily", latest(slot, local(now), CHICAGO)).endswith(last[:10])
