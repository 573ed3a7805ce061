"""What every mailbox source is: one folder of one account, read-only, asked again and again what lies above a mark."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Protocol

from bot.types import Batch, Position

#: Which of these UIDs of this (account, folder, UIDVALIDITY) are stored already.
Seen = Callable[[str, str, int, Collection[int]], set[int]]
#: Asked while waiting: should we stop now?
Stopped = Callable[[], bool]


class Source(Protocol):
    """One folder of one account.

    `batches` yields what lies above `after` in UID order (the bounded backfill when `after` is None or its UIDVALIDITY
    is gone) and raises MailboxError or LoginError. It changes nothing in the mailbox. `wait` returns when news are
    likely, `seconds` are over, or `stopped()` holds; True means a hint of news. `close` never raises.
    """

    account: str
    folder: str

    def batches(self, after: Position | None, now: datetime) -> Iterator[Batch]: ...

    def wait(self, seconds: float, stopped: Stopped) -> bool: ...

    def close(self) -> None: ...
