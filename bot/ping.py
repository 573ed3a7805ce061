"""The outside watcher (as healthchecks.io and its kin): asked every so often while all is well, with `/fail` behind the
address when something is not. It tells people when nothing comes, which no bot can do for itself.

Its own thread, and each request in one of its own with a limit for the whole of it: whatever the watcher does, it holds
nothing up. The address is as good as a password: it stands in no log.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from bot.config import Ping

log = logging.getLogger(__name__)

#: The limit of one request in seconds, whatever it is that takes so long.
WHOLE_LIMIT = 15.0


class Pinger:
    """Asks the watcher. `limit` is that of a whole request in seconds."""

    def __init__(self, ping: Ping, is_well: Callable[[], bool], limit: float = WHOLE_LIMIT) -> None:
        self._ping = ping
        self._is_well = is_well
        self._limit = limit
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._last: bool | None = None
        self._asking: threading.Thread | None = None
        self._thread = threading.Thread(target=self._run, name="ping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits a moment, not for an answer."""
        self._stopped.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1)

    def look(self) -> None:
        """Something may have changed: if so, it is told now."""
        if self._is_well() is not self._last:
            self._news.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._ask(is_well=self._is_well())
            self._news.wait(self._ping.every_minutes * 60)
            self._news.clear()

    def _ask(self, *, is_well: bool) -> None:
        self._last = is_well
        if self._asking is not None and self._asking.is_alive():
            log.warning("ping-skipped reason=the one before still waits")
            return
        url = self._ping.url if is_well else failing(self._ping.url)
        self._asking = threading.Thread(target=_get, args=(url, self._limit), name="ping-request", daemon=True)
        self._asking.start()
        end = time.monotonic() + self._limit
        while self._asking.is_alive() and not self._stopped.is_set() and time.monotonic() < end:
            self._asking.join(timeout=0.2)
        if self._asking.is_alive() and not self._stopped.is_set():
            log.warning("ping-failed reason=no answer within %g seconds", self._limit)


def failing(url: str) -> str:
    """The address that says that something is wrong."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))


def _get(url: str, limit: float) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "liaison-bot"})
    try:
        with contextlib.closing(urllib.request.urlopen(request, timeout=limit)) as answer:
            log.debug("pinged status=%d", answer.status)
    except urllib.error.HTTPError as wrong:
        wrong.close()
        log.warning("ping-failed status=%d", wrong.code)
    except (OSError, ValueError) as wrong:
        log.warning("ping-failed reason=%s", type(wrong).__name__)
    except Exception as wrong:  # noqa: BLE001  http.client raises what it likes on odd answers
        log.warning("ping-failed reason=%s", type(wrong).__name__)
