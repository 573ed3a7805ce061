"""What must not wait for the morning: a downtime that goes on now, and word of a breach. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.digests.outages import State, outage_of
from bot.digests.values import OUTAGES
from bot.reading.urgency_cues import cues
from bot.reading.urgency_features import lines_of
from bot.store.values import Stored

#: Only the beginning of a message tells of a breach; a newsletter may name one further down.
_FIRST_LINES = 4
_BREACH = ("breach:now", "breach:bare")


def is_critical(stored: Stored, zone: tzinfo, now: datetime) -> bool:
    """Whether quiet hours and holidays do not hold it."""
    state = _state(stored, zone, now)
    return state is State.BEGUN or (state is State.PAST and _is_told_as_going_on(stored)) or _is_breach(stored)


def is_past(stored: Stored, zone: tzinfo, now: datetime) -> bool:
    """Whether the window that it announces has passed. What is told as going on has outlasted its window."""
    return _state(stored, zone, now) is State.PAST and not _is_told_as_going_on(stored)


def _is_told_as_going_on(stored: Stored) -> bool:
    post = stored.reading.outage_post
    return post is not None and post.stage in ("begun", "update") and stored.reading.urgent is not None


def _state(stored: Stored, zone: tzinfo, now: datetime) -> State | None:
    """Where the downtime stands by this post, if it is about one."""
    message, reading = stored.message, stored.reading
    if message is None or (reading.outage_post is None and OUTAGES not in reading.area_ids):
        return None
    windows = (event for event in reading.dates if event.type == "maintenance")
    return outage_of(message, reading, windows, zone, now).state


def _is_breach(stored: Stored) -> bool:
    if stored.message is None or stored.reading.urgent is None:
        return False
    found = cues(lines_of(stored.message))[:_FIRST_LINES]
    return any(cue in line for line in found for cue in _BREACH)
