"""A copy of the store while the bot runs, and the way back from one.

A copy is made by SQLite's online backup, tried whole before it gets its name, and one file, without a log beside it.
Going back keeps the store that is replaced: it gets another name, with its log, before the copy takes its place.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import private
from bot.errors import StoreError
from bot.store.engine import HEAD, file_of

#: What SQLite keeps beside a database.
_LOGS = ("-wal", "-shm", "-journal")
_SENT = "SELECT count(*) FROM deliveries WHERE state = 'sent' AND sent_at > ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A store's file, tried and found whole: how much is in it, and when the last mail of it went out (aware UTC)."""

    path: Path
    messages: int
    mails: int
    last_sent: datetime | None


def back_up(store: str, target: Path) -> Copy:
    """Copy the store to a new file, mode 600, while the bot may be running. Raises StoreError; then no file is there.

    What is committed when it ends is in the copy.
    """
    source = _file(store)
    if not source.exists():
        raise StoreError(f"There is no store {source} to copy.", "Start the bot first: liaison run")
    if target.exists():
        raise StoreError(f"There is already {target}; nothing was written.", "Name another file for the copy.")
    with _copied_beside(target, source) as part:
        found = _tried(part, source)
        with _told(target):
            part.replace(target)
            _settle(target.parent)
    return Copy(path=target, messages=found.messages, mails=found.mails, last_sent=found.last_sent)


def _tried(part: Path, source: Path) -> Copy:
    """A copy just made is damaged only if the store is."""
    try:
        return tried(part)
    except StoreError as wrong:
        raise StoreError(f"The store {source} is damaged; no copy was written.",
                         "Restore the last good copy: liaison restore FILE") from wrong


def tried(path: Path) -> Copy:
    """What is in a store's file, every page of it read and checked; it is not changed. Raises StoreError."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise StoreError(f"{path} is no store of the bot.", "Name a file that `liaison backup` has written.")
    try:
        with closing(_open(path)) as connection:
            (verdict,), *_ = connection.execute("PRAGMA integrity_check(1)").fetchall()
            if verdict != "ok":
                raise StoreError(f"{path} is damaged ({verdict.splitlines()[-1]}).", "Take an older copy.")
            return _counted(path, connection)
    except sqlite3.OperationalError as wrong:
        raise StoreError(f"{path} cannot be read: {wrong}.",
                         "Name a file that `liaison backup` has written.") from wrong
    except sqlite3.DatabaseError as wrong:
        raise StoreError(f"{path} is damaged ({wrong}).", "Take an older copy.") from wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What lies in the store now, where the one before it lies, and how many mails that one knows to have gone out
    after the copy was made (None when it cannot be read)."""

    copy: Copy
    aside: Path | None
    sent_since: int | None


def put_back(store: str, copy: Path, now: datetime) -> Restored:
    """Put a copy in the store's place. The caller makes sure that no bot runs. Raises StoreError; then nothing changed.

    The order bears a crash at any moment: the store's name always leads to a whole store, the old or the new.
    """
    target = _file(store)
    found = tried(copy)
    with _copied_beside(target, copy) as part:
        tried(part)
        with _told(target):
            since = _sent_since(target, found.last_sent) if target.exists() else None
            aside = _set_aside(target, now) if target.exists() else None
            part.replace(target)
            _settle(target.parent)
    return Restored(copy=found, aside=aside, sent_since=since)


def _file(store: str) -> Path:
    path = file_of(store)
    if path is None:
        raise StoreError("This store is no file but a database server's.",
                         "Use the server's own tool, such as pg_dump.")
    return path


def _open(path: Path) -> sqlite3.Connection:
    # A copy of ours has no log; of others it is read, too, so it is opened as a database and not as mere bytes.
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw" if os.access(path, os.W_OK)
                                 else f"{path.resolve().as_uri()}?immutable=1", uri=True, timeout=30)
    connection.isolation_level = None
    return connection


@contextlib.contextmanager
def _copied_beside(target: Path, source: Path) -> Iterator[Path]:
    """A copy of a store beside `target`, on disk; whoever finds it good gives it that name, else it goes away."""
    part = target.with_name(f".{target.name}.part")
    try:
        with _told(target):
            private.make_folder(target.parent)
            _forget(part)  # what a try that was ended has left
            private.make_file(part)
            _copy(source, part)
        yield part
    finally:
        _forget(part)


def _copy(source: Path, target: Path) -> None:
    with closing(_open(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _counted(path: Path, connection: sqlite3.Connection) -> Copy:
    try:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        (messages,) = connection.execute("SELECT count(*) FROM messages").fetchone()
        (mails, last) = connection.execute(
            "SELECT count(*), max(sent_at) FROM deliveries WHERE state = 'sent'").fetchone()
    except sqlite3.OperationalError as wrong:
        raise StoreError(f"{path} is no store of the bot.",
                         "Name a file that `liaison backup` has written.") from wrong
    if revision > HEAD:
        raise StoreError(f"{path} was written by a newer version of the bot ({revision}).",
                         "Install that version again, or take an older copy.")
    return Copy(path=path, messages=messages, mails=mails,
                last_sent=datetime.fromisoformat(last).replace(tzinfo=UTC) if last else None)


def _sent_since(target: Path, last: datetime | None) -> int | None:
    """How many mails the store knows to have gone out that the copy does not know."""
    moment = last.replace(tzinfo=None).isoformat(" ") if last else ""
    try:
        with closing(_open(target)) as connection:
            (count,) = connection.execute(_SENT, (moment,)).fetchone()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the file alone is the whole store now
    except sqlite3.DatabaseError:
        return None
    return int(count)


def _set_aside(target: Path, now: datetime) -> Path:
    """Another name for the store that is there, and its log with it; its own name it keeps until it is replaced."""
    aside = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
    while aside.exists() and not aside.samefile(target):
        now += timedelta(seconds=1)
        aside = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
    if not aside.exists():  # else a try that was ended in the middle has made it
        os.link(target, aside)
    for log in _LOGS:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{target}{log}").rename(f"{aside}{log}")
    return aside


def _settle(folder: Path) -> None:
    """Names are on disk, too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _forget(part: Path) -> None:
    for path in (part, *(Path(f"{part}{log}") for log in _LOGS)):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise StoreError(f"{target} cannot be written: {wrong.strerror}.",
                         "Free some space, or give your account the right to write there.") from wrong
    except sqlite3.DatabaseError as wrong:
        raise StoreError(f"{target} could not be written: {wrong}.",
                         "If the store is damaged, restore the last copy: liaison restore FILE") from wrong
