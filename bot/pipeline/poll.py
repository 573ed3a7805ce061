"""Poll: ask one mailbox what lies above its mark, take it in, and note how it went."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.errors import LoginError, MailboxError
from bot.faultpoints import passing
from bot.inbox.source import Source
from bot.pipeline.receive import Received, Receiver
from bot.store.store import Store
from bot.types import Batch

log = logging.getLogger(__name__)

#: Told after each stored batch: for progress bars, and to send at once what cannot wait.
OnBatch = Callable[[Batch, list[Received]], None]


def poll(source: Source, store: Store, receiver: Receiver, clock: Callable[[], datetime], on_batch: OnBatch,
         stopped: Callable[[], bool] = lambda: False) -> int:
    """Take in all that is new; returns how many messages. Raises MailboxError or StoreError; what is stored stays.

    `stopped` is asked between two batches: the next start goes on from there.
    """
    count = 0
    try:
        for batch in source.batches(store.archive.position(source.account, source.folder), clock()):
            passing("fetched")
            received = receiver.receive(batch, clock())
            count += len(received)
            on_batch(batch, received)
            if stopped():
                source.close()
                return count
    except MailboxError as wrong:
        _note(source, store, wrong, clock())
        log.warning("poll-failed account=%s folder=%s error=%s", source.account, source.folder, type(wrong).__name__)
        raise
    store.health.polled(source.account, source.folder, clock())
    for key in (fault_key(source.account, source.folder), login_key(source.account)):
        store.health.clear(key, clock())
    return count


def _note(source: Source, store: Store, wrong: MailboxError, now: datetime) -> None:
    """A refused sign-in is a fault of its own: no patience helps against it."""
    store.health.polled(source.account, source.folder, now, error=wrong.what)
    keys = (fault_key(source.account, source.folder), login_key(source.account))
    key, other = reversed(keys) if isinstance(wrong, LoginError) else keys
    store.health.clear(other, now)
    store.health.fault(key, f"Mailbox {source.account}, {source.folder}: {wrong.what}", wrong.mend, now)


def login_key(account: str) -> str:
    """The name of the fault that the server refuses to sign the bot in."""
    return f"login:{account}"


def fault_key(account: str, folder: str) -> str:
    """The name of the fault that this mailbox cannot be read."""
    return f"mailbox:{account}:{folder}"
