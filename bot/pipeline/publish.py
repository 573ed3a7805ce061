"""Publish: write the mails that are due into the outbox, each once: what goes at once, digests, the liaison's report.

Which slot is due follows from the clock and from marks in the store, so a run more or less changes nothing: rows are
unique per reader and slot, and the mark of a slot moves only when every reader's row is written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.digests import compose as composing
from bot.digests import mail as mailing
from bot.digests import slots
from bot.digests.reminders import reminder_mail, with_reminders
from bot.digests.render import Rendered, render
from bot.digests.report import notice
from bot.digests.values import AreaView, Digest, House, ReaderView, SlotView
from bot.digests.wording import Words
from bot.pipeline.addresses import Addresses
from bot.pipeline.atonce import AtOnce
from bot.pipeline.care import Care, Trial
from bot.pipeline.dates import Dates, Part
from bot.pipeline.habits import whole_lists
from bot.pipeline.letters import Desk, Letters, pending_of
from bot.pipeline.receive import Judges
from bot.pipeline.reports import ReportDesk, Reports
from bot.pipeline.stationery import Stationery
from bot.pipeline.suspects import Suspects
from bot.pipeline.unfit import UNFIT, tell_unfit
from bot.rulebook import Rulebook
from bot.store.outbox import StaleRoutes
from bot.store.store import Store
from bot.store.values import RouteRow, Stored
from bot.types import Address, Delivery, DeliveryKind, Outgoing, Way

log = logging.getLogger(__name__)

REMINDERS = "reminders"
#: Bytes of posts that one digest carries with it; many servers refuse mails over 10 MB.
LARGEST_ORIGINALS = 7_000_000
_TRIES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What one run wrote into the outbox."""

    urgent: int = 0
    digests: int = 0
    empty: int = 0
    reports: int = 0
    reminders: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A digest as its reader would get it: its words, and the dates that hang on it."""

    rendered: Rendered
    calendar: bytes | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """All slots that are due for the readers of one zone: they become one mail, also after a long sleep."""

    zone: ZoneInfo
    keys: dict[Way, str]


class Publisher:
    """Writes what is due. Safe to call at any time, any number of times."""

    def __init__(self, store: Store, judges: Callable[[], Judges], stationery: Stationery, *, eager: bool,
                 calendars: Path | None = None, suspects: Suspects | None = None) -> None:
        """With `eager` the newest slot is due at the very first start; else the first digest waits for its hour.
        `calendars` is the folder of the calendar files; without one none are kept. `suspects` notes what is composed.
        """
        self._store = store
        self._judges = judges
        self._paper = stationery
        self._eager = eager
        self._settled: dict[str, str | None] = {}
        domain = stationery.sender.address.rpartition("@")[2]
        self._care = Care(store, suspects or Suspects(), self.tell, lambda: judges().book.version)
        self._dates = Dates(store, judges, self._house, domain, calendars, words=self._words, care=self._care)
        self._at_once = AtOnce(store, judges, Letters(store, judges, self._desk()), self.tell, self._care,
                               per_hour=stationery.urgent_per_hour)
        self._addresses = Addresses(store, judges, self.tell)
        desk = ReportDesk(templates=stationery.templates, house=self._house, reader=self._reader, write=self._report,
                          is_open=self._is_open, mark=_mark)
        self.reports = Reports(store, judges, desk, stationery.director, self._care, eager=eager)

    def close(self) -> None:
        """Nothing more is published."""
        self._care.close()

    def publish(self, now: datetime) -> Published:
        """All that is due by now."""
        done = replace(self.publish_urgent(now), reports=0)
        self._dates.enter(now)
        stored: dict[int, Stored] = {}
        digests = empty = 0
        for due in self._due(now):
            for reader in self._readers(due.zone, now):
                written = self._digest(reader, due, now, stored)
                digests, empty = digests + (written is True), empty + (written is False)
            self._settle(due, now)
        reminders = self._remind(now)
        self._dates.keep_files(now)
        self._paper.templates.forget()
        stored.clear()  # the report reads the day's mail again: both at once would double the daemon's memory
        return replace(done, digests=digests, empty=empty, reminders=reminders, reports=self.reports.publish(now))

    # ── at once ──

    def publish_urgent(self, now: datetime) -> Published:
        """A mail of its own for every route that is to go at once, now; first, who is written to in whose place."""
        self._addresses.look(now)
        return Published(urgent=self._at_once.run(now))

    # ── digests ──

    def _due(self, now: datetime) -> Iterable[_Due]:
        """The slots of each zone whose newest moment has not been settled."""
        book, default = self._judges().book, self._judges().zone
        zones = {zone.key: zone for zone in (book.zone(person, default) for person in book.people)}
        for zone in zones.values():
            newest = {name: slots.key(name, slots.latest(slot, now, zone)) for name, slot in book.slots.items()}
            keys = {Way(name): key for name, key in newest.items() if self._is_open(name, key, zone, now)}
            if keys:
                yield _Due(zone=zone, keys=keys)

    def _is_open(self, name: str, key: str, zone: ZoneInfo, now: datetime) -> bool:
        # A slot that is settled stays settled, and this is asked every few seconds for ever.
        if self._settled.get(_mark(name, zone)) == key:
            return False
        self._settled[_mark(name, zone)] = settled = self._store.health.mark(_mark(name, zone))
        if settled is None and not self._eager:
            self._store.health.set_mark(_mark(name, zone), slots.met(key, now), now)
            return False
        return slots.is_open(name, key, settled, self._judges().book.slots.get(name), now, zone)

    def _settle(self, due: _Due, now: datetime) -> None:
        for way, key in due.keys.items():
            self._store.health.set_mark(_mark(way.value, due.zone), key, now)

    def _readers(self, zone: ZoneInfo, now: datetime) -> list[ReaderView]:
        """Everybody of a zone who is not on leave: what waits for the others waits for their first day back."""
        book, default = self._judges().book, self._judges().zone
        today = now.astimezone(zone).date()
        return [
            self._reader(name) for name, person in book.people.items()
            if book.zone(name, default).key == zone.key and not person.is_away(today)
        ]

    def _digest(self, reader: ReaderView, due: _Due, now: datetime, stored: dict[int, Stored]) -> bool | None:
        """True: a digest was written; False: nothing new; None: not this reader's slot, or written before."""
        keys = {way: key for way, key in due.keys.items() if not self._store.outbox.has(reader.id, key)}
        for _ in range(_TRIES):
            try:
                return self._compose(reader, keys, now, stored) if keys else None
            except StaleRoutes:
                log.info("recomposing reader=%s", reader.id)
        return None

    def _compose(self, reader: ReaderView, keys: dict[Way, str], now: datetime,
                 stored: dict[int, Stored]) -> bool | None:
        waiting, way = self._store.archive.waiting(reader.id, keys), next(iter(keys))

        def trial(some: Sequence[RouteRow]) -> Trial:
            made = self._composer(reader, some, way, now, stored)
            return lambda: (digest := made()) and render(digest, self._paper.templates)

        with self._care.over(f"digest {reader.id}", waiting, lambda row: row.message, trial, now) as rows:
            if rows is not None:
                return self._write(reader, keys, rows, now, stored)
        self._give_up(reader, keys, now)
        return None

    def _give_up(self, reader: ReaderView, keys: dict[Way, str], now: datetime) -> None:
        """The digest is not written this time; what it would carry waits for the next one."""
        for key in keys.values():
            self._store.outbox.nothing_new(reader.id, key, "it could not be composed", now)
        self._care.give_up(f"digest {reader.id}", f"The digest for {reader.name}", now)

    def _write(self, reader: ReaderView, keys: dict[Way, str], rows: Sequence[RouteRow], now: datetime,
               stored: dict[int, Stored]) -> bool | None:
        try:
            laid = self._laid_out(reader, rows, next(iter(keys)), now, stored)
        except UNFIT:
            rows = self._fit(reader, rows, next(iter(keys)), now, stored)
            laid = self._laid_out(reader, rows, next(iter(keys)), now, stored)
        if laid is None:
            return self._note_nothing(reader, keys, now)
        key, *others = keys.values()
        digest, part, rendered = laid
        originals = self._originals(digest) if reader.originals else ()
        mail = self._outgoing(reader, key, "digest", rendered, self._house().sender, now, digest.items, originals,
                              part.calendar)
        carried = [row.id for row in rows if row.message in digest.items]
        if not self._store.outbox.queue(mail, carried, now, told=part.told):
            return None
        for other in others:
            self._store.outbox.nothing_new(reader.id, other, f"in {key}", now)
        return True

    def _laid_out(self, reader: ReaderView, rows: Sequence[RouteRow], way: Way, now: datetime,
                  stored: dict[int, Stored]) -> tuple[Digest, Part, Rendered] | None:
        """A digest with the dates that hang on it; None when there is nothing new to tell."""
        digest = self.compose(reader, rows, way, now, stored)
        if digest is None:
            return None
        part = self._dates.part(reader, digest.items, now)
        return digest, part, render(with_reminders(digest, part.reminders), self._paper.templates)

    def _fit(self, reader: ReaderView, rows: Sequence[RouteRow], way: Way, now: datetime,
             stored: dict[int, Stored]) -> list[RouteRow]:
        """The routes whose messages can be laid out. One that cannot keeps back no other; the liaison is told of it."""
        fit: list[RouteRow] = []
        for row in rows:
            try:
                self._laid_out(reader, [row], way, now, stored)
                fit.append(row)
            except UNFIT as wrong:
                tell_unfit(self._store, row.message, wrong, now)
        return fit

    def _originals(self, digest: Digest) -> tuple[mailing.Original, ...]:
        """The posts as they came, as far as a mail can carry them."""
        found: list[mailing.Original] = []
        room = LARGEST_ORIGINALS
        for number, subject in digest.shown:
            raw = self._store.archive.raw(number)
            if len(raw) <= room:
                found.append(mailing.Original(name=subject, raw=raw))
                room -= len(raw)
        return tuple(found)

    def _note_nothing(self, reader: ReaderView, keys: dict[Way, str], now: datetime) -> bool | None:
        """A row that says so, for readers who have chosen this slot; others are not even mentioned."""
        chosen = set(self._judges().book.people[reader.id].areas.values())
        for key in [key for way, key in keys.items() if way in chosen]:
            self._store.outbox.nothing_new(reader.id, key, "nothing new", now)
        return False if chosen.intersection(keys) else None

    def compose(self, reader: ReaderView, rows: Sequence[RouteRow], way: Way, now: datetime,
                stored: dict[int, Stored] | None = None) -> Digest | None:
        """The digest that these routes make, sending and storing nothing: `preview` shows it too."""
        digest = self._composer(reader, rows, way, now, stored)()
        return digest and replace(digest, whole_lists=whole_lists(self._store, reader.id, now, reader.zone))

    def _composer(self, reader: ReaderView, rows: Sequence[RouteRow], way: Way, now: datetime,
                  stored: dict[int, Stored] | None) -> Callable[[], Digest | None]:
        """All that composing needs, read from the store; what it returns composes and reads nothing."""
        archive, known = self._store.archive, {} if stored is None else stored
        missing = {row.message for row in rows} - known.keys()
        known.update(archive.many(missing) if missing else {})
        pending = [pending_of(row, known[row.message]) for row in rows
                   if row.message in known and known[row.message].message is not None]
        say = reader.words.say
        label = say("Library digest") if way is not Way.WEEKLY else say("Weekly library digest")
        slot = SlotView(name=way.value, label=label, starts_at=now)
        incidents = {item.incident for item in pending if item.incident is not None}
        return partial(composing.compose, reader, slot, pending, _areas(self._judges().book), now,
                       summarise=self._paper.summarise, house=self._house(),
                       heard=archive.told(reader.id, incidents), incidents=archive.incidents(incidents),
                       happenings=self._dates.of_posts([item.id for item in pending], now))

    def preview(self, reader: str, now: datetime, rows: Sequence[RouteRow] | None = None,
                stored: dict[int, Stored] | None = None, *, slot: Way | None = None) -> Preview | None:
        """The digest this reader would get now, with everything that waits for any slot, or for one; or with other
        `rows`, whose messages may be read differently (`stored`)."""
        view, ways = self._reader(reader), [slot] if slot else [Way.NOW, Way.DAILY, Way.WEEKLY]
        if rows is None:
            rows = self._store.archive.waiting(reader, ways)
        chosen = [row for row in rows if row.route.way in ways or row.sent_at is not None]
        digest = self.compose(view, chosen, slot or Way.DAILY, now, stored)
        if digest is None:
            return None
        part = self._dates.part(view, digest.items, now)
        rendered = render(with_reminders(digest, part.reminders), self._paper.templates)
        return Preview(rendered=rendered, calendar=part.calendar)

    # ── reminders ──

    def _remind(self, now: datetime) -> int:
        """A mail of its own for whom no digest of the day has reminded, once the day's digests are written."""
        book, default, written = self._judges().book, self._judges().zone, 0
        zones = {zone.key: zone for zone in (book.zone(person, default) for person in book.people)}
        for zone in zones.values():
            moment = slots.last_of_day(book.slots.values(), now, zone)
            if moment is None or moment > now:
                continue
            if self._is_open(REMINDERS, key := slots.key(REMINDERS, moment), zone, now):
                written += sum(self._remind_reader(reader, key, now) for reader in self._readers(zone, now))
                self._store.health.set_mark(_mark(REMINDERS, zone), key, now)
        return written

    def _remind_reader(self, reader: ReaderView, key: str, now: datetime) -> bool:
        if self._store.outbox.has(reader.id, key):
            return False
        part = self._dates.part(reader, (), now)
        if not part.reminders:
            return False
        paper = self._paper.templates
        write = partial(reminder_mail, part.reminders, reader, now, house=self._house(), templates=paper)
        with self._care.over_one(name := f"reminder {reader.id}", lambda: write) as why_not:
            if why_not:
                self._care.give_up(name, f"A reminder for {reader.name}", now)
                return False
            mail = self._outgoing(reader, key, "reminder", write(), self._house().sender, now, calendar=part.calendar)
            return self._store.outbox.queue(mail, (), now, told=part.told)

    # ── to the liaison ──

    def _report(self, reader: ReaderView, slot: str, rendered: Rendered, now: datetime) -> Outgoing:
        return self._outgoing(reader, slot, "report", rendered, self._house().sender, now)

    def tell(self, key: str, title: str, paragraphs: Sequence[str], now: datetime, *,
             to: ReaderView | None = None) -> bool:
        """A notice to the liaison, or to somebody else, once for each key."""
        rendered = notice(title, paragraphs, templates=self._paper.templates, house=self._house())
        reader = to or self._reader(self._judges().liaison)
        mail = self._outgoing(reader, f"notice:{key}", "notice", rendered, self._house().sender, now)
        return self._store.outbox.queue(mail, (), now)

    def tell_failed(self, failed: Sequence[Delivery], now: datetime) -> int:
        """A notice for each mail that a server refused for good; a notice that was refused is not told by another."""
        return sum(
            self.tell(f"failed:{delivery.id}", f"A mail to {delivery.recipient} could not be delivered", [
                f"The mail server refused the mail for {delivery.recipient} ({delivery.slot}) for good.",
                "If this person has left, take the address out of people.yaml; else mend it there.",
            ], now)
            for delivery in failed if delivery.kind != "notice"
        )

    # ── what all mails share ──

    def _desk(self) -> Desk:
        paper = self._paper
        return Desk(templates=paper.templates, bounces=paper.sender.bounces, answers=paper.answers,
                    list_identifier=paper.sender.list_identifier, summarise=paper.summarise, new_id=paper.new_id,
                    house=self._house, reader=self._reader, sign=paper.sign)

    def _house(self) -> House:
        """Asked each time: the liaison's address may change with an edit."""
        judges, sender = self._judges(), self._paper.sender
        liaison = judges.book.people[judges.liaison]
        return House(library=self._paper.library, liaison=Address(address=liaison.address, name=liaison.name),
                     sender=Address(address=sender.address, name=sender.name))

    def _reader(self, name: str) -> ReaderView:
        judges = self._judges()
        person, instead = judges.book.people[name], self._addresses.in_place_of(name)
        other = judges.book.people[instead] if instead else None
        in_care_of = Address(address=other.address, name=other.name) if other else None
        return ReaderView(id=name, name=person.name, address=person.address,
                          zone=judges.book.zone(name, judges.zone), area_order=tuple(person.areas),
                          full_texts=person.posts == "full", originals=person.originals,
                          words=self._words(instead or name), in_care_of=in_care_of)

    def _words(self, name: str | None = None) -> Words:
        """The words of a reader's language; without a reader those of the library's."""
        person = self._judges().book.people.get(name) if name else None
        return self._paper.templates.words((person.language if person else None) or self._paper.language)

    def _outgoing(self, reader: ReaderView, slot: str, kind: DeliveryKind, rendered: Rendered, sender: Address,
                  now: datetime, items: tuple[int, ...] = (),
                  originals: tuple[mailing.Original, ...] = (), calendar: bytes | None = None) -> Outgoing:
        domain = self._paper.sender.address.rpartition("@")[2]
        message_id = f"<{kind}.{self._paper.new_id()}@{domain}>"
        rendered = mailing.addressed(rendered, reader)
        raw = mailing.build(
            rendered, sender=sender, recipient=reader.recipient, reply_to=self._house().liaison, message_id=message_id,
            date=now.astimezone(reader.zone), list_id=self._paper.sender.list_identifier, originals=originals,
            calendar=calendar,
        )
        raw = self._paper.sign(raw)
        log.info("composed slot=%s reader=%s items=%d bytes=%d", slot, reader.id, len(items), len(raw))
        return Outgoing(reader=reader.id, slot=slot, kind=kind, recipient=reader.recipient.address,
                        message_id=message_id, envelope_sender=self._paper.sender.bounces, subject=rendered.subject,
                        raw=raw, items=items)


def _mark(name: str, zone: ZoneInfo) -> str:
    return slots.mark(name, zone)


def _areas(book: Rulebook) -> list[AreaView]:
    return [AreaView(id=name, label=area.label, checklist=area.checklist) for name, area in book.areas.items()]
