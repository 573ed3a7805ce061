"""What the classifier sees of a message: stemmed words, the subject's apart, its lists, each area's words, how its
words begin, and what the extractors found in it (a training's date, an outage).

Training and prediction share this module, so they cannot drift apart. The subject and the first paragraph weigh more
than the rest; quotes, signatures and list footers do not count. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from bot.headers import base_subject
from bot.reading.linear import BEGINNING, PLAIN
from bot.types import Event, Message, Tag
from bot.words import stems, words

#: Longest text that counts, in characters: newsletters say what they are about early enough.
TEXT_LIMIT = 20_000
_SUBJECT_WEIGHT, _OPENING_WEIGHT = 3.0, 1.5
_OPENING = 400
_SUBJECT_FEATURE = 2.0
#: What the names of features begin with that are about the subject alone.
IN_SUBJECT = "s:"
_LONGEST_PHRASE = 4
#: How much a sign of the extractors weighs beside all words, whose length is one.
_SIGN = 0.3
#: So many letters of a word, whatever its ending, are a second and plainer view of the text: every word counts alike.
_LETTERS = 5

#: Words that say nothing about an area.
_STOP = frozenset(stems(
    "a an and are as at be been but by can do for from had ha have he her hi if in into is it its just me my not of on "
    "or our out please she so than that the their them then there these they to up us was we were what when which "
    "who will with would you your i am dear hello thank thanks best regard sincere this some any "
    "all also only more no yes "
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september "
    "october november december mon tue wed thu fri sat sun pm central cst cdt ct today tomorrow"
))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Each area's words as stems, for finding all of them in one pass."""

    areas: Mapping[tuple[str, ...], tuple[str, ...]]
    by_first: Mapping[str, tuple[tuple[str, ...], ...]]

    @classmethod
    def of(cls, words_by_area: Mapping[str, Iterable[str]]) -> Lexicon:
        """From area ids and their words; regular expressions are left to the rules."""
        found: dict[tuple[str, ...], list[str]] = {}
        for area, phrases in words_by_area.items():
            for word in phrases:
                parts = stems(word) if not word.startswith("/") else ()
                if 0 < len(parts) <= _LONGEST_PHRASE:
                    found.setdefault(parts, []).append(area)
        by_first: dict[str, tuple[tuple[str, ...], ...]] = {}
        for phrase in found:
            by_first[phrase[0]] = (*by_first.get(phrase[0], ()), phrase)
        return cls({phrase: tuple(areas) for phrase, areas in found.items()}, by_first)

    def hits(self, words: tuple[str, ...]) -> Counter[tuple[str, ...]]:
        """How often each phrase occurs in a stemmed text."""
        begun = [(at, self.by_first[word]) for at, word in enumerate(words) if word in self.by_first]
        hits = ((len(phrase), at, phrase) for at, phrases in begun for phrase in phrases
                if len(phrase) == 1 or words[at:at + len(phrase)] == phrase)
        return Counter(phrase for _, _, phrase in sorted(hits))


def features(message: Message, lexicon: Lexicon, told: Iterable[Tag] = ()) -> dict[str, float]:
    """Feature names and weights (sublinear term frequency; not yet scaled by rarity).

    `told` is what the extractors found: dates by their kind, a request, urgency.
    """
    subject, opening, rest = _parts(message)
    counts = word_counts(message)
    weighted = {name: weight for name, weight in sublinear(counts).items() if not name.isdigit()}
    weighted.update(_subject_features(subject))
    weighted.update({f"list:{name}": 3.0 for name in message.lists})
    weighted.update(_hit_features(lexicon, subject, opening + rest))
    weighted.update({f"{PLAIN}{sign}": _SIGN * score for sign, score in signs(told).items()})
    weighted.update(_beginnings(message))
    return weighted


def _beginnings(message: Message) -> dict[str, float]:
    """The first letters of all words, subject and text alike, wherever they stand."""
    said = (*words(base_subject(message.subject)), *words(message.new_text[:TEXT_LIMIT]))
    counts = Counter(word[:_LETTERS] for word in said if word not in _STOP and not word.isdigit())
    return {f"{BEGINNING}{start}": weight for start, weight in sublinear(counts).items()}


def sublinear(counts: Mapping[str, float]) -> dict[str, float]:
    """How much words count that occur so often: the second time less than the first. Most occur once."""
    return {word: 1.0 if count == 1 else 1.0 + math.log(count) for word, count in counts.items()}


def with_pairs(said: Sequence[str]) -> Counter[str]:
    """How often each word and each pair of neighbours occurs."""
    return Counter(chain(said, map(" ".join, pairwise(said))))


def word_counts(message: Message) -> dict[str, float]:
    """The telling stems of a message with their weights, the subject's and the opening's counting more."""
    counts: dict[str, float] = {}
    for part, weight in zip(_parts(message), (_SUBJECT_WEIGHT, _OPENING_WEIGHT, 1.0), strict=True):
        for word, count in Counter(part).items():
            if word not in _STOP:
                counts[word] = counts.get(word, 0.0) + weight * count
    return counts


def _parts(message: Message) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The stems of the subject, of the opening, and of the rest."""
    text = message.new_text[:TEXT_LIMIT]
    whole, opening = stems(text), len(stems(text[:_OPENING]))
    return stems(base_subject(message.subject)), whole[:opening], whole[opening:]


def signs(told: Iterable[Tag]) -> dict[str, float]:
    """What the extractors found, in a word each, and how sure they were."""
    return {tag.value.type if isinstance(tag.value, Event) else tag.name: tag.score for tag in told
            if tag.name in ("event", "request", "urgent")}


def _subject_features(subject: tuple[str, ...]) -> dict[str, float]:
    """The subject's words once more as the subject's, and its pairs: what stands there is what the message is about."""
    kept = [word for word in subject if word not in _STOP and not word.isdigit()]
    own, pairs = (f"{IN_SUBJECT}{word}" for word in kept), (f"{one} {other}" for one, other in pairwise(kept))
    return dict.fromkeys((*own, *pairs), _SUBJECT_FEATURE)


def _hit_features(lexicon: Lexicon, subject: tuple[str, ...], body: tuple[str, ...]) -> dict[str, float]:
    score: dict[str, float] = {}
    for part, weight in ((subject, 2.0), (body, 1.0)):
        for phrase, count in lexicon.hits(part).items():
            for area in lexicon.areas[phrase]:
                worth = weight * math.sqrt(len(phrase)) * (1.0 + math.log(count))
                score[f"area:{area}"] = score.get(f"area:{area}", 0.0) + worth
    return {name: 2.0 * math.log1p(value) for name, value in score.items()}
