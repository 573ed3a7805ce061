"""Watching itself: gather the facts, open and end the faults that follow, tell what is new, in one mail a look."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from bot.config import Config
from bot.digests import slots
from bot.digests.values import ReaderView
from bot.pipeline import faultlife
from bot.pipeline.faultlife import SILENT, News, Stage
from bot.pipeline.figures import quiet_now
from bot.pipeline.receive import Judges
from bot.pipeline.watch import KINDS, LATE, Facts, Found, Held, Overdue, found
from bot.silence import Quiet
from bot.store.store import Store
from bot.store.values import Poll
from bot.types import Disposition

log = logging.getLogger(__name__)

OPERATOR = "(operator)"
#: The guards that go by `trust:` in the config.
_DISTRUSTED = ("fraud", "unauthenticated")
_LOOKED, _ODD, _TOLD = "watch:looked", "watch:odd-clock", "watch:told"
#: How often the mark of the last look moves: each time costs a write.
_MARK_EVERY = timedelta(minutes=5)
#: How often the lists' rhythms are asked for: that goes through half a year of arrivals.
_LISTS_EVERY = timedelta(hours=1)
#: How often it is asked for what reasons mail is held.
_HELD_EVERY = timedelta(minutes=10)
#: Between two mails about faults; what happens meanwhile goes into the next.
_GAP = timedelta(minutes=10)
#: A clock that moved by more than this against the machine's own count was set; that stands so long.
_SET, _SET_STANDS = timedelta(minutes=2), timedelta(hours=6)


class Tell(Protocol):
    """Queues a notice to the liaison, or to somebody else; False when it was queued before."""

    def __call__(self, key: str, title: str, paragraphs: Sequence[str], now: datetime, *,
                 to: ReaderView | None = None) -> bool: ...


class Watch:
    """One bot's look at itself. `steady` gives seconds that no setting of the clock moves, sleep included."""

    def __init__(self, store: Store, config: Config, judges: Callable[[], Judges], tell: Tell,
                 steady: Callable[[], float]) -> None:
        self._store = store
        self._config = config
        self._judges = judges
        self._tell = tell
        self._steady = steady
        self._drift: float | None = None
        self._looked: datetime | None = None
        self._marked: datetime | None = None
        self._woke: datetime | None = None
        self._lists: tuple[datetime, tuple[Quiet, ...]] | None = None
        self._held: tuple[datetime, Held] | None = None

    def look(self, now: datetime, stopped: Sequence[str] = ()) -> bool:
        """One look; True when there is news in the outbox. Raises StoreError."""
        odd, awake = self._odd_clock(now), self._is_awake(now)
        facts = gather(self._store, self._config, self._judges(), now, quiet=self._quiet(now), odd_clock=odd,
                       stopped=stopped, is_awake=awake, held=self._withheld(now))
        self._settle(facts, found(facts))
        return self._tell_news(now)

    # ── the clock, and sleep ──

    def _odd_clock(self, now: datetime) -> str:
        """What is odd about the clock: for some hours after it was set."""
        drift, before = now.timestamp() - self._steady(), self._drift
        self._drift = drift
        if before is None:
            told = self._store.health.mark(_LOOKED)
            moved = min(now - datetime.fromisoformat(told), timedelta(0)) if told else timedelta(0)
        else:
            moved = timedelta(seconds=drift - before)
        if abs(moved) > _SET:
            way = "forward" if moved > timedelta(0) else "back"
            said = (f"This machine's clock was put {way} by {faultlife.lasting(abs(moved))}; "
                    f"then it said {now:%Y-%m-%d %H:%M} UTC.")
            log.warning("clock-set seconds=%d", moved.total_seconds())
            self._marked = None
            self._store.health.set_mark(_ODD, f"{now.isoformat()} {said}", now)
            return said
        at, _, said = (self._store.health.mark(_ODD) or "").partition(" ")
        return said if at and abs(now - datetime.fromisoformat(at)) < _SET_STANDS else ""

    def _is_awake(self, now: datetime) -> bool:
        """Whether somebody has been looking. After a sleep, or when the bot was down, nobody has, and that is no fault
        of a mailbox; a bot that dies again and again cannot hide behind it."""
        quiet = timedelta(minutes=self._config.quiet_after_minutes)
        last = self._looked
        if last is None:
            told = self._store.health.mark(_LOOKED)
            last = datetime.fromisoformat(told) if told else None
        if last is None or abs(now - last) > quiet / 2:
            self._woke = now
        self._looked = now
        if self._marked is None or abs(now - self._marked) >= _MARK_EVERY:
            self._marked = now
            self._store.health.set_mark(_LOOKED, now.isoformat(), now)
        return self._woke is None or abs(now - self._woke) > quiet

    def _quiet(self, now: datetime) -> tuple[Quiet, ...]:
        if self._lists is None or abs(now - self._lists[0]) >= _LISTS_EVERY:
            self._lists = now, quiet_now(self._store, self._judges().book, now)
        return self._lists[1]

    def _withheld(self, now: datetime) -> Held:
        if self._held is None or abs(now - self._held[0]) >= _HELD_EVERY:
            self._held = now, held_of(self._store, now)
        return self._held[1]

    # ── faults ──

    def _settle(self, facts: Facts, wrong: Sequence[Found]) -> None:
        """Open what is found, end what is not found any more, and what belongs to a mailbox that is gone."""
        health, now = self._store.health, facts.now
        standing = {fault.key: fault for fault in health.faults()}
        for one in wrong:
            known = standing.get(one.key[:200])
            if known is None or (known.what, known.mend) != (one.what, one.mend):
                health.fault(one.key, one.what, one.mend, now)
        found_now = {one.key[:200] for one in wrong}
        ours = {box.name for box in self._config.mailboxes}
        for key in standing.keys() - found_now:
            kind, _, rest = key.partition(":")
            # Just awake, a silence is neither found nor over.
            is_open = kind in ("silent", "slot", "outbox") and not facts.is_awake and not self._is_read(key, facts)
            is_gone = kind in ("mailbox", "login", "poll") and rest.partition(":")[0] not in ours
            if (kind in KINDS and not is_open) or is_gone:
                health.clear(key, now)

    @staticmethod
    def _is_read(key: str, facts: Facts) -> bool:
        """Whether a mailbox that was silent is read again."""
        return any(key == f"silent:{poll.account}:{poll.folder}"[:200] and poll.last_success is not None
                   and facts.now - poll.last_success <= facts.quiet_after for poll in facts.polls)

    def _tell_news(self, now: datetime) -> bool:
        fresh = faultlife.news(self._store.health.lives(), now)
        self._record([one for one in fresh if one.stage in SILENT], now)
        news = [one for one in fresh if one.stage not in SILENT]
        if not news or self._was_just_told(now):
            return False
        told = self._mail(news, now)
        self._store.health.set_mark(_TOLD, now.isoformat(), now)
        self._record(news, now)
        log.info("faults-told stages=%s", ",".join(sorted(one.stage for one in news)))
        return told

    def _record(self, news: Sequence[News], now: datetime) -> None:
        ended = [one.fault.key for one in news if one.stage in (Stage.OVER, Stage.CLOSED)]
        told = [one.fault.key for one in news if one.fault.key not in ended]
        if told:
            self._store.health.told(told, now)
        if ended:
            self._store.health.close(ended, now)

    def _was_just_told(self, now: datetime) -> bool:
        last = self._store.health.mark(_TOLD)
        return last is not None and abs(now - datetime.fromisoformat(last)) < _GAP

    def _mail(self, news: Sequence[News], now: datetime) -> bool:
        told = self._mail_to(None, news, now)
        theirs = [one for one in news if one.to_operator]
        operator = self._operator()
        if operator is not None and theirs:
            told |= self._mail_to(operator, theirs, now)
        return told

    def _mail_to(self, reader: ReaderView | None, news: Sequence[News], now: datetime) -> bool:
        return self._tell(faultlife.key_of(news), faultlife.title(news, now),
                          faultlife.paragraphs(news, now, self._judges().zone), now, to=reader)

    def _operator(self) -> ReaderView | None:
        """The operator as somebody to write to; nobody where none is named, or the liaison is one."""
        address, judges = self._config.operator, self._judges()
        liaison = judges.book.people[judges.liaison]
        if address is None or address.lower() == liaison.address.lower():
            return None
        return ReaderView(id=OPERATOR, name="", address=address, zone=judges.zone)


# ── the facts ──


def gather(store: Store, config: Config, judges: Judges, now: datetime, *, quiet: Sequence[Quiet] = (),
           odd_clock: str = "", stopped: Sequence[str] = (), is_awake: bool = True, held: Held | None = None) -> Facts:
    """How things stand by the store and the disk. Raises StoreError."""
    return Facts(
        now=now, held=held or held_of(store, now), polls=polls_of(store, config),
        quiet_after=timedelta(minutes=config.quiet_after_minutes),
        overdue=overdue(store, judges, now), waiting=store.outbox.open(), quiet=quiet, free_mb=_free_mb(config.store),
        least_free_mb=config.least_free_mb, odd_clock=odd_clock, stopped=stopped, is_awake=is_awake,
        standing=frozenset(fault.key for fault in store.health.faults()),
    )


def held_of(store: Store, now: datetime) -> Held:
    """What was held within a day as not to be trusted, beside what went to readers. Raises StoreError."""
    day = now - timedelta(days=1)
    most = store.archive.reasons(_DISTRUSTED, day).most_common(1)
    if not most:
        return Held()
    return Held(why=most[0][0], number=most[0][1],
                routed=store.archive.count(day).by_disposition.get(Disposition.ROUTED, 0))


def polls_of(store: Store, config: Config) -> list[Poll]:
    """The looks into the mailboxes that are configured; others were so once."""
    ours = {(box.name, folder) for box in config.mailboxes for folder in box.folders}
    return [poll for poll in store.health.polls() if (poll.account, poll.folder) in ours]


def overdue(store: Store, judges: Judges, now: datetime) -> list[Overdue]:
    """Slots whose hour is longer past than it may be, and whose mails are not all written. One that the bot has never
    come to is none: before its first hour nothing is due."""
    late = []
    for zone in {judges.book.zone(name, judges.zone) for name in judges.book.people}:
        for name, slot in judges.book.slots.items():
            moment = slots.latest(slot, now, zone)
            settled = store.health.mark(slots.mark(name, zone))
            if settled is not None and settled < slots.key(name, moment) and now - moment > LATE:
                late.append(Overdue(name=name, moment=moment))
    return late


def _free_mb(store: str) -> float | None:
    """Free space where the store lies, in MB (10⁶ bytes); None where it is no file."""
    if "://" in store:
        return None
    try:
        return shutil.disk_usage(Path(store).parent).free / 1e6
    except OSError:
        return None
