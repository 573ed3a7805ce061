"""Persons with their library business: who owes, borrowed, asked for, lost or may not borrow what.

No list of words decides. A small model, learned from messages of both sorts, looks at every mention of somebody: the
words around it, the sentences before and after, how it is written, and what the whole message speaks of. Pure.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.inbox import patron
from bot.inbox.people import NAMED, Mention, mentions
from bot.linear import BEGINNING, PLAIN, LinearModel, shifted
from bot.types import SURE
from bot.words import stems

#: So much of a text is read; who is named behind it stands in no sentence of a mail.
LONGEST = 60_000
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n(?=\s*(?:[-*>•|]|\d+[.)]))")
#: A name may be broken in two by a mailer, with the mark of a quotation between.
_BROKEN = re.compile(r"[A-Z][a-z]{1,20}\n(?:> ?){0,5}[A-Z][a-z]")
_PHONE = re.compile(r"\b\d{3}[-.) ]{1,2}\d{3}-\d{4}")
_GREETING = ("hi", "hello", "dear", ",")
_PRONOUNS = frozenset(stems("he she him his her hers they their them"))
#: Words before and after a mention, and of the sentences beside its own.
_NEAR, _BESIDE, _REACH = 8, 25, 120
#: So many characters of a sentence on either side; lists and hostile texts have no full stops.
_SENTENCE = 400
_BY_NEARNESS, _BY_PLACE, _SAME, _NEXT, _PAIR, _BEFORE, _OWN = 2.0, 1.2, 0.8, 0.5, 1.0, 0.4, 1.0
_FACT, _STRONG = 0.5, 1.0
_CODES = 3
#: Words of lending.
_DEEDS = re.compile(
    r"\b(?:owe[sd]?|overdue|checked out|borrowed|returned|renew(?:ed|s|al)?|requested|on hold|blocked|billed|charged"
    r"|fined|expired|lost|fines?|loans?|holds?|patron|borrower)\b|\$ ?\d{1,3}(?![\d,])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text cut into sentences, with what all its mentions share."""

    whole: str
    sentences: tuple[tuple[int, int], ...]
    colleagues: frozenset[str]
    closing: int
    named: int

    def after(self, at: int) -> str:
        """The beginning of the sentence behind this one."""
        start, stop = self.sentences[at + 1] if at + 1 < len(self.sentences) else (0, 0)
        return self.whole[start:min(stop, start + _SENTENCE)]

    def before(self, at: int) -> str:
        """The end of the sentence before this one."""
        start, stop = self.sentences[at - 1] if at else (0, 0)
        return self.whole[max(start, stop - _SENTENCE):stop]

    def around(self, at: int, one: Mention) -> tuple[str, str]:
        """Its own sentence before and behind a mention."""
        start, stop = self.sentences[at]
        return (self.whole[max(start, one.start - _SENTENCE):one.start],
                self.whole[one.stop:min(stop, one.stop + _SENTENCE)])

    def line(self, one: Mention) -> str:
        """The line that a mention stands in."""
        first, last = max(0, one.start - _SENTENCE), one.stop + _SENTENCE
        stop = self.whole.find("\n", one.stop, last)
        return self.whole[max(first, self.whole.rfind("\n", first, one.start) + 1):stop if stop >= 0 else last]


class Borrowers:
    """The model at work."""

    def __init__(self, model: LinearModel | None) -> None:
        """Without a model every name beside a word of lending is taken for a borrower's: rather held than leaked."""
        self._model = model

    def first(self, text: str, colleagues: frozenset[str], closing: int = 0) -> str | None:
        """Who is told of with their business, masked, likeliest first; None when nobody is.

        `colleagues` are names, lower-cased, of people who write and are written to; the last `closing` characters are
        a signature or footer.
        """
        if self._model is None:
            return cautious(text, colleagues)
        readings = (text, patron.joined(text)) if _BROKEN.search(text) else (text,)
        scored = (pair for reading in readings for pair in self._scored(reading, colleagues, closing))
        found = max(scored, key=lambda pair: pair[0], default=None)
        return _told(found[1]) if found is not None and found[0] >= SURE else None

    def _scored(self, text: str, colleagues: frozenset[str], closing: int) -> Iterator[tuple[float, Mention]]:
        model, places = self._model, mentions(text[:LONGEST])
        named = [one for one in places if one.kind in NAMED]
        # Logins and numbers are many things; a text full of them that speaks of no lending names codes, not people.
        if len(places) - len(named) > _CODES and not _DEEDS.search(text[:LONGEST]):
            places = named
        if model is None or not places:
            return
        shared = float(model.log_odds(spoken(text))[0]) + float(model.bias[0])
        for one, near in features(text, places, colleagues, closing):
            odds = shared + float(model.log_odds(near)[0])
            yield shifted(1 / (1 + math.exp(-odds)), float(model.thresholds[0])), one


def cautious(text: str, colleagues: frozenset[str] = frozenset()) -> str | None:
    """A name beside a word of lending, where no model can tell more."""
    for one in mentions(text[:LONGEST]):
        near = text[max(0, one.start - _REACH):one.stop + _REACH]
        if one.kind in NAMED[:3] and one.name.lower() not in colleagues and _DEEDS.search(near):
            return _told(one)
    return None


def _told(one: Mention) -> str:
    if one.kind in NAMED:
        return f"a person by name ({one.masked}) with their library business"
    what = {"mail": "address", "login": "login"}.get(one.kind, "number")
    return f"a person's {what} ({one.masked}) with their library business"


# ── what the model sees ───────────────────────────────────────────────────────────────────────────────────────────


def spoken(text: str) -> dict[str, float]:
    """What the whole text speaks of, the same for all its mentions: a view of its own."""
    counts = Counter(_stems(text[:LONGEST]))
    return {f"{BEGINNING}{word}": 1.0 + math.log(count) for word, count in counts.items()}


def features(text: str, places: Sequence[Mention], colleagues: frozenset[str],
             closing: int = 0) -> Iterator[tuple[Mention, Mapping[str, float]]]:
    """Each mention with the features of its surroundings."""
    whole = text[:LONGEST]
    known = frozenset(word for name in colleagues for word in name.split() if len(word) > 2)
    said = _Text(whole, tuple(_sentences(whole)), known, len(text) - closing,
                 len({one.name for one in places if one.kind in NAMED}))
    starts = [start for start, _ in said.sentences]
    for one in places:
        at = max(0, bisect_right(starts, one.start) - 1)
        yield one, {**_words(said, one, at), **{f"{PLAIN}{fact}": weight for fact, weight in _facts(said, one, at)}}


def _sentences(whole: str) -> Iterator[tuple[int, int]]:
    place = 0
    for match in _SENTENCE_END.finditer(whole):
        yield place, match.start()
        place = match.end()
    yield place, len(whole)


def _words(said: _Text, one: Mention, at: int) -> dict[str, float]:
    """The words of the sentence by their nearness, of the sentences beside it, and of the name itself."""
    pre, post = said.around(at, one)
    before, after = _stems(pre)[-_NEAR:][::-1], _stems(post)[:_NEAR]
    beside, earlier = _stems(said.after(at))[:_BESIDE], _stems(said.before(at))[-_BESIDE:]
    found = {f"p:{word}": _BEFORE for word in earlier}
    found.update({f"n:{word}": _NEXT for word in beside})
    found.update({f"n:{who} {does}": _PAIR for who, does in pairwise(beside) if who in _PRONOUNS})
    found.update({f"s:{word}": _SAME for word in (*_stems(pre), *_stems(one.name), *_stems(post))})
    for side, near in (("b", before), ("a", after)):
        ordered = reversed(list(enumerate(near)))
        found.update({f"{side}:{word}": _BY_NEARNESS / math.sqrt(1 + far) for far, word in ordered})
        found.update({f"{side}{far}:{word}": _BY_PLACE for far, word in enumerate(near[:2])})
        if len(near) > 1:
            found[f"{side}01:{near[0]} {near[1]}"] = _BY_PLACE
    found.update({f"w:{word}": _OWN for word in _stems(one.name)})
    return found


def _facts(said: _Text, one: Mention, at: int) -> Iterator[tuple[str, float]]:
    """How it is written, where it stands, and who else is named."""
    line = said.line(one)
    yield f"kind:{one.kind}", _FACT
    if said.colleagues.intersection(one.name.lower().replace(",", " ").split()):
        yield "colleague", _STRONG
    if one.start >= said.closing:
        yield "closing", _STRONG
    if len(line.split()) <= 5:
        yield "short line", _FACT
    if len(line) < 40 and said.whole[:one.start].rstrip().lower().endswith(_GREETING):
        yield "greeting", _FACT
    yield from ((fact, _FACT) for fact, holds in (
        ("subject", at == 0), ("last sentence", at >= len(said.sentences) - 1),
        ("quoted", line.lstrip().startswith(">")), ("mail on line", "@" in line),
        ("phone on line", _PHONE.search(line) is not None),
        ("possessive", said.whole[one.stop:one.stop + 2] in ("'s", "\u2019s")),
    ) if holds)
    yield "names:" + ("many" if said.named > 5 else "some" if said.named > 2 else str(said.named)), _FACT
    yield from ((f"pronoun {where}", _FACT) for where in _pronouns(said, one, at))


def _pronouns(said: _Text, one: Mention, at: int) -> Iterator[str]:
    pre, post = said.around(at, one)
    for where, part in (("before", pre), ("after", post), ("next", said.after(at)[:_REACH])):
        if _PRONOUNS.intersection(stems(part)):
            yield where


def _stems(text: str) -> list[str]:
    return [word for word in stems(text) if not word.isdigit()]
