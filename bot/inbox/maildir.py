"""A Maildir folder as a source: `new/` and `cur/` are read, nothing is moved, renamed or deleted.

A Maildir has no UIDs, so the UID is made from the file's unique name (the part before `:`, which flags do not touch)
and says nothing about order; order is by time of the file. The position's `uid` is the backfill's edge instead: the
time, in nanoseconds, of the oldest file that the first start took. What is older stays untouched after a restart; what
is not older, and not stored, is news. While the bot runs, every new name is news, however old its file.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from bot.config import Mailbox
from bot.errors import ConfigError, MailboxError
from bot.inbox.files import SETTLING, age, header_block
from bot.inbox.source import Seen, Stopped
from bot.types import Arrival, Batch, Position

log = logging.getLogger("bot.inbox.maildir")

UID_VALIDITY = 1
#: How often `wait` looks at the folder, in seconds.
LOOK_EVERY = 1.0
#: File systems tell times in ticks; a folder that changed so few seconds ago may change again with the same time.
TICK = 1.5
BATCH_BYTES = 8_000_000
#: A file without content is waited for so many seconds: most likely its writer has only begun.
SETTLING_EMPTY = 5.0
#: How many UIDs are asked after at once.
ASKED_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A message file: its unique name, its path, its time in nanoseconds and its size in bytes."""

    name: str
    path: str
    changed: int
    size: int

    @property
    def uid(self) -> int:
        """The first 63 bits of the name's hash, never 0."""
        return int.from_bytes(blake2b(os.fsencode(self.name), digest_size=8).digest(), "big") >> 1 or 1


class MaildirSource:
    """One Maildir folder (the Source protocol). INBOX is the Maildir itself, another folder its `.name` or `name`."""

    def __init__(self, mailbox: Mailbox, folder: str, seen: Seen) -> None:
        if mailbox.maildir is None:
            raise ConfigError(f"Mailbox `{mailbox.name}` has no `maildir`.")
        self.account = mailbox.name
        self.folder = folder
        self._mailbox = mailbox
        self._root = mailbox.maildir
        self._seen = seen
        self._known: set[str] = set()
        self._begun = False
        self._looked: tuple[int, ...] | None = None

    # ── what is new ──

    def batches(self, after: Position | None, now: datetime) -> Iterator[Batch]:
        """What is new in the folder, oldest file first; the bounded backfill when `after` is None."""
        place = self._place()
        times = _times(place)
        if times == self._looked and after is not None:
            return
        self._looked = None
        entries = self._settled(place)
        if after is None:
            entries = self._backfill(entries, now)
            after = self._position(min((entry.changed for entry in entries), default=int(now.timestamp() * 1e9)))
            yield from self._handed_over(entries, after) if entries else [Batch(arrivals=(), position=after)]
        else:
            yield from self._handed_over(self._unstored(entries, after.uid), after)
        self._begun = True
        if age(max(times)) > TICK and not any(_entries(place, self._known)):
            self._looked = times

    def _place(self) -> Path:
        root = self._root
        choices = [root] if self.folder.upper() == "INBOX" else [root / f".{self.folder}", root / self.folder]
        for place in choices:
            if (place / "new").is_dir() and (place / "cur").is_dir():
                return place
        raise MailboxError(
            f"{choices[0]} is not a Maildir that the bot can read.",
            "It needs the folders `new` and `cur`, readable for the bot's user; check `maildir` and `folders`.",
        )

    def _settled(self, place: Path) -> list[Entry]:
        """The unknown files that have stopped growing, oldest first; young ones are looked at twice."""
        first = list(_entries(place, self._known))
        if all(_is_settled(entry) for entry in first):
            return _in_order(first)
        time.sleep(SETTLING)
        second = {entry.name: entry for entry in _entries(place, self._known)}
        return _in_order(
            entry for entry in first if _is_settled(entry) or (entry.size and second.get(entry.name) == entry)
        )

    def _backfill(self, entries: list[Entry], now: datetime) -> list[Entry]:
        backfill = self._mailbox.backfill
        oldest = int((now - timedelta(days=backfill.days)).timestamp() * 1e9)
        young = [entry for entry in entries if entry.changed >= oldest] if backfill.days else []
        taken = young[len(young) - min(backfill.messages, len(young)):]
        self._known |= {entry.name for entry in entries} - {entry.name for entry in taken}
        return taken

    def _unstored(self, entries: list[Entry], edge: int) -> list[Entry]:
        """The entries that are not stored yet; at a restart only those that are not older than the edge."""
        news = [entry for entry in entries if self._begun or entry.changed >= edge]
        stored: set[int] = set()
        for start in range(0, len(news), ASKED_AT_ONCE):
            uids = [entry.uid for entry in news[start:start + ASKED_AT_ONCE]]
            stored |= self._seen(self.account, self.folder, UID_VALIDITY, uids)
        unstored = [entry for entry in news if entry.uid not in stored]
        self._known |= {entry.name for entry in entries} - {entry.name for entry in unstored}
        return unstored

    # ── handing over ──

    def _handed_over(self, entries: Sequence[Entry], position: Position) -> Iterator[Batch]:
        done = 0
        for group in self._groups(entries):
            done += len(group)
            arrivals = tuple(arrival for entry in group if (arrival := self._arrival(entry)))
            yield Batch(arrivals=arrivals, position=position, remaining=len(entries) - done, total=len(entries))
            # Only now are they stored. What moved away between listing and reading is found again later.
            taken = {arrival.uid for arrival in arrivals}
            self._known.update(entry.name for entry in group if entry.uid in taken)

    def _groups(self, entries: Sequence[Entry]) -> Iterator[list[Entry]]:
        group: list[Entry] = []
        size = 0
        for entry in entries:
            bytes_ = min(entry.size, self._mailbox.largest_bytes)
            if group and (len(group) >= self._mailbox.batch or size + bytes_ > BATCH_BYTES):
                yield group
                group, size = [], 0
            group.append(entry)
            size += bytes_
        if group:
            yield group

    def _arrival(self, entry: Entry) -> Arrival | None:
        truncated = entry.size > self._mailbox.largest_bytes
        try:
            with open(entry.path, "rb") as handle:
                raw = header_block(handle) if truncated else handle.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("unreadable account=%s folder=%s reason=%s", self.account, self.folder, error.strerror)
            raw = b""
        return Arrival(
            account=self.account, folder=self.folder, uid_validity=UID_VALIDITY, uid=entry.uid, raw=raw,
            size=entry.size, truncated=truncated,
        )

    def _position(self, edge: int) -> Position:
        return Position(account=self.account, folder=self.folder, uid_validity=UID_VALIDITY, uid=edge)

    # ── waiting ──

    def wait(self, seconds: float, stopped: Stopped) -> bool:
        """Look at the times of `new` and `cur` every second; True when something may have come."""
        place = self._place()
        end = time.monotonic() + seconds
        while not stopped() and (left := end - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY, left))
            if _times(place) != self._looked:
                return True
        return False

    def close(self) -> None:
        """Nothing is held open."""


def _times(place: Path) -> tuple[int, ...]:
    try:
        return tuple(os.stat(f"{place}/{name}").st_mtime_ns for name in ("new", "cur"))
    except OSError as error:
        raise MailboxError(f"{place} cannot be read ({error.strerror}).", "Check that the disk is there.") from error


def _entries(place: Path, known: set[str]) -> Iterator[Entry]:
    """The message files of a Maildir folder whose unique names are not known yet."""
    for folder in ("new", "cur"):
        try:
            with os.scandir(place / folder) as found:
                yield from (entry for file in found if (entry := _entry(file, known)))
        except OSError as error:
            raise MailboxError(
                f"{place / folder} cannot be read ({error.strerror}).", "Give the bot's user the right to read it."
            ) from error


def _entry(file: os.DirEntry[str], known: set[str]) -> Entry | None:
    name = file.name.partition(":")[0]
    if name in known or file.name.startswith("."):
        return None
    try:
        if not file.is_file():
            return None
        status = file.stat()
    except FileNotFoundError:
        return None
    return Entry(name=name, path=file.path, changed=status.st_mtime_ns, size=status.st_size)


def _is_settled(entry: Entry) -> bool:
    return age(entry.changed) > (SETTLING if entry.size else SETTLING_EMPTY)


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted({entry.name: entry for entry in entries}.values(), key=lambda entry: (entry.changed, entry.name))
