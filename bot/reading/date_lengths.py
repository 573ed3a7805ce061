"""Durations and parts of the day → the moments of their sentence: which is how long which lasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.reading.date_items import Item, Moment

_NOT_AFTER = re.compile(
    r"\s?(?:before|after|prior|earlier|later|ago|in\sadvance|of\s(?:each|being)|a\s(?:day|week)|per\b|beforehand|"
    r"late|behind|ahead|or\sso\slater|every|of\snotice|notice)", re.IGNORECASE,
)
_NOT_BEFORE = re.compile(
    r"\b(?:every|within|(?:the|in|over|during|for) (?:last|past)|next|at least|first)\s?$", re.IGNORECASE
)


def is_length(text: str, span: Item) -> bool:
    """Whether this duration says how long something lasts, not how long ago or before."""
    before, after = text[max(0, span.begin - 40) : span.begin], text[span.stop : span.stop + 40]
    return not (_NOT_AFTER.match(after) or _NOT_BEFORE.search(before))


def with_spans(text: str, found: Iterable[Moment], spans: list[Item]) -> Iterator[Moment]:
    """Give durations and parts of the day to the moments they stand with."""
    lengths = [span for span in spans if span.minutes and is_length(text, span)]
    for moment in found:
        part = moment.part or next((span.part for span in spans if span.part and _close(span, moment)), "")
        minutes = _own_length(moment, lengths) if moment.start and not moment.end else 0
        is_new = (part, minutes) != (moment.part, moment.minutes)
        yield replace(moment, part=part, minutes=minutes) if is_new else moment


def _own_length(moment: Moment, lengths: list[Item]) -> int:
    """The length that follows the moment, else the first of the sentence."""
    later = [span for span in lengths if span.begin >= moment.stop]
    return (later or lengths)[0].minutes if lengths else 0


def _close(span: Item, moment: Moment) -> bool:
    return (-24 <= span.begin - moment.stop <= 24 or moment.begin <= span.begin <= moment.stop
            or 0 <= moment.begin - span.stop <= 12)
