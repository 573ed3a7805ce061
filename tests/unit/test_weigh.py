"""Which post about a downtime is news to a reader: each state and each window once, and nothing that is outdated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pipeline.weigh import (
    ALREADY,
    MOVED_BY_NOW,
    NOT_FIRST,
    OUTDATED,
    OVER_BY_NOW,
    REPLACED,
    Word,
    is_news,
    weigh,
)
from bot.types import Event, OutageStage

START = datetime(2026, 12, 6, 7, 0, tzinfo=UTC)
SUNDAY = Event(type="maintenance", start=START, end=START + timedelta(hours=4))
MONDAY = Event(type="maintenance", start=START + timedelta(days=1), end=START + timedelta(days=1, hours=4))
LONGER = Event(type="maintenance", start=START, end=START + timedelta(hours=6))
ALL_DAY = Event(type="maintenance", start=date(2026, 12, 6))
STAGES: tuple[OutageStage | None, ...] = (
    "announced", "moved", "begun", "update", "cancelled", "resolved", "report", None)


def said(number: int, stage: OutageStage | None, window: Event | None = None) -> Word:
    return Word(id=number, at=START + timedelta(minutes=number), stage=stage, window=window)


FIRST = said(1, "announced", SUNDAY)
DOWN = said(2, "begun")


@pytest.mark.parametrize(("told", "post", "news"), [
    ([FIRST], said(9, "announced", SUNDAY), False),            # a reminder
    ([FIRST], said(9, "announced"), False),
    ([FIRST], said(9, "announced", MONDAY), True),             # another time
    ([FIRST], said(9, "announced", LONGER), True),
    ([FIRST], said(9, "announced", ALL_DAY), False),           # the same day, less exactly
    ([said(1, "announced")], said(9, "announced", SUNDAY), True),
    ([FIRST], said(9, "moved", MONDAY), True),
    ([FIRST, said(2, "moved", MONDAY)], said(9, "moved", MONDAY), False),
    ([FIRST], DOWN, True),
    ([DOWN], said(9, "update"), False),                        # still down
    ([DOWN], said(9, "moved"), True),
    ([DOWN], said(9, "resolved"), True),
    ([DOWN, said(3, "resolved")], said(9, "resolved"), False),
    ([DOWN, said(3, "resolved")], said(9, "report"), False),   # what happened
    ([DOWN, said(3, "resolved")], said(9, "begun"), True),     # down again
    ([FIRST, said(3, "cancelled")], said(9, "resolved"), False),
    ([DOWN], said(9, None), False),                            # "same here"
    ([], said(9, None), True),
])
def test_what_is_news(told: list[Word], post: Word, news: bool) -> None:
    assert is_news(post, told) is news


@pytest.mark.parametrize(("waiting", "told", "posts", "why"), [
    ([DOWN], [], [DOWN], {2: ""}),
    ([DOWN, said(3, "update")], [], [], {2: "", 3: ALREADY}),
    ([FIRST, DOWN], [], [], {1: REPLACED, 2: ""}),                            # only the present state
    ([DOWN, said(3, "resolved")], [], [DOWN, said(3, "resolved")], {2: OVER_BY_NOW, 3: NOT_FIRST}),
    ([said(3, "resolved")], [DOWN], [DOWN, said(3, "resolved")], {3: ""}),
    ([said(3, "resolved"), said(4, "begun")], [DOWN], [], {3: REPLACED, 4: ""}),
    ([DOWN], [said(3, "resolved")], [], {2: OUTDATED}),                       # it came late
    ([DOWN], [], [DOWN, said(3, "resolved")], {2: OVER_BY_NOW}),
    ([DOWN], [], [DOWN, said(3, "resolved"), said(4, "update")], {2: OVER_BY_NOW}),
    ([DOWN], [], [DOWN, said(3, "resolved"), said(4, "begun")], {2: ""}),
    ([FIRST], [], [FIRST, said(3, "moved", MONDAY)], {1: MOVED_BY_NOW}),
])
def test_what_goes_and_what_does_not(
    waiting: list[Word], told: list[Word], posts: list[Word], why: dict[int, str]
) -> None:
    assert weigh(waiting, told, posts) == why


words = st.builds(said, st.integers(1, 30), st.sampled_from(STAGES), st.sampled_from([None, SUNDAY, MONDAY]))


@given(st.lists(words, max_size=6, unique_by=lambda one: one.id), st.lists(words, max_size=4))
def test_at_most_one_goes_and_nothing_goes_a_second_time(waiting: list[Word], told: list[Word]) -> None:
    found = weigh(waiting, told, [*waiting, *told])
    goes = [one for one in waiting if not found[one.id]]
    assert set(found) == {one.id for one in waiting}
    assert len(goes) <= 1
    for one in goes:
        assert weigh([Word(id=99, at=one.at + timedelta(hours=1), stage=one.stage, window=one.window)],
                     [*told, one], [])[99] != ""
