"""A fault's life: told once, then "still" ever more seldom, then "over"; what comes and goes makes no storm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.pipeline.faultlife import Stage, alarms, key_of, lasting, news, paragraphs, title
from bot.store.store import Store
from bot.store.values import Fault

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHICAGO = ZoneInfo("America/Chicago")


def walk(store: Store, key: str, until: datetime, start: datetime = NOW) -> list[tuple[timedelta, Stage]]:
    """What is told of a fault when one looks every five minutes, as `watching` does it."""
    told, now = [], start
    while now <= until:
        for one in news(store.health.lives(), now):
            if one.stage in (Stage.OVER, Stage.CLOSED):
                store.health.close([one.fault.key], now)
            else:
                store.health.told([one.fault.key], now)
            if one.stage is not Stage.CLOSED and one.fault.key == key:
                told.append((now - NOW, one.stage))
        now += 5 * MINUTE
    return told


@pytest.fixture
def store() -> Store:
    return Store.in_memory()


def test_it_is_told_at_once_then_ever_more_seldom_then_over(store: Store) -> None:
    store.health.fault("disk", "The disk is full.", "Free some.", NOW)
    told = walk(store, "disk", NOW + 25 * DAY)
    assert told == [(0 * DAY, Stage.NEW), (DAY, Stage.STILL), (3 * DAY, Stage.STILL), (7 * DAY, Stage.STILL),
                    (14 * DAY, Stage.STILL), (21 * DAY, Stage.STILL)]
    store.health.clear("disk", NOW + 25 * DAY)
    assert walk(store, "disk", NOW + 60 * DAY, NOW + 25 * DAY) == [(25 * DAY + 15 * MINUTE, Stage.OVER)]
    assert store.health.lives() == []


def test_what_is_over_within_its_patience_is_never_told(store: Store) -> None:
    store.health.fault("publish", "It failed.", "", NOW)
    assert walk(store, "publish", NOW + 5 * MINUTE) == []
    store.health.clear("publish", NOW + 6 * MINUTE)
    assert walk(store, "publish", NOW + DAY, NOW + 6 * MINUTE) == []
    assert store.health.lives() == []


def test_what_keeps_mail_from_going_is_told_when_it_is_over_and_holds_back_the_rest(store: Store) -> None:
    store.health.fault("sending", "The server is away.", "", NOW)
    store.health.fault("disk", "The disk is full.", "", NOW)
    assert walk(store, "sending", NOW + 5 * DAY) == []
    assert walk(store, "disk", NOW + 5 * DAY) == []
    store.health.clear("sending", NOW + 5 * DAY)
    assert [stage for _, stage in walk(store, "disk", NOW + 5 * DAY + HOUR, NOW + 5 * DAY)] == [Stage.NEW]


def test_a_long_time_without_mail_is_told_afterwards_and_a_short_one_not(store: Store) -> None:
    store.health.fault("sending", "The server is away.", "", NOW)
    store.health.clear("sending", NOW + 31 * MINUTE)
    assert walk(store, "sending", NOW + DAY, NOW + 31 * MINUTE) == [(46 * MINUTE, Stage.OVER)]
    store.health.fault("sending", "The server is away.", "", NOW + 9 * DAY)
    store.health.clear("sending", NOW + 9 * DAY + 20 * MINUTE)
    assert walk(store, "sending", NOW + 10 * DAY, NOW + 9 * DAY + 20 * MINUTE) == []


@pytest.mark.parametrize(("each", "most"), [(10 * MINUTE, 1), (HOUR, 6), (6 * HOUR, 10)])
def test_what_comes_and_goes_for_a_week_makes_a_few_mails(store: Store, each: timedelta, most: int) -> None:
    told, now, is_open = [], NOW, False
    while now < NOW + 7 * DAY:
        (store.health.clear("clock", now) if is_open else store.health.fault("clock", "Odd.", "", now))
        is_open = not is_open
        told += walk(store, "clock", now + each - 5 * MINUTE, now)
        now += each
    assert told[0] == (0 * DAY, Stage.NEW)
    assert len([stage for _, stage in told if stage is not Stage.STILL]) <= most
    assert len(told) <= most + 7


def test_one_failed_look_is_shown_and_not_mailed(store: Store) -> None:
    store.health.fault("mailbox:lists:INBOX", "It refuses.", "", NOW)
    assert walk(store, "mailbox:lists:INBOX", NOW + 2 * DAY) == []
    assert [fault.key for fault in alarms(store.health.faults())] == ["mailbox:lists:INBOX"]


def test_a_clock_put_back_keeps_nothing_silent(store: Store) -> None:
    store.health.fault("disk", "The disk is full.", "", NOW)
    assert len(walk(store, "disk", NOW)) == 1
    assert [stage for _, stage in walk(store, "disk", NOW - 364 * DAY, NOW - 364 * DAY)] == [Stage.STILL]


def fault(key: str = "disk", what: str = "The disk is full.", **changes: object) -> Fault:
    values: dict[str, object] = {"key": key, "what": what, "mend": "Free some.", "first_at": NOW, "last_at": NOW,
                                 "count": 1, **changes}
    return Fault(**values)  # type: ignore[arg-type]


def test_the_words() -> None:
    (new,) = news([fault()], NOW)
    assert title([new], NOW) == "The disk is full."
    assert paragraphs([new], NOW, CHICAGO)[0] == (
        "The disk is full. Free some. It began on Tuesday, November 24, 09:00.")
    (still,) = news([fault(told_at=NOW, tellings=1)], NOW + 26 * HOUR)
    assert title([still], NOW + 26 * HOUR) == "Still, for 1 day 2 hours: The disk is full."
    (over,) = news([fault(told_at=NOW, tellings=1, cleared_at=NOW + 200 * MINUTE)], NOW + 9 * HOUR)
    assert paragraphs([over], NOW + 9 * HOUR, CHICAGO)[0] == (
        "Over: The disk is full. It began on Tuesday, November 24, 09:00 and lasted 3 hours 20 minutes.")
    assert title([new, over], NOW) == "2 things to know of the bot. The disk is full."


def test_the_same_news_have_the_same_name_and_others_another() -> None:
    disk, clock = news([fault(), fault("clock")], NOW)
    assert key_of([disk, clock]) == key_of([clock, disk])
    assert len({key_of([disk]), key_of([clock]), key_of([disk, clock])}) == 3


@pytest.mark.parametrize(("span", "words"), [
    (timedelta(seconds=20), "less than a minute"), (MINUTE, "1 minute"), (HOUR, "1 hour"),
    (61 * MINUTE, "1 hour 1 minute"), (2 * DAY, "2 days"), (2 * DAY + 4 * HOUR + MINUTE, "2 days 4 hours"),
])
def test_spans_in_words(span: timedelta, words: str) -> None:
    assert lasting(span) == words
