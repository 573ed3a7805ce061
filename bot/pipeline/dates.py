"""Dates: posts are entered as happenings, readers are told of them once, and the calendar files are kept current.

Each step may be repeated at any time: a post is entered with the mark that says so, and what a reader is told is noted
in the transaction that writes the mail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from bot.digests.calendar import PRODUCT, publish
from bot.digests.reminders import due, reminder
from bot.digests.values import Happenings, House, ReaderView, Reminder
from bot.digests.wording import ENGLISH, Words
from bot.errors import SendError
from bot.happening import Happening
from bot.outbox.calendars import CalendarFolder
from bot.pipeline.care import Care
from bot.pipeline.receive import Judges
from bot.pipeline.suspects import Suspects
from bot.reading.happenings import enter, uids
from bot.reading.tellings import Post, is_silent, post_of
from bot.store.store import Store
from bot.store.values import Noted, Stored, Told

log = logging.getLogger(__name__)

FAULT = "calendars"
#: So many posts are entered between two looks at the store; and no mail carries more dates.
_BATCH, _MOST = 200, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one mail tells its reader of dates: the calendar part, the reminders, and what is then noted as told."""

    calendar: bytes | None = None
    reminders: tuple[Reminder, ...] = ()
    told: tuple[Told, ...] = ()


class Dates:
    """The happenings, from posts to readers."""

    def __init__(self, store: Store, judges: Callable[[], Judges], house: Callable[[], House], domain: str,
                 folder: Path | None, *, words: Callable[[str | None], Words] = lambda name: ENGLISH,
                 care: Care | None = None) -> None:
        """`domain` is the right-hand side of our UIDs; without a `folder` no calendar files are kept. `words` are those
        of a reader, by id, or of the library."""
        self._store, self._judges, self._house, self._domain = store, judges, house, domain
        self._words = words
        self._care = care or Care(store, Suspects(), lambda *_: False, lambda: "")
        self._folder = CalendarFolder(folder, PRODUCT) if folder is not None else None
        self._kept: tuple[date, str] | None = None
        self._known: tuple[datetime, dict[int, Happening]] | None = None

    # ── posts → happenings ──

    def enter(self, now: datetime) -> int:
        """Enter the dates of all posts that are routed and not yet entered; returns how many posts that were."""
        entered = 0
        while waiting := self._store.calendar.waiting(_BATCH):
            stored = self._store.archive.many(waiting)
            known = {one.uid: one for one in self._store.calendar.ahead(now).values()}
            for number in waiting:
                self._enter_safely(stored[number], known, now)
            entered += len(waiting)
        if entered:
            self._kept = self._known = None
        return entered

    def _enter_safely(self, stored: Stored, known: dict[str, Happening], now: datetime) -> None:
        """One bad post stops nothing: it is entered without dates."""
        try:
            with self._care.over_one(f"dates {stored.id}", lambda: partial(self._tried, stored, known, now)) as why_not:
                if why_not:
                    self._care.set_apart(stored.id, why_not, now)
                    self._store.calendar.enter(stored.id, (), self._judges().zone)
                else:
                    self._enter(stored, known, now)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as wrong:
            log.error("dates-unreadable message=%d error=%s", stored.id, type(wrong).__name__)
            self._store.calendar.enter(stored.id, (), self._judges().zone)

    def _enter(self, stored: Stored, known: dict[str, Happening], now: datetime) -> None:
        """One post; what it changes is known to the posts after it."""
        zone = self._judges().zone
        post = _post(stored, self._judges())
        if post is None or is_silent(post):
            self._store.calendar.enter(stored.id, (), zone)
            return
        # An invitation may speak of one that is over, under the same UID.
        named = [uid for uid in uids(post, self._domain) if uid not in known]
        past = {one.uid: one for one in self._store.calendar.named(named).values()} if named else {}
        entries = enter(post, {**known, **past}.values(), zone, now, self._domain,
                        again=self._store.calendar.is_entered(stored.id))
        numbers = self._store.calendar.enter(
            stored.id, ((one.happening, one.areas, one.among) for one in entries), zone)
        known.update((one.happening.uid, replace(one.happening, id=numbers[one.happening.uid])) for one in entries)

    def _tried(self, stored: Stored, known: dict[str, Happening], now: datetime) -> None:
        """What entering a post works out; nothing is stored and nothing looked up."""
        post = _post(stored, self._judges())
        if post is not None and not is_silent(post):
            enter(post, known.values(), self._judges().zone, now, self._domain, again=False)

    # ── happenings → one reader ──

    def part(self, reader: ReaderView, items: Collection[int], now: datetime) -> Part:
        """What a mail to this reader that carries these posts tells of dates: what is new or changed since their last
        one, and the reminders that are due."""
        ahead = self._ahead(now)
        if not ahead:
            return Part()
        posts, told = self._store.calendar.known(reader.id, now)
        noted = [one for one in posts if concerns(one, reader)]
        mine = {one.happening for one in noted if one.sent_at is not None or one.message in items}
        fresh = [one for one in ahead.values() if _is_news(one, told.get(one.id), mine)][:_MOST]
        heard = {**_by_posts(noted, ahead), **told}
        names = {number: name for number, one in heard.items()
                 if number in ahead and (name := due(ahead[number], one, reader.zone, now))}
        # What a post of this very mail tells again needs no line of its own.
        here = {one.happening for one in noted if one.message in items}
        reminders = [reminder(ahead[number], heard[number], reader.zone, now, reader.words)
                     for number in names if number not in here]
        return Part(
            calendar=publish(fresh, self._house(), self._labels(), words=reader.words) if fresh else None,
            reminders=tuple(sorted(reminders, key=lambda one: (one.day, one.times, one.subject))),
            told=tuple(_after(number, fresh, heard, names, now)
                       for number in sorted({one.id for one in fresh} | names.keys())),
        )

    def of_posts(self, posts: Collection[int], now: datetime) -> Happenings:
        """What became of the dates that these posts told, as far as they are ahead."""
        ahead = self._ahead(now)
        told = [(message, ahead[number]) for message, number in self._store.calendar.of_posts(posts)
                if number in ahead] if ahead and posts else []
        before = {(message, start): one for message, one in told for start in one.starts}
        return {**before, **{(message, one.start): one for message, one in told}}

    def _ahead(self, now: datetime) -> dict[int, Happening]:
        """All that is ahead, read once for all readers of one run."""
        if self._known is None or self._known[0] != now:
            self._known = now, self._store.calendar.ahead(now)
        return self._known[1]

    def _labels(self) -> dict[str, str]:
        return {name: area.label for name, area in self._judges().book.areas.items()}

    # ── the files ──

    def keep_files(self, now: datetime) -> int:
        """Bring the calendar files up to date, when anything may have changed; returns how many were written."""
        judges = self._judges()
        state = now.astimezone(judges.zone).date(), judges.book.version
        if self._folder is None or self._kept == state:
            return 0
        try:
            written = self._folder.keep(self._library(now), dict(self._readers(now)))
        except SendError as wrong:
            self._store.health.fault(FAULT, wrong.what, wrong.mend, now)
            return 0
        self._kept = state
        self._store.health.clear(FAULT, now)
        log.info("calendars-kept written=%d", written)
        return written

    def _library(self, now: datetime) -> bytes:
        house, routed = self._house(), self._store.calendar.routed(now)
        shown = [one for number, one in self._ahead(now).items() if number in routed]
        words = self._words(None)
        return publish(shown, house, self._labels(), words.say("%(library)s: dates", library=house.library), words)

    def _readers(self, now: datetime) -> Iterable[tuple[str, bytes]]:
        house, labels, ahead = self._house(), self._labels(), self._ahead(now)
        for name, person in self._judges().book.people.items():
            view = ReaderView(id=name, name=person.name, address=person.address, zone=self._judges().zone,
                              area_order=tuple(person.areas), words=self._words(name))
            noted, told = self._store.calendar.known(name, now)
            mine = {one.happening for one in noted if concerns(one, view)} | told.keys()
            shown = [one for number, one in ahead.items() if number in mine]
            title = view.words.say("%(library)s: dates for %(name)s", library=house.library, name=person.name)
            yield name, publish(shown, house, labels, title, view.words)


def _post(stored: Stored, judges: Judges) -> Post | None:
    message = stored.message
    if message is None:
        return None
    sender = message.sender.address if message.sender else ""
    name = message.message_id or f"{sender}|{message.date}|{message.subject}"
    at = min(message.date or stored.received_at, stored.received_at)
    return post_of(message, stored.reading, at=at, name=name, thread=stored.thread, incident=stored.incident,
                   lists=stored.lists or message.lists, zone=judges.zone)


def concerns(noted: Noted, reader: ReaderView) -> bool:
    """Whether a newsletter's item is one of those that the reader is shown (see `bot.digests.newsletters`)."""
    wanted = {*reader.area_order, *([noted.area] if noted.area else [])}
    return not wanted.intersection(noted.among) or bool(wanted.intersection(noted.areas))


def _by_posts(noted: Iterable[Noted], ahead: Mapping[int, Happening]) -> dict[int, Told]:
    """What a reader heard by mail that carries no calendar: the posts that went at once."""
    return {one.happening: Told(happening=one.happening, sequence=ahead[one.happening].sequence, at=one.sent_at)
            for one in noted if one.sent_at is not None and one.happening in ahead}


def _after(number: int, fresh: Iterable[Happening], heard: Mapping[int, Told], names: Mapping[int, str],
           now: datetime) -> Told:
    """What a reader knows of a happening once this mail is written."""
    before = heard.get(number)
    reminded = names.get(number, before.reminded if before else "")
    news = next((one for one in fresh if one.id == number), None)
    if news is None and before is not None:
        return replace(before, reminded=reminded)
    return Told(happening=number, sequence=news.sequence if news else 0, at=now, reminded=reminded)


def _is_news(one: Happening, heard: Told | None, mine: Collection[int]) -> bool:
    """What is on and was never told; what has changed since it was told, whoever told of the change."""
    if heard is None:
        return one.state == "on" and one.id in mine
    return one.sequence > heard.sequence
