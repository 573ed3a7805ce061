"""One message sent at once: what it is and when on top, what to prepare, then its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.digests.compose import lists_line, named_files, who_wrote, why_line
from bot.digests.outages import State, outage_of, window_words
from bot.digests.phrases import bare_subject, day_long, day_of, posted, shorten, window, zone_word
from bot.digests.render import Rendered, Templates
from bot.digests.texts import Paragraph, paragraphs_of
from bot.digests.threads import written
from bot.digests.values import OUTAGES, AreaView, House, ReaderView
from bot.types import Event, Pending

LARGEST_TEXT = 20_000
_SAID = {
    State.MOVED: "New time", State.BEGUN: "Going on now", State.CANCELLED: "Called off", State.RESOLVED: "Resolved",
}

@dataclass(frozen=True, kw_only=True, slots=True)
class Urgent:
    """What the templates get. `paragraphs` hold lines of (words, web address or "") runs."""

    subject: str
    house: House
    state: str
    is_over: bool
    window: str
    checklist: tuple[str, ...]
    why: str
    who: str
    when: str
    day_words: str
    lists: str
    files: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]
    is_cut: bool
    zone: str

    @property
    def checklist_title(self) -> str:
        """What the checklist is for, now."""
        return "What to do now" if self.state == State.BEGUN.value else "Before it starts"


def urgent(
    pending: Pending, reader: ReaderView, areas: Sequence[AreaView], now: datetime,
    *, templates: Templates, house: House,
) -> Rendered:
    """The mail for one reader about one message that cannot wait."""
    told = tell(pending, reader, {area.id: area for area in areas}, now, house)
    subject = _subject(told)
    values = {"urgent": told, "subject": subject, "preheader": _preheader(told)}
    return Rendered(
        subject=subject, preheader=_preheader(told),
        text=templates.text("urgent", values), html=templates.html("urgent", values),
    )


def tell(
    pending: Pending, reader: ReaderView, areas: Mapping[str, AreaView], now: datetime, house: House
) -> Urgent:
    """What the mail says, in the reader's zone."""
    message, zone = pending.message, reader.zone
    is_outage = OUTAGES in (pending.route.area, *pending.reading.area_ids)
    outage = outage_of(message, pending.reading, _windows(pending), zone, now) if is_outage else None
    area = areas.get(OUTAGES)
    paragraphs, is_cut = paragraphs_of(message, LARGEST_TEXT)
    return Urgent(
        subject=bare_subject(message.subject, pending.lists), house=house, state=outage.state.value if outage else "",
        is_over=bool(outage and outage.state.is_over),
        window=window_words(outage, zone, now) if outage else _first_date(pending, reader, now),
        checklist=area.checklist if outage and area and not outage.state.is_over else (),
        why=why_line([pending], mandatory=pending.route.mandatory), who=who_wrote(message),
        when=posted(written(pending), now, zone), day_words=day_long(day_of(now, zone)),
        lists=lists_line([pending]), files=named_files(message.attachments), paragraphs=paragraphs, is_cut=is_cut,
        zone=f"{zone_word(now.astimezone(zone))}, {zone.key}",
    )


def _windows(pending: Pending) -> tuple[Event, ...]:
    return tuple(event for event in pending.reading.dates if event.type == "maintenance")


def _first_date(pending: Pending, reader: ReaderView, now: datetime) -> str:
    sure = (event for event in pending.reading.dates if event.sure)
    return next((window(event, reader.zone, now) for event in sure), "")


def _subject(told: Urgent) -> str:
    """The subject as its writer put it, the state before it when it has changed, and the window behind it."""
    state = f"{told.state}: " if told.state in _SAID.values() else ""
    when = f" ({told.window})" if told.window else ""
    return shorten(f"{state}{shorten(told.subject, 100)}{when}", 150).replace("\N{EN DASH}", "-")


def _preheader(told: Urgent) -> str:
    first = "".join(words for lines in told.paragraphs[:1] for runs in lines for words, _ in runs)
    return shorten(f"{told.window}. {first}" if told.window else first, 140)
