"""The area classifier at work: the linear model `areas` over a message's features.

Scores are shifted so that one half is each area's own threshold: below it the classifier is unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bot.reading.features import IN_SUBJECT, Lexicon, features
from bot.reading.linear import PLAIN, Models, shifted
from bot.reading.tagger import Surroundings
from bot.types import Message, Tag
from bot.words import find_phrase, stems, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Scores below this are not even worth a guess.
_FAINT = 0.2


class AreaClassifier:
    """Yields an area tag for every area it thinks possible; the score says whether it is sure (0.5 and above)."""

    name = "classifier"

    def __init__(self, models: Models, lexicon: Lexicon, known: Iterable[str]) -> None:
        self._model = models["areas"]
        self._vectors = models.vectors
        self._lexicon = lexicon
        self._known = frozenset(known)

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """The areas, with their three strongest reasons."""
        scores = self._model.scores(features(message, self._lexicon, self._vectors, around.told))
        for place, area in enumerate(self._model.labels):
            score = shifted(float(scores.probable[place]), float(self._model.thresholds[place]))
            if area in self._known and score >= _FAINT:
                why = _why(message, area, self._lexicon, scores.names, scores.parts[:, place])
                yield Tag(name="area", value=area, score=round(score, 4), by="classifier", why=why)


def _why(message: Message, area: str, lexicon: Lexicon, names: list[str], parts: NDArray[np.float64]) -> str:
    """The strongest reasons as a librarian would say them: "posted to techserv-ig; speaks of “bib records”"."""
    strongest = sorted(zip(parts.tolist(), names, strict=True), reverse=True)[:8]
    text = f"{message.subject}\n{message.new_text[:5000]}"
    spoken: dict[str, None] = {}
    posted = ""
    for worth, name in strongest:
        if worth <= 0 or len(spoken) >= 3:
            break
        if name.startswith("list:"):
            posted = f"posted to {name.removeprefix('list:')}"
        elif name == f"area:{area}":
            spoken.update(dict.fromkeys(_own_words(area, lexicon, text)))
        elif not name.startswith(("area:", PLAIN)):
            spoken.update(dict.fromkeys(_surface(name.removeprefix(IN_SUBJECT), text)))
    said = f"speaks of {', '.join(f'“{word}”' for word in list(spoken)[:3])}" if spoken else ""
    return "; ".join(part for part in (posted, said) if part) or "reads like earlier mail about it"


def _own_words(area: str, lexicon: Lexicon, text: str) -> list[str]:
    hits = lexicon.hits(stems(text))
    own = sorted((phrase for phrase in hits if area in lexicon.areas[phrase]), key=lambda part: (-len(part), part))
    return [found.lower() for phrase in own[:3] if (found := find_phrase(" ".join(phrase), text))]


def _surface(name: str, text: str) -> list[str]:
    """How a stemmed word or pair stands in the text."""
    wanted = tuple(name.split(" "))
    folded, at = stems(text), -1
    for _ in range(folded.count(wanted[0])):
        at = folded.index(wanted[0], at + 1)
        if folded[at:at + len(wanted)] == wanted:
            return [" ".join(words(text)[at:at + len(wanted)])]
    return []
