"""What of a newsletter concerns one reader: its items about the reader's areas, and the way to the whole.

Pure: the reader's areas and the summaries come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from bot.digests.phrases import clean_line, clean_text, links, whole_sentences
from bot.digests.values import Link, PostItem, Summarise
from bot.types import Message, NewsItem, Pending

_SUMMARY = 240
_ON_THE_WEB = re.compile(
    r"\b(?:on (?:the web|our (?:web ?)?site)|online|in (?:your|a|the) browser|full (?:issue|newsletter|text|minutes)|"
    r"whole (?:issue|newsletter)|read (?:it|more|the (?:rest|newsletter|issue)))\b", re.IGNORECASE)

_LIST_ID = re.compile(r"<([^<>\s]+)>\s*$")


def narrowed(item: Pending, areas: Iterable[str]) -> Pending:
    """A newsletter as one reader needs it: only the items about these areas, with their dates and requests.

    Other messages come back as they are, and so does a newsletter none or all of whose items concern the reader.
    """
    wanted = {*areas, *([item.route.area] if item.route.area else [])}
    items = tuple(one for one in item.reading.items if wanted.intersection(one.area_ids))
    if not items or len(items) == len(item.reading.items):
        return item
    elsewhere = {tag for one in item.reading.items if one not in items for tag in one.events}
    asked = [one.request for one in items if one.request]
    reading = replace(item.reading, items=items, request=next(iter(asked), None),
                      events=tuple(tag for tag in item.reading.events if tag not in elsewhere))
    return replace(item, reading=reading, others=len(item.reading.items) - len(items))


def item_lines(item: Pending, summarise: Summarise) -> tuple[PostItem, ...]:
    """The items of a narrowed newsletter, each in its own sentences; none of any other message."""
    return tuple(_shown(one, item.message, summarise) for one in item.reading.items) if item.others else ()


def _shown(one: NewsItem, message: Message, summarise: Summarise) -> PostItem:
    alone = replace(message, subject=one.heading, new_text=one.text)
    summary = whole_sentences(" ".join(clean_text(summarise(alone)).split()), _SUMMARY)
    return PostItem(heading=clean_line(one.heading, 80), summary=summary)


def original(message: Message) -> str:
    """The web address of a post in its list's own archive (RFC 5064); empty where the header names another's."""
    url = next(iter(links(message.header("archived-at") or "", 1)), "")
    named = _LIST_ID.search(message.header("list-id") or "")
    domain = ".".join(named[1].lower().split(".")[-2:]) if named else ""
    host = urlsplit(url).hostname or ""
    return url if "." in domain and (host == domain or host.endswith(f".{domain}")) else ""


def whole(message: Message) -> Link | None:
    """Where the whole can be read: the list's archive (RFC 5064), or the address beside "read it on the web"."""
    archived = links(message.header("archived-at") or "", 1)
    beside = next((found for line in message.new_text[:40_000].split("\n") if _ON_THE_WEB.search(line[:400])
                   for found in links(line[:400], 1)), None)
    url = next(iter(archived), beside)
    return Link(url=url, label="the whole") if url else None
