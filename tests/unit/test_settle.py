"""All tags of a message become one reading: who wins, what is unsure, and that order does not matter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reading.settle import MOST_AREAS, settle
from bot.types import By, Tag
from tests.unit.builders import URGENT, area, event, request


def test_nothing_said_is_nothing_known() -> None:
    reading = settle([])
    assert (reading.areas, reading.unsure, reading.urgent, reading.request, reading.events) == ((), (), None, None, ())


@pytest.mark.parametrize(("tags", "sure", "unsure"), [
    ([area("a", score=0.5)], ["a"], []),
    ([area("a", score=0.24)], [], ["a"]),
    ([area("a", score=0.25)], ["a"], []),
    ([area("a", score=0.49)], ["a"], []),
    ([area("a", score=0.49), area("b", score=0.45)], ["a"], ["b"]),
    ([area("a", score=0.49), area("b", score=0.5)], ["b"], ["a"]),
    ([area("a", score=0.2)], [], ["a"]),
    ([area("a", score=0.19)], [], []),
    ([area("a", score=0.3, by="rule")], ["a"], []),
    ([area("a", score=0.1, by="human")], ["a"], []),
    ([area("a", score=0.6, by="thread")], ["a"], []),
    ([area("a", score=0.7), area("b", score=0.8)], ["b", "a"], []),
    ([area("b", score=0.7), area("a", score=0.7)], ["a", "b"], []),
    ([area("a", score=0.3), area("a", score=0.6, by="rule")], ["a"], []),
    ([area("a", score=0.9), area("a", score=0.6, by="rule"), area("b", score=0.8, by="rule")], ["a", "b"], []),
    ([area("a", score=0.9), area("b", score=0.3)], ["a"], ["b"]),
])
def test_areas(tags: list[Tag], sure: list[str], unsure: list[str]) -> None:
    reading = settle(tags)
    assert [tag.value for tag in reading.areas] == sure
    assert [tag.value for tag in reading.unsure] == unsure


def test_an_area_keeps_the_strongest_voice_and_the_best_score() -> None:
    [tag] = settle([area("a", score=0.9, why="words"), area("a", score=0.6, by="rule", why="your rule")]).areas
    assert (tag.by, tag.why, tag.score) == ("rule", "your rule", 0.9)


def test_a_best_guess_is_told_as_such() -> None:
    guess, sure = settle([area("a", score=0.45, why="words")]), settle([area("a", score=0.5)])
    assert (guess.is_guess, guess.areas[0].why) == (True, "words; the best guess")
    assert not sure.is_guess
    assert not settle([area("a", score=0.3, by="rule")]).is_guess
    assert not settle([]).is_guess


def test_at_most_three_areas_the_best() -> None:
    reading = settle(area(name, score=score) for name, score in zip("abcde", (0.5, 0.9, 0.8, 0.7, 0.6), strict=True))
    assert [tag.value for tag in reading.areas] == ["b", "c", "d"]
    assert len(reading.areas) == MOST_AREAS


@pytest.mark.parametrize(("one", "other", "winner"), [
    ("human", "rule", "human"), ("rule", "extractor", "rule"), ("extractor", "thread", "extractor"),
    ("thread", "classifier", "thread"),
])
def test_who_wins(one: By, other: By, winner: str) -> None:
    for order in ((one, other), (other, one)):
        reading = settle(request(f"by {by}", by=by, score=0.1 if by == winner else 0.9) for by in order)
        assert reading.asked is not None
        assert reading.asked.what == f"by {winner}"


def test_events_stand_in_order_of_time_each_once() -> None:
    zone = ZoneInfo("America/Chicago")
    early, late = datetime(2026, 12, 1, 9, tzinfo=zone), datetime(2026, 12, 2, 9, tzinfo=UTC)
    day = date(2026, 12, 2)
    reading = settle([event(late), event(day), event(early), event(early, by="rule", why="calendar")])
    assert [one.start for one in reading.dates] == [early, day, late]
    assert reading.events[0].why == "calendar"


def test_urgency_is_kept() -> None:
    assert settle([area("a"), URGENT]).urgent == URGENT


_tags = st.builds(
    lambda name, score, by, why: area(name, score=score, by=by, why=why), st.sampled_from("abcd"),
    st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.sampled_from(["human", "rule", "thread", "classifier"]),
    st.sampled_from(["x", "y"]),
)


@settings(max_examples=200, deadline=None)
@given(tags=st.lists(_tags, max_size=8), data=st.data())
def test_the_order_of_tags_does_not_matter(tags: list[Tag], data: st.DataObject) -> None:
    reading = settle(tags)
    assert settle(data.draw(st.permutations(tags))) == reading
    assert len(reading.areas) <= MOST_AREAS
    assert not set(reading.area_ids) & {str(tag.value) for tag in reading.unsure}
