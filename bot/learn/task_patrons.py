"""What the model of borrowers learns from: every mention of somebody, in messages that must be held and such that pass.

Two sources: `patron/*.jsonl` beside the other training messages (hard ones of both sorts, with the names of the
patrons), and all other training messages that hold no patron data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import SetupError
from bot.inbox.borrowers import features, spoken
from bot.inbox.guard import colleagues, told_by
from bot.inbox.people import Mention, mentions
from bot.learn.corpus import Example, is_read, message_of
from bot.learn.fit import Fitted, Task
from bot.types import Message
from bot.words import words

FOLDER = "patron"
#: So few ordinary messages may be held wrongly: a newsletter that waits for the liaison is late, a leak is for good.
_MOST_FALSE = 0.0045
_STRENGTH = 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """One message: whether it must be held, and how it calls its patrons (nothing where only numbers tell them).

    `ordinary` ones are mail as it comes, without what is set aside or held as noise or fraud anyway.
    """

    message: Message
    held: bool
    names: tuple[str, ...] = ()
    ordinary: bool = False


def load_told(folder: Path, examples: Iterable[Example]) -> list[Told]:
    """The messages about patrons, then the ordinary ones without patron data. Raises SetupError with file and line."""
    rows = [told for path in sorted((folder / FOLDER).glob("*.jsonl")) for told in _read(path)]
    return [*rows, *(Told(one.message, held=False, ordinary=is_read(one)) for one in examples if not one.label["pii"])]


def _read(path: Path) -> Iterator[Told]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            yield Told(_message(row, f"{path.stem}-{number}"), bool(row["held"]), tuple(row["names"]))
        except (ValueError, KeyError, TypeError) as wrong:
            raise SetupError(
                f"{path}:{number}: this training message cannot be read ({wrong}).",
                "Each line is one JSON object with from, subject, text, held and names.",
            ) from wrong


def _message(row: Mapping[str, Any], name: str) -> Message:
    return message_of({**row, "id": name, "list": "", "date": "2020-01-01T00:00:00+00:00"})


def patron_task(told: Sequence[Told]) -> Task:
    """One case a mention, in groups of a message. In a message that must be held, only the patrons named teach."""
    cases = [case for group, one in enumerate(told) for case in _cases(group, one)]
    return Task(
        name="patrons", labels=("patron",), strength=_STRENGTH,
        weights=[weights for _, weights, _ in cases], groups=[group for group, _, _ in cases],
        wanted=np.array([[wanted] for _, _, wanted in cases], dtype=np.int8),
    )


def _cases(group: int, one: Told) -> Iterator[tuple[int, dict[str, float], bool]]:
    if one.held and not one.names:
        return
    text = told_by(one.message)
    closing = len(one.message.signature) + len(one.message.footer)
    shared = spoken(text)
    for mention, near in features(text, mentions(text), colleagues(one.message), closing):
        yield group, {**near, **shared}, one.held and _is_named(mention, one.names)


def _is_named(mention: Mention, names: Iterable[str]) -> bool:
    said = set(words(mention.name))
    return any(mention.name in name or name in mention.name or said & set(words(name)) for name in names)


def with_threshold(fitted: Fitted, task: Task, told: Sequence[Told]) -> Fitted:
    """The least threshold at which no more ordinary messages than bearable are held by models that have not seen them.
    """
    worst: dict[int, float] = {}
    for group, probable in zip(task.groups, fitted.held_out[:, 0].tolist(), strict=True):
        if told[group].ordinary:
            worst[group] = max(worst.get(group, 0.0), probable)
    bearable = int(_MOST_FALSE * sum(one.ordinary for one in told))
    threshold = round(sorted(worst.values(), reverse=True)[bearable] + 0.005, 2)
    arrays = {**fitted.arrays, "thresholds": np.full(1, threshold)}
    return replace(fitted, arrays=arrays, threshold=threshold)
