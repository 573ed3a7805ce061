"""The whole ingest (fetch, parse, guard, read, route, store) against mail-parser alone on the same bytes."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime

import mailparser

from benchmarks.figures import Figure, spread
from benchmarks.generate import generate
from benchmarks.library import Library, fill
from benchmarks.parts import Bench
from bot.types import Batch


def measure(bench: Bench) -> list[Figure]:
    """Batch by batch, the bot's time beside the parser's, so that both have the same neighbours on the machine."""
    now, user, count = datetime.now(UTC), bench.user(), bench.sizes.messages
    fill(bench.servers, user, generate(count, now))
    library = Library(bench.folder(), imap_port=bench.servers.imap_plain_port, user=user)
    whole, alone = [], []
    with library.plant(now) as plant:
        source = plant.sources()[0][1]
        batches = iter(source.batches(None, now))
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            if batch is None:
                break
            plant.receiver.receive(batch, now)
            whole.append(time.perf_counter() - started)
            alone.append(_parsed(batch))
        source.close()
        stored = plant.store.archive.count().received
    if stored != count:
        raise RuntimeError(f"{stored} of {count} messages were stored")
    return _figures(whole, alone, count)


def _parsed(batch: Batch) -> float:
    started = time.perf_counter()
    for arrival in batch.arrivals:
        mailparser.parse_from_bytes(arrival.raw)
    return time.perf_counter() - started


def _figures(whole: list[float], alone: list[float], count: int) -> list[Figure]:
    ratios = [parser / bot for parser, bot in zip(alone, whole, strict=True)]
    rate = count / sum(whole)
    return [
        Figure(part="ingest", what="messages per second / mail-parser's alone", measured=statistics.median(ratios),
               at_least=0.3, note=spread(ratios)),
        Figure(part="ingest", what="the whole ingest", measured=rate, unit="messages/s",
               note=f"{count:,} messages; mail-parser alone {count / sum(alone):,.0f}/s"),
    ]
