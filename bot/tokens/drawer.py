"""Where tokens are kept: one JSON file of mode 600 that several processes may use at a time, or memory alone.

The file is written beside and renamed, and read and changed under a lock: a login server may give a new refresh token
with each use and take back the old one, so two processes must not use the same one at once.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.errors import ConfigError
from bot.tokens.values import Kept

log = logging.getLogger("bot.tokens")


class Drawer(Protocol):
    """`locked` keeps all others out while something is fetched; `put` is called within it. Raises ConfigError when the
    file cannot be used."""

    def locked(self) -> AbstractContextManager[None]: ...

    def get(self, name: str) -> Kept: ...

    def put(self, name: str, kept: Kept) -> None: ...


class Memory:
    """Kept for as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Threads are kept apart by whoever uses it."""
        yield

    def get(self, name: str) -> Kept:
        """What is kept under a name."""
        return self._kept.get(name, Kept())

    def put(self, name: str, kept: Kept) -> None:
        """Keep it."""
        self._kept[name] = kept


class TokenFile:
    """The file. What cannot be read in it counts as nothing: tokens can be had anew, and a consent be given again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the file, among processes."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as wrong:
            raise self._unusable(wrong) from wrong
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def get(self, name: str) -> Kept:
        """What is kept under a name."""
        return _kept(self._all().get(name))

    def put(self, name: str, kept: Kept) -> None:
        """Keep it. The file is of mode 600 from its first byte on."""
        everything = {**self._all(), name: {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in asdict(kept).items() if value is not None}}
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                json.dump(everything, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as wrong:
            raise self._unusable(wrong) from wrong

    def _all(self) -> dict[str, object]:
        try:
            self._tighten()
            found = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as wrong:
            raise self._unusable(wrong) from wrong
        except ValueError:
            log.warning("token-file-unreadable file=%s", self._path)
            return {}
        return found if isinstance(found, dict) else {}

    def _tighten(self) -> None:
        if self._path.stat().st_mode & 0o077:
            log.warning("token-file-was-open file=%s", self._path)
            self._path.chmod(0o600)

    def _unusable(self, wrong: OSError) -> ConfigError:
        return ConfigError(f"The file for tokens {self._path} cannot be used ({wrong.strerror}).",
                           "Give the bot's account the right to read and write there, or name another `token_file:`.")


def _kept(row: object) -> Kept:
    if not isinstance(row, dict):
        return Kept()
    try:
        return Kept(
            access=_text(row, "access"), ends=_moment(row, "ends"), begun=_moment(row, "begun"),
            refresh=_text(row, "refresh"), refresh_ends=_moment(row, "refresh_ends"),
            consented=_moment(row, "consented"), account=_text(row, "account"))
    except ValueError:
        return Kept()


def _text(row: dict[str, object], key: str) -> str | None:
    return str(row[key]) if key in row else None


def _moment(row: dict[str, object], key: str) -> datetime | None:
    if key not in row:
        return None
    moment = datetime.fromisoformat(str(row[key]))
    if moment.tzinfo is None:
        raise ValueError(key)
    return moment
