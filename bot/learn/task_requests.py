"""What the model `requests` learns from: every labelled message, and whether it asks the library for something."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from bot.learn.corpus import Example, is_read
from bot.learn.fit import Task
from bot.reading.dates import events
from bot.reading.request_features import features
from bot.reading.requests import Dates

_STRENGTH = 15.0


def request_task(examples: Sequence[Example], zone: ZoneInfo, dates: Dates = events) -> Task:
    """One case a message; noise and fraud are held before anybody asks. `dates` reads the events of a message."""
    used = [example for example in examples if is_read(example)]
    return Task(
        name="requests", labels=("asks",), groups=range(len(used)), strength=_STRENGTH,
        weights=[features(example.message, dates(example.message, zone)) for example in used],
        wanted=np.array([[bool(example.label["action"])] for example in used], dtype=np.int8),
        disputed=np.array([[example.is_disputed("action")] for example in used]),
    )
