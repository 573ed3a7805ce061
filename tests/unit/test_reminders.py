"""On which day of a reader's calendar a reminder is due: zones, summer-time days, and what needs none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.reminders import AHEAD, due, reminder
from bot.happening import Happening
from bot.store.values import Told
from tests.unit.builders import CHICAGO

LONG_AGO = datetime(2026, 6, 1, 9, tzinfo=CHICAGO)
ONE = Happening(uid="x", type="training", start=datetime(2026, 12, 8, 16, tzinfo=UTC), title="Boot camp", sequence=2,
                created_at=LONG_AGO, posted_at=LONG_AGO)
ZONES = ("America/Chicago", "America/New_York", "Pacific/Auckland", "Europe/London", "America/Phoenix")
HEARD = Told(happening=1, sequence=2, at=LONG_AGO)


def at(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime.fromisoformat(f"{text}:00").replace(tzinfo=zone)


@pytest.mark.parametrize(("now", "name"), [
    ("2026-12-06T07:30", ""), ("2026-12-06T23:59", ""), ("2026-12-07T00:00", "2026-12-08/1"),
    ("2026-12-07T07:30", "2026-12-08/1"), ("2026-12-08T09:59", "2026-12-08/1"), ("2026-12-08T10:00", ""),
])
def test_a_day_before_a_training(now: str, name: str) -> None:
    assert due(ONE, HEARD, CHICAGO, at(now)) == name


@pytest.mark.parametrize(("now", "name"), [
    ("2026-11-26T23:00", ""), ("2026-11-27T07:30", "2026-12-04/7"), ("2026-12-01T23:00", "2026-12-04/7"),
    ("2026-12-02T00:10", "2026-12-04/2"), ("2026-12-04T23:59", "2026-12-04/2"), ("2026-12-05T00:00", ""),
])
def test_a_week_and_two_days_before_a_deadline(now: str, name: str) -> None:
    assert due(replace(ONE, type="deadline", start=date(2026, 12, 4)), HEARD, CHICAGO, at(now)) == name


def test_days_are_days_of_the_readers_own_calendar() -> None:
    night = replace(ONE, start=at("2026-12-08T23:30").astimezone(UTC))
    assert due(night, HEARD, CHICAGO, at("2026-12-06T23:45")) == ""
    assert due(night, HEARD, ZoneInfo("America/New_York"), at("2026-12-08T07:30")) == "2026-12-09/1"


@pytest.mark.parametrize(("start", "day"), [
    ("2026-11-01T10:00", "2026-10-31"), ("2026-11-02T10:00", "2026-11-01"),
    ("2027-03-14T10:00", "2027-03-13"), ("2027-03-15T10:00", "2027-03-14"),
    ("2026-11-01T01:30", "2026-10-31"), ("2027-03-14T01:30", "2027-03-13"),
])
def test_the_day_before_holds_through_summer_time(start: str, day: str) -> None:
    for kind in ("training", "meeting", "maintenance"):
        one = replace(ONE, type=kind, start=at(start).astimezone(UTC))  # type: ignore[arg-type]
        moments = [datetime(2026, 10, 25, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 150)]
        days = {now.astimezone(CHICAGO).date().isoformat() for now in moments if due(one, HEARD, CHICAGO, now)}
        assert min(days) == day
        assert days <= {day, start[:10]}


@pytest.mark.parametrize("changes", [{"state": "cancelled"}, {"state": "closed"}])
def test_what_was_called_off_or_closed_needs_none(changes: dict[str, Any]) -> None:
    assert due(replace(ONE, **changes), HEARD, CHICAGO, at("2026-12-07T07:30")) == ""


def test_who_heard_that_very_day_needs_none() -> None:
    heard = replace(HEARD, at=at("2026-12-07T07:30"))
    assert due(ONE, heard, CHICAGO, at("2026-12-07T17:00")) == ""
    assert due(replace(ONE, sequence=3), heard, CHICAGO, at("2026-12-07T17:00")) == "2026-12-08/1"


def test_what_was_reminded_of_is_not_again_until_it_moves() -> None:
    reminded = replace(HEARD, reminded="2026-12-08/1")
    assert due(ONE, reminded, CHICAGO, at("2026-12-08T07:30")) == ""
    moved = replace(ONE, start=datetime(2026, 12, 10, 16, tzinfo=UTC), sequence=3)
    assert due(moved, reminded, CHICAGO, at("2026-12-08T07:30")) == ""
    assert due(moved, reminded, CHICAGO, at("2026-12-09T07:30")) == "2026-12-10/1"
    assert reminder(moved, reminded, CHICAGO, at("2026-12-09T07:30")).is_moved


def test_a_line_says_when_in_the_readers_words() -> None:
    line = reminder(ONE, HEARD, CHICAGO, at("2026-12-07T07:30"))
    assert (line.when, line.left, line.times, line.kind) == ("Tue 8 Dec", "tomorrow", "10 a.m. CST", "Training")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(AHEAD)), st.integers(0, 400), st.integers(0, 23), st.sampled_from(ZONES),
       st.integers(0, 23))
def test_each_reminder_comes_once_and_in_order(kind: Any, ahead: int, hour: int, zone: str, look: int) -> None:
    here = ZoneInfo(zone)
    start: Any = (datetime(2026, 6, 20, hour, tzinfo=UTC) + timedelta(days=ahead))
    one = replace(ONE, type=kind, start=start.date() if kind == "deadline" else start)
    first, heard, names = start.date() - timedelta(days=12), HEARD, []
    for day in range(15):
        now = datetime.combine(first + timedelta(days=day), datetime.min.time(), here).replace(hour=look)
        for moment in (now, now):
            if name := due(one, heard, here, moment):
                names.append(name)
                heard = replace(heard, reminded=name)
    assert len(names) == len(set(names)) == len(AHEAD[kind]), names
