"""What the area model learns from: every labelled message that belongs to an area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.learn.corpus import Example
from bot.learn.fit import Task
from bot.reading.features import Lexicon, features

#: A message that misses its readers costs somewhat more than one item too many.
_BETA = 1.2


def area_task(examples: Sequence[Example], areas: Sequence[str], lexicon: Lexicon) -> Task:
    """One case a message; noise and fraud belong to no area and teach nothing here."""
    used = [example for example in examples if example.areas]
    return Task(
        name="areas", labels=tuple(areas), weights=[features(example.message, lexicon) for example in used],
        wanted=np.array([[area in example.areas for area in areas] for example in used], dtype=np.int8),
        groups=range(len(used)), beta=_BETA,
    )
