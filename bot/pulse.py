"""Manners of a process that stays: the health file for a watcher, systemd's notifications (sd_notify(3)), memory, and
the lock that keeps a second one away."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import json
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from bot import private
from bot.config import Config
from bot.errors import StoreError
from bot.pipeline.faultlife import alarms
from bot.pipeline.watch import silent
from bot.pipeline.watching import polls_of
from bot.store.store import Store
from bot.store.values import Fault, Poll

log = logging.getLogger(__name__)

#: glibc's <malloc.h>.
_M_ARENA_MAX = -8


def sd_notify(state: str) -> None:
    """Tell systemd, if it asked to be told; never raises."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def share_memory() -> None:
    """Before threads start: one malloc arena for all (glibc), since a thread's own keeps what it once used."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_memory_back() -> None:
    """After much work: what glibc's malloc keeps for the next time goes back to the system; elsewhere nothing."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def is_well(store: Store, config: Config, now: datetime) -> bool:
    """Whether nothing is wrong that counts, and no mailbox is silent. Raises StoreError."""
    return _is_well(store.health.faults(), polls_of(store, config), config, now)


def _is_well(faults: Sequence[Fault], polls: Sequence[Poll], config: Config, now: datetime) -> bool:
    return not alarms(faults) and not silent(polls, now, timedelta(minutes=config.quiet_after_minutes))


def write_health(path: Path, store: Store, config: Config, now: datetime) -> bool:
    """Write the health file; whether all is well. Raises OSError, StoreError."""
    faults, polls = store.health.faults(), polls_of(store, config)
    ok = _is_well(faults, polls, config, now)
    _write(path, {
        "ok": ok,
        "at": now.isoformat(timespec="seconds"),
        "pid": os.getpid(),
        "polls": {f"{poll.account}/{poll.folder}": poll.last_success and poll.last_success.isoformat(timespec="seconds")
                  for poll in polls},
        "faults": [fault.what for fault in faults if not fault.is_ending],
        "queued": len(store.outbox.open()),
    })
    return ok


def write_trouble(path: Path, what: str, now: datetime) -> None:
    """The health file when the store cannot be asked; never raises, for there may be no room for it either."""
    try:
        _write(path, {"ok": False, "at": now.isoformat(timespec="seconds"), "pid": os.getpid(), "faults": [what]})
    except OSError as error:
        log.warning("health-file-not-written error=%s", error.strerror)


def _write(path: Path, state: Mapping[str, object]) -> None:
    """Beside and renamed, so that a watcher never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps(state, indent=1) + "\n", "utf-8")
    beside.replace(path)


class only_one:  # noqa: N801  reads as a statement: with only_one(store)
    """Two daemons on one store would send the same mail twice: the second one says so and ends."""

    def __init__(self, store: str) -> None:
        self._path = None if "://" in store else Path(f"{store}.lock")
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        if self._path is None:
            return
        try:
            private.make_folder(self._path.parent)
            self._file = open(self._path, "a+", opener=private.opener)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise StoreError(
                f"Another bot is running on this store already{self._holder()}.",
                "Stop that one first, or use another `store:`.",
            ) from taken
        except OSError as wrong:
            raise StoreError(f"The store's folder {self._path.parent} cannot be written: {wrong.strerror}.",
                             "Give the bot's account the right to write there.") from wrong
        self._file.seek(0)
        self._file.truncate()
        self._file.write(str(os.getpid()))
        self._file.flush()

    def _holder(self) -> str:
        """Which process holds the lock, as it wrote itself down."""
        if self._file is None:
            return ""
        self._file.seek(0)
        number = self._file.read(20).strip()
        self._file.close()
        return f" (process {number})" if number.isdigit() else ""

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
