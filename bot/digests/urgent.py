"""One message sent at once: what it is and when on top, what to prepare, then its own words.

The words stand as the post's own clean HTML where there is one, in the plain text as they were written. What came while
a reader had had enough mails for an hour stands as one list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from bot.digests.compose import lists_line, named_files, who_wrote
from bot.digests.newsletters import whole
from bot.digests.outages import Outage, State, outage_of, window_words
from bot.digests.phrases import (
    bare_subject,
    clean_text,
    day_long,
    day_of,
    posted,
    shorten,
    whole_sentences,
    window,
    zone_word,
)
from bot.digests.reasons import why_line
from bot.digests.render import Rendered, Templates
from bot.digests.texts import Paragraph, paragraphs_of
from bot.digests.threads import written
from bot.digests.values import OUTAGES, AreaView, House, Link, ReaderView, Summarise
from bot.digests.wording import Words
from bot.page import Page
from bot.types import Attachment, Event, Pending

LARGEST_TEXT = 20_000
#: The states that a subject says: those that are news.
_NEWS = (State.MOVED, State.BEGUN, State.CANCELLED, State.RESOLVED)
#: A subject that opens with its state needs no second one before it.
_TELLS = re.compile(
    r"(?i)(?:resolved|restored|cancell?ed|called off|postponed|rescheduled|moved|new (?:date|time)) ?[:–-]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remarks:
    """What one mail says besides: `lead` on top ("Please answer this mail …"), `opening` before the subject, and where
    a reply goes, as a sentence, when it does not go to the liaison."""

    opening: str = ""
    lead: str = ""
    reply_goes: str = ""


NONE = Remarks()


@dataclass(frozen=True, kw_only=True, slots=True)
class Urgent:
    """What the templates get. `paragraphs` hold lines of (words, web address or "") runs, `page` the post's own HTML,
    clean, which stands in their place; `is_news` says that the state belongs into the subject."""

    subject: str
    house: House
    state: str
    is_over: bool
    window: str
    is_news: bool
    checklist: tuple[str, ...]
    checklist_title: str
    why: str
    who: str
    when: str
    day_words: str
    lists: str
    files: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]
    is_cut: bool
    zone: str
    remarks: Remarks = NONE
    page: str = ""


def urgent(
    pending: Pending, reader: ReaderView, areas: Sequence[AreaView], now: datetime,
    *, templates: Templates, house: House, page: Page | None = None, remarks: Remarks = NONE,
) -> Rendered:
    """The mail for one reader about one message that cannot wait."""
    told = tell(pending, reader, {area.id: area for area in areas}, now, house)
    if page is not None:
        files = _beside(pending.message.attachments, page)
        told = replace(told, page=Markup(page.html), files=named_files(files, reader.words))  # the inbox has cleaned it
    told = replace(told, remarks=remarks)
    subject, language = _subject(told), reader.words.code
    values = {"urgent": told, "subject": subject, "preheader": _preheader(told)}
    return Rendered(
        subject=subject, preheader=_preheader(told), language=language,
        text=templates.text("urgent", values, language), html=templates.html("urgent", values, language),
        pictures=page.pictures if page else (),
    )


def tell(
    pending: Pending, reader: ReaderView, areas: Mapping[str, AreaView], now: datetime, house: House
) -> Urgent:
    """What the mail says, in the reader's zone."""
    message, zone, words = pending.message, reader.zone, reader.words
    is_outage = OUTAGES in (pending.route.area, *pending.reading.area_ids)
    outage = outage_of(message, pending.reading, _windows(pending), zone, now) if is_outage else None
    area = areas.get(OUTAGES)
    paragraphs, is_cut = paragraphs_of(message, LARGEST_TEXT)
    return Urgent(
        subject=bare_subject(message.subject, pending.lists, words), house=house,
        state=words.say(outage.state.value) if outage else "", is_news=bool(outage and outage.state in _NEWS),
        is_over=bool(outage and outage.state.is_over),
        window=window_words(outage, zone, now, words) if outage else _first_date(pending, reader, now),
        checklist=area.checklist if outage and area and not outage.state.is_over else (),
        checklist_title=_checklist_title(outage, words),
        why=why_line([pending], reader, areas, mandatory=pending.route.mandatory), who=who_wrote(message, words),
        when=posted(written(pending), now, zone, words), day_words=day_long(day_of(now, zone), words),
        lists=lists_line([pending]), files=named_files(message.attachments, words), paragraphs=paragraphs,
        is_cut=is_cut,
        zone=f"{zone_word(now.astimezone(zone))}, {zone.key}",
    )


def _checklist_title(outage: Outage | None, words: Words) -> str:
    """What the checklist is for, now."""
    is_begun = outage is not None and outage.state is State.BEGUN
    return words.say("What to do now") if is_begun else words.say("Before it starts")


def _beside(attachments: Sequence[Attachment], page: Page) -> list[Attachment]:
    """The files that are not shown as pictures already."""
    shown = {(picture.name, len(picture.raw)) for picture in page.pictures}
    return [file for file in attachments if (file.name, file.size) not in shown]


def _windows(pending: Pending) -> tuple[Event, ...]:
    return tuple(event for event in pending.reading.dates if event.type == "maintenance")


def _first_date(pending: Pending, reader: ReaderView, now: datetime) -> str:
    sure = (event for event in pending.reading.dates if event.sure)
    return next((window(event, reader.zone, now, reader.words) for event in sure), "")


def _subject(told: Urgent) -> str:
    """The subject as its writer put it, the state before it when it has changed, and the window behind it."""
    said = f"{told.state}: " if told.is_news and not _TELLS.match(told.subject) else ""
    state = f"{told.remarks.opening}: {said}" if told.remarks.opening else said
    when = f" ({told.window})" if told.window else ""
    return shorten(f"{state}{shorten(told.subject, 100)}{when}", 150).replace("\N{EN DASH}", "-")


def _preheader(told: Urgent) -> str:
    first = "".join(words for lines in told.paragraphs[:1] for runs in lines for words, _ in runs)
    return shorten(f"{told.window}. {first}" if told.window else first, 140)


# ── too many at once ──────────────────────────────────────────────────────────────────────────────────────────────

_GATHERED_WORDS = 360


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One message of the list: its head, its beginning in its own sentences, and where the whole of it can be read."""

    told: Urgent
    summary: str
    whole: Link | None = None


def gathered(
    several: Sequence[Pending], reader: ReaderView, areas: Sequence[AreaView], now: datetime,
    *, templates: Templates, house: House, summarise: Summarise, after_quiet: bool = False,
) -> Rendered:
    """One mail for all that came while a reader had had enough, or (`after_quiet`) was not to be disturbed: newest
    first, each as far as it can be acted upon."""
    known = {area.id: area for area in areas}
    newest = sorted(several, key=lambda item: (written(item), item.id), reverse=True)
    entries = [_entry(item, reader, known, now, house, summarise) for item in newest]
    words = reader.words
    if after_quiet:
        subject = words.count(len(entries), "%(count)s message marked urgent", "%(count)s messages marked urgent")
    else:
        subject = words.count(len(entries), "%(count)s more message marked urgent",
                              "%(count)s more messages marked urgent")
    preheader = shorten("; ".join(entry.told.subject for entry in entries), 140)
    values = {"entries": entries, "first": entries[0].told, "house": house, "subject": subject, "preheader": preheader,
              "after_quiet": after_quiet,
              "checklist": next((entry.told.checklist for entry in entries if entry.told.checklist), ())}
    return Rendered(subject=shorten(f"{subject}: {preheader}", 150), preheader=preheader, language=words.code,
                    text=templates.text("gathered", values, words.code),
                    html=templates.html("gathered", values, words.code))


def _entry(item: Pending, reader: ReaderView, areas: Mapping[str, AreaView], now: datetime, house: House,
           summarise: Summarise) -> Entry:
    summary = " ".join(clean_text(summarise(item.message)).split())
    return Entry(told=tell(item, reader, areas, now, house), summary=whole_sentences(summary, _GATHERED_WORDS),
                 whole=whole(item.message))
