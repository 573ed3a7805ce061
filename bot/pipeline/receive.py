"""Receive: parse → guard → copy → thread → read → route → store, with the position, in one transaction.

The rooms decide; this module asks the store what they need to know, and stores what they decided.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.errors import StoreError
from bot.faultpoints import passing
from bot.inbox.borrowers import Borrowers
from bot.inbox.guard import authenticated, inspect
from bot.inbox.message import Unreadable, own_bytes_hash, parse
from bot.inbox.trust import Trust
from bot.pipeline import answers, returns
from bot.pipeline.care import Tell, set_apart
from bot.pipeline.quoting import repeats_held
from bot.pipeline.suspects import Suspects, name_of
from bot.reading import folding, incidents
from bot.reading.reader import read
from bot.reading.tagger import Surroundings, Tagger
from bot.routing.route import Case, decide
from bot.rulebook import Rulebook
from bot.store.intake import Intake
from bot.store.store import Store
from bot.store.values import Admission, Candidate, Fingerprint, Stored, ThreadState
from bot.types import Arrival, Batch, Decision, Disposition, Message, Reading, Verdict, Way

log = logging.getLogger(__name__)

#: Mail older than this when it comes in (a backfill, a long sleep) is never sent at once.
FRESH = timedelta(hours=24)

#: The version of the rules by which all stored mail was last judged.
_JUDGED_BY = "rules:judged-by"

#: Above every message's number: the one that is being taken in has none yet.
_NEWEST = 2**62
_NO_READING = frozenset({"fraud", "unauthenticated", "too-large"})


@dataclass(frozen=True, kw_only=True)
class Judges:
    """Everything that decides, as it is in force: whom we trust, what tells borrowers, the taggers, the rules, the
    liaison's id."""

    trust: Trust
    borrowers: Borrowers
    taggers: tuple[Tagger, ...]
    book: Rulebook
    liaison: str
    zone: ZoneInfo
    instances: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One arrival as it was stored: its number and what was decided."""

    id: int
    admission: Admission

    @property
    def is_pressing(self) -> bool:
        """Whether something follows from it at once: mail that goes now, or that came back."""
        return self.admission.is_report or any(route.way is Way.NOW for route in self.admission.decision.routes)


class Receiver:
    """Takes mail in. One transaction for each batch; a batch that came before does nothing the second time."""

    def __init__(self, store: Store, judges: Callable[[], Judges], suspects: Suspects | None = None,
                 judging: Suspects | None = None, tell: Tell | None = None) -> None:
        """`suspects` notes which arrival is being read, `judging` which stored message is judged again; `tell` writes a
        notice to the liaison."""
        self._store = store
        self._judges = judges
        self._suspects, self._judging = suspects or Suspects(), judging or Suspects()
        self._tell = tell or (lambda *_: False)
        # Held while a batch is judged and stored, so that new rules find all that older ones judged.
        self._taking_in = threading.Lock()

    def close(self) -> None:
        """No more mail is taken in."""
        self._suspects.close()
        self._judging.close()

    def receive(self, batch: Batch, now: datetime) -> list[Received]:
        """Store a batch and move the position. Raises StoreError, and then nothing of the batch is stored."""
        with self._taking_in:
            received = self._taken_in(batch, now)
        passing("stored")
        for one in received:
            log.info("received message=%d disposition=%s kind=%s lists=%s readers=%d", one.id,
                     one.admission.disposition, one.admission.kind or "-", _names(one.admission),
                     len(one.admission.decision.routes))
        return received

    def _taken_in(self, batch: Batch, now: datetime) -> list[Received]:
        """What cannot even be stored as it was read is quarantined, and the rest of the batch taken in again."""
        refused: dict[int, str] = {}
        while True:
            taking: list[Arrival] = []
            try:
                return self._in_one_transaction(batch, refused, taking, now)
            except (StoreError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as wrong:
                # Also what a library's Rust code throws, which is no Exception.
                log.error("not-taken-in uid=%s error=%s", taking[-1].uid if taking else "-", type(wrong).__name__)
                if not taking or taking[-1].uid in refused:
                    raise
                refused[taking[-1].uid] = f"taking it in failed ({type(wrong).__name__})"
            finally:
                self._suspects.done()

    def _in_one_transaction(self, batch: Batch, refused: Mapping[int, str], taking: list[Arrival],
                            now: datetime) -> list[Received]:
        received: list[Received] = []
        with self._store.intake() as intake:
            judges = self._judges()
            for arrival in batch.arrivals:
                if intake.has(arrival):
                    continue
                taking.append(arrival)
                why = refused.get(arrival.uid) or self._suspects.before(
                    name_of(arrival), _read_alone(arrival, judges, now))
                admission = _quarantined(arrival, why, now) if why else examine(arrival, intake, judges, now)
                received.append(self._admit(intake, admission, judges, now))
            self._suspects.done()
            passing("storing")
            intake.move(batch.position, now)
        self._suspects.stored()
        return received

    def _admit(self, intake: Intake, admission: Admission, judges: Judges, now: datetime) -> Received:
        key = folding.subject_key(admission.message) if admission.message else ""
        number = intake.add(admission, key)
        self._note_answer(intake, admission, now)
        if admission.folded_into is not None and admission.message is not None:
            self._judge_original(intake, admission, judges, now)
        returns.note(intake, admission, number, now)
        return Received(id=number, admission=admission)

    def _note_answer(self, intake: Intake, admission: Admission, now: datetime) -> None:
        """A reader's answer counts, whatever else becomes of it; a machine's does not."""
        # A machine's second note may be folded into its first: what the guards said of it counts.
        said = admission.verdicts[0] if admission.verdicts else None
        is_noise = said is not None and said.disposition is Disposition.SET_ASIDE and said.kind != "reply"
        if admission.message is None or is_noise or admission.kind in _NO_READING:
            return
        mail = answers.answered_mail(admission.message, intake)
        if mail is not None:
            intake.answered(mail, now)
            log.info("acknowledged delivery=%d reader=%s", mail.delivery, mail.reader)

    def _judge_original(self, intake: Intake, copy: Admission, judges: Judges, now: datetime) -> None:
        """A copy through another list is new evidence of whom the post concerns."""
        original = intake.stored(copy.folded_into or 0)
        if original is not None:
            reading, decision = judge_again(original, judges, told(original, intake.told))
            intake.reread(original.id, reading, decision, judges.book.version, now)

    def rejudge(self, now: datetime) -> int:
        """The rules changed: judge again what nothing has carried yet; returns how many messages that were."""
        with self._taking_in:
            judges, movable = self._judges(), self._store.archive.movable()
        # Until all is done nobody can say by which rules it was judged: an end in the middle is made good at the start.
        self._store.health.set_mark(_JUDGED_BY, "", now)
        for identity in movable:
            did = "ended the bot while it was judged again"
            try:
                why = self._judge_stored(identity, judges, now)
            except (StoreError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as wrong:  # noqa: BLE001  also what a library's Rust code throws, which is no Exception
                why, did = f"judging it failed ({type(wrong).__name__})", "could not be judged again after an edit"
            if why:
                set_apart(self._store, self._tell, identity, why, judges.book.version, now, did=did)
            self._judging.stored()
            passing("reloading")
        self._judging.done()
        self._store.health.set_mark(_JUDGED_BY, judges.book.version, now)
        return len(movable)

    def _judge_stored(self, identity: int, judges: Judges, now: datetime) -> str:
        """Judge one stored message again; why that must not be done, where it ended a bot before this one."""
        with self._store.intake() as intake:
            stored = intake.stored(identity)
            if stored is None or stored.message is None:
                return ""
            again = partial(judge_again, stored, judges, told(stored, intake.told))
            if why := self._judging.before(f"message {identity}", again):
                return why
            intake.reread(identity, *again(), judges.book.version, now)
        return ""

    def catch_up(self, now: datetime) -> None:
        """An edit made while no bot ran, or that a crash cut short, counts for what is not yet sent, too."""
        if self._store.health.mark(_JUDGED_BY) != self._judges().book.version:
            self.rejudge(now)


def _names(admission: Admission) -> str:
    return ",".join(admission.message.lists) if admission.message and admission.message.lists else "-"


# ── one arrival ──


def examine(arrival: Arrival, intake: Intake, judges: Judges, now: datetime) -> Admission:
    """All that is decided about one arrival. Looks up by `intake`, changes nothing; never raises for bad mail."""
    try:
        return _examined(arrival, intake, judges, now)
    except Unreadable as wrong:
        return _quarantined(arrival, str(wrong), now)
    except StoreError:
        raise
    except Exception as wrong:  # noqa: BLE001  whatever a library raises over bad mail, the next message must not suffer
        log.error("unreadable account=%s uid=%d error=%s", arrival.account, arrival.uid, type(wrong).__name__)
        return _quarantined(arrival, f"reading it failed ({type(wrong).__name__})", now)


def _read_alone(arrival: Arrival, judges: Judges, now: datetime) -> Callable[[], object]:
    """For a process of its own, which must not touch this one's transaction."""
    def read_alone() -> None:
        with Store.in_memory().intake() as nothing:
            examine(arrival, nothing, judges, now)

    return read_alone


def _quarantined(arrival: Arrival, why: str, now: datetime) -> Admission:
    return Admission(arrival=arrival, received_at=now, disposition=Disposition.QUARANTINED, kind="unreadable", why=why)


def _examined(arrival: Arrival, intake: Intake, judges: Judges, now: datetime) -> Admission:
    message = parse(arrival.raw, size=arrival.size, known_lists=judges.trust.known_lists)
    verdicts = _verdicts(arrival, message, judges)
    signature, bands = folding.signature(message)
    mark = Fingerprint(signature=signature, bands=bands)
    content = own_bytes_hash(arrival.raw)
    common = Admission(
        arrival=arrival, received_at=now, disposition=Disposition.ROUTED, message=message, verdicts=verdicts,
        fingerprint=mark, bytes_hash=content, rules_version=judges.book.version,
        authenticated=authenticated(message, judges.trust)[0],
    )
    copy = _copy(common, intake, now)
    if copy is not None:
        return replace(common, disposition=Disposition.FOLDED, kind="copy", why=copy.why, folded_into=copy.of)
    return _judged(common, message, intake, judges, now)


def _verdicts(arrival: Arrival, message: Message, judges: Judges) -> tuple[Verdict, ...]:
    if arrival.truncated:
        megabytes = arrival.size / 1_000_000
        why = f"it is {megabytes:.0f} MB long; only its headers were read, open it in the mailbox"
        return (Verdict(disposition=Disposition.HELD, kind="too-large", why=why),)
    return inspect(message, judges.trust, judges.borrowers)


def _copy(admission: Admission, intake: Intake, now: datetime) -> folding.Copy | None:
    """The earlier message this one is a copy of. A held or forged one never stands in for a good one."""
    message = admission.message
    if message is None or not intake.has_kin(message.message_id, admission.bytes_hash, admission.fingerprint):
        return None
    wanted = admission.verdicts[0].disposition if admission.verdicts else Disposition.ROUTED
    found = [
        *intake.by_message_id(message.message_id), *intake.by_bytes(admission.bytes_hash),
        *intake.by_fingerprint(admission.fingerprint, now - folding.COPY_WINDOW),
    ]
    earlier = {one.id: _earlier(one) for one in found if _stands_for(one, wanted)}
    return folding.find_copy(message, admission.fingerprint.signature, admission.bytes_hash, earlier.values())


def _stands_for(candidate: Candidate, wanted: Disposition) -> bool:
    return candidate.disposition is wanted or (wanted is Disposition.ROUTED and candidate.kind == "rule")


def _earlier(candidate: Candidate) -> folding.Earlier:
    return folding.Earlier(id=candidate.id, message=candidate.message, signature=candidate.signature,
                           bytes_hash=candidate.bytes_hash)


def _judged(admission: Admission, message: Message, intake: Intake, judges: Judges, now: datetime) -> Admission:
    verdict = admission.verdicts[0] if admission.verdicts else None
    if verdict is not None and (verdict.disposition is Disposition.SET_ASIDE or verdict.kind in _NO_READING):
        return _kept_back(admission, verdict, Reading())
    if verdict is None and (aside := answers.reply(message, intake)):
        return _kept_back(replace(admission, verdicts=(aside,)), aside, Reading())
    thread = _thread(message, intake, now)
    if verdict is None and (verdict := repeats_held(message, thread, intake, now)):
        admission = replace(admission, verdicts=(verdict,))
    around = Surroundings(zone=judges.zone, instances=judges.instances, authenticated=admission.authenticated,
                          thread_areas=thread.areas if thread else (), thread_urgent=bool(thread and thread.urgent))
    reading = read(message, around, judges.taggers)
    if verdict is not None:
        return _kept_back(replace(admission, thread=thread), verdict, reading)
    admission = _in_its_incident(replace(admission, reading=reading, thread=thread), message, around, intake, judges)
    reading = admission.reading
    incident = admission.incident.id if admission.incident else 0
    before = intake.told(incident, before=_NEWEST) if incident else frozenset()
    case = _case(message, reading, admission.authenticated, now, judges, before)
    decision = decide(case, judges.book, judges.liaison)
    if decision.hold is not None:
        return replace(_kept_back(admission, decision.hold, reading), decision=decision)
    return replace(admission, decision=decision)


def _in_its_incident(admission: Admission, message: Message, around: Surroundings, intake: Intake,
                     judges: Judges) -> Admission:
    """The downtime that a post belongs to. Word of one that goes on is read as such, whatever thread it came in."""
    now, reading = admission.received_at, admission.reading
    word = _word(message, reading, admission.thread, now)
    if word is None:
        return replace(admission, amid_outage=around.thread_urgent)
    known = incidents.find(word, intake.incidents(word.at - incidents.INCIDENT_WINDOW), judges.zone)
    amid = around.thread_urgent or (known is not None and incidents.is_going_on(known, word.at))
    if amid and not around.thread_urgent:
        reading = read(message, replace(around, thread_urgent=True), judges.taggers)
        word = _word(message, reading, admission.thread, now) or word
    return replace(admission, reading=reading, amid_outage=amid, incident=incidents.advance(known, word))


def _word(message: Message, reading: Reading, thread: ThreadState | None, now: datetime) -> incidents.Word | None:
    post = reading.outage_post
    if post is None:
        return None
    return incidents.Word(
        post=post, at=min(message.date or now, now), thread=thread.id if thread else None,
        domain=message.sender.domain if message.sender else "", window=incidents.window_of(reading))


def _kept_back(admission: Admission, verdict: Verdict, reading: Reading) -> Admission:
    return replace(admission, disposition=verdict.disposition, kind=verdict.kind, why=verdict.why, reading=reading)


def _thread(message: Message, intake: Intake, now: datetime) -> ThreadState | None:
    names = [*folding.reply_names(message), *([message.message_id] if message.message_id else [])]
    thread = intake.thread_by_ids(names)
    if thread is None and folding.may_join_by_subject(message):
        thread = intake.thread_by_subject(folding.subject_key(message), now - folding.THREAD_WINDOW)
    return None if thread is None else intake.thread_state(thread, now, folding.OUTAGE_WINDOW)


def told(stored: Stored, readers: Callable[[int, int], frozenset[str]]) -> frozenset[str]:
    """Who was told at once, by older posts, of the downtime that a stored message is about."""
    return frozenset() if stored.incident is None else readers(stored.incident, stored.id)


def _case(message: Message, reading: Reading, is_authenticated: bool, now: datetime, judges: Judges,
          before: frozenset[str]) -> Case:
    sent = message.date or now
    return Case(message=message, reading=reading, lists=message.lists, today=now.astimezone(judges.zone).date(),
                authenticated=is_authenticated, fresh=abs(now - sent) <= FRESH, told=before,
                age=max(now - sent, timedelta(0)))


def read_again(stored: Stored, judges: Judges) -> Reading:
    """What a stored message says by the areas in force and with all its lists: the same code as on arrival."""
    if stored.message is None:
        return stored.reading
    around = Surroundings(
        zone=judges.zone, instances=judges.instances, authenticated=stored.authenticated,
        thread_areas=stored.thread_before.areas, thread_urgent=stored.thread_before.urgent,
    )
    return read(_with_all_lists(stored, stored.message), around, judges.taggers)


def judge_again(stored: Stored, judges: Judges, before: frozenset[str],
                today: date | None = None) -> tuple[Reading, Decision]:
    """A stored message read again, and routed by the rules in force. `before` are those who were told at once of its
    downtime by older posts; `today` says who is on leave, else the day it arrived."""
    reading = read_again(stored, judges)
    return reading, decide_again(stored, judges, before, reading, today)


def decide_again(stored: Stored, judges: Judges, before: frozenset[str], reading: Reading | None = None,
                 today: date | None = None) -> Decision:
    """Where a stored message goes by the rules in force, its reading being as it is, or the one that is given."""
    if stored.message is None:
        return Decision()
    case = _case(_with_all_lists(stored, stored.message), reading or stored.reading, stored.authenticated,
                 stored.received_at, judges, before)
    return decide(replace(case, today=today or case.today), judges.book, judges.liaison)


def _with_all_lists(stored: Stored, message: Message) -> Message:
    return replace(message, lists=stored.lists or message.lists)
