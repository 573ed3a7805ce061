"""Writing what goes at once: the page, the pictures, the thread it belongs to, where replies go, who must answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import headers
from bot.digests import mail as mailing
from bot.digests.render import Rendered, Templates
from bot.digests.urgent import NONE, Remarks, gathered, urgent
from bot.digests.values import AreaView, House, ReaderView
from bot.digests.wording import Words
from bot.inbox.page import page_of
from bot.outbox.signing import Sign, unsigned
from bot.page import Page
from bot.pipeline.receive import Judges, decide_again, told
from bot.rule import ReplyTo
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.store.values import RouteRow, Stored
from bot.types import Address, Message, Outgoing, Pending

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What all letters share: whose they are, how a reader is seen, and where new ids come from. `answers` is an
    address of a mailbox that the bot reads; without one answers go to the liaison."""

    templates: Templates
    bounces: str
    list_identifier: str
    summarise: Callable[[Message], str]
    new_id: Callable[[], str]
    house: Callable[[], House]
    reader: Callable[[str], ReaderView]
    answers: Address | None = None
    sign: Sign = unsigned


class Letters:
    """Finished mails, stored nowhere yet. What the readers of one message share is made once a run."""

    def __init__(self, store: Store, judges: Callable[[], Judges], desk: Desk) -> None:
        self._store = store
        self._judges = judges
        self._desk = desk
        self._pages: dict[int, Page | None] = {}
        self._rules: dict[int, list[str]] = {}

    def forget(self) -> None:
        """A new run begins."""
        self._pages.clear()
        self._rules.clear()

    def reader(self, name: str) -> ReaderView:
        """A reader by id."""
        return self._desk.reader(name)

    def urgent(self, pending: Sequence[Pending], stored: Sequence[Stored], reader: ReaderView,
               thread: Sequence[str], now: datetime, *, after_quiet: bool = False,
               ) -> tuple[Outgoing, dict[int, timedelta]]:
        """The mail about one message, or one about several; and the messages that want an answer, and how soon.

        `thread` are the Message-IDs of what this reader was sent at once about the same downtime; `after_quiet` says
        that several waited for quiet hours or holidays to end.
        """
        awaits = {one.id: span for one in stored if (span := self._span(one))}
        if len(pending) > 1:
            return self._list(pending, stored, reader, thread, now, after_quiet=after_quiet), awaits
        first, item = stored[0], pending[0]
        remarks = (self._remarks(reader, min(awaits.values()), now) if awaits
                   else self._reply_remarks(first, reader.words))
        return self._single(item, first, reader, remarks, f"now:{first.id}", thread, now), awaits

    def trial(self, pending: Sequence[Pending], stored: Sequence[Stored], reader: ReaderView,
              now: datetime) -> Callable[[], object]:
        """What lays such a mail out and reads nothing from the store: for a child."""
        desk, areas, house = self._desk, self._areas(), self._desk.house()
        first = stored[0].message
        raw = self._store.archive.raw(stored[0].id)

        def lay_out() -> Rendered:
            if len(pending) > 1:
                return gathered(pending, reader, areas, now, templates=desk.templates, house=house,
                                summarise=desk.summarise)
            return urgent(pending[0], reader, areas, now, templates=desk.templates, house=house,
                          page=page_of(raw, first) if first else None, remarks=NONE)

        return lay_out

    def second(self, pending: Pending, stored: Stored, deputy: ReaderView, remarks: Remarks, now: datetime) -> Outgoing:
        """The mail to a deputy when nobody has answered."""
        return self._single(pending, stored, deputy, remarks, f"deputy:{stored.id}", (), now)

    def _list(self, pending: Sequence[Pending], stored: Sequence[Stored], reader: ReaderView, thread: Sequence[str],
              now: datetime, *, after_quiet: bool) -> Outgoing:
        desk, numbers = self._desk, tuple(sorted(one.id for one in stored))
        rendered = gathered(pending, reader, self._areas(), now, templates=desk.templates, house=desk.house(),
                            summarise=desk.summarise, after_quiet=after_quiet)
        return self._outgoing(rendered, reader, f"list:{numbers[0]}", numbers, desk.house().sender, now,
                              thread=thread, reply_to=self._answers())

    def _single(self, item: Pending, stored: Stored, reader: ReaderView, remarks: Remarks, slot: str,
                thread: Sequence[str], now: datetime) -> Outgoing:
        desk, page = self._desk, self._page(stored)
        rendered = urgent(item, reader, self._areas(), now, templates=desk.templates, house=desk.house(), page=page,
                          remarks=remarks)
        sender = mailing.via(desk.house().sender, stored.lists, desk.house().consortium, reader.words)
        return self._outgoing(rendered, reader, slot, (stored.id,), sender, now, thread=thread,
                              reply_to=self._reply_to(stored))

    def _outgoing(self, rendered: Rendered, reader: ReaderView, slot: str, items: tuple[int, ...], sender: Address,
                  now: datetime, *, thread: Sequence[str], reply_to: Address) -> Outgoing:
        desk, liaison = self._desk, self._desk.house().liaison
        rendered = mailing.addressed(rendered, reader)
        message_id = f"<urgent.{desk.new_id()}@{sender.domain}>"
        raw = mailing.build(
            rendered, sender=sender, recipient=reader.recipient, reply_to=reply_to, message_id=message_id,
            date=now.astimezone(reader.zone), list_id=desk.list_identifier, liaison=liaison,
            references=list(dict.fromkeys(thread)),
        )
        raw = desk.sign(raw)
        log.info("composed slot=%s reader=%s items=%d bytes=%d", slot, reader.id, len(items), len(raw))
        return Outgoing(reader=reader.id, slot=slot, kind="urgent", recipient=reader.recipient.address,
                        message_id=message_id, envelope_sender=desk.bounces, subject=rendered.subject, raw=raw,
                        items=items)

    def _page(self, stored: Stored) -> Page | None:
        if stored.id not in self._pages:
            message = stored.message
            self._pages[stored.id] = page_of(self._store.archive.raw(stored.id), message) if message else None
        return self._pages[stored.id]

    # ── where replies go ──

    @property
    def _book(self) -> Rulebook:
        return self._judges().book

    def _areas(self) -> list[AreaView]:
        return [AreaView(id=name, label=area.label, checklist=area.checklist)
                for name, area in self._book.areas.items()]

    def _held(self, stored: Stored) -> list[str]:
        """The names of the rules that hold for a message, by the evaluation that routed it."""
        if stored.id not in self._rules:
            decision = decide_again(stored, self._judges(), told(stored, self._store.alerts.readers))
            self._rules[stored.id] = [outcome.rule for outcome in decision.trail if outcome.held]
        return self._rules[stored.id]

    def _span(self, stored: Stored) -> timedelta | None:
        """How long an answer may take; nobody needs to answer that something is over."""
        post = stored.reading.outage_post
        is_over = post is not None and post.stage in ("resolved", "cancelled", "report")
        return None if is_over else self._book.acknowledge(self._held(stored))

    def _answers(self) -> Address:
        return self._desk.answers or self._desk.house().liaison

    def _reply_to(self, stored: Stored) -> Address:
        """Where a reply goes: to a mailbox that the bot reads where an answer is wanted, else as the rules say."""
        if self._span(stored):
            return self._answers()
        return _address(self._book.reply_to(self._held(stored)), stored) or self._desk.house().liaison

    def _reply_remarks(self, stored: Stored, words: Words) -> Remarks:
        wanted = self._book.reply_to(self._held(stored))
        found = _address(wanted, stored)
        if found is None:
            return NONE
        if wanted == "list":
            return Remarks(reply_goes=words.say("A reply goes to the whole list %(list)s.", list=found.address))
        return Remarks(reply_goes=words.say("A reply goes to %(name)s, who wrote this.", name=found.label))

    def _remarks(self, reader: ReaderView, span: timedelta, now: datetime) -> Remarks:
        """What is asked of a reader whose answer is wanted, and who is told next."""
        person = self._book.people[reader.id]
        today = now.astimezone(reader.zone).date()
        named = person.deputy if person.deputy and not self._book.people[person.deputy].is_away(today) else None
        deputy = self._book.people[named or self._judges().liaison]
        words = reader.words
        lead = words.say("Please answer this mail; one word is enough.")
        if deputy is person:
            return Remarks(lead=lead)
        told_next = words.say("Without an answer from anybody within %(time)s, %(name)s gets it, too.",
                              time=_span(int(span.total_seconds() // 60), words), name=deputy.name)
        return Remarks(lead=f"{lead} {told_next}")


def _address(wanted: ReplyTo, stored: Stored) -> Address | None:
    """The address that a rule names, where the post has one that can be written to."""
    message = stored.message
    if message is None or wanted == "liaison":
        return None
    if wanted == "sender":
        return _usable(message.sender)
    listed = headers.list_identifier(message.header("list-post") or "") or ""
    return _usable(headers.mailbox(listed) if "@" in listed else None)


def _usable(address: Address | None) -> Address | None:
    return address if address is not None and mailing.is_address(address) else None


def _span(minutes: int, words: Words) -> str:
    if minutes % 60:
        return words.count(minutes, "%(count)s minute", "%(count)s minutes")
    return words.count(minutes // 60, "an hour", "%(count)s hours")


def pending_of(row: RouteRow, stored: Stored) -> Pending:
    """A stored message on its way to one reader."""
    if stored.message is None:
        raise ValueError(f"message {stored.id} was never read")
    return Pending(id=stored.id, message=stored.message, reading=stored.reading, route=row.route, lists=stored.lists,
                   thread=stored.thread, received_at=stored.received_at, sent_at=row.sent_at, incident=stored.incident)
