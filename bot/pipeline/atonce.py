"""At once: which routes become mails of their own now, which wait, which go to the digest after all; and who is asked.

For each reader, in this order: what is no news in its downtime goes to the digest; quiet hours and holidays hold what
is not critical; what exceeds the cap of an hour is gathered into one mail a little later. Each step is one transaction
that does nothing the second time, so a crash between any two loses nothing and sends nothing twice: what is not
written is found waiting by the next run.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.digests.phrases import posted
from bot.digests.urgent import Remarks
from bot.digests.values import ReaderView
from bot.hours import Pause, pause
from bot.pipeline.care import Care, Trial
from bot.pipeline.critical import is_critical, is_past
from bot.pipeline.letters import Letters, pending_of
from bot.pipeline.receive import Judges, judge_again, told
from bot.pipeline.unfit import UNFIT, tell_unfit
from bot.pipeline.weigh import OVER_BY_NOW, Word, outdated, weigh, word
from bot.rulebook import Person
from bot.store.alerts import CAP, QUIET, Question
from bot.store.outbox import StaleRoutes
from bot.store.store import Store
from bot.store.values import RouteRow, Stored
from bot.types import Disposition, Outgoing, Route, Way

log = logging.getLogger(__name__)

#: How long what exceeds the cap is gathered before it goes out as one mail.
GATHER = timedelta(minutes=10)
_HOUR = timedelta(hours=1)
#: So many mails that quiet hours or holidays held are one list when they end: nobody wants a morning of single mails.
_A_HEAP = 3

Tell = Callable[[str, str, Sequence[str], datetime], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A route that is to go at once, with its message, the downtime that this is about, and its word on it."""

    row: RouteRow
    stored: Stored
    incident: int | None
    word: Word


class AtOnce:
    """One run over all that waits. Safe to call at any time, any number of times."""

    def __init__(self, store: Store, judges: Callable[[], Judges], letters: Letters, tell: Tell, care: Care, *,
                 per_hour: int) -> None:
        """`tell` writes a notice to the liaison; `per_hour` is the cap for one reader."""
        self._store = store
        self._judges = judges
        self._letters = letters
        self._tell = tell
        self._care = care
        self._per_hour = per_hour
        self._said: dict[int, list[Word]] = {}

    def run(self, now: datetime) -> int:
        """Write what is due; returns how many mails that were."""
        self._letters.forget()
        self._said.clear()
        waiting = self._waiting()
        if self._hand_over(waiting, now):
            waiting = self._waiting()
        written = sum(self._reader(name, rows, now) for name, rows in waiting.items())
        return written + sum(self._ask_deputy(question, now) for question in self._store.alerts.questions())

    def _waiting(self) -> dict[str, list[Waiting]]:
        rows = self._store.archive.waiting_now()
        stored = self._store.archive.many({row.message for row in rows})
        found: dict[str, list[Waiting]] = defaultdict(list)
        incidents: dict[int, int | None] = {}
        for row in rows:
            one = stored.get(row.message)
            if one is None or one.message is None or row.route.reader not in self._judges().book.people:
                continue
            if one.id not in incidents:
                incidents[one.id] = one.incident or self._store.alerts.incident_of_thread(one.thread)
            found[row.route.reader].append(
                Waiting(row=row, stored=one, incident=incidents[one.id], word=_word(one)))
        return found

    def _hand_over(self, waiting: dict[str, list[Waiting]], now: datetime) -> bool:
        """Whose leave began while a mail to them was held gets none: it goes where it would go if it came today."""
        judges, today = self._judges(), now.astimezone(self._judges().zone).date()
        gone = {one.stored.id for name, rows in waiting.items() if judges.book.people[name].is_away(today)
                for one in rows}
        for number in sorted(gone):
            with self._store.intake() as intake:
                stored = intake.stored(number)
                if stored is not None:
                    reading, decision = judge_again(stored, judges, told(stored, intake.told), today)
                    intake.reread(number, reading, decision, judges.book.version, now)
        return bool(gone)

    def _reader(self, name: str, rows: list[Waiting], now: datetime) -> int:
        reader = self._letters.reader(name)
        person, book = self._judges().book.people[name], self._judges().book
        quiet = pause(person.quiet, book.holidays, now, reader.zone)
        free: list[Waiting] = []
        for one in self._news(reader, rows, now):
            if quiet is not None and not is_critical(one.stored, reader.zone, now):
                self._store.alerts.hold(one.row, QUIET, quiet.until, _quiet_words(quiet))
            else:
                free.append(one)
        morning = [one for one in free if one.row.held == QUIET]
        if len(morning) < _A_HEAP:
            return self._within_the_cap(reader, free, now) if free else 0
        rest = [one for one in free if one not in morning]
        return self._send(morning, reader, now) + (self._within_the_cap(reader, rest, now) if rest else 0)

    # ── one alert for each state of a downtime ──

    def _news(self, reader: ReaderView, rows: Iterable[Waiting], now: datetime) -> list[Waiting]:
        """What is news to this reader; the rest is left to the digest."""
        groups: dict[int | None, list[Waiting]] = defaultdict(list)
        for one in rows:
            groups[one.incident].append(one)
        news = groups.pop(None, [])
        for incident, group in groups.items():
            told = {one.message for one in self._store.alerts.told(reader.id, incident or 0)}
            posts = self._posts(incident or 0)
            why = weigh([one.word for one in group], [post for post in posts if post.id in told], posts)
            news += [one for one in group if self._is_to_go(one, why[one.word.id], reader, now)]
        return sorted(news, key=lambda one: (not is_critical(one.stored, reader.zone, now), one.row.id))

    def _is_to_go(self, one: Waiting, why_not: str, reader: ReaderView, now: datetime) -> bool:
        if not why_not and is_past(one.stored, reader.zone, now):
            why_not = OVER_BY_NOW
        if why_not:
            self._store.alerts.settle(one.row, why_not)
            log.info("not-at-once message=%d reader=%s why=%s", one.stored.id, reader.id, why_not)
        return not why_not

    def _posts(self, incident: int) -> list[Word]:
        """All that is said of a downtime by senders who are known for certain."""
        if incident not in self._said:
            found = self._store.archive.incident(incident)
            stored = self._store.archive.many(found[1]) if found else {}
            self._said[incident] = [
                _word(one) for one in stored.values() if one.message is not None and one.authenticated]
        return self._said[incident]

    # ── not too many in an hour ──

    def _within_the_cap(self, reader: ReaderView, free: list[Waiting], now: datetime) -> int:
        """The first ones as mails of their own; the rest gathered, and sent as one when the oldest has waited."""
        single = [one for one in free if one.row.held != CAP]
        room = max(0, self._per_hour - self._store.alerts.sent_since(reader.id, now - _HOUR))
        written = sum(self._send([one], reader, now) for one in single[:room])
        gathering = [one for one in free if one.row.held == CAP]
        for one in single[room:]:
            until = min((held.row.held_until or now for held in gathering), default=now + GATHER)
            self._store.alerts.hold(one.row, CAP, until, f"more than {self._per_hour} mails in an hour; it goes in one "
                                                         f"list with others")
            self._tell_of_storm(reader, now)
        # More than a gathering's span ahead was noted by a clock that has been set back since.
        if gathering and not now < min(one.row.held_until or now for one in gathering) <= now + GATHER:
            written += self._send([*gathering, *single[room:]], reader, now)
        return written

    def _tell_of_storm(self, reader: ReaderView, now: datetime) -> None:
        day = now.astimezone(self._judges().zone).date()
        self._tell(f"storm:{day}", f"More than {self._per_hour} urgent messages within an hour", [
            f"{reader.name} has had {self._per_hour} mails at once within an hour. What comes beyond that is gathered "
            "for ten minutes and goes out as one list, to everybody for whom it is too much. Nothing is lost.",
            "If a rule sends what can wait, mend its `send: now`. You are told of this once a day.",
        ], now)

    def _send(self, several: Sequence[Waiting], reader: ReaderView, now: datetime) -> bool:
        """One mail about one message, or about several."""
        def trial(some: Sequence[Waiting]) -> Trial:
            return self._letters.trial([pending_of(one.row, one.stored) for one in some],
                                       [one.stored for one in some], reader, now)

        name = f"now {' '.join(str(one.stored.id) for one in several)}"
        with self._care.over(name, several, lambda one: one.stored.id, trial, now) as rows:
            if rows is None:
                for one in several:
                    self._store.alerts.settle(one.row, "it could not be composed")
                self._care.give_up(name, f"A mail at once to {reader.name}", now)
            return self._write(rows, reader, now) if rows else False

    def _write(self, several: Sequence[Waiting], reader: ReaderView, now: datetime) -> bool:
        threads = {one.incident for one in several}
        told = [one.rfc_message_id for incident in threads if incident is not None and len(threads) == 1
                for one in self._store.alerts.told(reader.id, incident)]
        pending = [pending_of(one.row, one.stored) for one in several]
        after_quiet = all(one.row.held == QUIET for one in several)
        try:
            mail, awaits = self._letters.urgent(pending, [one.stored for one in several], reader, told, now,
                                                after_quiet=after_quiet)
        except UNFIT as wrong:
            return self._leave_out_the_unfit(several, reader, wrong, now)
        return self._queue(mail, [one.row.id for one in several], awaits, now)

    def _leave_out_the_unfit(self, several: Sequence[Waiting], reader: ReaderView, wrong: Exception,
                             now: datetime) -> bool:
        """Each alone; one that cannot even so is left to the digest, and the liaison is told."""
        if len(several) > 1:
            return sum(self._send([one], reader, now) for one in several) > 0
        self._store.alerts.settle(several[0].row, "it could not be laid out")
        tell_unfit(self._store, several[0].stored.id, wrong, now)
        return False

    def _queue(self, mail: Outgoing, rows: Sequence[int], awaits: dict[int, timedelta], now: datetime) -> bool:
        try:
            return self._store.outbox.queue(mail, rows, now, awaits=awaits)
        except StaleRoutes:
            log.info("recomposing reader=%s slot=%s", mail.reader, mail.slot)
            return False

    # ── where nobody answers ──

    def _ask_deputy(self, question: Question, now: datetime) -> bool:
        """A second mail to the deputy when the time for an answer is over; nothing when it is not needed any more."""
        stored = self._store.archive.get(question.message)
        deputy = self._deputy(question.reader, now)
        if stored is None or stored.message is None or self._is_settled(stored, question) or deputy is None:
            self._store.alerts.close(question, now)
            return False
        if question.due > now or self._is_quiet(deputy, stored, now):
            return False
        written = self._write_to_deputy(stored, question, self._letters.reader(deputy), now)
        self._store.alerts.close(question, now)
        return written

    def _is_settled(self, stored: Stored, question: Question) -> bool:
        """Somebody has answered, the downtime is over, or an edit of the rules holds the message since."""
        if stored.disposition is not Disposition.ROUTED or self._store.alerts.is_answered(question.message):
            return True
        return stored.incident is not None and bool(outdated(_word(stored), self._posts(stored.incident)))

    def _deputy(self, reader: str, now: datetime) -> str | None:
        """Who stands in: the deputy, or the liaison where there is none or they are on leave."""
        judges = self._judges()
        person = judges.book.people.get(reader)
        today = now.astimezone(judges.zone).date()
        named = person.deputy if person else None
        deputy = named if named and not judges.book.people[named].is_away(today) else judges.liaison
        return None if deputy == reader else deputy

    def _is_quiet(self, name: str, stored: Stored, now: datetime) -> bool:
        reader, person = self._letters.reader(name), self._person(name)
        held = pause(person.quiet, self._judges().book.holidays, now, reader.zone)
        return held is not None and not is_critical(stored, reader.zone, now)

    def _person(self, name: str) -> Person:
        return self._judges().book.people[name]

    def _write_to_deputy(self, stored: Stored, question: Question, deputy: ReaderView, now: datetime) -> bool:
        book = self._judges().book
        first = book.people[question.reader].name if question.reader in book.people else question.reader
        routes = {row.route.reader: row for row in self._store.archive.routes(stored.id)}
        own, asked = routes.get(deputy.id), routes.get(question.reader)
        say = deputy.words.say
        why = say("you stand in for %(name)s", name=first) + (f": {asked.route.why}" if asked else "")
        route = Route(reader=deputy.id, way=Way.NOW, rule="acknowledge", why=why, area=own.route.area if own else None)
        row = RouteRow(id=0, message=stored.id, route=route, sent_at=None, digested=False)
        remarks = Remarks(opening=say("No answer yet"), lead=say(
            "Nobody has answered this mail, which %(name)s was sent %(when)s.", name=first,
            when=posted(question.sent_at, now, deputy.zone, deputy.words).rstrip(".")))
        mail = self._letters.second(pending_of(row, stored), stored, deputy, remarks, now)
        unsent = [own.id] if own and own.sent_at is None and not own.digested else []
        return self._queue(mail, unsent, {}, now)


def _word(stored: Stored) -> Word:
    said = stored.message.date if stored.message else None
    at = said if said is not None and said <= stored.received_at else stored.received_at
    return word(stored.id, at, stored.reading)


def _quiet_words(quiet: Pause) -> str:
    return f"{quiet.why} until {quiet.until:%a} {quiet.until.day} {quiet.until:%b} {quiet.until:%H:%M}"


