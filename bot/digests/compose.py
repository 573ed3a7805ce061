"""Compose: what stands in one reader's digest for one slot, in which order, and in which words.

Every new message stands in exactly one section. A thread is one card. What is asked and what is dated is told again,
in short, at the top; what has passed drops out there. What was sent at once is one line. Pure: the clock, the reader's
zone and the summaries come in as arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.digests.newsletters import item_lines, narrowed, original, whole
from bot.digests.outages import window_words
from bot.digests.phrases import (
    clean_line,
    clean_text,
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
from bot.digests.reasons import why_line
from bot.digests.texts import paragraphs_of
from bot.digests.threads import Thread, gather, is_missed, is_old, is_overtaken, wanted, written
from bot.digests.upfront import asked_rows, contents_line, dated_rows, headlines
from bot.digests.values import (
    NO_HAPPENINGS,
    NO_INCIDENTS,
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
from bot.digests.wording import ENGLISH, Words
from bot.types import Attachment, Incident, Message, Pending

__all__ = [
    "AreaView", "Asked", "Card", "Dated", "Digest", "House", "Line", "Link", "Post", "ReaderView", "Section",
    "SlotView", "Summarise", "compose", "kept_links", "lists_line", "named_files", "who_wrote",
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
    incidents: Mapping[int, Incident] = NO_INCIDENTS,
    happenings: Happenings = NO_HAPPENINGS,
) -> Digest | None:
    """One reader's digest of what is pending for the slot; None when none of it is new to them.

    `heard` are the incidents of which earlier mails told this reader: an outage that came and went unheard drops out.
    `incidents` say how outages stand by all posts: one of which the reader did not get the last word stands as it is.
    `happenings` say what became of the dates that posts told: what was called off drops out, what was moved is told
    once.
    """
    scene = Scene(reader=reader, areas={area.id: area for area in areas}, now=now, summarise=summarise, heard=heard,
                  incidents=incidents, happenings=happenings)
    items = [narrowed(item, reader.area_order) for item in wanted(pending)]
    threads = [thread for thread in gather(items, scene) if not is_missed(thread, scene)]
    if not any(thread.fresh for thread in threads):
        return None
    status, sections = _sections(threads, scene)
    asked, dates = asked_rows(threads, scene), dated_rows(threads, scene)
    return Digest(
        reader=reader, slot=slot, house=house, status=status, sections=sections,
        asked=asked[:ROWS], dates=dates[:ROWS], more_asked=len(asked[ROWS:]),
        more_dates=sum(row.count for row in dates[ROWS:]),
        day=(day := day_of(slot.starts_at, scene.zone)), day_words=day_long(day, scene.words),
        contents=contents_line(asked, status, dates, sections, scene.words),
        headlines=headlines(threads, asked, dates, sections, scene),
        looks_after=join_words([scene.areas[area].label for area in reader.area_order if area in scene.areas],
                               scene.words),
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
    return Section(id=OUTAGES, label=scene.words.say("System status"), cards=cards, sent=_sent(threads, scene),
                   checklist=checklist)


def _section(area: str, threads: Sequence[Thread], scene: Scene) -> Section:
    cards = tuple(_card(thread, scene) for thread in _newest_first(threads))
    label = scene.areas[area].label if area in scene.areas else scene.words.say("Other")
    return Section(id=area, label=label, cards=cards, sent=_sent(threads, scene))


def _newest_first(threads: Sequence[Thread]) -> list[Thread]:
    fresh = [thread for thread in threads if thread.fresh]
    return sorted(fresh, key=lambda thread: written(thread.newest), reverse=True)


def _sent(threads: Sequence[Thread], scene: Scene) -> tuple[Line, ...]:
    """What was sent at once, one line each; beyond twenty, how many more."""
    had = [thread for thread in threads if not thread.fresh]
    lines = [Line(subject=thread.subject, note=_had(thread, scene)) for thread in had[:SENT]]
    if len(had) <= SENT:
        return tuple(lines)
    others = scene.words.count(len(had) - SENT, "and %(count)s more", "and %(count)s more")
    return (*lines, Line(subject=others, note=scene.words.say("sent to you at once")))


def _had(thread: Thread, scene: Scene) -> str:
    newest = max(item.sent_at for item in thread.items if item.sent_at is not None)
    return sent_words(newest, scene.now, scene.zone, scene.words)


# ── cards ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _card(thread: Thread, scene: Scene) -> Card:
    """The opening post of those at hand, the replies below it in the order they came."""
    return _laid(thread, thread.items, scene)


def _outage_card(thread: Thread, scene: Scene) -> Card:
    """The newest word of whoever told of it first on top, since it tells the current state; the others below, also the
    newer ones of those whom it hit as well."""
    items = thread.items[::-1]
    top = next((item for item in items if _speaks(item, thread) and _domain(item) == _domain(items[-1])), items[0])
    card = _laid(thread, [top, *(item for item in items if item is not top)], scene)
    if thread.outage is None:
        return card
    state = thread.outage.state
    return replace(card, state=scene.words.say(state.value), is_over=state.is_over,
                   window=window_words(thread.outage, scene.zone, scene.now, scene.words))


def _speaks(item: Pending, thread: Thread) -> bool:
    """Whether the reader has not had the post, and what it says still holds."""
    return item.sent_at is None and not is_overtaken(item, thread)


def _domain(item: Pending) -> str:
    return item.message.sender.domain if item.message.sender else ""


def _laid(thread: Thread, items: Sequence[Pending], scene: Scene) -> Card:
    opening, *others = items
    hidden, replies = _parted(others, newest_first=items[-1] is not thread.newest)
    mandatory = any(item.route.mandatory for item in items)
    return Card(
        thread=thread.id, subject=thread.subject, who=_people(items, scene.words), lists=lists_line(items),
        opening=_told(opening, thread, scene, SUMMARY),
        replies=tuple(_told(item, thread, scene, REPLY_SUMMARY) for item in replies),
        why=why_line(items, scene.reader, scene.areas, mandatory=mandatory), mandatory=mandatory, hidden=len(hidden),
        earlier=_earlier(hidden, scene.words) if hidden else "",
    )


def _earlier(hidden: Sequence[Pending], words: Words) -> str:
    return words.count(len(hidden), "%(count)s earlier reply from %(people)s",
                       "%(count)s earlier replies from %(people)s", people=_people(hidden, words))


def _parted(others: Sequence[Pending], *, newest_first: bool) -> tuple[Sequence[Pending], Sequence[Pending]]:
    """The older replies, only counted, and the newest, which are shown."""
    if newest_first:
        return others[REPLIES:], others[:REPLIES]
    return others[:-REPLIES], others[-REPLIES:]


def _told(item: Pending, thread: Thread, scene: Scene, limit: int) -> Post:
    """A post; one that a newer post overtook is marked. Where the reader has had the newer one, its words are left out,
    for they would contradict the state above; else they stay for what else they say."""
    told = _post(item, scene, limit)
    if item.sent_at is not None or not is_old(item, thread):
        return told
    old = replace(told, sent=scene.words.say("overtaken by a newer post"))
    if not is_overtaken(item, thread):
        return old
    return replace(old, summary="", paragraphs=(), is_cut=False, links=(), items=(), others=0, whole=None,
                   original=original(item.message))


def _post(item: Pending, scene: Scene, limit: int) -> Post:
    """A post in its own sentences, or the one line that says when the reader has had it."""
    message, words = item.message, scene.words
    who, when = who_wrote(message, words), posted(written(item), scene.now, scene.zone, words)
    if item.sent_at is not None:
        sent = sent_words(item.sent_at, scene.now, scene.zone, words)
        return Post(id=item.id, who=who, when=when, summary="", sent=sent)
    files = named_files(message.attachments, words)
    if items := item_lines(item, scene.summarise):
        return Post(id=item.id, who=who, when=when, summary="", items=items, files=files, others=item.others,
                    whole=whole(message))
    if scene.reader.full_texts:
        paragraphs, is_cut = paragraphs_of(message, WHOLE_TEXT)
        return Post(id=item.id, who=who, when=when, summary="", paragraphs=paragraphs, is_cut=is_cut, files=files,
                    whole=whole(message))
    summary = whole_sentences(" ".join(clean_text(scene.summarise(message)).split()), limit)
    shown = {url for _, url in linked(summary)}
    more = tuple(link for link in kept_links(message) if link.url not in shown)
    return Post(id=item.id, who=who, when=when, summary=summary, links=more, files=files, original=original(message))


def who_wrote(message: Message, words: Words = ENGLISH) -> str:
    """The sender's name in one line."""
    return clean_line(message.sender.label, 60) if message.sender else words.say("unknown sender")


def kept_links(message: Message) -> tuple[Link, ...]:
    """The web addresses of what was written now, at most five."""
    return tuple(Link(url=url, label=link_label(url)) for url in links(message.new_text or message.text, _LINKS))


def named_files(attachments: Sequence[Attachment], words: Words = ENGLISH) -> tuple[str, ...]:
    """Attachments by name and size, at most six and "3 more"."""
    named = (clean_line(file.name, 60) or words.say("no name") for file in attachments[:_FILES])
    sizes = (size_words(file.size, words) for file in attachments)
    told = [f"{name} ({size})" for name, size in zip(named, sizes, strict=False)]
    more = words.count(len(attachments) - _FILES, "%(count)s more", "%(count)s more")
    return (*told, more) if len(attachments) > _FILES else tuple(told)


def _people(items: Sequence[Pending], words: Words) -> str:
    names = list(dict.fromkeys(who_wrote(item.message, words) for item in items))
    if len(names) <= 3:
        return join_words(names, words)
    return words.count(len(names) - 2, "%(people)s and %(count)s other", "%(people)s and %(count)s others",
                       people=", ".join(names[:2]))


def lists_line(items: Sequence[Pending]) -> str:
    """The lists that these posts came through, each once."""
    return ", ".join(list(dict.fromkeys(list_name(name) for item in items for name in item.lists))[:6])
