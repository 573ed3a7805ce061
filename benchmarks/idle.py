"""What the daemon costs while nothing happens: resident memory, and processor time beyond that of a bare IDLE loop."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psutil

from benchmarks.bare import bare
from benchmarks.figures import Figure
from benchmarks.generate import generate
from benchmarks.library import Library, fill
from benchmarks.parts import Bench
from bot.store.store import Store
from tests.servers import until

_INGESTED = 1_000
_SETTLE_SECONDS = 20
_SHIPPED, _LATE = 'daily: {at: "07:30", on: weekdays}', 'daily: {at: "23:58", on: every day}'


def measure(bench: Bench) -> list[Figure]:
    """A daemon that has taken mail in, taken an edit of the rules up, composed and sent; beside it the loop."""
    servers, now = bench.servers, datetime.now(UTC)
    ours, theirs = bench.user(), bench.user()
    count = min(_INGESTED, bench.sizes.messages)
    for user in (ours, theirs):
        fill(servers, user, generate(count, now))
    library = Library(bench.folder(), imap_port=servers.imap_plain_port, user=ours)
    # An hour that is still to come: a bot that starts after it writes its first digest on the next day.
    library.edit("routing.yaml", _SHIPPED, _LATE)
    with library.daemon() as daemon, bare(servers.imap_plain_port, theirs) as loop:
        _work(library, count)
        time.sleep(_SETTLE_SECONDS)
        processes = [psutil.Process(daemon.pid), psutil.Process(loop.pid)]
        before = [_cpu(process) for process in processes]
        time.sleep(bench.sizes.idle_seconds)
        used = [_cpu(process) - start for process, start in zip(processes, before, strict=True)]
        resident = [process.memory_info().rss / 1e6 for process in processes]
    return _figures(used, resident, bench.sizes.idle_seconds)


def _cpu(process: psutil.Process) -> float:
    """Seconds by the scheduler's own count: `cpu_times` ticks only a hundred times a second."""
    nanoseconds = 0
    for thread in process.threads():
        with open(f"/proc/{process.pid}/task/{thread.id}/schedstat", encoding="ascii") as file:
            nanoseconds += int(file.read().split()[0])
    return nanoseconds / 1e9


def _work(library: Library, count: int) -> None:
    """Wait for the backfill; then the liaison moves the slot to the next minute. Until that is over nothing is idle,
    even if digests went out sooner (for a reader further east, or as those of the day before)."""
    until(lambda: (library.folder / "health.json").exists(), 300, "the backfill and the first look")
    local = datetime.now(ZoneInfo("America/Chicago")) + timedelta(minutes=1)
    library.edit("routing.yaml", _LATE, f'daily: {{at: "{local:%H:%M}", on: every day}}')
    store = Store.open(str(library.folder / "store.db"))
    try:
        since = datetime.now(UTC) - timedelta(hours=1)
        until(lambda: [row for row in store.outbox.between(since, datetime.now(UTC))
                       if row.kind == "digest" and row.state == "sent"], 300, "a digest")
        time.sleep(max(0.0, (local.replace(second=15) - datetime.now(local.tzinfo)).total_seconds()))
        if (stored := store.archive.count().received) != count:
            raise RuntimeError(f"{stored} of {count} messages were stored")
    finally:
        store.close()


def _figures(used: list[float], resident: list[float], seconds: int) -> list[Figure]:
    more = (used[0] - used[1]) * 3600 / seconds
    return [
        Figure(part="idle", what="resident memory", measured=resident[0], unit="MB", at_most=120,
               note=f"bare loop {resident[1]:.0f} MB"),
        Figure(part="idle", what="processor time per hour, more than the bare loop", measured=more, unit="s", at_most=1,
               note=f"from {seconds} s: {1000 * used[0]:.1f} ms and {1000 * used[1]:.1f} ms"),
    ]
