"""What each part of the benchmark may ask for: servers that run once for all, a scratch folder, the sizes."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.servers import MailServers


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How much is measured."""

    messages: int = 5_000
    repeats: int = 21
    idle_seconds: int = 150
    readers: int = 1_000
    archive: int = 100_000
    small_archive: int = 1_000
    mailbox: int = 50_000
    replayed: int = 10_000
    small_mailbox: int = 1_000


@dataclass
class Bench:
    """Servers start when the first part asks for them and end with the run."""

    sizes: Sizes
    _stack: ExitStack = field(default_factory=ExitStack)
    _servers: MailServers | None = None
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    @property
    def servers(self) -> MailServers:
        """Private Dovecot (and Postfix, which nothing here asks)."""
        if self._servers is None:
            self._servers = self._stack.enter_context(MailServers())
        return self._servers

    def folder(self) -> Path:
        """A new scratch folder, gone after the run."""
        base = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        return Path(base)

    def user(self) -> str:
        """A mail user that no other part has."""
        return f"bench{next(self._numbers)}"
