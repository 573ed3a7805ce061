"""Manners of a process that stays: the health file for a watcher, systemd's notifications (sd_notify(3)), memory."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from bot.store.store import Store
from bot.store.values import Poll

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


def silent(polls: list[Poll], now: datetime, quiet_after: timedelta) -> list[Poll]:
    """Mailboxes without a successful poll for longer than they may be quiet."""
    return [
        poll for poll in polls
        if (last := poll.last_success or poll.failing_since) is not None and now - last > quiet_after
    ]


def write_health(path: Path, store: Store, now: datetime, quiet_after: timedelta) -> None:
    """Write the health file beside and rename it, so that a watcher never reads half of it. Raises OSError."""
    polls, faults = store.health.polls(), [one for one in store.health.faults() if not one.is_ending]
    state = {
        "ok": not silent(polls, now, quiet_after) and not faults,
        "at": now.isoformat(timespec="seconds"),
        "pid": os.getpid(),
        "polls": {f"{poll.account}/{poll.folder}": poll.last_success and poll.last_success.isoformat(timespec="seconds")
                  for poll in polls},
        "faults": [fault.what for fault in faults],
        "queued": len(store.outbox.open()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps(state, indent=1) + "\n", "utf-8")
    beside.replace(path)
