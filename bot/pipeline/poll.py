"""Poll: ask one mailbox what lies above its mark, take it in, and note how it went."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.errors import MailboxError
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
    key = fault_key(source.account, source.folder)
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
        store.health.polled(source.account, source.folder, clock(), error=wrong.what)
        store.health.fault(key, f"Mailbox {source.account}, {source.folder}: {wrong.what}", wrong.mend, clock())
        log.warning("poll-failed account=%s folder=%s error=%s", source.account, source.folder, type(wrong).__name__)
        raise
    store.health.polled(source.account, source.folder, clock())
    store.health.clear(key, clock())
    return count


def fault_key(account: str, folder: str) -> str:
    """The name of the fault that this mailbox cannot be read."""
    return f"mailbox:{account}:{folder}"
