"""Waiting until something happens to the liaison's files, without waking up for nothing: the kernel's inotify tells.

Where it cannot (no watches left), the files are looked at every so often instead; a network share tells nothing of what
other machines write, so whoever waits looks from time to time all the same.
"""

from __future__ import annotations

import logging
import os
import select
from contextlib import suppress
from pathlib import Path

from inotify_simple import INotify, flags

from bot.rulebook import FILES

log = logging.getLogger(__name__)

#: How often files are looked at that nobody tells of, in seconds.
UNTOLD_SECONDS = 0.75
_WHAT = (flags.MODIFY | flags.ATTRIB | flags.CLOSE_WRITE | flags.CREATE | flags.DELETE | flags.MOVED_FROM
         | flags.MOVED_TO)


class Bell:
    """One thread waits; any other, or a signal handler's, may ring."""

    def __init__(self, folder: Path) -> None:
        self._ear, self._hand = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._ear, select.POLLIN)
        self._inotify = _listening(folder)
        if self._inotify is not None:
            self._poll.register(self._inotify.fileno(), select.POLLIN)

    def ring(self) -> None:
        """Wake whoever waits, now or next."""
        with suppress(OSError):  # closed already: nobody waits
            os.write(self._hand, b"!")

    def close(self) -> None:
        """Listen no more; nobody may wait then."""
        ear, hand, self._hand = self._ear, self._hand, -1
        os.close(hand)
        os.close(ear)
        if self._inotify is not None:
            self._inotify.close()

    def wait(self, seconds: float) -> None:
        """Until something happens to the files, somebody rings, or so many seconds have passed."""
        told = self._poll.poll(1000 * (seconds if self._inotify is not None else min(seconds, UNTOLD_SECONDS)))
        for number, _ in told:
            if number == self._ear:
                os.read(self._ear, 4096)
            elif self._inotify is not None:
                self._inotify.read(timeout=0)


def _listening(folder: Path) -> INotify | None:
    """The folder, and those in which its files really lie."""
    try:
        inotify = INotify()
        for place in {folder.resolve(), *((folder / name).resolve().parent for name in FILES)}:
            inotify.add_watch(place, _WHAT)
    except OSError as wrong:
        log.warning("inotify-refused error=%s", wrong.strerror)
        return None
    return inotify
