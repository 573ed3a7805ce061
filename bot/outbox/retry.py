"""What follows from an outcome: the outbox's whole retry rule, pure.

    sent       done
    failed     done: the server said that it will never take this mail (5xx); the liaison is told
    deferred   again after 1, 2, 5, 10, 20, 40 minutes, then every hour; urgent mail never waits over 5 minutes
               once it has been tried for `give_up` it counts as failed

A server that cannot be reached at all costs no attempt; it is asked again after the same steps, counted by how often
in a row it could not be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.types import Delivery, Outcome

_STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40, 60))
#: No mail is put off longer than this.
LONGEST = _STEPS[-1]
_URGENT_MOST = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Next:
    """What the row becomes, and when it is tried again."""

    state: Literal["sent", "deferred", "failed"]
    at: datetime | None
    reply: str


def after(outcome: Outcome, delivery: Delivery, now: datetime, give_up: timedelta) -> Next:
    """The next state of a delivery."""
    if outcome.state != "deferred":
        return Next(state=outcome.state, at=None, reply=outcome.reply)
    if now - delivery.created_at >= give_up:
        hours = give_up.total_seconds() / 3600
        return Next(state="failed", at=None, reply=f"given up after {hours:g} hours; last: {outcome.reply}")
    return Next(state="deferred", at=now + pause(delivery.attempts, urgent=delivery.kind == "urgent"),
                reply=outcome.reply)


def pause(attempts: int, *, urgent: bool = False) -> timedelta:
    """How long to wait after so many attempts (1 and up)."""
    step = _STEPS[min(max(attempts, 1), len(_STEPS)) - 1]
    return min(step, _URGENT_MOST) if urgent else step
