"""A linear model of one label applied to many small cases: in plain Python, for a sentence has few features.

The arrays of `bot.linear` pay from hundreds of features on; both give the same probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from bot.linear import PLAIN, LinearModel, shifted


class OneLabel:
    """The probability of a model's only label."""

    def __init__(self, model: LinearModel) -> None:
        each = zip(model.index, model.rarity.tolist(), model.coef[:, 0].tolist(), strict=True)
        self._known = {name: (name.startswith(PLAIN), rarity, coef) for name, rarity, coef in each}
        self._bias = float(model.bias[0])
        self._threshold = float(model.thresholds[0])

    def probable(self, weights: Mapping[str, float]) -> float:
        """How likely the case is."""
        facts, words, square = self._bias, 0.0, 0.0
        for found, weight in zip(map(self._known.get, weights), weights.values(), strict=True):
            if found is None:
                continue
            is_fact, rarity, coef = found
            if is_fact:
                facts += weight * coef
            else:
                value = weight * rarity
                words += value * coef
                square += value * value
        odds = facts + words / (math.sqrt(square) or 1.0)
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, odds))))

    def sure(self, weights: Mapping[str, float]) -> float:
        """The same, moved so that one half is the model's threshold."""
        return shifted(self.probable(weights), self._threshold)
