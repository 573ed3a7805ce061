"""An mbox archive file as a source (RFC 4155; mboxo and mboxrd): read in place, message by message, never changed.

The UID is the byte offset of the message's "From " line plus one. UIDVALIDITY is made of the first line (its upper 16
bits) and of a generation, which goes up when the file no longer holds a message where the position says: then it was
rewritten, not appended to, and is read anew.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from bot.config import Mailbox
from bot.errors import ConfigError, MailboxError
from bot.inbox.files import HEADER_BYTES, SETTLING, age
from bot.inbox.source import Stopped
from bot.types import Arrival, Batch, Position

BATCH_BYTES = 8_000_000
#: How often `wait` looks at the file, in seconds.
LOOK_EVERY = 1.0
#: Lines are read in pieces of at most so many bytes.
PIECE = 65_536

_DATE = re.compile(
    rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?)[^\r\n]{0,12}? (\d{4})"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_QUOTED_FROM = re.compile(rb">+From ")


class MboxSource:
    """One mbox file (the Source protocol). `folder` is only a name for it."""

    def __init__(self, mailbox: Mailbox, folder: str) -> None:
        if mailbox.mbox is None:
            raise ConfigError(f"Mailbox `{mailbox.name}` has no `mbox`.")
        self.account = mailbox.name
        self.folder = folder
        self._mailbox = mailbox
        self._path = mailbox.mbox
        self._looked: tuple[int, int] | None = None

    # ── what is new ──

    def batches(self, after: Position | None, now: datetime) -> Iterator[Batch]:
        """What was appended after the position; the bounded backfill when there is no such position (any more)."""
        with _opened(self._path) as handle:
            self._looked = None
            looked = _settled(self._path)
            if first := handle.readline(PIECE):
                validity, known = self._placed(handle, first, after)
                yield from self._read(handle, validity, known, now)
        self._looked = looked

    def _placed(self, handle: BinaryIO, first: bytes, after: Position | None) -> tuple[int, Position | None]:
        """The file's UIDVALIDITY, and the position if it still holds in this file."""
        if not first.startswith(b"From "):
            raise MailboxError(f"{self._path} is not an mbox file.", 'Its first line must begin with "From ".')
        origin = crc32(first) & 0xFFFF
        if after is None or after.uid_validity >> 15 != origin:
            return origin << 15 | 1, None
        handle.seek(after.uid - 1)
        if handle.readline(PIECE).startswith(b"From "):
            return after.uid_validity, after
        return origin << 15 | ((after.uid_validity & 0x7FFF) + 1) % 0x8000, None

    def _read(self, handle: BinaryIO, validity: int, after: Position | None, now: datetime) -> Iterator[Batch]:
        start, total = self._start(handle, after, now)
        done = 0
        for group in self._groups(_messages(handle, start, self._mailbox.largest_bytes)):
            arrivals = tuple(self._arrival(validity, *message) for message in group)
            done += len(group)
            yield self._batch(arrivals, validity, arrivals[-1].uid, max(total - done, 0), total)
        if not done and after is None:
            yield self._batch((), validity, _last_offset(handle) + 1, 0, 0)

    def _start(self, handle: BinaryIO, after: Position | None, now: datetime) -> tuple[int, int]:
        """Where to read from, and how many messages come from there."""
        if after is not None:
            offsets = _offsets(handle, after.uid - 1)
            next(offsets, None)
            first = next(offsets, None)
            return (first[0], 1 + sum(1 for _ in offsets)) if first else (_end(handle), 0)
        backfill = self._mailbox.backfill
        oldest = now - timedelta(days=backfill.days)
        newest = deque(_offsets(handle, 0), maxlen=backfill.messages if backfill.days else 0)
        while newest and newest[0][1] is not None and newest[0][1] < oldest:
            newest.popleft()
        return (newest[0][0], len(newest)) if newest else (_end(handle), 0)

    def _groups(self, messages: Iterator[tuple[int, bytes, int, bool]]) -> Iterator[list[tuple[int, bytes, int, bool]]]:
        group: list[tuple[int, bytes, int, bool]] = []
        size = 0
        for message in messages:
            group.append(message)
            size += len(message[1])
            if len(group) >= self._mailbox.batch or size >= BATCH_BYTES:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _arrival(self, validity: int, offset: int, raw: bytes, size: int, truncated: bool) -> Arrival:
        return Arrival(
            account=self.account, folder=self.folder, uid_validity=validity, uid=offset + 1, raw=raw, size=size,
            truncated=truncated,
        )

    def _batch(self, arrivals: tuple[Arrival, ...], validity: int, uid: int, remaining: int, total: int) -> Batch:
        position = Position(account=self.account, folder=self.folder, uid_validity=validity, uid=uid)
        return Batch(arrivals=arrivals, position=position, remaining=remaining, total=total)

    # ── waiting ──

    def wait(self, seconds: float, stopped: Stopped) -> bool:
        """Look at the file's size and time once a second; True when it has changed since it was read."""
        end = time.monotonic() + seconds
        while not stopped() and (left := end - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY, left))
            if self._path.exists() and _state(self._path) != self._looked:
                return True
        return False

    def close(self) -> None:
        """Nothing is held open."""


# ── the file ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        handle = path.open("rb")
    except OSError as error:
        raise MailboxError(
            f"The mbox file {path} cannot be read ({error.strerror}).", "Check `mbox`, and the bot's rights."
        ) from error
    with handle:
        yield handle


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise MailboxError(f"The mbox file {path} cannot be read ({error.strerror}).") from error
    return status.st_size, status.st_mtime_ns


def _settled(path: Path) -> tuple[int, int]:
    """The file's size and time once it has stopped growing for a moment; who appends without end is not waited for."""
    state = _state(path)
    for _ in range(10):
        if age(state[1]) > SETTLING:
            break
        time.sleep(SETTLING)
        before, state = state, _state(path)
        if before == state:
            break
    return state


def _offsets(handle: BinaryIO, start: int) -> Iterator[tuple[int, datetime | None]]:
    """The byte offset and the date of each "From " line from `start` on, which is one."""
    handle.seek(start)
    offset, after_empty = start, True
    while line := handle.readline(PIECE):
        if after_empty and _is_separator(line, offset, start):
            yield offset, _date(line)
        after_empty = not line.strip(b"\r\n")
        offset += len(line)


def _is_separator(line: bytes, offset: int, start: int) -> bool:
    """A "From " line begins a message when it carries a date: "From here on …" in a text does not."""
    return line.startswith(b"From ") and (offset == start or _DATE.search(line[:300]) is not None)


def _messages(handle: BinaryIO, start: int, largest: int) -> Iterator[tuple[int, bytes, int, bool]]:
    """From `start` on: offset, raw bytes, size and whether it was cut to its header block, of each message."""
    handle.seek(start)
    begin, collected = start, _Collected(largest)
    offset, after_empty = start, True
    while line := handle.readline(PIECE):
        if after_empty and _is_separator(line, offset, start):
            if offset > start:
                yield begin, *collected.taken()
            begin, collected = offset, _Collected(largest)
        else:
            collected.add(line)
        after_empty = not line.strip(b"\r\n")
        offset += len(line)
    if offset > start:
        yield begin, *collected.taken()


class _Collected:
    """A message's lines as they are read; once they are too many, only the header block is kept."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._lines: list[bytes] = []
        self._size = 0
        self._truncated = False

    def add(self, line: bytes) -> None:
        self._size += len(line)
        if self._truncated:
            return
        self._lines.append(line[1:] if _QUOTED_FROM.match(line) else line)
        if self._size > self._largest:
            self._truncated = True
            self._lines = [_header_of(b"".join(self._lines))]

    def taken(self) -> tuple[bytes, int, bool]:
        """The raw bytes without the empty line that stands before the next message, their size, whether cut."""
        raw = b"".join(self._lines)
        if not self._truncated:
            raw = raw.removesuffix(b"\n").removesuffix(b"\r") if raw.endswith((b"\n\n", b"\n\r\n")) else raw
        return raw, self._size if self._truncated else len(raw), self._truncated


def _header_of(raw: bytes) -> bytes:
    ends = [raw.find(mark) + len(mark) for mark in (b"\n\n", b"\n\r\n") if mark in raw]
    return raw[:min([*ends, HEADER_BYTES])]


def _date(line: bytes) -> datetime | None:
    found = _DATE.search(line[:300])
    if found is None:
        return None
    month, day, clock, year = (part.decode("ascii") for part in found.groups())
    hour, minute = clock.split(":")[:2]
    try:
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None


def _end(handle: BinaryIO) -> int:
    return handle.seek(0, 2)


def _last_offset(handle: BinaryIO) -> int:
    return max((offset for offset, _date in _offsets(handle, 0)), default=0)
