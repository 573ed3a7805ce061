"""What the model `urgency` learns from: every labelled message, and whether staff must know of it within the hour."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from bot.learn.corpus import Example, is_read
from bot.learn.fit import Task
from bot.reading.dates import read_dates
from bot.reading.requests import Dates
from bot.reading.urgency_features import features

#: A missed outage costs far more than one item too many.
_BETA, _STRENGTH = 2.0, 20.0


def urgency_task(examples: Sequence[Example], zone: ZoneInfo, dates: Dates = read_dates) -> Task:
    """One case a message; noise and fraud never reach this judgement. `dates` reads the dates of a message."""
    used = [example for example in examples if is_read(example)]
    return Task(
        name="urgency", labels=("urgent",), groups=range(len(used)), beta=_BETA, strength=_STRENGTH,
        weights=[features(example.message, dates(example.message, zone).events) for example in used],
        wanted=np.array([[bool(example.label["urgent"])] for example in used], dtype=np.int8),
        disputed=np.array([[example.is_disputed("urgent")] for example in used]),
    )
