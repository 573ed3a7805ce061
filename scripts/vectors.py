"""Distils `models/words.npz` from the word vectors of the wordllama wheel; needed only when its vocabulary changes.

    pip install wordllama wordfreq scikit-learn && python scripts/vectors.py models

Each stem gets the mean of its words' vectors, weighted by how common they are, without what all words share, cut to
the directions that tell most apart, as bytes. Words come from wordfreq's list of common English words and from the
training messages. The bot reads the result with numpy alone.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import numpy as np
import wordllama
from wordfreq import top_n_list, word_frequency

from bot.learn.corpus import load_examples
from bot.vectors import vector_bytes
from bot.words import stem, words

COMMON, DIRECTIONS, SMOOTH = 40_000, 96, 1e-3


def main(models: Path) -> None:
    """Write `words.npz` into the folder of the models."""
    known = sorted(_vocabulary(models / "training"))
    teacher = wordllama.WordLlama.load(cache_dir=os.path.dirname(wordllama.__file__), disable_download=True)
    raw = np.asarray(teacher.embed(known, norm=True), dtype=np.float64)
    often = np.array([max(word_frequency(word, "en"), 1e-8) for word in known])
    stems, vectors, weights = _by_stem(known, raw, often)
    vectors = _fewer(vectors - (vectors * weights[:, None]).sum(0) / weights.sum(), SMOOTH / (SMOOTH + weights))
    (models / "words.npz").write_bytes(vector_bytes(stems, vectors, SMOOTH / (SMOOTH + weights)))


def _vocabulary(messages: Path) -> set[str]:
    told = {word for example in load_examples(messages)
            for word in words(f"{example.message.subject}\n{example.message.new_text}")}
    return {word for word in told | set(map(str.lower, top_n_list("en", COMMON))) if re.fullmatch(r"[a-z]{2,24}", word)}


def _by_stem(known: list[str], raw: np.ndarray, often: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    roots = [stem(word) for word in known]
    names = sorted(set(roots))
    place = {name: at for at, name in enumerate(names)}
    sums, weights = np.zeros((len(names), raw.shape[1])), np.zeros(len(names))
    for at, root in enumerate(roots):
        sums[place[root]] += raw[at] * often[at]
        weights[place[root]] += often[at]
    means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return names, means, weights


def _fewer(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    _, _, directions = np.linalg.svd(vectors * weights[:, None], full_matrices=False)
    return vectors @ directions[:DIRECTIONS].T


if __name__ == "__main__":
    main(Path(sys.argv[1]))
