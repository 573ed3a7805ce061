"""Whether taking in a message costs the same however much mail is stored."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure, spread
from benchmarks.generate import generate
from benchmarks.library import Library, batch
from benchmarks.parts import Bench
from bot.assemble import Plant
from bot.pipeline.receive import examine
from bot.reading.folding import subject_key
from bot.store.values import Admission, Fingerprint
from bot.types import Arrival

_BATCH = 25
_BATCHES = 40
_PATTERNS = 1_000
_YEARS = timedelta(days=3 * 365)


def measure(bench: Bench) -> list[Figure]:
    """The same new messages into a small store and a large one, batch by batch, in changing order."""
    now, sizes = datetime.now(UTC), bench.sizes
    libraries = [Library(bench.folder()) for _ in range(2)]
    with libraries[0].plant(now) as small, libraries[1].plant(now) as large:
        judged = list(patterns(small, now))
        for plant, size in ((small, sizes.small_archive), (large, sizes.archive)):
            fill(plant, judged, size, now)
        times = list(_paired(small, large, now))
    ratios = [more / less for less, more in times]
    cost = [1000 * statistics.median(pair[at] for pair in times) / _BATCH for at in (0, 1)]
    return [Figure(
        part="archive", what=f"cost of a message at {sizes.archive:,} stored / at {sizes.small_archive:,}",
        measured=statistics.median(ratios), at_most=1.2,
        note=f"{cost[1]:.2f} ms and {cost[0]:.2f} ms a message, {spread(ratios)}",
    )]


def _paired(small: Plant, large: Plant, now: datetime) -> Iterator[tuple[float, float]]:
    raws = list(generate(_BATCH * _BATCHES, now, seed=2))
    for number in range(_BATCHES):
        wanted = batch(raws[number * _BATCH:(number + 1) * _BATCH], 10_000_000 + number * _BATCH)
        taken = {}
        for plant in (small, large) if number % 2 else (large, small):
            started = time.perf_counter()
            plant.receiver.receive(wanted, now)
            taken[id(plant)] = time.perf_counter() - started
        yield taken[id(small)], taken[id(large)]


# ── filling quickly: messages judged once, stored many times as different ones ──


def patterns(plant: Plant, now: datetime) -> Iterator[Admission]:
    """Messages, judged once."""
    judges = plant.in_force()
    with plant.store.intake() as intake:
        for arrival in batch(generate(_PATTERNS, now, seed=3), 1).arrivals:
            yield examine(arrival, intake, judges, now)


def fill(plant: Plant, judged: list[Admission], size: int, now: datetime, span: timedelta = _YEARS) -> None:
    """Store so many messages, spread over a span of time that ends now."""
    dice = random.Random(5)
    for start in range(0, size, 5_000):
        with plant.store.intake() as intake:
            for number in range(start, min(start + 5_000, size)):
                admission = _another(judged[number % len(judged)], number, now - span * (1 - number / size), dice)
                intake.add(admission, subject_key(admission.message) if admission.message else "")


def _another(pattern: Admission, number: int, when: datetime, dice: random.Random) -> Admission:
    """The same message as if it were another one: its own UID, Message-ID, subject, content and fingerprint."""
    message = pattern.message and replace(pattern.message, message_id=f"<{number}.old@example.org>", date=when,
                                          subject=f"{pattern.message.subject} {number}", references=(), in_reply_to=())
    raw = pattern.arrival.raw
    arrival = Arrival(account="lists", folder="INBOX", uid_validity=1, uid=number + 1, raw=raw, size=len(raw))
    mark = Fingerprint(signature=dice.randbytes(256), bands=tuple(dice.getrandbits(56) for _ in range(16)))
    return replace(pattern, arrival=arrival, received_at=when, message=message, fingerprint=mark,
                   bytes_hash=f"{dice.getrandbits(256):064x}", thread=None)
