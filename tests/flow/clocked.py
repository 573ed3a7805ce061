"""The real command `liaison`, in a process of its own, by a clock that the test may put forward while it runs.

The file named by $LIAISON_TEST_CLOCK says how many seconds the clock is ahead. Threads, sockets, scheduler, signals and
exit codes are the product's own; only what it takes for "now", and how often it looks around, are the test's.
$LIAISON_TEST_KILL ("accepted 3") ends it by SIGKILL when it passes that fault point for the third time; "any 40" counts
them all.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import cli, daemon, faultpoints
from bot.commands import run

#: What each thread has read last.
_read = threading.local()


def now() -> datetime:
    """Aware UTC, so far ahead as the file says at this moment."""
    ahead = Path(os.environ["LIAISON_TEST_CLOCK"]).read_text()
    _read.last = datetime.now(UTC) + timedelta(seconds=float(ahead or 0))
    return _read.last


def steady() -> float:
    """The machine's own count: time that the test lets pass is passed in it, too, and none between the two readings."""
    last: datetime = _read.last if hasattr(_read, "last") else now()
    return last.timestamp()


def arm(order: str) -> None:
    """Die at a point, as ordered."""
    where, count = order.split()
    passed = itertools.count(1)

    def act(point: faultpoints.Point) -> None:
        if where in (point, "any") and next(passed) == int(count):
            os.kill(os.getpid(), signal.SIGKILL)

    faultpoints.act = act


def main() -> None:
    """Put the clock in and run the command line."""
    daemon.LOOK_SECONDS, daemon.CHECK_SECONDS = 1, 2
    daemon.Daemon.__init__.__defaults__ = (now, steady)
    vars(run)["utc_now"] = now
    vars(run)["seconds_up"] = steady
    sys.argv[0] = "liaison"
    if "doctor" in sys.argv:  # a test asks nobody outside: the machine's DNS stays unasked
        from bot.commands import doctor

        vars(doctor)["_resolver"] = lambda: None
    if order := os.environ.get("LIAISON_TEST_KILL"):
        arm(order)
    cli.main()


if __name__ == "__main__":
    main()
