"""Runs the taggers over a message, in a list one can read aloud, and settles what they say.

A newsletter is read whole and item by item: each item has areas, dates and a request of its own, and the whole is
about governance and what most of its items are about (a general newsletter has no other subject).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.reading.newsletter import Section, sections
from bot.reading.settle import settle
from bot.reading.tagger import Surroundings, Tagger
from bot.types import Event, Message, NewsItem, Reading, Tag

log = logging.getLogger(__name__)

#: Items about so many different areas make the whole a general newsletter.
_GENERAL = 3
#: What a general newsletter is about, whatever its items say.
_WHOLE = "administration"


def read(message: Message, around: Surroundings, taggers: Sequence[Tagger]) -> Reading:
    """What all taggers together make of a message; one that fails is logged and the others go on."""
    whole = settle(_run_all(message, around, taggers))
    items = tuple(_dated(item, whole) for item in _items(message, around, taggers))
    if not items:
        return whole
    return replace(whole, items=items, areas=_areas(whole, items), events=_events(whole, items))


def _run_all(message: Message, around: Surroundings, taggers: Sequence[Tagger]) -> tuple[Tag, ...]:
    told = around.told
    for tagger in taggers:
        if new := _run(tagger, message, around):
            told = (*told, *new)
            around = replace(around, told=told)
    return told


def _run(tagger: Tagger, message: Message, around: Surroundings) -> list[Tag]:
    try:
        return list(tagger.tags(message, around))
    except Exception as wrong:  # noqa: BLE001  a tagger's mistake must not cost the message
        log.error("tagger-failed tagger=%s message=%s error=%s", tagger.name, message.message_id, type(wrong).__name__)
        return []


# ── newsletters ──


def _items(message: Message, around: Surroundings, taggers: Sequence[Tagger]) -> tuple[NewsItem, ...]:
    """The items of a newsletter. One whose items all belong together is an ordinary message with headings."""
    alone = replace(around, thread_areas=(), thread_urgent=False)
    items = tuple(_item(message, section, alone, taggers) for section in sections(message))
    return items if len({item.area_ids[0] for item in items if item.areas}) > 1 else ()


def _item(message: Message, section: Section, around: Surroundings, taggers: Sequence[Tagger]) -> NewsItem:
    """One item, read as if it had been posted by itself; its list says nothing about it."""
    alone = replace(message, subject=section.heading, text=section.text, new_text=section.text, quoted_text="",
                    signature="", footer="", lists=(), calendars=(), enclosed=(), in_reply_to=(), references=())
    reading = settle(_run_all(alone, around, taggers))
    return NewsItem(heading=section.heading, text=section.text, areas=tuple(_titled(tag, section)
                    for tag in reading.areas), request=reading.request, events=reading.events)


def _titled(tag: Tag, section: Section) -> Tag:
    name = section.heading or " ".join(section.text.split()[:6]) + "…"
    return replace(tag, why=f"its item “{name[:60]}” {tag.why}")


def _events(whole: Reading, items: Sequence[NewsItem]) -> tuple[Tag, ...]:
    """The dates of the items, and those of the whole that are none of theirs."""
    told = {_start(tag) for item in items for tag in item.events}
    further = [tag for tag in whole.events if _start(tag) not in told]
    return settle(tag for tags in (further, *(item.events for item in items)) for tag in tags).events


def _dated(item: NewsItem, whole: Reading) -> NewsItem:
    """The item with its dates as the whole tells them, which knows the hours and lengths that are said once for all
    items; and those that only its own heading explains."""
    text = " ".join(f"{item.heading} {item.text}".split())
    known = [tag for tag in whole.events if isinstance(tag.value, Event)
             and " ".join(tag.value.sentence.split()) in text]
    days = {_day(tag) for tag in known}
    return replace(item, events=settle([*known, *(tag for tag in item.events if _day(tag) not in days)]).events)


def _day(tag: Tag) -> object:
    start = _start(tag)
    return start.date() if isinstance(start, datetime) else start


def _start(tag: Tag) -> object:
    return tag.value.start if isinstance(tag.value, Event) else None


def _areas(whole: Reading, items: Sequence[NewsItem]) -> tuple[Tag, ...]:
    """Of a general newsletter: governance, and the two areas that most items are about."""
    counted = Counter(item.area_ids[0] for item in items if item.areas)
    if len(counted) < _GENERAL or not any(_WHOLE in (item.area_ids or ()) for item in items):
        return whole.areas
    first = {area: tag for item in reversed(items) for area, tag in zip(item.area_ids, item.areas, strict=True)}
    own = {str(tag.value): tag for tag in whole.areas}
    sure = {area: own[area].score if area in own else 0.0 for area in counted}
    most = sorted((area for area in counted if area != _WHOLE), key=lambda area: (-counted[area], -sure[area], area))
    named = Tag(name="area", value=_WHOLE, by="extractor", why="a newsletter with items of many areas")
    return (own.get(_WHOLE, named), *(own.get(area, first[area]) for area in most[:2]))
