"""Whoever gets a whole list is told, on Mondays, that they may subscribe to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot.pipeline.habits import whole_lists
from bot.pipeline.judges import build_judges
from bot.pipeline.receive import Receiver
from bot.store.store import Store
from tests.unit.builders import CHICAGO, batch, book, config, raw

MONDAY = datetime(2026, 11, 30, 7, 30, tzinfo=CHICAGO)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Fourteen posts about overlays in a month, all to dana by rule, only one to lee."""
    routing = ("rules:\n  - {rule: a, when: {text: overlay}, to: [dana], why: w}\n"
               "  - {rule: b, when: {text: number 3}, to: [sam], why: w}\n")
    filled = Store.in_memory()
    judges = build_judges(config(tmp_path), book(routing), None)
    mails = [_post(day) for day in range(1, 15)]
    Receiver(filled, lambda: judges).receive(batch(*mails), datetime(2026, 11, 20, 9, tzinfo=CHICAGO))
    return filled


def _post(day: int) -> bytes:
    text = f"Number {day}: a question about the overlay of record {day * 7919} at library {'abcdefghijklmnop'[day]}."
    subscribe = "List-Subscribe: <mailto:join@example.edu>, <https://lists.example.edu/techserv>\r\n"
    return raw(text, key=str(day), subject=f"Overlay {day}", date_=f"{day:02} Nov 2026 09:00:00 -0600",
               extra=subscribe)


def test_a_list_that_is_had_whole_is_told_on_mondays(store: Store) -> None:
    (one,) = whole_lists(store, "dana", MONDAY, CHICAGO)
    assert (one.posts, one.subscribe) == (14, "https://lists.example.edu/techserv")
    assert whole_lists(store, "dana", MONDAY.replace(day=24), CHICAGO) == ()


def test_who_gets_some_of_it_is_not_told(store: Store) -> None:
    assert whole_lists(store, "sam", MONDAY, CHICAGO) == ()


def test_old_habits_do_not_count(store: Store) -> None:
    assert whole_lists(store, "dana", datetime(2027, 3, 1, 7, 30, tzinfo=CHICAGO), CHICAGO) == ()
