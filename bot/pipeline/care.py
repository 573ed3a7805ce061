"""Care while composing: a message over which composing ends the process (a crash in native code, memory that runs out)
ends it once, and keeps no other message from any reader.

What is being composed is noted beside the store, as it is for reading (`suspects`). The next process finds the note and
lets a child compose that mail first. If the child dies, each message of the mail is composed alone in a child; those
that end theirs are put into quarantine, and the liaison is told. If only all together are too much, the mail takes half
of them, and the others wait for the next one. A kill from outside condemns nobody: the child lives.

The child composes from values that its parent read before: it touches neither the store nor the network.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bot.pipeline.suspects import Suspects, how_it_ends
from bot.store.store import Store

log = logging.getLogger(__name__)

KIND = "deadly"
_AGAIN = "the bot ended again and again while it was composed"

Row = TypeVar("Row")
#: Composes and throws the result away, for a child.
Trial = Callable[[], object]


class Tell(Protocol):
    """Writes a notice to the liaison, once for each key."""

    def __call__(self, key: str, title: str, paragraphs: Sequence[str], now: datetime) -> bool: ...


def set_apart(store: Store, tell: Tell, message: int, why: str, version: str, now: datetime, *, did: str) -> None:
    """A stored message goes into quarantine, and the liaison is told; `did` is what it did, as in "it ended the bot".
    """
    log.error("set-apart message=%d", message)
    with store.intake() as intake:
        intake.set_apart(message, KIND, why, version, now)
    tell(f"{KIND}:{message}", f"Message {message} is in quarantine", [
        f"Message {message} {did} ({why}). It stands in no mail from now on; all others go their way.",
        f"See what it says: liaison explain {message}; and pass on what matters of it yourself.",
    ], now)


class Care:
    """For one publisher. `suspects` keeps the note."""

    def __init__(self, store: Store, suspects: Suspects, tell: Tell, version: Callable[[], str]) -> None:
        """`version` is that of the rules in force."""
        self._store, self._suspects, self._tell, self._version = store, suspects, tell, version
        self._apart: set[int] = set()

    @contextlib.contextmanager
    def over(self, name: str, rows: Sequence[Row], number: Callable[[Row], int],
             trial: Callable[[Sequence[Row]], Trial], now: datetime) -> Iterator[list[Row] | None]:
        """A mail called `name` is composed inside, of the rows that this yields: mostly all. None: the mail is given up
        for this time. `number` is a row's message."""
        left = [row for row in rows if number(row) not in self._apart]
        with self._noted(name):
            if not left or not self._suspects.knows(name) or not self._suspects.before(name, trial(left)):
                self._suspects.begin(name)
                yield left
                return
            fit = self._fit(left, number, trial, now)
            self._suspects.begin(name)
            # When nothing was found, something kills the bot that no child meets.
            yield fit if len(fit) < len(left) else None

    @contextlib.contextmanager
    def over_one(self, name: str, trial: Callable[[], Trial]) -> Iterator[str]:
        """Something that is not made of messages is composed inside; yields why it must not be, or nothing."""
        with self._noted(name):
            why = self._suspects.before(name, trial()) if self._suspects.knows(name) else ""
            self._suspects.begin(name)
            yield why

    def set_apart(self, message: int, why: str, now: datetime) -> None:
        """Into quarantine, and out of all that is still to be written; the liaison is told."""
        self._apart.add(message)
        set_apart(self._store, self._tell, message, why, self._version(), now,
                  did="ended the bot while a mail about it was composed")

    def give_up(self, name: str, what: str, now: datetime) -> None:
        """Tell that something was not composed this time."""
        log.error("given-up name=%s", name)
        self._tell(f"given-up:{name}:{now.date()}", f"{what} was not written", [
            f"{what} was not written, because {_AGAIN}. Nothing of it is lost: it waits for the next one.",
            "Please tell whoever runs the bot; `liaison doctor` and the log say more of the machine.",
        ], now)

    def close(self) -> None:
        """Nothing more is composed."""
        self._suspects.close()

    @contextlib.contextmanager
    def _noted(self, name: str) -> Iterator[None]:
        try:
            yield
            self._suspects.stored()
        finally:
            self._suspects.done()

    def _fit(self, rows: list[Row], number: Callable[[Row], int], trial: Callable[[Sequence[Row]], Trial],
             now: datetime) -> list[Row]:
        """The rows that a child survives: each alone, and then as many of them together as it can."""
        deadly = {number(row): why for row in rows if (why := how_it_ends(trial([row]), "composing it"))}
        for message, why in deadly.items():
            self.set_apart(message, why, now)
        fit = [row for row in rows if number(row) not in deadly]
        while fit and how_it_ends(trial(fit), "composing it"):
            fit = fit[:len(fit) // 2]
        return fit
