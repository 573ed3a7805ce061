"""What the model `urgency` sees of a message: the words and pairs of its beginning, the cues in them, its dates.

Training and prediction share this module, so they cannot drift apart. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.reading.dates import first_day, plain_subject
from bot.reading.features import sublinear, with_pairs
from bot.reading.linear import PLAIN
from bot.reading.request_features import is_reply
from bot.reading.sentences import sentences
from bot.reading.urgency_cues import cues
from bot.types import Event, Message
from bot.words import stems

#: Urgent news say so early; what comes later is commentary.
_FIRST, _LINES, _LINE = 2_500, 8, 600
#: How much a cue, a grave one and a date weigh beside all words, whose length is one: little, the words know more. A
#: breach or an emergency is rare, so few words of it are known.
_CUE, _GRAVE, _DATE = 0.05, 0.2, 0.2


def lines_of(message: Message) -> list[str]:
    """The subject without its prefixes, and the first sentences."""
    read = sentences(message.new_text[:_FIRST])[:_LINES]
    return [plain_subject(message.subject), *(line.text[:_LINE] for line in read)]


def features(message: Message, dated: Iterable[Event]) -> dict[str, float]:
    """Feature names and weights; `dated` are the events of the same message."""
    lines = lines_of(message)
    weighted = sublinear(with_pairs(stems("\n".join(lines))))
    weighted |= {PLAIN + cue: _GRAVE if cue.startswith(("breach", "haste")) else _CUE
                 for cue in set().union(*cues(lines))}
    weighted |= {PLAIN + ahead: _DATE for ahead in _ahead(message, dated)}
    return weighted | {f"{PLAIN}reply": _CUE * is_reply(message.subject)}


def _ahead(message: Message, dated: Iterable[Event]) -> set[str]:
    """What is announced: its kinds, and whether for a later day."""
    today = message.date.date() if message.date is not None else None
    return {f"{event.type}:{'today' if first_day(event.start) == today else 'ahead'}" for event in dated}
