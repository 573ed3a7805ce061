"""Suspects: the message that a bot was reading when its process died is read by a child first, so it ends nobody twice.
So it is with a mail that was being composed (`care`).

What is being read is noted in a small file beside the store, outside of its transaction, which dies with the process.
The next process finds the note. A kill from outside hits innocent messages, so the note alone condemns none: a child
reads the suspect, and only when the child dies of it, or reads for too long, is the message put into quarantine unread.
A message that kills in some way that the child does not meet is put there after `DEATHS` deaths.

Nothing here is synced: the note is to outlive the process, not the machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from bot import private
from bot.types import Arrival

log = logging.getLogger(__name__)

#: Deaths, each while the same message was being read, that condemn it whatever the child says.
#: The first message after a start is read for long (models are loaded), so kills from outside hit it again and again.
DEATHS = 50
#: How long the child may read, in seconds; the slowest message takes two.
PATIENCE = 60.0
#: More suspects at once are not kept.
_MOST = 100
#: Linux's <sys/prctl.h>.
_PR_SET_PDEATHSIG = 1


class Suspects:
    """The note of one store; without a path nothing is noted (a store in memory, a database server). `doing` is what is
    done to what is named in it, in the liaison's words."""

    def __init__(self, path: Path | None = None, doing: str = "reading it") -> None:
        self._path = path
        self._doing = doing
        self._file: int | None = None
        # How many processes in a row died while they read each; and which of them this transaction has.
        self._deaths: dict[str, int] = {}
        self._met: set[str] = set()

    def before(self, name: str, read: Callable[[], object]) -> str:
        """Note that this one is about to be read. If a process before this one died of reading it, `read` is tried in
        a child; returns why it must not be read, in the liaison's words, or "" when nothing speaks against it."""
        if self.knows(name):
            self._met.add(name)
            if why := self._condemned(read, self._deaths[name]):
                return why
        self._note(name)
        return ""

    def knows(self, name: str) -> bool:
        """Whether a process before this one died over it."""
        self._open()
        return name in self._deaths

    def begin(self, name: str) -> None:
        """Note that this one is under way, whatever speaks against it."""
        self._note(name)

    def done(self) -> None:
        """Nothing is being read any more; whoever was under suspicion stays so until that one is stored."""
        self._note("")

    def stored(self) -> None:
        """All that was read is stored: the suspects among it will not come again."""
        if self._met:
            self._deaths = {name: deaths for name, deaths in self._deaths.items() if name not in self._met}
            self._met.clear()
            self.done()

    def close(self) -> None:
        """Nothing more is read."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> None:
        """At first use, when this process holds the store's lock: what the ones before it left."""
        if self._path is None or self._file is not None:
            return
        try:
            private.make_folder(self._path.parent)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, private.FILE)
            died, *before = os.pread(self._file, 65_536, 0).decode("utf-8", "replace").split("\n")
        except OSError as wrong:
            log.warning("suspects-unreadable error=%s", wrong.strerror)
            self._path = None
            return
        known = (line.partition(" ") for line in before[:_MOST])
        self._deaths = {name: int(count) for count, _, name in known if count.isdigit() and name}
        if died:
            self._deaths[died] = self._deaths.get(died, 0) + 1
            log.warning("died-reading deaths=%d", self._deaths[died])

    def _note(self, name: str) -> None:
        self._open()
        if self._file is None:
            return
        lines = [name, *(f"{deaths} {suspect}" for suspect, deaths in self._deaths.items())]
        text = "\n".join(lines).encode() if any(lines) else b""
        with contextlib.suppress(OSError):  # a full disk: without a note, as if nobody died
            os.ftruncate(self._file, os.pwrite(self._file, text, 0))

    def _condemned(self, read: Callable[[], object], deaths: int) -> str:
        why = how_it_ends(read, self._doing)
        if not why and deaths >= DEATHS:
            why = f"the bot ended {deaths} times while {self._doing}"
        log.warning("suspect-tried deaths=%d verdict=%s", deaths, "condemned" if why else "harmless")
        return why


def name_of(arrival: Arrival) -> str:
    """What an arrival is called in the note."""
    folder = arrival.folder.replace("\n", " ")
    return f"{arrival.account} {folder} {arrival.uid_validity} {arrival.uid}"


# ── the child ──


def how_it_ends(read: Callable[[], object], doing: str) -> str:
    """How a child ended that read a message, or composed one; "" when it lived."""
    with warnings.catch_warnings():
        # From Python 3.12 on; the child touches nothing that another thread may hold: neither store nor network.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _read_and_end(read)
    status = _awaited(child)
    if status is None:
        return f"{doing} took more than {PATIENCE:.0f} seconds"
    if os.WIFSIGNALED(status):
        return f"{doing} ended the bot ({signal.Signals(os.WTERMSIG(status)).name})"
    return "" if os.WEXITSTATUS(status) == 0 else f"{doing} ended the bot (exit code {os.WEXITSTATUS(status)})"


def _read_and_end(read: Callable[[], object]) -> None:
    """In the child: read and end, whatever comes, without any of the parent's good-byes."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # If memory runs out, this is the one to go.
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    with contextlib.suppress(BaseException):  # an exception ends nobody: the parent will meet it, too, and quarantine
        read()
    os._exit(0)


def _awaited(child: int) -> int | None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
