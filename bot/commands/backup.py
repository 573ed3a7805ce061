"""`liaison backup` and `liaison restore`: a copy of the store, and the way back from one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.commands.setting import find_setting
from bot.pulse import only_one
from bot.store.backup import Copy, Restored, back_up, put_back


def backup(named: Path | None, target: Path) -> str:
    """Copy the store to a new file, while the bot may be running; says what is in it. Raises StoreError."""
    copy = back_up(find_setting(named).config.store, target)
    return f"Written and found whole: {target} ({_contents(copy)})."


def restore(named: Path | None, copy: Path) -> Iterator[str]:
    """Put a copy in the store's place, and keep the store that was there; yields what to know of it, line by line.

    Raises StoreError, and then nothing is changed: while a bot runs, and for a copy that is damaged or no store.
    """
    store = find_setting(named).config.store
    with only_one(store):
        done = put_back(store, copy, datetime.now(UTC))
    yield from _told(done, store)


def _told(done: Restored, store: str) -> Iterator[str]:
    yield f"In the place of {store}: {done.copy.path} ({_contents(done.copy)})."
    if done.aside is not None:
        yield f"The store before it lies in {done.aside}."
    if done.sent_since is None:
        yield "Mails that went out after the copy was made go out once more: nothing remembers them."
    elif done.sent_since:
        yield (f"{done.sent_since} {'mail' if done.sent_since == 1 else 'mails'} went out after the copy was made. "
               "What they told goes out once more.")
    yield "Start the bot: it reads the mailboxes on from where the copy was made."


def _contents(copy: Copy) -> str:
    last = f", the last one sent {copy.last_sent:%Y-%m-%d %H:%M} UTC" if copy.last_sent else ""
    return f"{copy.messages} messages, {copy.mails} mails{last}"
