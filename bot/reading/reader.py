"""Runs the taggers over a message, in a list one can read aloud, and settles what they say."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from bot.reading.settle import settle
from bot.reading.tagger import Surroundings, Tagger
from bot.types import Message, Reading, Tag

log = logging.getLogger(__name__)


def read(message: Message, around: Surroundings, taggers: Sequence[Tagger]) -> Reading:
    """What all taggers together make of a message; one that fails is logged and the others go on."""
    return settle(tag for tagger in taggers for tag in _run(tagger, message, around))


def _run(tagger: Tagger, message: Message, around: Surroundings) -> Iterator[Tag]:
    try:
        yield from list(tagger.tags(message, around))
    except Exception as wrong:  # noqa: BLE001  a tagger's mistake must not cost the message
        log.error("tagger-failed tagger=%s message=%s error=%s", tagger.name, message.message_id, type(wrong).__name__)
