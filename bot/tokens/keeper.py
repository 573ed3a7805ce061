"""Keeps the tokens of one login: fetches before they end, one fetch at a time, and anew when a server refuses one.

A token is done with some time before its end (a fifth of its life, five minutes at most), so that no command begins
with a token that ends in the middle of it. Whoever waited for a fetch that failed gets its error, and asks not again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import TokenError
from bot.tokens.clock import utc_now
from bot.tokens.drawer import Drawer
from bot.tokens.values import Fetch, Fetched, Held, Kept

log = logging.getLogger("bot.tokens")

#: How long before its end a token is done with: this part of its life, and at most so many seconds.
_PART, _MOST = 0.2, 300.0


class Tokens:
    """The tokens of one login, called `name` in the drawer. `needs_consent` is told when only a person can help."""

    def __init__(self, name: str, fetch: Fetch, drawer: Drawer, needs_consent: TokenError | None = None,
                 clock: Callable[[], datetime] = utc_now, ticks: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._fetch = fetch
        self._drawer = drawer
        self._needs_consent = needs_consent
        self._clock, self._ticks = clock, ticks
        self._lock = threading.Lock()
        self._held: Held | None = None
        self._refused: str | None = None
        self._failed: tuple[float, TokenError] | None = None

    def token(self) -> Held:
        """A token that is good for a while. Raises TokenError, or ConfigError for a secret that cannot be found."""
        began = self._ticks()
        with self._lock:
            if self._held is not None and self._ticks() < self._held.good_until:
                return self._held
            if self._failed is not None and self._failed[0] > began:
                wrong = self._failed[1]
                raise TokenError(wrong.what, wrong.mend, temporary=wrong.temporary)
            try:
                held = self._renewed()
            except TokenError as error:
                self._failed = (self._ticks(), error)
                log.warning("token-not-had login=%s temporary=%s", self.name, error.temporary)
                raise
            self._held = replace(held, is_new=False)
            return held

    def refused(self, access: str) -> None:
        """A server did not take this token: it is not used again, here or from the file."""
        with self._lock:
            self._refused = access
            if self._held is not None and self._held.access == access:
                self._held = None

    def kept(self) -> Kept:
        """What is kept of this login."""
        return self._drawer.get(self.name)

    def consent(self, fetched: Fetched) -> None:
        """A person has consented: what was had by it takes the place of all before."""
        with self._lock, self._drawer.locked():
            now = self._clock()
            self._drawer.put(self.name, self._to_keep(Kept(consented=now), fetched, now))
            self._held = self._refused = None

    # ── getting one ──

    def _renewed(self) -> Held:
        with self._drawer.locked():
            kept, now = self._drawer.get(self.name), self._clock()
            held = self._usable(kept, now)
            if held is not None:
                return held
            if self._needs_consent is not None and kept.refresh is None:
                raise self._needs_consent
            fetched = self._fetch(kept.refresh)
            # The time that the fetch took is taken off.
            self._drawer.put(self.name, self._to_keep(kept, fetched, now))
            log.info("token-had login=%s lasts=%d", self.name, fetched.lasts)
            spent = (self._clock() - now).total_seconds()
            return Held(access=fetched.access, is_new=True,
                        good_until=self._ticks() + fetched.lasts - _margin(fetched.lasts) - max(0.0, spent))

    def _usable(self, kept: Kept, now: datetime) -> Held | None:
        if kept.access is None or kept.access == self._refused or kept.ends is None or kept.begun is None:
            return None
        left = (kept.ends - now).total_seconds()
        whole = (kept.ends - kept.begun).total_seconds()
        # A clock that was put back does not make a token live longer than it was given for.
        good = min(left, whole) - _margin(whole)
        return Held(access=kept.access, good_until=self._ticks() + good) if good > 0 and kept.begun <= now else None

    @staticmethod
    def _to_keep(kept: Kept, fetched: Fetched, now: datetime) -> Kept:
        ends = now + timedelta(seconds=fetched.lasts)
        changed = replace(kept, access=fetched.access, begun=now, ends=ends, account=fetched.account or kept.account)
        if fetched.refresh is not None:
            changed = replace(changed, refresh=fetched.refresh)
        if fetched.refresh_lasts:
            changed = replace(changed, refresh_ends=now + timedelta(seconds=fetched.refresh_lasts))
        return changed


def _margin(lasts: float) -> float:
    return min(_MOST, lasts * _PART)
