"""Compose: what stands in one reader's digest for one slot, in which order, and in which words.

Every new message stands in exactly one section. A thread is one card. What is asked and what is dated is told again,
in short, at the top; what has passed drops out there. What was sent at once is one line. Pure: the clock, the reader's
zone and the summaries come in as arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.digests.newsletters import item_lines, narrowed, whole
from bot.digests.outages import window_words
from bot.digests.phrases import (
    clean_line,
    clean_text,
    count,
    day_long,
    day_of,
    join_words,
    link_label,
    linked,
    links,
    list_name,
    posted,
    sent_words,
    size_words,
    whole_sentences,
    zone_word,
)
from bot.digests.texts import paragraphs_of
from bot.digests.threads import Thread, gather, is_missed, wanted, written
from bot.digests.upfront import asked_rows, contents_line, dated_rows, headlines
from bot.digests.values import (
    NO_HAPPENINGS,
    OTHER,
    OUTAGES,
    AreaView,
    Asked,
    Card,
    Dated,
    Digest,
    Happenings,
    House,
    Line,
    Link,
    Post,
    ReaderView,
    Scene,
    Section,
    SlotView,
    Summarise,
)
from bot.types import Attachment, Message, Pending

__all__ = [
    "AreaView", "Asked", "Card", "Dated", "Digest", "House", "Line", "Link", "Post", "ReaderView", "Section",
    "SlotView", "Summarise", "compose", "kept_links", "lists_line", "named_files", "who_wrote", "why_line",
]

SUMMARY, REPLY_SUMMARY = 480, 240
#: So much of a text stands in the digest of a reader who wants whole texts.
WHOLE_TEXT = 6_000
ROWS, REPLIES, SENT = 40, 5, 20
_FILES, _LINKS = 6, 5


def compose(
    reader: ReaderView,
    slot: SlotView,
    pending: Sequence[Pending],
    areas: Sequence[AreaView],
    now: datetime,
    *,
    summarise: Summarise,
    house: House,
    heard: frozenset[int] = frozenset(),
    happenings: Happenings = NO_HAPPENINGS,
) -> Digest | None:
    """One reader's digest of what is pending for the slot; None when none of it is new to them.

    `heard` are the incidents of which earlier mails told this reader: an outage that came and went unheard drops out.
    `happenings` say what became of the dates that posts told: what was called off drops out, what was moved is told
    once.
    """
    scene = Scene(reader=reader, areas={area.id: area for area in areas}, now=now, summarise=summarise, heard=heard,
                  happenings=happenings)
    items = [narrowed(item, reader.area_order) for item in wanted(pending)]
    threads = [thread for thread in gather(items, scene) if not is_missed(thread, scene)]
    if not any(thread.fresh for thread in threads):
        return None
    status, sections = _sections(threads, scene)
    asked, dates = asked_rows(threads, scene), dated_rows(threads, scene)
    return Digest(
        reader=reader, slot=slot, house=house, status=status, sections=sections,
        asked=asked[:ROWS], dates=dates[:ROWS], more_asked=len(asked[ROWS:]), more_dates=len(dates[ROWS:]),
        day=(day := day_of(slot.starts_at, scene.zone)), day_words=day_long(day),
        contents=contents_line(asked, status, dates, sections),
        headlines=headlines(threads, asked, dates, sections, scene),
        looks_after=join_words([scene.areas[area].label for area in reader.area_order if area in scene.areas]),
        zone=f"{zone_word(now.astimezone(scene.zone))}, {scene.zone.key}",
        items=tuple(item.id for item in items),
    )


# ── sections ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _sections(threads: Sequence[Thread], scene: Scene) -> tuple[Section | None, tuple[Section, ...]]:
    """System status, and a section per area in the reader's order; what has no known area stands last."""
    homes: dict[str, list[Thread]] = {}
    for thread in threads:
        homes.setdefault(thread.home, []).append(thread)
    outages = homes.pop(OUTAGES, None)
    known = [area for area in dict.fromkeys((*scene.reader.area_order, *scene.areas, OTHER)) if area in homes]
    return _status(outages, scene) if outages else None, tuple(_section(area, homes[area], scene) for area in known)


def _status(threads: Sequence[Thread], scene: Scene) -> Section:
    """The checklist helps as long as some outage is not over."""
    cards = tuple(_outage_card(thread, scene) for thread in _newest_first(threads))
    area = scene.areas.get(OUTAGES)
    checklist = area.checklist if area and any(not card.is_over for card in cards) else ()
    return Section(id=OUTAGES, label="System status", cards=cards, sent=_sent(threads, scene), checklist=checklist)


def _section(area: str, threads: Sequence[Thread], scene: Scene) -> Section:
    cards = tuple(_card(thread, scene) for thread in _newest_first(threads))
    label = scene.areas[area].label if area in scene.areas else "Other"
    return Section(id=area, label=label, cards=cards, sent=_sent(threads, scene))


def _newest_first(threads: Sequence[Thread]) -> list[Thread]:
    fresh = [thread for thread in threads if thread.fresh]
    return sorted(fresh, key=lambda thread: written(thread.newest), reverse=True)


def _sent(threads: Sequence[Thread], scene: Scene) -> tuple[Line, ...]:
    """What was sent at once, one line each; beyond twenty, how many more."""
    had = [thread for thread in threads if not thread.fresh]
    lines = [Line(subject=thread.subject, note=_had(thread, scene)) for thread in had[:SENT]]
    more = [Line(subject=f"and {len(had) - SENT} more", note="sent to you at once")] if len(had) > SENT else []
    return (*lines, *more)


def _had(thread: Thread, scene: Scene) -> str:
    newest = max(item.sent_at for item in thread.items if item.sent_at is not None)
    return sent_words(newest, scene.now, scene.zone)


# ── cards ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _card(thread: Thread, scene: Scene) -> Card:
    """The opening post of those at hand, the replies below it in the order they came."""
    return _laid(thread, thread.items, scene)


def _outage_card(thread: Thread, scene: Scene) -> Card:
    """The newest word of whoever told of it first on top, since it tells the current state; the others below, also the
    newer ones of those whom it hit as well."""
    items = thread.items[::-1]
    top = next((item for item in items if item.sent_at is None and _domain(item) == _domain(items[-1])), items[0])
    card = _laid(thread, [top, *(item for item in items if item is not top)], scene)
    if thread.outage is None:
        return card
    state = thread.outage.state
    return replace(card, state=state.value, is_over=state.is_over,
                   window=window_words(thread.outage, scene.zone, scene.now))


def _domain(item: Pending) -> str:
    return item.message.sender.domain if item.message.sender else ""


def _laid(thread: Thread, items: Sequence[Pending], scene: Scene) -> Card:
    opening, *others = items
    hidden, replies = _parted(others, newest_first=items[-1] is not thread.newest)
    mandatory = any(item.route.mandatory for item in items)
    return Card(
        thread=thread.id, subject=thread.subject, who=_people(items), lists=lists_line(items),
        opening=_post(opening, scene, SUMMARY), replies=tuple(_post(item, scene, REPLY_SUMMARY) for item in replies),
        why=why_line(items, mandatory=mandatory), mandatory=mandatory, hidden=len(hidden),
        earlier=f"{count(len(hidden), 'earlier reply', 'earlier replies')} from {_people(hidden)}" if hidden else "",
    )


def _parted(others: Sequence[Pending], *, newest_first: bool) -> tuple[Sequence[Pending], Sequence[Pending]]:
    """The older replies, only counted, and the newest, which are shown."""
    if newest_first:
        return others[REPLIES:], others[:REPLIES]
    return others[:-REPLIES], others[-REPLIES:]


def _post(item: Pending, scene: Scene, limit: int) -> Post:
    """A post in its own sentences, or the one line that says when the reader has had it."""
    message, when = item.message, posted(written(item), scene.now, scene.zone)
    if item.sent_at is not None:
        sent = sent_words(item.sent_at, scene.now, scene.zone)
        return Post(id=item.id, who=who_wrote(message), when=when, summary="", sent=sent)
    files = named_files(message.attachments)
    if items := item_lines(item, scene.summarise):
        return Post(id=item.id, who=who_wrote(message), when=when, summary="", items=items, files=files,
                    others=item.others, whole=whole(message))
    if scene.reader.full_texts:
        paragraphs, is_cut = paragraphs_of(message, WHOLE_TEXT)
        return Post(id=item.id, who=who_wrote(message), when=when, summary="", paragraphs=paragraphs, is_cut=is_cut,
                    files=files, whole=whole(message))
    summary = whole_sentences(" ".join(clean_text(scene.summarise(message)).split()), limit)
    shown = {url for _, url in linked(summary)}
    more = tuple(link for link in kept_links(message) if link.url not in shown)
    return Post(id=item.id, who=who_wrote(message), when=when, summary=summary, links=more, files=files)


def who_wrote(message: Message) -> str:
    """The sender's name in one line."""
    return clean_line(message.sender.label, 60) if message.sender else "unknown sender"


def kept_links(message: Message) -> tuple[Link, ...]:
    """The web addresses of what was written now, at most five."""
    return tuple(Link(url=url, label=link_label(url)) for url in links(message.new_text or message.text, _LINKS))


def named_files(attachments: Sequence[Attachment]) -> tuple[str, ...]:
    """Attachments by name and size, at most six and "3 more"."""
    named = [f"{clean_line(file.name, 60) or 'no name'} ({size_words(file.size)})" for file in attachments[:_FILES]]
    return (*named, *([f"{len(attachments) - _FILES} more"] if len(attachments) > _FILES else []))


def why_line(items: Sequence[Pending], *, mandatory: bool) -> str:
    """"Because you catalog.", or that it cannot be switched off, and why: the reason of the post on top."""
    speaking = [item for item in items if item.route.mandatory] if mandatory else items
    told = (clean_line(item.route.why, 160).removeprefix("because ").rstrip(". ") for item in speaking)
    reason = next((reason for reason in told if reason), "a rule of your library says so")
    return f"This cannot be switched off, because {reason}." if mandatory else f"Because {reason}."


def _people(items: Sequence[Pending]) -> str:
    names = list(dict.fromkeys(who_wrote(item.message) for item in items))
    return join_words(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} others"


def lists_line(items: Sequence[Pending]) -> str:
    """The lists that these posts came through, each once."""
    return ", ".join(list(dict.fromkeys(list_name(name) for item in items for name in item.lists))[:6])
