"""A poll that finds nothing: its round trips, and that it takes the same time however full the mailbox is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from benchmarks.figures import Figure
from benchmarks.generate import generate
from benchmarks.library import Library
from benchmarks.line import Line
from benchmarks.parts import Bench
from bot.inbox.source import Source
from bot.pipeline.poll import poll
from bot.types import Position

_POLLS = 240


def measure(bench: Bench) -> list[Figure]:
    """Polls of two mailboxes, alternating."""
    sizes = bench.sizes
    raw = next(generate(1, datetime.now(UTC)))
    users = {size: bench.user() for size in (sizes.small_mailbox, sizes.mailbox)}
    for size, user in users.items():
        bench.servers.fill(user, size, raw)
    with Line(bench.servers.imap_plain_port) as line:
        small_library = Library(bench.folder(), imap_port=line.port, user=users[sizes.small_mailbox])
        large_library = Library(bench.folder(), imap_port=line.port, user=users[sizes.mailbox])
        with _poller(small_library) as small, _poller(large_library) as large:
            line.commands = 0
            times = [(small(), large()) for _ in range(_POLLS)]
            trips = line.commands / (2 * _POLLS)
    return _figures(times, trips, f"{sizes.mailbox:,} messages / at {sizes.small_mailbox:,}")


@contextmanager
def _poller(library: Library) -> Iterator[Callable[[], float]]:
    """A poll to call, returning its seconds, for a bot that has read everything."""
    now = datetime.now(UTC)
    with library.plant(now) as plant:
        source = plant.sources()[0][1]
        with plant.store.intake() as intake:
            intake.move(_newest(source, now), now)

        def once() -> float:
            started = time.perf_counter()
            poll(source, plant.store, plant.receiver, lambda: now, lambda *_: None)
            return time.perf_counter() - started

        once()
        yield once
        source.close()


def _newest(source: Source, now: datetime) -> Position:
    """Where the mailbox stands; with a mark of another UIDVALIDITY and no backfill, the position alone is told."""
    batches = list(source.batches(None, now.replace(year=now.year + 1)))
    return batches[-1].position


def _figures(times: list[tuple[float, float]], trips: float, what: str) -> list[Figure]:
    small, large = ([1000 * pair[at] for pair in times] for at in (0, 1))
    return [
        Figure(part="poll", what="round trips of an empty poll", measured=trips, at_most=1, note=f"{2 * _POLLS} polls"),
        Figure(part="poll", what=f"time at {what}", measured=statistics.median(large) / statistics.median(small),
               at_most=1.2, note=f"{statistics.median(large):.2f} ms and {statistics.median(small):.2f} ms"),
    ]
