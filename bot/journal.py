"""The log: one line an event, `time level room event key=value …`. No bodies, no secrets: rooms log ids and names.

Of an error that nobody foresaw only its kind and its places in the code are told: its words may be a message's own (a
library says what it could not read), or a secret's.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
import time
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from bot.errors import LiaisonError
from bot.unseen import one_line

log = logging.getLogger(__name__)

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"
#: A log that nobody reads must not fill the disk.
_LARGEST, _KEPT = 5_000_000, 5


_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def kinds_and_places(wrong: BaseException) -> str:
    """An error and what caused it, the innermost last, each with the places it went through. What the bot raises on
    purpose keeps its words."""
    told: list[str] = []
    known: set[int] = set()
    one: BaseException | None = wrong
    while one is not None and id(one) not in known:
        known.add(id(one))
        said = f": {one.what}" if isinstance(one, LiaisonError) else ""
        places = (f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in extract_tb(one.__traceback__))
        told.append(f"{type(one).__name__}{said} at {', '.join(places)}")
        one = one.__cause__ or one.__context__
    return "\n".join(told)


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


def mind_crashes() -> None:
    """What ends a thread is logged without its words; nothing is changed where somebody else minds it already."""
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_ended


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        name = ended.thread.name if ended.thread else "-"
        log.error("thread-ended name=%s | %s", name, kinds_and_places(ended.exc_value))


class _Line(logging.Formatter):
    """UTC, one line: a traceback's text is folded into it."""

    converter = staticmethod(time.gmtime)

    def formatException(self, ei: _Raised) -> str:  # noqa: N802  the library's name
        """Kinds and places, no words."""
        return kinds_and_places(ei[1]) if ei[1] is not None else ""

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
            sys.stderr.write(f"The log file {self.baseFilename} cannot be written: {wrong.strerror}. Free some space; "
                             "what happens meanwhile is not logged.\n")


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
