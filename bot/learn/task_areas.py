"""What the area model learns from: every labelled message that belongs to an area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.learn.corpus import Example
from bot.learn.fit import Task
from bot.reading.features import Lexicon, features
from bot.types import Tag

#: A message that misses its readers costs somewhat more than one item too many.
_BETA = 1.2
#: What two readers dispute teaches almost nothing here.
_DISPUTE = 0.1
#: Counting is less exact than a regression, and less led astray by one writer's words: it makes up a fifth of the sum.
_COUNTED = 0.12


def area_task(examples: Sequence[Example], areas: Sequence[str], lexicon: Lexicon,
              told: Sequence[Sequence[Tag]]) -> Task:
    """One case a message; noise and fraud belong to no area and teach nothing here.

    `told` is what the extractors say of each example when they have not learned from it.
    """
    used = [(example, tags) for example, tags in zip(examples, told, strict=True) if example.areas]
    return Task(
        name="areas", labels=tuple(areas), beta=_BETA, strength=6.0, groups=range(len(used)), counted=_COUNTED,
        dispute=_DISPUTE,
        weights=[features(example.message, lexicon, tags) for example, tags in used],
        wanted=np.array([[area in example.areas for area in areas] for example, _ in used], dtype=np.int8),
        disputed=np.array([[example.disputes(area) for area in areas] for example, _ in used]),
    )
