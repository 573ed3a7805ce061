"""What the models of requests learn from: sentences, messages, and the moments of messages that ask.

Labels say what is asked in a reader's own words. Which sentence asks was marked where it is not plain; else it is
guessed: the one that shares the most telling words with the label and names its last day. The other sentences of that
message teach little, for they may ask too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.learn.corpus import Example, is_read
from bot.learn.fit import Task
from bot.reading.dates import Dated, first_day
from bot.reading.request_features import Asked, due_features, features, last_days, line_features
from bot.words import stems

_SENTENCES, _MESSAGES, _MOMENTS = 3.0, 5.0, 1.0
#: How much a message teaches on which the readers differ; it is taken to ask if one of them says so.
_DISPUTED = 0.1
#: What naming the last day and being the subject are worth in words shared with the label; a due date is rarely none.
_DAY, _SUBJECT = 2.0, -1.0
_BETA = 2.0
#: The best threshold of all fits the writers that taught: of others' messages it misses more.
_CHANCE = 0.01
#: A request that nobody sees costs more than one line too many in a digest.
_RATHER = 1.5


class RequestTasks:
    """The three tasks over the same examples; noise and fraud are held before anybody asks. `dated` are their dates."""

    def __init__(self, examples: Sequence[Example], dated: Sequence[Dated]) -> None:
        self._used = [(example, Asked.of(example.message, dates))
                      for example, dates in zip(examples, dated, strict=True) if is_read(example)]
        self._rare = Counter(word for _, asked in self._used for word in set(stems("\n".join(asked.lines))))

    def sentences(self) -> Task:
        """One case a sentence."""
        wanted = [asks for one in self._used for asks in self._asks(*one)]
        disputed = [is_vague for one in self._used for is_vague in self._vague(*one)]
        return Task(
            name="asking", labels=("asks",), strength=_SENTENCES, groups=self._groups(),
            weights=[line for _, asked in self._used for line in line_features(asked)],
            wanted=_column(wanted), disputed=_column(disputed).astype(np.bool_),
        )

    def messages(self, asking: NDArray[np.float64]) -> Task:
        """One case a message. `asking` is what the model of sentences said of each that it had not seen."""
        return Task(
            name="requests", labels=("asks",), groups=range(len(self._used)), strength=_MESSAGES, dispute=_DISPUTED,
            chance=_CHANCE, beta=_RATHER,
            weights=[features(asked, said) for (_, asked), said in zip(self._used, self._split(asking), strict=True)],
            wanted=_column([any(_actions(example)) for example, _ in self._used]),
            disputed=_column([example.is_disputed("action") for example, _ in self._used]).astype(np.bool_),
        )

    def due(self, asking: NDArray[np.float64]) -> Task:
        """One case a moment of each message that asks."""
        cases = [(at, asked, said, _due(example)) for at, ((example, asked), said) in
                 enumerate(zip(self._used, self._split(asking), strict=True)) if example.label["action"]]
        return Task(
            name="due", labels=("due",), strength=_MOMENTS, beta=_BETA,
            groups=[at for at, asked, _, _ in cases for _ in last_days(asked)],
            weights=[moment for _, asked, said, _ in cases for moment in due_features(asked, said)],
            wanted=_column([str(first_day(event.start)) == due
                            for _, asked, _, due in cases for event, _ in last_days(asked)]),
        )

    def _groups(self) -> list[int]:
        return [at for at, (_, asked) in enumerate(self._used) for _ in asked.lines]

    def _split(self, asking: NDArray[np.float64]) -> Iterator[list[float]]:
        said = iter(asking[:, 0])
        return ([float(next(said)) for _ in asked.lines] for _, asked in self._used)

    def _asks(self, example: Example, asked: Asked) -> list[bool]:
        """The sentences that were marked, else the one that most likely is meant by the label."""
        if example.asks or not example.label["action"]:
            return [line in example.asks for line in asked.lines]
        meant = {word for row in _actions(example) for word in stems(row["what"])}
        days = {event.sentence for event, _ in last_days(asked) if str(first_day(event.start)) == _due(example)}
        worth = [self._shared(line, meant) + _DAY * (line in days) + _SUBJECT * (at == 0)
                 for at, line in enumerate(asked.lines)]
        return [at == int(np.argmax(worth)) for at in range(len(worth))]

    def _shared(self, line: str, meant: set[str]) -> float:
        words = stems(line)
        shared = sorted(meant.intersection(words))
        rarity = sum(math.log((1 + len(self._used)) / (1 + self._rare[word])) for word in shared)
        return rarity / math.sqrt(8 + len(words))

    def _vague(self, example: Example, asked: Asked) -> list[bool]:
        disputed = example.is_disputed("action")
        return [disputed or (bool(example.label["action"]) and not asks) for asks in self._asks(example, asked)]


def _actions(example: Example) -> Iterator[dict[str, Any]]:
    yield from (row["action"] for row in (example.label, example.second) if row and row["action"])


def _due(example: Example) -> str | None:
    due: str | None = example.label["action"]["due"]
    return due


def _column(answers: Sequence[bool]) -> NDArray[np.int8]:
    return np.array(answers, dtype=np.int8)[:, None]
