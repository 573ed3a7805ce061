"""Training the reader's models: from labelled messages to the model file, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray

from bot.learn.corpus import Example
from bot.learn.fit import Fitted, Task, fit
from bot.learn.task_areas import area_task
from bot.reading.features import Lexicon
from bot.reading.linear import CARD_FILE, FORMAT, MODEL_FILE, model_bytes


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished model: its file's bytes, and its card."""

    raw: bytes
    card: dict[str, Any]


def train(examples: Sequence[Example], areas: Sequence[str], lexicon: Lexicon, fingerprint: str) -> Trained:
    """Fit all models, choose thresholds, and describe. `fingerprint` names the training data."""
    tasks = [area_task(examples, areas, lexicon)]
    fitted = {task.name: fit(task) for task in tasks}
    raw = model_bytes({name: one.arrays for name, one in fitted.items()})
    figures = {task.name: _figures(task, fitted[task.name]) for task in tasks}
    return Trained(raw=raw, card=_card(raw, len(examples), fingerprint, figures))


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


def _figures(task: Task, fitted: Fitted) -> dict[str, Any]:
    """What cross-validation says; the thresholds were chosen on the same folds, which flatters a little."""
    found, wanted = fitted.held_out > fitted.thresholds, task.wanted == 1
    by_label = {
        label: {"cases": int(wanted[:, at].sum()), **_f1(found[:, at], wanted[:, at])}
        for at, label in enumerate(task.labels)
    }
    return {"all": _f1(found, wanted), "labels": by_label, "cases": len(task.weights)}


def _f1(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> dict[str, float]:
    right, extra, missed = (float(cases.sum()) for cases in (found & wanted, found & ~wanted, ~found & wanted))
    return {
        "precision": round(right / max(1.0, right + extra), 3), "recall": round(right / max(1.0, right + missed), 3),
        "f1": round(2 * right / max(1.0, 2 * right + extra + missed), 3),
    }


def _card(raw: bytes, examples: int, fingerprint: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT, "version": hashlib.sha256(raw).hexdigest()[:12], "sha256": hashlib.sha256(raw).hexdigest(),
        "examples": examples, "data": fingerprint, "figures": figures,
        "libraries": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }
