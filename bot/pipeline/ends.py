"""What ends some day (a secret, a certificate, a consent) is told weeks before: it stands in the report and in `status`
from 30 days before on, and the liaison gets a mail 30, 14, 7 and 1 days before, and on the day. No word is said twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.oauth import Ending
from bot.store.store import Store
from bot.store.values import ENDS

#: Days before the end. Of several that were missed (the bot did not run), only the nearest is told.
STEPS = (0, 1, 7, 14, 30)


class Tell(Protocol):
    """A notice to the liaison, once for each key; True when it was news."""

    def __call__(self, key: str, title: str, paragraphs: list[str], now: datetime) -> bool: ...


def step(when: datetime, now: datetime) -> int | None:
    """Which of the steps before an end has come, the nearest to it; None while it is far away."""
    return next((days for days in STEPS if when - now <= timedelta(days=days)), None)


def announce(endings: Iterable[Ending], store: Store, tell: Tell, zone: ZoneInfo, now: datetime) -> bool:
    """Note what ends soon, take back what does not any more, and tell the liaison; True when a mail was written."""
    near, is_news = set[str](), False
    for ending in endings:
        reached = step(ending.when, now)
        if reached is None:
            continue
        near.add(key := f"{ENDS}{ending.name}"[:200])
        is_over = ending.when <= now
        what = f"{ending.what} {'ended' if is_over else 'ends'} on {ending.when.astimezone(zone):%A, %B %-d, %Y}."
        store.health.fault(key, what, ending.mend, now)
        short = hashlib.sha256(ending.name.encode()).hexdigest()[:16]
        is_news |= tell(f"{ENDS}{short}:{ending.when:%Y-%m-%d}:{reached}",
                        "A login of the bot has ended" if is_over else "A login of the bot ends soon",
                        [what, "Then the bot can neither read nor send mail until it is renewed.", ending.mend], now)
    for fault in store.health.faults():
        if fault.is_ending and fault.key not in near:
            store.health.clear(fault.key, now)
    return is_news
