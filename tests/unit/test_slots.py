"""When a digest is due: each slot once, through summer time, zones and long sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.slots import following, key, latest
from bot.rulebook import DAYS, Slot
from tests.unit.builders import CHICAGO

WORKDAYS = Slot(at=time(7, 30), on=DAYS[:5])


def every_day(hour: int, minute: int) -> Slot:
    return Slot(at=time(hour, minute), on=DAYS)


def local(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(("now", "last", "next_"), [
    ("2026-11-24T07:29:59", "2026-11-23T07:30", "2026-11-24T07:30"),
    ("2026-11-24T07:30:00", "2026-11-24T07:30", "2026-11-25T07:30"),
    ("2026-11-28T12:00", "2026-11-27T07:30", "2026-11-30T07:30"),       # Saturday
    ("2026-11-30T00:00", "2026-11-27T07:30", "2026-11-30T07:30"),       # Monday morning
])
def test_on_weekdays(now: str, last: str, next_: str) -> None:
    assert latest(WORKDAYS, local(now), CHICAGO) == local(last)
    assert following(WORKDAYS, local(now), CHICAGO) == local(next_)


def test_a_weekly_slot_looks_back_and_ahead_a_whole_week() -> None:
    monday = Slot(at=time(7, 30), on=("mon",))
    assert latest(monday, local("2026-11-30T07:29"), CHICAGO) == local("2026-11-23T07:30")
    assert following(monday, local("2026-11-30T07:30"), CHICAGO) == local("2026-12-07T07:30")


@pytest.mark.parametrize(("slot", "day", "moments"), [
    # spring: 02:30 does not exist on 8 March; it becomes 03:30 CDT
    (every_day(2, 30), "2026-03-08", "2026-03-08T08:30:00+00:00"),
    (every_day(1, 30), "2026-03-08", "2026-03-08T07:30:00+00:00"),
    (every_day(7, 30), "2026-03-07", "2026-03-07T13:30:00+00:00"),
    (every_day(7, 30), "2026-03-08", "2026-03-08T12:30:00+00:00"),
    # autumn: 01:30 comes twice on 1 November; the first one counts
    (every_day(1, 30), "2026-11-01", "2026-11-01T06:30:00+00:00"),
    (every_day(2, 30), "2026-11-01", "2026-11-01T08:30:00+00:00"),
    (every_day(7, 30), "2026-10-31", "2026-10-31T12:30:00+00:00"),
    (every_day(7, 30), "2026-11-01", "2026-11-01T13:30:00+00:00"),
])
def test_the_hour_of_a_day_of_change(slot: Slot, day: str, moments: str) -> None:
    due = datetime.fromisoformat(moments)
    # In UTC: a moment of the hour that comes twice equals no moment of another zone (PEP 495).
    assert latest(slot, due, CHICAGO).astimezone(UTC) == due
    assert key("daily", latest(slot, due, CHICAGO)) == f"daily:{day}"
    assert key("daily", latest(slot, due - timedelta(seconds=1), CHICAGO)) < f"daily:{day}"


@pytest.mark.parametrize(("start", "days"), [("2026-03-06", 5), ("2026-10-30", 5)])
@pytest.mark.parametrize("at", [(0, 0), (1, 0), (1, 30), (2, 0), (2, 30), (3, 0), (7, 30), (23, 59)])
@pytest.mark.parametrize("name", ["America/Chicago", "America/New_York", "America/Phoenix", "Europe/London",
                                  "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"])
def test_a_change_of_the_clock_makes_a_digest_neither_twice_nor_never(
    start: str, days: int, at: tuple[int, int], name: str
) -> None:
    zone, slot = ZoneInfo(name), every_day(*at)
    begin = local(f"{start}T12:00", zone).astimezone(UTC)
    looks = [begin + timedelta(minutes=7 * n) for n in range(days * 24 * 60 // 7)]
    keys = [key("daily", latest(slot, now, zone)) for now in looks]
    changes = [new for old, new in pairwise(keys) if new != old]
    assert keys == sorted(keys)
    assert len(changes) == len(set(changes)) == days


def test_each_zone_has_its_own_hour() -> None:
    now = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)       # 08:00 in New York, 07:00 in Chicago
    assert key("daily", latest(WORKDAYS, now, ZoneInfo("America/New_York"))) == "daily:2026-11-24"
    assert key("daily", latest(WORKDAYS, now, CHICAGO)) == "daily:2026-11-23"


def test_the_key_is_the_local_date_where_utc_is_a_day_ahead() -> None:
    late = every_day(22, 0)
    assert key("daily", latest(late, datetime(2026, 11, 25, 4, 30, tzinfo=UTC), CHICAGO)) == "daily:2026-11-24"


def test_after_a_long_sleep_one_slot_is_due() -> None:
    before = latest(WORKDAYS, local("2026-11-02T08:00"), CHICAGO)
    after = latest(WORKDAYS, local("2026-11-20T23:00"), CHICAGO)
    assert (key("daily", before), key("daily", after)) == ("daily:2026-11-02", "daily:2026-11-20")


_zones = st.sampled_from(["America/Chicago", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu", "UTC"])


@settings(max_examples=150, deadline=None)
@given(moment=st.integers(1_735_700_000, 1_830_000_000), zone=_zones,
       at=st.times(), on=st.lists(st.sampled_from(DAYS), min_size=1, unique=True))
def test_now_lies_between_the_latest_and_the_following(
    moment: int, zone: str, at: time, on: list[str]
) -> None:
    now, slot = datetime.fromtimestamp(moment, UTC), Slot(at=at.replace(second=0, microsecond=0), on=on)
    place = ZoneInfo(zone)
    last, next_ = latest(slot, now, place), following(slot, now, place)
    assert last <= now < next_
    assert next_ - last <= timedelta(days=7, hours=2)
    assert DAYS[last.weekday()] in slot.on
    assert latest(slot, next_, place) == next_
