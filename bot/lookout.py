"""The daemon's lookout: are its loops alive, what does the look at itself find, and who outside hears of it.

It holds what the second way of telling needs: the health file, the outside watcher, systemd's watchdog.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.assemble import Plant
from bot.errors import StoreError
from bot.hearts import Hearts
from bot.inbox.source import Stopped
from bot.ping import Pinger
from bot.pipeline.watching import Watch
from bot.pulse import is_well, sd_notify, write_health, write_trouble

log = logging.getLogger(__name__)

#: How often systemd hears that all loops are alive; the service should wait for several of these (WatchdogSec).
WATCHDOG_SECONDS = 20


class Lookout:
    """Looks after one daemon. `steady` gives seconds that no setting of the clock moves, sleep included."""

    def __init__(self, plant: Plant, stop: threading.Event, steady: Callable[[], float]) -> None:
        self._plant = plant
        self._stop = stop
        self._watch = Watch(plant.store, plant.config, plant.in_force, plant.publisher.tell, steady)
        self._hearts = Hearts()
        self._threads: Sequence[threading.Thread] = ()
        self._is_well = True
        ping = plant.config.ping
        self._pinger = Pinger(ping, lambda: self._is_well and not self.stopped()) if ping else None

    # ── loops ──

    def alive(self, name: str) -> Stopped:
        """Whether to stop; the loop that asks is alive."""
        def asks() -> bool:
            self._hearts.beat(name)
            return self._stop.is_set()

        return asks

    def begin(self, threads: Sequence[threading.Thread]) -> None:
        """These loops run from now on."""
        self._threads = threads
        for name in ("look", *(thread.name for thread in threads)):
            self._hearts.begin(name)

    def stopped(self) -> list[str]:
        """The loops that hang or have ended."""
        if self._stop.is_set():
            return []
        return sorted({thread.name for thread in self._threads if not thread.is_alive()}.union(self._hearts.stopped()))

    def stay(self) -> None:
        """Until the daemon is stopped: systemd hears that all loops are alive, as long as they are."""
        if self._pinger is not None:
            self._pinger.start()
        while not self._stop.is_set():
            if stopped := self.stopped():
                log.error("loops-stopped names=%s", ",".join(stopped))
            else:
                sd_notify("WATCHDOG=1")
            self._stop.wait(WATCHDOG_SECONDS)
        if self._pinger is not None:
            self._pinger.stop()

    # ── the look ──

    def look(self, now: datetime) -> bool:
        """Find, tell, and let the outside know; True when there is something to send. Raises StoreError, and whatever
        went wrong: then things are not well."""
        self._hearts.beat("look")
        store, config = self._plant.store, self._plant.config
        try:
            told = self._watch.look(now, self.stopped())
            path = config.health_file
            self._is_well = is_well(store, config, now) if path is None else write_health(path, store, config, now)
        except OSError as wrong:
            log.warning("health-file-not-written error=%s", wrong.strerror)
            return True
        except StoreError as wrong:
            self._ill(wrong.what, now)
            raise
        except Exception as wrong:
            log.error("look-failed error=%s", type(wrong).__name__)
            self._ill("The look at itself failed.", now)
            raise
        finally:
            if self._pinger is not None:
                self._pinger.look()
        return told

    def _ill(self, what: str, now: datetime) -> None:
        """The store cannot be asked: what is outside of it says so."""
        self._is_well = False
        if self._plant.config.health_file is not None:
            write_trouble(self._plant.config.health_file, what, now)
