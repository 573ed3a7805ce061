"""Reports: the liaison's each day, with what nobody got on the first day of a week, and the director's page each month.

Each is written once for its slot, in one transaction with the marks that say so: a restart, a change of the clocks or a
leave that begins between two runs makes it neither twice nor never.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.digests import slots
from bot.digests.month import page
from bot.digests.render import Rendered, Templates
from bot.digests.report import report
from bot.digests.values import House, ReaderView
from bot.pipeline.care import Care
from bot.pipeline.figures import Span, gather
from bot.pipeline.month import gather_month, midnight, month_before
from bot.pipeline.receive import Judges
from bot.rulebook import Rulebook
from bot.store.health import REPORTED_UNTIL
from bot.store.outbox import Arrived, StaleRoutes
from bot.store.store import Store
from bot.types import Outgoing

REPORT, MONTH = "report", "month"
DIRECTOR_FAULT = "director"
_WRITTEN, _WEEK = "report:written", "report:week"
_TRIES = 3
#: A clock that was further ahead than this was wild; to wait until its hour comes would be worse than to tell twice.
_SET_BACK = timedelta(days=7)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class Write(Protocol):
    """Makes a finished mail of rendered words."""

    def __call__(self, reader: ReaderView, slot: str, rendered: Rendered, now: datetime) -> Outgoing: ...


@dataclass(frozen=True, kw_only=True)
class ReportDesk:
    """What reports share with all other mail: who is who, how a mail is written, whether a slot is still open."""

    templates: Templates
    house: Callable[[], House]
    reader: Callable[[str], ReaderView]
    write: Write
    is_open: Callable[[str, str, ZoneInfo, datetime], bool]
    mark: Callable[[str, ZoneInfo], str]


class Reports:
    """Writes the reports that are due, and shows any of them."""

    def __init__(self, store: Store, judges: Callable[[], Judges], desk: ReportDesk, director: str | None,
                 care: Care, *, eager: bool) -> None:
        self._store = store
        self._judges = judges
        self._desk = desk
        self._director = director
        self._care = care
        self._eager = eager

    def publish(self, now: datetime) -> int:
        """All reports that are due by now; how many mails were written."""
        return self._daily(now) + (self._monthly(now) if self._director else 0)

    # ── each day ──

    def _daily(self, now: datetime) -> int:
        judges = self._judges()
        moment = slots.latest(judges.book.slots["daily"], now, judges.zone)
        key = slots.key(REPORT, moment)
        if not self._desk.is_open(REPORT, key, judges.zone, now):
            return 0
        until = max(moment, now) if self._eager and not self._store.health.mark(REPORTED_UNTIL) else moment
        for _ in range(_TRIES):
            with contextlib.suppress(StaleRoutes):
                return self._write_daily(key, until, now)
        return 0  # mail comes in as fast as it is told of; it is due again at the next look

    def _write_daily(self, key: str, until: datetime, now: datetime) -> int:
        judges, span = self._judges(), self._span(until, now)
        arrived = Arrived(since=span.since, until=until, number=self._store.archive.count(span.since, until).received)
        to = on_duty(judges.book, judges.liaison, now.astimezone(judges.zone).date())
        with self._care.over_one(REPORT, lambda: self._drawn(span, to)) as why_not:
            if why_not:  # the next report tells of this time, too
                self._store.health.set_mark(self._desk.mark(REPORT, judges.zone), key, now)
                self._care.give_up(REPORT, "The daily report", now)
                return 0
            return self._queue_daily(key, self._drawn(span, to)(), span, arrived, to, now)

    def _queue_daily(self, key: str, rendered: Rendered, span: Span, arrived: Arrived, to: str, now: datetime) -> int:
        judges, until = self._judges(), arrived.until
        mail = self._desk.write(self._desk.reader(to), key, rendered, now)
        # By a clock that was set back, a report may end before the last one did: what that told is not told again.
        told = span.since if until < span.since <= until + _SET_BACK else until
        marks = {REPORTED_UNTIL: told.isoformat(), _WRITTEN: now.isoformat(),
                 self._desk.mark(REPORT, judges.zone): key}
        week = {_WEEK: until.isoformat()} if span.missed_since else {}
        return self._store.outbox.queue_marked([mail], {**marks, **week}, now, told=arrived)

    def _span(self, until: datetime, now: datetime) -> Span:
        """Everything since the last report; what nobody got, when it is the first of its week."""
        since = self._marked(REPORTED_UNTIL) or _BEGINNING
        week = self._marked(_WEEK) or until - timedelta(days=7)
        zone = self._judges().zone
        is_new_week = until.astimezone(zone).isocalendar()[:2] != week.astimezone(zone).isocalendar()[:2]
        return Span(since=since, until=until, now=now, written_since=self._marked(_WRITTEN) or since,
                    missed_since=week if is_new_week else None)

    def _marked(self, name: str) -> datetime | None:
        text = self._store.health.mark(name)
        return datetime.fromisoformat(text) if text else None

    def _rendered(self, span: Span, to: str) -> Rendered:
        return self._drawn(span, to)()

    def _drawn(self, span: Span, to: str) -> Callable[[], Rendered]:
        """All that a report needs, read from the store; what it returns writes it."""
        judges = self._judges()
        away = judges.book.people[judges.liaison].name if to != judges.liaison else ""
        return partial(report, gather(self._store, judges, span), span.now, templates=self._desk.templates,
                       house=self._desk.house(), stands_in_for=away)

    # ── each month ──

    def _monthly(self, now: datetime) -> int:
        """The page of the month that is over, with the first daily slot of the new one."""
        judges = self._judges()
        moment = slots.latest(judges.book.slots["daily"], now, judges.zone)
        first = month_before(moment.date())
        key = f"{MONTH}:{first:%Y-%m}"
        if not self._knows_director(now) or not self._desk.is_open(MONTH, key, judges.zone, now):
            return 0
        liaison = on_duty(judges.book, judges.liaison, now.astimezone(judges.zone).date())
        readers = dict.fromkeys((self._director or liaison, liaison))
        rendered = self.month(first, now)
        mails = [self._desk.write(self._desk.reader(name), key, rendered, now) for name in readers]
        return self._store.outbox.queue_marked(mails, {self._desk.mark(MONTH, judges.zone): key}, now)

    def _knows_director(self, now: datetime) -> bool:
        if self._director in self._judges().book.people:
            self._store.health.clear(DIRECTOR_FAULT, now)
            return True
        self._store.health.fault(
            DIRECTOR_FAULT, f"The director `{self._director}` of config.yaml does not stand in people.yaml.",
            "Add this person, or change `director:` in config.yaml; until then nobody gets the monthly page.", now)
        return False

    # ── to be shown ──

    def now(self, now: datetime) -> Rendered:
        """What the next report would say so far."""
        span = self._span(now, now)
        return self._rendered(Span(since=span.since, until=now, now=now, written_since=span.written_since),
                              self._judges().liaison)

    def day(self, day: date, now: datetime) -> Rendered:
        """One calendar day, as it looked at its end."""
        zone = self._judges().zone
        since = midnight(day, zone)
        until = min(midnight(day + timedelta(days=1), zone), now)
        seen = until - timedelta(microseconds=1)  # midnight belongs to the next day
        return self._rendered(Span(since=since, until=until, now=seen, written_since=since), self._judges().liaison)

    def week(self, now: datetime) -> Rendered:
        """The last seven days, with what nobody got."""
        zone = self._judges().zone
        since = datetime.combine(now.astimezone(zone).date() - timedelta(days=7), time(), tzinfo=zone)
        return self._rendered(Span(since=since, until=now, now=now, written_since=since, missed_since=since),
                              self._judges().liaison)

    def month(self, first: date, now: datetime) -> Rendered:
        """The page of one month."""
        judges = self._judges()
        director = self._director if self._director in judges.book.people else None
        copy = judges.book.people[judges.liaison].name if director and director != judges.liaison else ""
        return page(gather_month(self._store, judges, first, now), now, templates=self._desk.templates,
                    house=self._desk.house(), copy_to=copy)


def on_duty(book: Rulebook, person: str, day: date) -> str:
    """Who gets a person's mail that day: themselves, or on leave their deputy, or the deputy's; themselves when all of
    these are away."""
    asked = [person]
    while book.people[asked[-1]].is_away(day):
        deputy = book.people[asked[-1]].deputy
        if deputy is None or deputy in asked:
            return person
        asked.append(deputy)
    return asked[-1]
