"""The log: one line an event, `time level room event key=value …`. No bodies, no secrets: rooms log ids and names."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
from pathlib import Path

from bot.unseen import one_line

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"
#: A log that nobody reads must not fill the disk.
_LARGEST, _KEPT = 5_000_000, 5


class _Line(logging.Formatter):
    """UTC, one line: a traceback's text is folded into it."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        return one_line(super().format(record).replace("\n", " | "))


class _File(logging.handlers.RotatingFileHandler):
    """A log file that may fail: its disk is full. That is said once on standard error, and the bot goes on."""

    _is_told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """The line is lost; so is whatever the handler had in its buffer."""
        wrong = sys.exc_info()[1]
        if not isinstance(wrong, OSError):
            super().handleError(record)
        elif not self._is_told:
            self._is_told = True
            print(f"The log file {self.baseFilename} cannot be written: {wrong.strerror}. Free some space; "  # noqa: T201
                  "what happens meanwhile is not logged.", file=sys.stderr)


def open_journal(file: Path | None, level: str) -> None:
    """Send the bot's log to a file (kept small), or to standard error. Raises OSError when the file cannot be made."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(file, maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8")
    handler.setFormatter(_Line(_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level.upper())
