"""How long the texts of mail are kept, as areas.yaml says it; what is left of a message then. Pure.

A text is kept for the longest time that one of its areas asks for, and for ever if one of them, or none at all, says
nothing. What was decided and sent stays on record; only words of the message go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from bot.types import Message, Reading, Tag

#: What a message says of itself when its text is gone.
GONE = "its text is no longer kept"
_SPAN = re.compile(r"([1-9][0-9]{0,3}) ?(day|week|month|year)s?")
#: At least as long as the words say, whichever month or year it is.
_DAYS: Mapping[str, int] = {"day": 1, "week": 7, "month": 31, "year": 366}
#: Digests, reminders and the monthly page look back about so far.
SHORTEST = timedelta(days=60)


def _span(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    found = _SPAN.fullmatch(" ".join(str(value).lower().split()))
    if not found:
        raise ValueError(f"`{value}` is no span. Write it as 90 days, 18 months or 2 years.")
    span = timedelta(days=int(found[1]) * _DAYS[found[2]])
    if span < SHORTEST:
        raise ValueError(f"`{value}` is too short: the monthly page needs {SHORTEST.days} days.")
    return span


Retention = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({
    "type": "string", "pattern": "^[1-9][0-9]{0,3} ?([Dd]ay|[Ww]eek|[Mm]onth|[Yy]ear)s?$"})]


def kept_for(areas: Iterable[str], retention: Mapping[str, timedelta | None]) -> timedelta | None:
    """How long a message about these areas keeps its text; None: for ever."""
    spans = [retention.get(area) for area in areas]
    known = [span for span in spans if span is not None]
    return max(known) if known and len(known) == len(spans) else None


def without_text(message: Message) -> Message:
    """The message as a record: who wrote what subject when, to which lists, in which conversation."""
    return Message(message_id=message.message_id, subject=message.subject, date=message.date, sender=message.sender,
                   in_reply_to=message.in_reply_to, references=message.references, lists=message.lists,
                   size=message.size, defects=(GONE,))


def without_words(reading: Reading) -> Reading:
    """What was made of it, without a sentence of it: its areas and whether it was urgent; no requests, dates, items."""
    return Reading(areas=tuple(map(_bare, reading.areas)), urgent=reading.urgent and _bare(reading.urgent),
                   outage=reading.outage and _bare(reading.outage))


def _bare(tag: Tag) -> Tag:
    return replace(tag, why=GONE, words=())


def is_forgotten(message: Message | None) -> bool:
    """Whether a message has lost its text."""
    return message is not None and GONE in message.defects
