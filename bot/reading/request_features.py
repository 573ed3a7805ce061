"""What the model `requests` sees of a message: words and pairs, its deadlines, the signs of asking in its sentences.

Training and prediction share this module, so they cannot drift apart. Pure.
"""

from __future__ import annotations

import re
from collections import Counter

from bot.reading.dates import plain_subject
from bot.reading.features import sublinear, with_pairs
from bot.reading.linear import PLAIN
from bot.reading.request_words import signs
from bot.reading.sentences import CAP, SENTENCE, sentences
from bot.types import Event, Message
from bot.words import stems

#: Requests stand early or not at all; and no more sentences than these are looked at.
_TEXT, _LINES = 4_000, 60
#: How much a sign and a circumstance weigh beside all words, whose length is one.
_SIGN, _DEADLINE, _CIRCUMSTANCE = 0.4, 0.2, 0.3
_MANY = 3
_REPLY = re.compile(r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw)\s*:", re.IGNORECASE)


def lines_of(message: Message) -> list[str]:
    """The subject without its prefixes, and the first sentences."""
    read = sentences(message.new_text[:CAP])[:_LINES]
    return [plain_subject(message.subject), *(line.text[:SENTENCE] for line in read)]


def features(message: Message, dated: tuple[Event, ...]) -> dict[str, float]:
    """Feature names and weights; `dated` are the events of the same message."""
    lines = lines_of(message)
    deadlines = {event.sentence for event in dated if event.type == "deadline"}
    counts = with_pairs(_words(lines[0]) + _words(message.new_text[:_TEXT]))
    weighted = sublinear(counts)
    weighted.update(_signs(lines, deadlines))
    weighted[f"{PLAIN}deadline"] = _DEADLINE * bool(deadlines)
    weighted[f"{PLAIN}reply"] = _CIRCUMSTANCE * is_reply(message.subject)
    weighted[f"{PLAIN}question"] = _CIRCUMSTANCE * ("?" in message.new_text[:_TEXT])
    return weighted


def is_reply(subject: str) -> bool:
    """Whether the subject is one of an answer (RFC 5322, 3.6.5)."""
    return bool(_REPLY.match(subject))


def _words(text: str) -> list[str]:
    return ["0" if word.isdigit() else word for word in stems(text)]


def _signs(lines: list[str], deadlines: set[str]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for place, line in enumerate(lines):
        found = signs(line)
        counts.update(found if place else (f"s:{sign}" for sign in found))
        if line in deadlines:
            counts.update(f"d:{sign}" for sign in (*found, "any"))
    return {f"{PLAIN}{sign}": _SIGN * min(count, _MANY) / _MANY for sign, count in counts.items()}
