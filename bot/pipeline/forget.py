"""The nightly forgetting: texts of mail that is older than the areas it is about want it kept."""

from __future__ import annotations

from datetime import datetime

from bot.retention import kept_for
from bot.rulebook import Rulebook
from bot.store.store import Store


def forget_old(store: Store, book: Rulebook, now: datetime) -> int:
    """Drop what is too old; returns how many messages lost their text. What still waits for somebody keeps it."""
    retention = {name: area.retention for name, area in book.areas.items()}
    shortest = min((span for span in retention.values() if span is not None), default=None)
    if shortest is None:
        return 0
    waiting = frozenset(store.archive.movable())
    old = [one.id for one in store.oblivion.old(now - shortest, now)
           if one.id not in waiting and (span := kept_for(one.areas, retention)) and one.received_at < now - span]
    return store.oblivion.forget(old)
