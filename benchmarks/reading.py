"""The reading of a message, all taggers together, against mail-parser's time for the same bytes; each tagger's share.

Singly is one `read` after another; in batches is the live `receive` on a store in memory, 1 and 100 messages at a time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import mailparser

from benchmarks.figures import Figure, spread
from benchmarks.generate import generate
from benchmarks.parts import Bench
from bot.commands.read import read_config
from bot.inbox.message import parse
from bot.pipeline.judges import InForce
from bot.pipeline.receive import Judges, Receiver
from bot.reading.reader import read
from bot.reading.tagger import Surroundings
from bot.store.store import Store
from bot.types import Arrival, Batch, Message, Position, Tag
from bot.words import stems, words

_ROUND, _BATCH = 100, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sample:
    raw: tuple[bytes, ...]
    messages: tuple[Message, ...]


def measure(bench: Bench) -> list[Figure]:
    """Round by round, the taggers' time beside the parser's, so that both have the same neighbours on the machine."""
    now = datetime.now(UTC)
    raw = list(generate(min(2_000, bench.sizes.messages), now))
    config = read_config(None)
    judges = InForce(config, Store.in_memory(), now).judges
    rounds = [_sample(raw[start:start + _ROUND]) for start in range(0, len(raw), _ROUND)]
    ratios = [_timed(lambda: _read_all(one, judges)) / _timed(lambda: _parse_all(one))  # noqa: B023  called at once
              for one in rounds]
    single = [_timed(lambda: _read_all(one, judges)) for one in rounds]  # noqa: B023
    return [
        Figure(part="reading", what="all taggers / mail-parser alone", measured=statistics.median(ratios), at_most=3.0,
               note=spread(ratios)),
        Figure(part="reading", what="messages read", unit="messages/s", measured=len(raw) / sum(single), note="singly"),
        *_received(raw, now), *_shares(rounds, judges),
    ]


def _sample(raw: Sequence[bytes]) -> _Sample:
    return _Sample(raw=tuple(raw), messages=tuple(parse(one) for one in raw))


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _parse_all(sample: _Sample) -> None:
    for raw in sample.raw:
        mailparser.parse_from_bytes(raw)


def _read_all(sample: _Sample, judges: Judges) -> None:
    for message in sample.messages:
        read(message, Surroundings(zone=judges.zone), judges.taggers)


def _received(raw: Sequence[bytes], now: datetime) -> list[Figure]:
    """The whole way of a message but IMAP and disk, one in a transaction and a hundred."""
    figures = []
    for size in (1, _BATCH):
        config = read_config(None)
        store = Store.in_memory()
        receiver = Receiver(store, InForce(config, store, now))
        spent = _timed(lambda: _take_in(receiver, raw, size, now))  # noqa: B023
        store.close()
        figures.append(Figure(part="reading", what="messages received in memory", unit="messages/s",
                              measured=len(raw) / spent, note=f"{size} at a time"))
    return figures


def _take_in(receiver: Receiver, raw: Sequence[bytes], size: int, now: datetime) -> None:
    for start in range(0, len(raw), size):
        arrivals = tuple(
            Arrival(account="bench", folder="INBOX", uid_validity=1, uid=start + at + 1, raw=one, size=len(one))
            for at, one in enumerate(raw[start:start + size]))
        last = Position(account="bench", folder="INBOX", uid_validity=1, uid=start + len(arrivals))
        receiver.receive(Batch(arrivals=arrivals, position=last), now)


def _shares(rounds: Sequence[_Sample], judges: Judges) -> list[Figure]:
    """Each tagger's part of the reading, in the order they run; what they share counts for the first who asks."""
    spent = dict.fromkeys((tagger.name for tagger in judges.taggers), 0.0)
    for sample in rounds:
        for message in sample.messages:
            words.cache_clear()
            stems.cache_clear()
            told: tuple[Tag, ...] = ()
            around = Surroundings(zone=judges.zone)
            for tagger in judges.taggers:
                started = time.perf_counter()
                told = (*told, *tagger.tags(message, replace(around, told=told)))
                spent[tagger.name] += time.perf_counter() - started
    whole = sum(spent.values())
    return [Figure(part="reading", what=f"share of {name}", measured=100 * share / whole, unit="%")
            for name, share in spent.items()]
