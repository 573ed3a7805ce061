"""A consortium's morning: the digests of many readers, each over the same messages, composed, rendered and queued."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure
from benchmarks.generate import generate
from benchmarks.library import Library, batch
from benchmarks.parts import Bench
from bot.pipeline.publish import Published

_MESSAGES = 60
_ROUNDS = 3
_AREAS = ("downtime", "cataloging", "fulfillment", "training", "e-resources", "discovery", "analytics", "systems",
          "collections", "administration")


def measure(bench: Bench) -> list[Figure]:
    """All but the shipped eight read every area, each in an order of their own."""
    seconds, readers = [], bench.sizes.readers
    for _ in range(_ROUNDS):
        spent, done = _round(bench, readers)
        if done.digests != readers:
            raise RuntimeError(f"{done.digests} of {readers} digests were written")
        seconds.append(spent)
    middle = sorted(seconds)[len(seconds) // 2]
    return [Figure(part="compose", what=f"{readers} digests over {_MESSAGES} messages, processor time", measured=middle,
                   unit="s", at_most=10, note=f"{1000 * middle / readers:.1f} ms each; median of {_ROUNDS} runs")]


def _round(bench: Bench, readers: int) -> tuple[float, Published]:
    start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    library = Library(bench.folder())
    library.edit("people.yaml", "\ngroups:", f"{_people(readers)}\ngroups:")
    with library.plant(start) as plant:
        plant.publisher.publish(start)
        span = timedelta(hours=12)
        plant.receiver.receive(batch(generate(_MESSAGES, start, span=span), 1), start)
        due = start + timedelta(hours=3)
        before = time.process_time()
        done = plant.publisher.publish(due)
        return time.process_time() - before, done


def _people(readers: int) -> str:
    """So many more that, with the shipped eight and their own choices, all are `readers`."""
    dice = random.Random(7)
    lines = []
    for number in range(readers - 8):
        areas = dice.sample(_AREAS, len(_AREAS))
        chosen = ", ".join(f"{area}: daily" for area in areas)
        address = f"p{number}@library.example.edu"
        lines.append(f"  p{number}: {{name: Reader {number}, address: {address}, areas: {{{chosen}}}}}")
    return "\n".join(lines) + "\n"
