"""The daemon: threads that poll, one that sends, a scheduler that publishes. It builds and loops; rooms decide.

Whatever goes wrong in one thread is noted as a fault and tried again with a growing pause; nothing ends the daemon but
a signal. SIGTERM and SIGINT end it at a safe point: between two batches, between two mails.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.assemble import Plant
from bot.config import Mailbox
from bot.errors import DamagedError, MailboxError, StoreError
from bot.inbox.source import Source
from bot.lookout import Lookout
from bot.pipeline.bell import Bell
from bot.pipeline.forget import forget_old
from bot.pipeline.judges import Reload
from bot.pipeline.poll import OnBatch, poll
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Received
from bot.pulse import give_memory_back, only_one, sd_notify, share_memory, write_trouble
from bot.types import Batch

log = logging.getLogger(__name__)

#: How often the daemon looks at its own state: slots missed while the machine slept, mail to retry, health.
LOOK_SECONDS = 60
#: How often every page of the store is read, so that damage is found while there is a good copy.
CHECK_SECONDS = 3600
#: How often it looks at the liaison's files unasked (a change rings a bell); while they settle, more often.
WATCH_SECONDS, SETTLE_SECONDS = 60, 0.2
#: How long a digest waits for an edit that has just been saved.
SETTLE_AT_MOST = 2.0
#: How long the sender sleeps when nobody wakes it.
SENDER_SECONDS = 120
_PAUSES = (2, 5, 15, 30, 60, 120, 300)
_KEEP_BYTES = timedelta(days=90)


def utc_now() -> datetime:
    """The one place that reads the clock for the daemon."""
    return datetime.now(UTC)


def seconds_up() -> float:
    """Seconds since this machine started, sleep included, whatever is done to its clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Daemon:
    """One running bot."""

    def __init__(self, plant: Plant, on_batch: OnBatch, clock: Callable[[], datetime] = utc_now,
                 steady: Callable[[], float] = seconds_up) -> None:
        self._plant = plant
        self._on_batch = on_batch
        self._clock = clock
        self._stop = threading.Event()
        self._wake_sender = threading.Event()
        self._asked = threading.Event()
        self._bell: Bell | None = None
        self._publishing = threading.Lock()
        # What may stand as a fault in the store, from this process or the one before it.
        self._troubled = {"store", "send", "publish", "rules-crash", "look",
                          *(f"poll:{box.name}" for box in plant.config.mailboxes)}
        self._lookout = Lookout(plant, self._stop, steady)
        self._looked = clock()
        self._announced: date | None = None
        self._damaged: DamagedError | None = None

    # ── life ──

    def stop(self) -> None:
        """End at the next safe point; may be called from a signal handler or another thread."""
        self._stop.set()
        self._wake_sender.set()
        self._ring()

    def reload(self) -> None:
        """Look at the liaison's files now; may be called from a signal handler or another thread."""
        self._asked.set()
        self._ring()

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Run until stopped. Takes in what waits first, then publishes what is due, then goes on watching.

        Raises DamagedError when the store turns out to be damaged: nothing is written into such a one.
        """
        with ExitStack() as stack:
            stack.enter_context(only_one(self._plant.config.store))
            bell = self._bell = stack.enter_context(closing(Bell(self._plant.config.rules)))
            share_memory()
            self._plant.store.outbox.recover(self._clock())
            self._plant.deliverer.recover(self._clock())
            sources = self._plant.sources()
            threads = [threading.Thread(target=self._watch, args=(box, source), daemon=True,
                                        name=f"poll-{box.name}-{source.folder}") for box, source in sources]
            threads += [threading.Thread(target=self._send, name="send", daemon=True),
                        threading.Thread(target=self._mind_rules, args=(bell,), name="rules", daemon=True)]
            self._first_round(sources)
            started()
            scheduler = self._schedule()
            for thread in threads:
                thread.start()
            self._lookout.begin(threads)
            sd_notify("READY=1")
            self._lookout.stay()
            sd_notify("STOPPING=1")
            scheduler.shutdown(wait=True)
            for thread in threads:
                thread.join(timeout=60)
            for _, source in sources:
                source.close()
        if self._damaged is not None:
            raise self._damaged

    def _first_round(self, sources: list[tuple[Mailbox, Source]]) -> None:
        """What waits in the mailboxes comes in before anything is published, so that the first digest has it."""
        with self._publishing:
            tell_refused(self._plant.publisher, self._plant.in_force.refused, self._clock())
        for _, source in sources:
            if self._stop.is_set():
                return
            self._poll_once(source)
        if not self._stop.is_set():
            self.publish()
            self.send()
            give_memory_back()

    # ── polling ──

    def _watch(self, mailbox: Mailbox, source: Source) -> None:
        failures, name = 0, threading.current_thread().name
        while not self._lookout.alive(name)():
            if self._poll_once(source):
                failures = 0
                self._rest(source, mailbox.poll_minutes * 60)
            else:
                failures += 1
                self._stop.wait(_PAUSES[min(failures, len(_PAUSES)) - 1])

    def _rest(self, source: Source, seconds: float) -> None:
        try:
            source.wait(seconds, self._lookout.alive(threading.current_thread().name))
        except MailboxError as wrong:
            log.info("wait-ended account=%s error=%s", source.account, type(wrong).__name__)
            source.close()
            self._stop.wait(1)

    def _poll_once(self, source: Source) -> bool:
        try:
            poll(source, self._plant.store, self._plant.receiver, self._clock, self._received,
                 self._lookout.alive(threading.current_thread().name))
            self._well(f"poll:{source.account}", "store")
        except MailboxError:
            source.close()
            return False
        except StoreError as wrong:
            source.close()
            self._store_trouble(wrong)
            return False
        except Exception:
            log.exception("poll-crashed account=%s", source.account)
            self._fault(f"poll:{source.account}", f"Reading mailbox {source.account} failed unexpectedly.",
                        "The log says more; the bot tries again.")
            source.close()
            return False
        return True

    def _received(self, batch: Batch, received: list[Received]) -> None:
        if any(one.is_pressing for one in received):
            with self._publishing:
                self._plant.publisher.publish_urgent(self._clock())
            self._wake_sender.set()
        self._on_batch(batch, received)

    # ── sending ──

    def _send(self) -> None:
        while not self._lookout.alive("send")():
            self.send()
            self._wake_sender.wait(SENDER_SECONDS)
            self._wake_sender.clear()

    def send(self) -> None:
        """One round of sending; failures are told to the liaison."""
        try:
            delivered = self._plant.deliverer.deliver(self._clock, self._lookout.alive("send"))
            if self._plant.publisher.tell_failed(delivered.failed, self._clock()):
                self._wake_sender.set()
            self._well("send")
        except StoreError as wrong:
            self._store_trouble(wrong)
        except Exception:
            log.exception("send-crashed")
            self._fault("send", "Sending failed unexpectedly.", "The log says more; the bot tries again.")

    # ── publishing and looking after itself ──

    def _schedule(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        judges = self._plant.in_force()
        zones = {judges.book.zone(name, judges.zone) for name in judges.book.people} | {judges.zone}
        for slot in judges.book.slots.values():
            for zone in zones:
                scheduler.add_job(self.publish_and_send, CronTrigger(
                    day_of_week=",".join(slot.on), hour=slot.at.hour, minute=slot.at.minute, timezone=zone))
        scheduler.add_job(self.look, IntervalTrigger(seconds=LOOK_SECONDS))
        scheduler.add_job(self.check_store, IntervalTrigger(seconds=CHECK_SECONDS))
        scheduler.add_job(self.housekeep, CronTrigger(hour=3, minute=17, timezone=judges.zone))
        scheduler.start()
        return scheduler

    def publish_and_send(self) -> None:
        """A slot's hour has come, or may have."""
        self.publish()
        try:
            due = self._plant.store.outbox.next_due()
        except StoreError as wrong:
            self._store_trouble(wrong)
            return
        if due is not None and due <= self._clock():
            self._wake_sender.set()

    def publish(self) -> None:
        """Write what is due; slots missed while the machine slept are among it."""
        self._let_settle()
        try:
            with self._publishing:
                done = self._plant.publisher.publish(self._clock())
            self._well("publish")
            if done.digests or done.reports:
                give_memory_back()
        except StoreError as wrong:
            self._store_trouble(wrong)
        except Exception:
            log.exception("publish-crashed")
            self._fault("publish", "Composing the digests failed unexpectedly.",
                        "The log says more; it is tried again.")

    # ── the liaison's files ──

    def _mind_rules(self, bell: Bell) -> None:
        in_force = self._plant.in_force
        while not self._lookout.alive("rules")():
            bell.wait(SETTLE_SECONDS if in_force.is_settling else WATCH_SECONDS)
            is_asked = self._asked.is_set()
            self._asked.clear()
            if not self._stop.is_set() and (is_asked or in_force.has_edit(time.monotonic())):
                self._take_up_rules("signal" if is_asked else "edit")

    def _let_settle(self) -> None:
        """An edit saved a moment before a digest is written shapes it; a bad one does not keep it long."""
        end = time.monotonic() + SETTLE_AT_MOST
        while self._plant.in_force.is_changed() and time.monotonic() < end and not self._stop.is_set():
            self._stop.wait(SETTLE_SECONDS)

    def _take_up_rules(self, came: str) -> None:
        """A good edit counts from now on, for what is not sent yet, too; a bad one is told."""
        try:
            with self._publishing:
                found = self._plant.in_force.refresh(self._clock(), came)
                if found.changed:
                    self._plant.receiver.rejudge(self._clock())
                if tell_refused(self._plant.publisher, found, self._clock()):
                    self._wake_sender.set()
            self._well("rules-crash")
            if found.changed:
                self.publish_and_send()
        except StoreError as wrong:
            self._store_trouble(wrong)
        except Exception:
            log.exception("rules-crashed")
            self._fault("rules-crash", "Taking up an edit of the rules failed unexpectedly.",
                        "The log says more; the rules before it go on.")

    def look(self) -> None:
        """Every few seconds: slots, faults, and word of it to whoever watches from outside."""
        self._mind_clock(self._clock())
        self.publish_and_send()
        if self._damaged is not None:
            return
        now = self._clock()  # read anew: composing may take minutes, and the look measures the clock itself
        try:
            if self._announced != now.date() and self._plant.announce_endings(now):
                self._wake_sender.set()
            self._announced = now.date()
            if self._lookout.look(now):
                self._wake_sender.set()
            self._well("look")
        except StoreError as wrong:
            self._store_trouble(wrong)
        except Exception:
            log.exception("look-crashed")
            self._fault("look", "The bot's look at itself failed unexpectedly.", "The log says more.")

    def _mind_clock(self, now: datetime) -> None:
        """A clock that was set back leaves moments in the store that lie ahead; no mail waits for them."""
        before, self._looked = self._looked, now
        if now < before:
            try:
                self._plant.deliverer.recover(now)
            except StoreError as wrong:
                self._store_trouble(wrong)

    def check_store(self) -> None:
        """Look for damage in the store's file; a damaged one ends the bot."""
        try:
            self._plant.store.check()
        except StoreError as wrong:
            self._store_trouble(wrong)

    def housekeep(self) -> None:
        """At night: forget the bytes of mail that was sent long ago, and texts that are not to be kept longer; the
        record of it stays."""
        plant, now = self._plant, self._clock()
        try:
            dropped = plant.store.outbox.forget_bytes(now - _KEEP_BYTES)
            forgotten = forget_old(plant.store, plant.in_force().book, now)
            log.info("housekept dropped=%d forgotten=%d", dropped, forgotten)
        except StoreError as wrong:
            log.warning("housekeeping-failed error=%s", wrong.what)
            self._store_trouble(wrong)

    # ── faults ──

    def _well(self, *keys: str) -> None:
        """What went wrong under these names goes well again."""
        for key in self._troubled.intersection(keys):
            self._troubled.discard(key)
            self._plant.store.health.clear(key, self._clock())

    def _store_trouble(self, wrong: StoreError) -> None:
        """What the store itself cannot keep is told by the log and the health file; a damaged one ends the bot."""
        if self._plant.config.health_file is not None:
            write_trouble(self._plant.config.health_file, str(wrong), self._clock())
        if not isinstance(wrong, DamagedError):
            self._fault("store", wrong.what, wrong.mend)
        elif self._damaged is None:
            self._damaged = wrong
            log.critical("store-damaged error=%s", wrong.what)
            self.stop()

    def _fault(self, key: str, what: str, mend: str) -> None:
        self._troubled.add(key)
        try:
            self._plant.store.health.fault(key, what, mend, self._clock())
        except StoreError as wrong:
            log.error("fault-not-stored key=%s error=%s", key, wrong.what)


def tell_refused(publisher: Publisher, found: Reload, now: datetime) -> bool:
    """A notice to the liaison that an edit is not in force, once for each; True when it is news."""
    if found.wrong is None:
        return False
    lines = [str(problem).splitlines()[0] for problem in found.wrong.problems]
    more = [f"And {len(lines) - 10} more: liaison check tells them all."] if len(lines) > 10 else []
    return publisher.tell(found.key, "Your last edit of the rules is not in force",
                          [*lines[:10], *more, "The rules before it go on working."], now)
