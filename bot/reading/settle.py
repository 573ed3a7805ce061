"""All tags of a message become one Reading: human beats rule, rule extractor, extractor thread, thread classifier.

Conflicts settle here and nowhere else. A classifier's area below its threshold (score under 0.5 after calibration to
the threshold) is "unsure": it is kept to be shown, and routes nothing. Only where nothing is sure at all, a near miss
stands as the best guess: one colleague too many is better than nobody right. It keeps its low score, by which the
liaison is asked too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.types import PRECEDENCE, SURE, Event, Reading, Tag

#: What a guess must have to stand when nothing else does.
BEST_GUESS = 0.25
#: Below this an area is not even worth mentioning as a guess.
_GUESS = 0.2
#: A message concerns at most three areas; more would be a guess at everything.
MOST_AREAS = 3


def settle(tags: Iterable[Tag]) -> Reading:
    """The Reading of a message. Pure; the order of `tags` does not matter."""
    ordered = sorted(tags, key=_strength)
    areas = _areas(tag for tag in ordered if tag.name == "area")
    sure = [tag for tag in areas if tag.score >= SURE or tag.by in ("human", "rule")] or _best_guess(areas)
    known = {tag.value for tag in sure}
    return Reading(
        areas=tuple(sure[:MOST_AREAS]),
        unsure=tuple(tag for tag in areas if tag.value not in known and tag.score >= _GUESS)[:MOST_AREAS],
        urgent=next((tag for tag in ordered if tag.name == "urgent"), None),
        request=next((tag for tag in ordered if tag.name == "request"), None),
        outage=next((tag for tag in ordered if tag.name == "outage"), None),
        events=tuple(sorted(_events(ordered), key=_when)),
    )


def _best_guess(areas: list[Tag]) -> list[Tag]:
    return [replace(tag, why=f"{tag.why}; the best guess") for tag in areas[:1] if tag.score >= BEST_GUESS]


def _strength(tag: Tag) -> tuple[int, float, str, str]:
    return PRECEDENCE[tag.by], -tag.score, str(tag.value), tag.why


def _areas(ordered: Iterable[Tag]) -> list[Tag]:
    """One tag for each area, its best score, the strongest voice's reason; the best area first."""
    best: dict[str, Tag] = {}
    score: dict[str, float] = {}
    for tag in ordered:
        area = str(tag.value)
        best.setdefault(area, tag)
        score[area] = max(score.get(area, 0.0), tag.score)
    scored = (tag if tag.score == score[area] else replace(tag, score=score[area]) for area, tag in best.items())
    return sorted(scored, key=lambda tag: (-tag.score, str(tag.value)))


def _events(ordered: Iterable[Tag]) -> list[Tag]:
    found: dict[tuple[str, str], Tag] = {}
    for tag in ordered:
        if tag.name == "event" and isinstance(tag.value, Event):
            found.setdefault((tag.value.type, tag.value.start.isoformat()), tag)
    return list(found.values())


def _when(tag: Tag) -> tuple[datetime, str]:
    value = tag.value
    start = value.start if isinstance(value, Event) else date.min
    moment = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day, tzinfo=UTC)
    return moment, str(value)
