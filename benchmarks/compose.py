"""A consortium's morning: the digests of many readers over the same messages, composed, rendered, inlined and queued.

Most readers follow three areas of ten, each three of their own; a second figure is of readers who follow them all:
their digests come close to the largest that is sent. Memory is looked at after a quarter of the readers and at the end.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import psutil

from benchmarks.figures import Figure
from benchmarks.generate import generate
from benchmarks.library import Library, batch
from benchmarks.parts import Bench
from bot.assemble import Plant

_MESSAGES = 60
#: How many readers follow every area.
_KEEN = 100
_AREAS = ("downtime", "cataloging", "fulfillment", "training", "e-resources", "discovery", "analytics", "systems",
          "collections", "administration")


def measure(bench: Bench) -> list[Figure]:
    """Processor time for each digest, and how much memory grows meanwhile."""
    readers = bench.sizes.readers
    usual, quarter, end = _round(bench, readers, 3)
    keen, _, _ = _round(bench, _KEEN, len(_AREAS))
    return [
        Figure(part="compose", what=f"{readers} digests, three areas each, processor time for one", measured=usual,
               unit="ms", at_most=15, note=f"{_MESSAGES} messages in all"),
        Figure(part="compose", what=f"{_KEEN} digests of all areas, processor time for one", measured=keen, unit="ms"),
        Figure(part="compose", what="resident memory at the end / after a quarter", measured=end / quarter,
               at_most=1.05, note=f"{end / 1e6:.0f} MB"),
    ]


def _round(bench: Bench, readers: int, areas: int) -> tuple[float, float, float]:
    """Milliseconds for each digest; bytes of memory after a quarter of them, and at the end."""
    start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    library = Library(bench.folder())
    library.edit("people.yaml", "\ngroups:", f"{_people(readers, areas)}\ngroups:")
    with library.plant(start) as plant:
        plant.publisher.publish(start)
        plant.receiver.receive(batch(generate(_MESSAGES, start, span=timedelta(hours=12)), 1), start)
        due = start + timedelta(hours=3)
        plant.publisher.publish_urgent(due)
        resident = _watched(plant)
        before = time.process_time()
        done = plant.publisher.publish(due)
        spent = time.process_time() - before
        if done.digests != readers:
            raise RuntimeError(f"{done.digests} of {readers} digests were written")
        return 1000 * spent / readers, resident[readers // 4], float(psutil.Process().memory_info().rss)


def _watched(plant: Plant) -> list[float]:
    """The resident memory, in bytes, before each mail is queued."""
    process, seen, queue = psutil.Process(), [], plant.store.outbox.queue

    def watching(*given: object, **named: object) -> bool:
        seen.append(float(process.memory_info().rss))
        return queue(*given, **named)  # type: ignore[arg-type]

    plant.store.outbox.queue = watching  # type: ignore[method-assign]
    return seen


def _people(readers: int, areas: int) -> str:
    """So many more that, with the shipped eight and their own choices, all are `readers`."""
    dice = random.Random(7)
    lines = []
    for number in range(readers - 8):
        chosen = ", ".join(f"{area}: daily" for area in dice.sample(_AREAS, areas))
        address = f"p{number}@library.example.edu"
        lines.append(f"  p{number}: {{name: Reader {number}, address: {address}, areas: {{{chosen}}}}}")
    return "\n".join(lines) + "\n"
