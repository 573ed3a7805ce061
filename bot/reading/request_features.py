"""What the three models of requests see: of a sentence (does it ask?), of a message (is it asked at all?), and of a
moment (is it the last day for that?).

Each builds on the one before: how plainly the sentences ask decides of the message, and where they stand of the moment.
Training and prediction share this module, so they cannot drift apart. Pure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from bot.linear import PLAIN
from bot.reading.dates import Dated, LastDay, first_day, plain_subject
from bot.reading.request_words import signs
from bot.reading.sentences import CAP, SENTENCE, sentences
from bot.types import Event, Message
from bot.words import stems

Features = dict[str, float]

#: Requests stand early or not at all: no more sentences than these are looked at, and no more words of each.
_LINES, _WORDS = 60, 60
#: The words of so many sentences, the plainest, decide whether a message asks.
_PLAINEST = 3
#: How much a sign and the signs of a whole message weigh beside all words, whose length is one.
_SIGN, _COUNTED = 0.3, 0.4
#: How much a word of the subject weighs once more among the words of the whole.
_TITLE = 2.0
_MANY = 3
_FAR = 3
#: How much the pull of an asking sentence on a moment weakens with each sentence between them.
_FADES = 0.7
_SUREST = 6.0
_REPLY = re.compile(r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A message as the models look at it: its sentences (the subject is the first) and their words, its dates, and
    whether it is an answer."""

    lines: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    dated: Dated
    reply: bool

    @classmethod
    def of(cls, message: Message, dated: Dated) -> Asked:
        """The first sentences of a message."""
        read = sentences(message.new_text[:CAP])[:_LINES]
        lines = (plain_subject(message.subject), *(line.text[:SENTENCE] for line in read))
        return cls(lines, tuple(map(_read, lines)), dated, is_reply(message.subject))


def _read(line: str) -> tuple[str, ...]:
    return tuple("0" if word.isdigit() else word for word in stems(line))


def is_reply(subject: str) -> bool:
    """Whether the subject is one of an answer (RFC 5322, 3.6.5)."""
    return bool(_REPLY.match(subject))


# ── does a sentence ask? ──


def line_features(asked: Asked) -> list[Features]:
    """Of each sentence in order: its words, the first ones once more, its signs of asking. No last day: what asks must
    be known by its words, for much that has a last day asks nothing, and much that asks has none."""
    return [_words(words[:_WORDS]) | _circumstances(asked, at) for at, words in enumerate(asked.words)]


def _words(words: Sequence[str]) -> Features:
    found = _weighed(words)
    found.update({f"^{' '.join(words[:many])}": 1.0 for many in (1, 2) if len(words) >= many})
    return found


def _weighed(words: Iterable[str]) -> Features:
    return {word: 1.0 if count == 1 else 1.0 + math.log(count) for word, count in Counter(words).items()}


def _circumstances(asked: Asked, at: int) -> Features:
    line = asked.lines[at]
    facts = {
        "place": _SIGN * min(at, 20) / 20, "subject": _SIGN * (at == 0), "reply": _SIGN * asked.reply,
        "asks": _SIGN * line.endswith("?"),
    }
    said = {f"{PLAIN}sign:{sign}": _SIGN for sign in signs(line)}
    return {f"{PLAIN}{name}": weight for name, weight in facts.items()} | said


# ── does the message ask? ──


def features(asked: Asked, asking: Sequence[float]) -> Features:
    """Of a message: how plainly its plainest sentences ask (`asking`, in their order), its signs, dates and words."""
    return _text(asked, asking) | _facts(asked, asking)


def _text(asked: Asked, asking: Sequence[float]) -> Features:
    """Words and pairs of the plainest sentences, and the subject's: an offer says there that it is one, and what else
    a long message tells of says nothing of it."""
    plainest = sorted(sorted(range(len(asking)), key=lambda at: -asking[at])[:_PLAINEST])
    words = list(chain.from_iterable(asked.words[at][:_WORDS] for at in plainest))
    subject = {f"^{word}": _TITLE for word in asked.words[0]}
    return _weighed([*words, *map(" ".join, pairwise(words))]) | subject


def _facts(asked: Asked, asking: Sequence[float]) -> Features:
    best = sorted(asking, reverse=True)
    facts = {f"top{at}": 0.1 * odds(one) for at, one in enumerate([*best, 0.0, 0.0][:3])}
    facts |= {f"count:{sign}": weight for sign, weight in _counted(asked).items()}
    days = asked.dated.days
    said = dict(zip(asked.lines, asking, strict=True))
    return {f"{PLAIN}{name}": weight for name, weight in facts.items()} | {
        f"{PLAIN}any": _SIGN * (1 - math.prod(1 - one for one in best[:5])),
        f"{PLAIN}deadline": 0.2 * any(event.type == "deadline" for event in asked.dated.events),
        f"{PLAIN}due": 0.4 * max((day.due for day in days), default=0.0),
        f"{PLAIN}happens": 0.2 * max((day.happens for day in days), default=0.0),
        f"{PLAIN}asked by then": 0.4 * max((day.due * said.get(day.sentence, 0.0) for day in days), default=0.0),
        f"{PLAIN}questions": _SIGN * min(5, sum(line.endswith("?") for line in asked.lines)) / 5,
        f"{PLAIN}long": _SIGN * min(1.0, len(asked.lines) / _LINES), f"{PLAIN}reply": _SIGN * asked.reply,
    }


def _counted(asked: Asked) -> Features:
    """The signs of all sentences: the subject's apart, and once more those of sentences with a last day."""
    deadlines = {event.sentence for event in asked.dated.events if event.type == "deadline"}
    counts: Counter[str] = Counter()
    for place, line in enumerate(asked.lines):
        found = signs(line)
        counts.update(found if place else (f"s:{sign}" for sign in found))
        if line in deadlines:
            counts.update(f"d:{sign}" for sign in (*found, "any"))
    return {sign: _COUNTED * min(count, _MANY) / _MANY for sign, count in counts.items()}


# ── by when? ──


def last_days(asked: Asked) -> list[tuple[Event, LastDay]]:
    """The moments that are still to come, as deadlines."""
    return [(event, day) for day in asked.dated.days if (event := day.event()) is not None]


def due_features(asked: Asked, asking: Sequence[float]) -> list[Features]:
    """Of each of the last days: how likely it is one at all, where it stands from what asks, and which of all it is."""
    days = [(first_day(event.start), day) for event, day in last_days(asked)]
    where = {line: at for at, line in reversed(list(enumerate(asked.lines)))}
    likely = sorted({when for when, day in days if day.due > 0.5})
    ranks: Mapping[object, set[str]] = {
        day: {name for name, at in (("first", 0), ("last", -1)) if likely[at] == day} for day in likely
    }
    best = max((day.due for _, day in days), default=0.0)
    times = Counter(when for when, _ in days)
    return [
        _stands(where.get(day.sentence, 0), asking) | _likely(day, best, times[when])
        | {f"{PLAIN}{rank}": 0.5 for rank in ranks.get(when, ())}
        | {f"{PLAIN}only": 0.5 * (likely == [when])} for when, day in days
    ]


def _likely(day: LastDay, best: float, times: int) -> Features:
    return {
        f"{PLAIN}due": 0.2 * odds(day.due), f"{PLAIN}happens": 0.1 * odds(day.happens),
        f"{PLAIN}likeliest": 0.5 * (day.due == best), f"{PLAIN}times": _SIGN * min(_MANY, times),
    }


def _stands(at: int, asking: Sequence[float]) -> Features:
    top = max(range(len(asking)), key=lambda place: asking[place])
    beside = [asking[place] for place in (at - 1, at + 1) if 0 <= place < len(asking)]
    return {
        f"{PLAIN}here": 0.2 * odds(asking[at]), f"{PLAIN}beside": 0.1 * odds(max(beside, default=0.0)),
        f"{PLAIN}away:{max(-_FAR, min(_FAR, at - top))}": 0.5,
        f"{PLAIN}pull": max(one * _FADES ** abs(at - place) for place, one in enumerate(asking)),
    }


def odds(probable: float) -> float:
    """Log-odds, not beyond what a model can know."""
    inside = min(max(probable, 1e-5), 1 - 1e-5)
    return max(-_SUREST, min(_SUREST, math.log(inside / (1 - inside))))
