"""What the model of dates learns from: every moment of the labelled messages, and the kind its label gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from bot.learn.corpus import Example
from bot.learn.fit import Task
from bot.reading.date_features import HAPPENING, HAPPENINGS, LABELS, features
from bot.reading.date_kinds import Candidate
from bot.reading.dates import candidates


def date_task(examples: Sequence[Example], zone: ZoneInfo) -> Task:
    """One case a moment, in groups of a message; noise and fraud are never read for dates."""
    cases = [case for at, example in enumerate(examples) for case in _cases(at, example, zone)]
    return Task(
        name="dates", labels=LABELS, weights=[case.weights for case in cases], groups=[case.group for case in cases],
        strength=0.3, margin=True, deciding=(HAPPENING, "deadline"),
        wanted=np.array([[label in case.labels for label in LABELS] for case in cases], dtype=np.int8),
        disputed=np.array([[case.is_vague(label) for label in LABELS] for case in cases], dtype=np.bool_),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One moment: the kinds it tells of, those on which two readers differ, and whether it only mentions in passing."""

    group: int
    weights: Mapping[str, float]
    labels: frozenset[str]
    disputed: frozenset[str]
    passing: bool

    def is_vague(self, label: str) -> bool:
        """Whether this case says little of a label; which happening it is, only happenings can tell."""
        return self.passing or label in self.disputed or (label in HAPPENINGS and HAPPENING not in self.labels)


def _cases(group: int, example: Example, zone: ZoneInfo) -> Iterator[_Case]:
    if example.label["noise"] or example.label["suspicious"]:
        return
    labels, other = (row["events"] for row in (example.label, example.second or example.label))
    found = candidates(example.message, zone)
    exact = {_key(label) for label in labels for one in found if _tells(one, label) == 2}
    for one in found:
        told = {label["type"]: (_tells(one, label), _key(label)) for label in labels if _tells(one, label)}
        labels_, others = _labels(told), _labels(row["type"] for row in other if _tells(one, row))
        passing = bool(told) and all(how == 1 and key in exact for how, key in told.values())
        yield _Case(group, features(one), labels_, labels_ ^ others, passing)


def _labels(kinds: Iterable[str]) -> frozenset[str]:
    found = frozenset(kinds)
    return found | {HAPPENING} if found.intersection(HAPPENINGS) else found


def _key(label: Mapping[str, Any]) -> tuple[str, str]:
    return str(label["type"]), str(label["start"])


def _tells(one: Candidate, label: Mapping[str, Any]) -> int:
    """2 where a moment is the labelled one to the minute; 1 on the same day where either has no time; else 0."""
    times = one.times(label["type"])
    if times is None or one.moment.old:
        return 0
    return _match(times.start, str(label["start"]))


def _match(start: date | datetime, written: str) -> int:
    timed = isinstance(start, datetime)
    if start.strftime("%Y-%m-%dT%H:%M" if timed else "%Y-%m-%d") == written[:16]:
        return 2
    return int(start.strftime("%Y-%m-%d") == written[:10] and not (timed and len(written) > 10))
