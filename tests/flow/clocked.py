"""The real command `liaison`, in a process of its own, by a clock that the test may put forward while it runs.

The file named by $LIAISON_TEST_CLOCK says how many seconds the clock is ahead. Threads, sockets, scheduler, signals and
exit codes are the product's own; only what it takes for "now", and how often it looks around, are the test's.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import cli, daemon
from bot.commands import run

_AHEAD = Path(os.environ["LIAISON_TEST_CLOCK"])


def now() -> datetime:
    """Aware UTC, so far ahead as the file says at this moment."""
    return datetime.now(UTC) + timedelta(seconds=float(_AHEAD.read_text() or 0))


def main() -> None:
    """Put the clock in and run the command line."""
    daemon.LOOK_SECONDS = 1
    daemon.Daemon.__init__.__defaults__ = (now,)
    vars(run)["utc_now"] = now
    sys.argv[0] = "liaison"
    cli.main()


main()
