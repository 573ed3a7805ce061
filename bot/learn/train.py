"""Training the area classifier: from labelled messages to the model file, the same bytes every time.

One logistic regression an area over the features of `bot.reading.features`, weighted by rarity (idf) and scaled to
unit length. Thresholds are chosen area by area on five-fold cross-validation, where a message that misses its readers
costs somewhat more than one item too many.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from bot.learn.corpus import Example
from bot.reading.classifier import CARD_FILE, FORMAT, MODEL_FILE, model_bytes
from bot.reading.features import Lexicon, features

_STRENGTH = 3.0
_FOLDS = 5
_RAREST = 2
#: Recall weighs a little more: F-beta with this beta picks the thresholds.
_BETA = 1.2
_CANDIDATES = np.round(np.arange(0.20, 0.71, 0.02), 2)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished model: its file's bytes, and its card."""

    raw: bytes
    card: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Features as a matrix: rows are messages, columns `names`."""

    names: list[str]
    rarity: NDArray[np.float64]
    rows: csr_matrix


def train(examples: Sequence[Example], areas: Sequence[str], lexicon: Lexicon, fingerprint: str) -> Trained:
    """Fit, choose thresholds, and describe. `fingerprint` names the training data."""
    used = [example for example in examples if example.areas]
    wanted = np.array([[area in example.areas for area in areas] for example in used], dtype=np.int8)
    weights = [features(example.message, lexicon) for example in used]
    held_out = _cross_validate(weights, wanted)
    thresholds = np.array([_threshold(held_out[:, at], wanted[:, at]) for at in range(len(areas))])
    table = _table(weights)
    coef, bias = _fit(table.rows, wanted)
    raw = model_bytes(tuple(areas), table.names, rarity=table.rarity, coef=coef, bias=bias, thresholds=thresholds)
    card = _card(raw, used, areas, fingerprint, _figures(held_out > thresholds, wanted, held_out, areas, used))
    return Trained(raw=raw, card=card)


def write(trained: Trained, folder: Path) -> None:
    """Write both files; each is written beside and renamed, so that a reader never sees half a model."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((MODEL_FILE, trained.raw), (CARD_FILE, _dumped(trained.card))):
        beside = folder / f".{name}.new"
        beside.write_bytes(content)
        beside.replace(folder / name)


def data_fingerprint(folder: Path) -> str:
    """The SHA-256 of all training files, in name order."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _dumped(card: Mapping[str, Any]) -> bytes:
    return (json.dumps(card, indent=1, sort_keys=True) + "\n").encode()


def _table(weights: Sequence[Mapping[str, float]], names: list[str] | None = None,
           rarity: NDArray[np.float64] | None = None) -> _Table:
    if names is None or rarity is None:
        seen: dict[str, int] = {}
        for row in weights:
            for name in row:
                seen[name] = seen.get(name, 0) + 1
        names = sorted(name for name, count in seen.items() if count >= _RAREST)
        rarity = np.array([1.0 + math.log((1 + len(weights)) / (1 + seen[name])) for name in names])
    index = {name: place for place, name in enumerate(names)}
    return _Table(names=names, rarity=rarity, rows=_matrix(weights, index, rarity))


def _matrix(
    weights: Sequence[Mapping[str, float]], index: Mapping[str, int], rarity: NDArray[np.float64]
) -> csr_matrix:
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for row in weights:
        places = sorted(index[name] for name in row if name in index)
        by_place = {index[name]: value for name, value in row.items() if name in index}
        values = np.array([by_place[place] for place in places]) * rarity[places] if places else np.zeros(0)
        norm = float(np.sqrt(values @ values)) or 1.0
        data.extend((values / norm).tolist())
        columns.extend(places)
        starts.append(len(columns))
    return csr_matrix((data, columns, starts), shape=(len(weights), len(index)))


def _fit(rows: csr_matrix, wanted: NDArray[np.int8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    models = [_one(rows, wanted[:, at]) for at in range(wanted.shape[1])]
    return np.stack([model.coef_[0] for model in models], axis=1), np.array([model.intercept_[0] for model in models])


def _one(rows: csr_matrix, wanted: NDArray[np.int8]) -> LogisticRegression:
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", solver="liblinear", random_state=0, max_iter=1000)
    return model.fit(rows, wanted)


def _cross_validate(weights: Sequence[Mapping[str, float]], wanted: NDArray[np.int8]) -> NDArray[np.float64]:
    """Each message's probabilities by a model that has not seen it."""
    found = np.zeros(wanted.shape)
    for fit, rest in KFold(_FOLDS, shuffle=True, random_state=0).split(found):
        table = _table([weights[at] for at in fit])
        unseen = _table([weights[at] for at in rest], table.names, table.rarity)
        for area in range(wanted.shape[1]):
            model = _one(table.rows, wanted[fit, area])
            found[rest, area] = model.predict_proba(unseen.rows)[:, 1]
    return found


def _threshold(found: NDArray[np.float64], wanted: NDArray[np.int8]) -> float:
    return float(max(_CANDIDATES, key=lambda at: (round(_f_beta(found > at, wanted), 6), -abs(at - 0.45))))


def _f_beta(found: NDArray[np.bool_], wanted: NDArray[np.int8]) -> float:
    right = float((found & (wanted == 1)).sum())
    extra, missed = float((found & (wanted == 0)).sum()), float((~found & (wanted == 1)).sum())
    square = _BETA * _BETA
    return (1 + square) * right / max(1e-9, (1 + square) * right + square * missed + extra)


def _figures(found: NDArray[np.bool_], wanted: NDArray[np.int8], held_out: NDArray[np.float64], areas: Sequence[str],
             used: Sequence[Example]) -> dict[str, Any]:
    right, extra = (found & (wanted == 1)), (found & (wanted == 0))
    missed = ~found & (wanted == 1)
    main = [bool(found[at, list(areas).index(example.areas[0])]) for at, example in enumerate(used)]
    return {
        "cross_validated_micro_f1": _f1(right.sum(), extra.sum(), missed.sum()),
        "cross_validated_main_area_found": round(sum(main) / len(main), 3),
        "areas": {
            area: {"examples": int(wanted[:, at].sum()),
                   "f1": _f1(right[:, at].sum(), extra[:, at].sum(), missed[:, at].sum())}
            for at, area in enumerate(areas)
        },
    }


def _f1(right: float, extra: float, missed: float) -> float:
    return round(float(2 * right / max(1, 2 * right + extra + missed)), 3)


def _card(raw: bytes, used: Sequence[Example], areas: Sequence[str], fingerprint: str,
          figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT, "version": hashlib.sha256(raw).hexdigest()[:12], "sha256": hashlib.sha256(raw).hexdigest(),
        "areas": list(areas), "examples": len(used), "data": fingerprint, "figures": figures,
        "libraries": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }
