"""The area classifier at work: the linear model `areas` over a message's features.

Scores are shifted so that one half is each area's own threshold: below it the classifier is unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bot.linear import PLAIN, SECOND_VIEW, Models, shifted
from bot.reading.features import IN_SUBJECT, Lexicon, features
from bot.reading.tagger import Surroundings
from bot.types import Message, Tag
from bot.words import stems, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Scores below this are not even worth a guess.
_FAINT = 0.2
#: So much of a text is searched for the words of a reason, and so many of the strongest features are.
_TOLD_IN, _REASONS = 5_000, 12
#: Shorter words ("m", "oa") would tell a person nothing.
_TELLING = 3


class AreaClassifier:
    """Yields an area tag for every area it thinks possible; the score says whether it is sure (0.5 and above)."""

    name = "classifier"

    def __init__(self, models: Models, lexicon: Lexicon, known: Iterable[str]) -> None:
        self._model = models["areas"]
        self._lexicon = lexicon
        self._known = frozenset(known)

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """The areas, with their three strongest reasons."""
        scores = self._model.scores(features(message, self._lexicon, around.told))
        certain = [shifted(float(probable), float(threshold))
                   for probable, threshold in zip(scores.probable, self._model.thresholds, strict=True)]
        spoken: _Spoken | None = None
        for place, (area, score) in enumerate(zip(self._model.labels, certain, strict=True)):
            if area in self._known and score >= _FAINT:
                spoken = spoken or _Spoken(message, self._lexicon)
                why, said = _why(area, spoken, scores.names, scores.parts[:, place])
                yield Tag(name="area", value=area, score=round(score, 4), by="classifier", why=why, words=said)


class _Spoken:
    """How the words of a message stand in it, found once for all areas."""

    def __init__(self, message: Message, lexicon: Lexicon) -> None:
        # One by one, and not in one text: the text's stems are known from its features.
        subject, text = message.subject, message.new_text[:_TOLD_IN]
        self._stems, self._words = stems(subject) + stems(text), words(subject) + words(text)
        self._first = dict(zip(reversed(self._stems), range(len(self._stems) - 1, -1, -1), strict=True))
        self._lexicon = lexicon
        self._hits = lexicon.hits(self._stems)

    def own(self, area: str) -> list[str]:
        """The longest words that areas.yaml gives to the area, as they stand here."""
        mine = (phrase for phrase in self._hits if area in self._lexicon.areas[phrase])
        return [self._at(phrase) for phrase in sorted(mine, key=lambda part: (-len(part), part))[:3]]

    def surface(self, name: str) -> list[str]:
        """How a stemmed word or pair stands here."""
        phrase = tuple(name.split(" "))
        return [self._at(phrase)] if phrase[0] in self._first and len(name) >= _TELLING else []

    def _at(self, phrase: tuple[str, ...]) -> str:
        at = self._first[phrase[0]]
        while at < len(self._stems) and self._stems[at:at + len(phrase)] != phrase:
            at = self._stems.index(phrase[0], at + 1) if phrase[0] in self._stems[at + 1:] else len(self._stems)
        return " ".join(self._words[at:at + len(phrase)]) or " ".join(phrase)


def _why(area: str, told: _Spoken, names: list[str], parts: NDArray[np.float64]) -> tuple[str, tuple[str, ...]]:
    """The strongest reasons as a librarian would say them: "posted to techserv-ig; speaks of “bib records”"; and the
    words alone."""
    spoken: dict[str, None] = {}
    posted = ""
    for at in parts.argsort()[::-1][:_REASONS]:
        name = names[at]
        if parts[at] <= 0 or len(spoken) >= 3:
            break
        if name.startswith("list:"):
            posted = f"posted to {name.removeprefix('list:')}"
        elif name == f"area:{area}":
            spoken.update(dict.fromkeys(told.own(area)))
        elif not name.startswith(("area:", PLAIN, SECOND_VIEW)):
            spoken.update(dict.fromkeys(told.surface(name.removeprefix(IN_SUBJECT))))
    telling = [word for word in spoken if not any(f" {word} " in f" {other} " for other in spoken if other != word)]
    said = f"speaks of {', '.join(f'“{word}”' for word in telling[:3])}" if spoken else ""
    return "; ".join(part for part in (posted, said) if part) or "reads like earlier mail about it", tuple(telling[:3])
