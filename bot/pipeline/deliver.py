"""Deliver: lease a mail, hand it over, decide what follows, record it; until nothing is due.

A lease outlives every time limit of a transport, so that no other worker takes the same mail; a lease that ran out (the
process died) is due again with the same bytes and the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import SendError
from bot.faultpoints import passing
from bot.outbox.retry import LONGEST, after, pause
from bot.outbox.transport import Transport
from bot.replycodes import fate
from bot.store.store import Store
from bot.types import Delivery, Outcome

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
FAULT = "sending"


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What one round of sending did; `trouble` is why it stopped early."""

    sent: int = 0
    deferred: int = 0
    failed: tuple[Delivery, ...] = ()
    trouble: SendError | None = None


class Deliverer:
    """Sends what the outbox holds."""

    def __init__(self, store: Store, transport: Transport, give_up: timedelta) -> None:
        self._store = store
        self._transport = transport
        self._give_up = give_up
        self._unreachable = 0
        # A fault may stand in the store from the process before this one.
        self._may_be_troubled = True

    def recover(self, now: datetime) -> None:
        """At a start, and when the clock was set back: what the process before, or the wrong hour, keeps waiting."""
        hastened = self._store.outbox.hasten(now, LONGEST)
        if hastened:
            log.warning("clock-set-back hastened=%d", hastened)

    def deliver(self, clock: Callable[[], datetime], stopped: Callable[[], bool] = lambda: False) -> Delivered:
        """Send until nothing is due or the server cannot be reached. `stopped` is asked between two mails."""
        sent, deferred, failed = 0, 0, list[Delivery]()
        while not stopped():
            delivery = self._store.outbox.lease(clock(), LEASE)
            if delivery is None:
                break
            try:
                state = self._one(delivery, clock)
            except SendError as wrong:
                self._put_back(delivery, wrong, clock())
                return Delivered(sent=sent, deferred=deferred, failed=tuple(failed), trouble=wrong)
            sent, deferred = sent + (state == "sent"), deferred + (state == "deferred")
            failed += [delivery] if state == "failed" else []
        return Delivered(sent=sent, deferred=deferred, failed=tuple(failed))

    def _one(self, delivery: Delivery, clock: Callable[[], datetime]) -> str:
        passing("leased")
        outcome = self._transport.send(delivery)
        passing("accepted")
        now = clock()
        if self._may_be_troubled:
            self._may_be_troubled, self._unreachable = False, 0
            self._store.health.clear(FAULT, now)
        return self._record(delivery, outcome, now)

    def _record(self, delivery: Delivery, outcome: Outcome, now: datetime) -> str:
        decided = after(outcome, delivery, now, self._give_up)
        refused = (fate(outcome.code, outcome.reply), delivery.recipient) if decided.state == "failed" else None
        self._store.outbox.record(delivery.id, decided.state, outcome.code, decided.reply, now, decided.at,
                                  unanswered=outcome.unanswered, refused=refused)
        passing("recorded")
        log.info("%s delivery=%d slot=%s reader=%s attempt=%d code=%s", decided.state, delivery.id, delivery.slot,
                 delivery.reader, delivery.attempts, outcome.code)
        return decided.state

    def _put_back(self, delivery: Delivery, wrong: SendError, now: datetime) -> None:
        """Nothing was handed over: the attempt does not count, and the liaison is told once."""
        self._unreachable, self._may_be_troubled = self._unreachable + 1, True
        wait = pause(self._unreachable, urgent=delivery.kind == "urgent")
        self._store.outbox.release(delivery.id, str(wrong), now + wait)
        self._store.outbox.postpone(now + wait, urgent_by=now + pause(self._unreachable, urgent=True))
        self._store.health.fault(FAULT, wrong.what, wrong.mend, now)
        log.warning("sending-trouble delivery=%d error=%s", delivery.id, wrong.what)
