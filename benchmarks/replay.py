"""How long an edit of the rules takes to be tried on three months of mail."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.archive import fill, patterns
from benchmarks.figures import Figure
from benchmarks.library import Library
from benchmarks.parts import Bench
from bot.commands.desk import Desk, open_desk
from bot.commands.replay import over
from bot.rulebook import Rulebook, parse_rulebook

_DAYS = 90
_RULE = """
  - rule: workshops-for-kim
    when: {text: [workshop, link resolver]}
    to: [kim]
    why: she plans the training
"""
_AREA = """
books-by-mail: {label: Books by mail, about: books sent to homes by post, words: [books by mail, postage]}
"""
#: What is edited, and how: the file, and what is put in the place of what (nothing: at the end).
_EDITS = {
    "a new rule": ("routing.yaml", "", _RULE),
    "words of an area": ("areas.yaml", "words: [circulation,", "words: [circulation, pull list, delivery bag,"),
    "an area's list taken away": ("areas.yaml", "lists: [techserv-ig]", "lists: []"),
    "a new area": ("areas.yaml", "", _AREA),
}


def measure(bench: Bench) -> list[Figure]:
    """Four edits over the same store, from the opened store to the finished comparison."""
    now, library = datetime.now(UTC), Library(bench.folder())
    with library.plant(now) as plant:
        fill(plant, list(patterns(plant, now)), bench.sizes.replayed, now, span=timedelta(days=_DAYS - 1))
    with open_desk(library.config) as desk:
        return [_figure(desk, what, _edited(desk.in_force.book, *edit), now) for what, edit in _EDITS.items()]


def _edited(book: Rulebook, file: str, old: str, new: str) -> Rulebook:
    text = book.texts[file]
    if old not in text:
        raise ValueError(f"{file} does not hold {old!r}")
    edited = {**book.texts, file: text.replace(old, new) if old else text + new}
    return parse_rulebook(edited, Path("rules"), "robin")


def _figure(desk: Desk, what: str, book: Rulebook, now: datetime) -> Figure:
    started, processor = time.perf_counter(), time.process_time()
    found = over(desk, book, _DAYS, now)
    wall, spent = time.perf_counter() - started, time.process_time() - processor
    return Figure(part="replay", what=f"{what}, over {found.looked_at:,} messages", measured=spent, unit="s",
                  at_most=20.0, note=f"processor time; {wall:.1f} s by the clock, {found.read_again:,} read again, "
                                     f"{len(found.moved):,} would move")
