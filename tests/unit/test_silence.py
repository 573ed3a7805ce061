"""Lists quiet beyond their rhythm: what routing.yaml expects, and what their own past says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RulesError
from bot.silence import quiet_lists
from tests.unit.builders import CHICAGO, book

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=CHICAGO)
DAY = timedelta(days=1)


def ago(*days: float) -> list[datetime]:
    return [NOW - number * DAY for number in days]


def test_routing_says_how_long_a_list_may_be_quiet() -> None:
    rules = book("expect: {Announce: 7 days, rpt-ig: 2 weeks, pve-ig: any}\n")
    assert rules.expect == {"announce": 7 * DAY, "rpt-ig": 14 * DAY, "pve-ig": None}


@pytest.mark.parametrize("length", ["soon", "0 days", "7", "", "-3 days", "[7]"])
def test_a_length_that_is_none_is_told_with_its_line(length: str) -> None:
    with pytest.raises(RulesError) as told:
        book(f"expect:\n  announce: {length}\n")
    assert "routing.yaml:2:" in str(told.value)


@pytest.mark.parametrize(("days", "expected", "quiet"), [
    ((8,), 7, True), ((6.9,), 7, False), ((30, 3), 7, False), ((), 7, True), ((), 200, False), ((80,), None, False),
])
def test_what_is_expected_counts_before_the_past(days: tuple[float, ...], expected: int | None, quiet: bool) -> None:
    span = expected * DAY if expected else None
    told = quiet_lists({"announce": ago(*days)}, {"announce": span}, NOW - 100 * DAY, NOW)
    assert [one.name for one in told] == (["announce"] if quiet else [])


@pytest.mark.parametrize(("days", "quiet"), [
    ((20, 19, 18, 17), True),              # daily, then nothing for 17 days
    ((9.5, 9, 8, 7.5, 6.9), False),        # never before a week
    ((80, 60, 50, 40), False),             # every twenty days; three times that has not passed
    ((100, 98, 96, 94), True),             # its own last ninety days count, also when they are long over
    ((40, 40, 40, 40, 40), False),         # an old mailbox taken in at once has no rhythm
    ((30, 29), False),                     # two posts are none either
])
def test_a_rhythm_is_learned(days: tuple[float, ...], quiet: bool) -> None:
    told = quiet_lists({"rpt-ig": ago(*days)}, {}, NOW - 180 * DAY, NOW)
    assert bool(told) is quiet
    assert all(one.is_learned for one in told)


@given(st.lists(st.floats(0, 90), min_size=1, max_size=30))
def test_more_silence_never_makes_a_list_less_quiet(days: list[float]) -> None:
    moments = sorted(ago(*days))
    seen = [bool(quiet_lists({"x": moments}, {}, NOW - 180 * DAY, NOW + later * DAY)) for later in (0, 5, 30, 300)]
    assert seen == sorted(seen)
