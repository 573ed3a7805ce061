"""An area that the liaison invents today works today: how near a message stands to the area's own description.

The classifier knows only the areas it has learned. For any other one, the text's vector is compared with the vectors of
all areas' descriptions (label, about and words from areas.yaml); what stands out clearly from the rest is tagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bot.linear import shifted
from bot.reading.features import word_counts
from bot.reading.tagger import Surroundings
from bot.types import Message, Tag
from bot.vectors import WordVectors
from bot.words import stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: By how many standard deviations an area must stand out to be sure, and to be worth a guess. Measured by treating each
#: of the ten learned areas as new: at 1.6 two of three such tags are right.
_SURE, _GUESS = 1.6, 1.0
#: Fewer areas than this, and "standing out" means nothing.
_FEWEST = 4


class LikenessTagger:
    """Yields an area tag for areas that no model has learned."""

    name = "likeness"

    def __init__(self, vectors: WordVectors, descriptions: Mapping[str, str], learned: frozenset[str]) -> None:
        """`descriptions` has a text for every area; those of learned areas are what others must stand out from."""
        self._vectors = vectors
        self._areas = tuple(descriptions)
        self._new = frozenset(descriptions) - learned
        self._is_at_work = self.is_needed(descriptions, learned)
        self._table = [vectors.mean(dict.fromkeys(stems(text), 1.0)) for text in descriptions.values()]

    @staticmethod
    def is_needed(descriptions: Mapping[str, str], learned: frozenset[str]) -> bool:
        """Whether there is an area that no model has learned, and enough others for it to stand out from."""
        return bool(descriptions.keys() - learned) and len(descriptions) >= _FEWEST

    @property
    def is_at_work(self) -> bool:
        """Whether it can tag anything."""
        return self._is_at_work

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """One tag for each new area that the message stands near to."""
        if not self.is_at_work:
            return
        for area, far in zip(self._areas, self._standing_out(message), strict=True):
            if area in self._new and far >= _GUESS:
                score = round(shifted(min(0.95, far / (2 * _SURE)), 0.5), 4)
                yield Tag(name="area", value=area, score=score, by="classifier",
                          why="its words stand near to what areas.yaml says of this area")

    def _standing_out(self, message: Message) -> NDArray[np.float64]:
        import numpy as np

        near = np.stack(self._table) @ self._vectors.mean(word_counts(message))
        spread: NDArray[np.float64] = (near - near.mean()) / (float(near.std()) or 1.0)
        return spread
