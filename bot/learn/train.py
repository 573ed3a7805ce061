"""Training the reader's models: from labelled messages to the model file, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from bot.learn.corpus import Example, is_read, load_examples
from bot.learn.fit import Fitted, Task, fit
from bot.learn.task_areas import area_task
from bot.learn.task_dates import date_task
from bot.learn.task_patrons import load_told, patron_task, with_threshold
from bot.learn.task_requests import RequestTasks
from bot.learn.task_urgency import urgency_task
from bot.linear import CARD_FILE, FORMAT, MODEL_FILE, LinearModel, model_bytes, shifted
from bot.modelfiles import exchange
from bot.reading.dates import Dated, event_tags, read_dates
from bot.reading.features import Lexicon
from bot.reading.requests import Dates
from bot.types import SURE, Tag
from bot.vectors import VECTORS_FILE

_FOLDS = 5


#: Messages that teach dates and nothing else: newsletters and the like, whose dates mostly have no hour.
DATED = "dated"
#: Messages that teach requests and nothing else: what is asked without a last day, by the way, or only seems to be.
ASKED = "requests"


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Finished models: their file's bytes, the word vectors that belong to them, and their card."""

    raw: bytes
    vectors: bytes
    card: dict[str, Any]


def train(messages: Path, areas: Sequence[str], lexicon: Lexicon, zone: ZoneInfo) -> Trained:
    """Fit all models on a folder of labelled messages, choose thresholds, and describe.

    The word vectors stand beside that folder. Raises SetupError for a message that cannot be read, ModelError for
    vectors that cannot.
    """
    examples, vectors = load_examples(messages), messages.parent / VECTORS_FILE
    dated, further = load_examples(messages / DATED), load_examples(messages / ASKED)
    dates = unseen_dates(examples, zone, dated)
    tasks = [date_task([*examples, *dated], zone), urgency_task(examples, zone, dates)]
    fitted = {task.name: fit(task) for task in tasks}
    asked = request_tasks(examples, further, zone, dates, linear_model(fitted["dates"]))
    tasks.append(asked.sentences())
    fitted["asking"] = fit(tasks[-1])
    tasks += [asked.messages(fitted["asking"].held_out), asked.due(fitted["asking"].held_out)]
    fitted |= {task.name: fit(task) for task in tasks[-2:]}
    told = _told(examples, zone, dates, fitted)
    patrons = load_told(messages, examples)
    tasks.append(patron_task(patrons))
    fitted["patrons"] = with_threshold(fit(tasks[-1]), tasks[-1], patrons)
    tasks.append(area_task(examples, areas, lexicon, told))
    fitted["areas"] = fit(tasks[-1])
    raw = model_bytes({name: one.arrays for name, one in fitted.items()})
    figures = {task.name: _figures(task, fitted[task.name]) for task in tasks}
    return Trained(raw=raw, vectors=vectors.read_bytes(), card=_card(raw, vectors.read_bytes(), messages, figures))


def unseen_dates(examples: Sequence[Example], zone: ZoneInfo, dated: Sequence[Example] = ()) -> Dates:
    """The dates of each example by a model that has not learned from it: as good, and as bad, as they are in life.

    `dated` are further messages that teach dates alone.
    """
    found: dict[str | None, Dated] = {}
    for seen, rest in GroupKFold(_FOLDS, shuffle=True, random_state=0).split(examples, groups=range(len(examples))):
        model = linear_model(fit(date_task([*(examples[at] for at in seen), *dated], zone)))
        for at in rest:
            found[examples[at].message.message_id] = read_dates(examples[at].message, zone, model)
    return lambda message, _: found[message.message_id]


def request_tasks(examples: Sequence[Example], further: Sequence[Example], zone: ZoneInfo, dates: Dates,
                  model: LinearModel) -> RequestTasks:
    """What teaches requests: all examples with the dates that `dates` reads, and further messages, whose dates the
    model has not learned from."""
    found = [dates(example.message, zone) for example in examples]
    found += [read_dates(example.message, zone, model) for example in further]
    return RequestTasks([*examples, *further], found)


def linear_model(fitted: Fitted) -> LinearModel:
    """The model as it will be read from the file."""
    arrays = {name: np.asarray(value, np.float32) for name, value in fitted.arrays.items()
              if name not in ("labels", "features")}
    index = {name: at for at, name in enumerate(fitted.arrays["features"])}
    return LinearModel(labels=tuple(fitted.arrays["labels"]), index=index, **arrays)


def _told(examples: Sequence[Example], zone: ZoneInfo, dates: Dates, fitted: Mapping[str, Fitted]) -> list[list[Tag]]:
    """What the extractors say of each example when they have not learned from it: as sure, and as wrong, as in life."""
    asked, urgent = (iter(fitted[name].held_out[:, 0]) for name in ("requests", "urgency"))
    told = []
    for example in examples:
        tags = list(event_tags(dates(example.message, zone).events))
        if is_read(example):
            tags += [Tag(name="request", by="extractor", why="")] if next(asked) > fitted["requests"].threshold else []
            score = shifted(float(next(urgent)), fitted["urgency"].threshold)
            tags += [Tag(name="urgent", by="extractor", why="", score=score)] if score >= SURE else []
        told.append(tags)
    return told


def write(trained: Trained, folder: Path) -> None:
    """Write the files, so that a reader finds the old model or the new one, never half of each."""
    exchange(folder, {MODEL_FILE: trained.raw, VECTORS_FILE: trained.vectors, CARD_FILE: _dumped(trained.card)})


def data_fingerprint(folder: Path) -> str:
    """The SHA-256 of all training files in name order, the second reader's labels last."""
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob("*.jsonl")), *sorted(folder.glob("*/*.jsonl"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _dumped(card: Mapping[str, Any]) -> bytes:
    return (json.dumps(card, indent=1, sort_keys=True) + "\n").encode()


def _figures(task: Task, fitted: Fitted) -> dict[str, Any]:
    """What cross-validation says, without disputed answers; the threshold comes from the same folds, which flatters."""
    found, wanted = fitted.held_out > fitted.threshold, task.wanted == 1
    agreed = np.stack([task.agreed(at) for at in range(len(task.labels))], axis=1)
    by_label = {
        label: {"cases": int(wanted[:, at].sum()), **_f1(found[:, at], wanted[:, at], agreed[:, at])}
        for at, label in enumerate(task.labels)
    }
    return {"all": _f1(found, wanted, agreed), "labels": by_label, "cases": len(task.weights)}


def _f1(found: NDArray[np.bool_], wanted: NDArray[np.bool_], counted: NDArray[np.bool_]) -> dict[str, float]:
    kinds = (found & wanted, found & ~wanted, ~found & wanted)
    right, extra, missed = (float((cases & counted).sum()) for cases in kinds)
    return {
        "precision": round(right / max(1.0, right + extra), 3), "recall": round(right / max(1.0, right + missed), 3),
        "f1": round(2 * right / max(1.0, 2 * right + extra + missed), 3),
    }


def _card(raw: bytes, vectors: bytes, messages: Path, figures: dict[str, Any]) -> dict[str, Any]:
    checksum = hashlib.sha256(raw).hexdigest()
    return {
        "format": FORMAT, "version": checksum[:12], "sha256": checksum, "words": hashlib.sha256(vectors).hexdigest(),
        "examples": len(load_examples(messages)), "data": data_fingerprint(messages), "figures": figures,
        "libraries": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }
