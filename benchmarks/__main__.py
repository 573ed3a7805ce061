"""`python -m benchmarks [PART …]`: measures, prints one table, and ends with 1 when a target is missed."""

from __future__ import annotations

import argparse
import dataclasses
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil

from benchmarks import archive, compose, hostile, idle, ingest, poll, reading, replay, rules, wakeup
from benchmarks.figures import Figure, table
from benchmarks.parts import Bench, Sizes
from tests.servers import missing

PARTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "ingest": ingest.measure, "wakeup": wakeup.measure, "poll": poll.measure, "idle": idle.measure,
    "compose": compose.measure, "archive": archive.measure, "reading": reading.measure,
    "hostile": hostile.measure, "rules": rules.measure, "replay": replay.measure,
}
_NEED_SERVERS = frozenset({"ingest", "wakeup", "poll", "idle"})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them if left out")
    for size in dataclasses.fields(Sizes):
        parser.add_argument(f"--{size.name.replace('_', '-')}", type=int, default=size.default, metavar="N",
                            help=f"default {size.default}")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return arguments


def _run(bench: Bench, part: str) -> list[Figure]:
    started = time.monotonic()
    print(f"{part} …", end=" ", file=sys.stderr, flush=True)
    figures = PARTS[part](bench)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return figures


def main() -> int:
    """Run the parts in order."""
    arguments = _arguments()
    parts = [part for part in PARTS if part in (arguments.parts or PARTS)]
    if (reason := missing()) and _NEED_SERVERS.intersection(parts):
        print(f"The private mail server {reason}.", file=sys.stderr)
        return 2
    sizes = Sizes(**{size.name: getattr(arguments, size.name) for size in dataclasses.fields(Sizes)})
    with Bench(sizes=sizes) as bench:
        figures = [figure for part in parts for figure in _run(bench, part)]
    load = psutil.getloadavg()[0]
    today, cores = datetime.now(UTC).date(), psutil.cpu_count()
    print(f"\n{today}, Python {platform.python_version()}, {cores} cores, load {load:.1f}\n")
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
