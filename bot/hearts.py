"""The daemon's loops, each with a heart: who has not beaten for too long hangs, or has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Hearts:
    """Beats by name; safe from any thread. `limit` is how many seconds a loop may be busy with one thing: no time limit
    of a server, summed up over one connection, comes near it."""

    def __init__(self, limit: float = 900, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._beats: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """A loop begins; from now on it has to beat."""
        with self._lock:
            self._beats[name] = self._clock()

    def beat(self, name: str) -> None:
        """This loop is alive. One that has not begun is none of ours."""
        with self._lock:
            if name in self._beats:
                self._beats[name] = self._clock()

    def end(self) -> None:
        """The loops end on purpose: none is missed any more."""
        with self._lock:
            self._beats.clear()

    def stopped(self) -> list[str]:
        """The loops that are silent."""
        now = self._clock()
        with self._lock:
            return sorted(name for name, at in self._beats.items() if now - at > self._limit)
