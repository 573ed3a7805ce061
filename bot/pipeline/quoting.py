"""A post that repeats a held one is held with it: a reply quotes what nobody should see, a forward brings it along.

What counts as repeated: eight words of the held post's own text in a row, quoted, enclosed or attached; in an answer to
it anywhere. Shorter held posts count as a whole, from four words on. Who posts a text anew, without what it was held
for, has written it: that goes by the guards and the rules alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from bot.reading import folding
from bot.store.values import ThreadState
from bot.types import Disposition, Message, Verdict

#: How long after a held post a repetition of it under the same subject is looked for. Replies are known at any time.
SPAN = timedelta(days=60)
_RUN, _FEWEST = 8, 4
_MOST_TEXT = 100_000
_WORD = re.compile(r"[^\W_]+")


class Lookup(Protocol):
    """What the store is asked."""

    def held_kin(self, names: Iterable[str], thread: int | None, subject_key: str,
                 since: datetime) -> list[tuple[int, Message]]: ...


def repeats_held(message: Message, thread: ThreadState | None, intake: Lookup, now: datetime) -> Verdict | None:
    """The word that holds a post which repeats a held one; None for any other."""
    named = folding.reply_names(message)
    kin = intake.held_kin(named, thread.id if thread else None, folding.subject_key(message),
                          now - SPAN)
    for number, held in kin:
        if repeats(message, held, is_answer=held.message_id in named):
            return Verdict(disposition=Disposition.HELD, kind="repeats-held",
                           why=f"It repeats words of message {number}, which is held.")
    return None


def repeats(message: Message, held: Message, *, is_answer: bool = False) -> bool:
    """Whether words of a held post stand in another, where they are repeated and not written."""
    wanted = _words(held.new_text or held.text)
    if len(wanted) < _FEWEST:
        return False
    length = min(_RUN, len(wanted))
    runs = {tuple(wanted[at:at + length]) for at in range(len(wanted) - length + 1)}
    own = message.text if is_answer else message.quoted_text
    said = _words("\n".join((own, *message.enclosed, *message.attached)))
    return any(tuple(said[at:at + length]) in runs for at in range(len(said) - length + 1))


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_MOST_TEXT].lower())
