"""Bots that start at once: this interpreter imports the product, and each bot is a fork of it.

A bot is a process of its own all the same: the command line, the config, the store, the connections and the threads are
made after the fork, and SIGKILL ends it alone. The test's end of the line is `Stable` (tests/flow/bots.py).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from typing import Any

#: What a running bot has imported.
_PRODUCT = ("bot.daemon", "bot.commands.run", "bot.commands.status", "bot.pipeline.judges", "bot.inbox.imap",
            "bot.outbox.smtp", "bot.pulse", "bot.tokens.keeper", "lxml.html", "numpy", "tests.flow.clocked")


def main() -> None:
    """Serve orders, one a line: start a bot, or say whether one has ended."""
    for name in _PRODUCT:
        importlib.import_module(name)
    # A fork copies the thread that asks for it, and no other: there must be none.
    assert threading.active_count() == 1
    for line in sys.stdin:
        order = json.loads(line)
        answer = _start(order) if "words" in order else _ended(order["poll"])
        print(json.dumps(answer), flush=True)  # noqa: T201


def _ended(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _start(order: dict[str, Any]) -> int:
    if pid := os.fork():
        return pid
    try:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        said = os.open(order["said"], os.O_WRONLY | os.O_APPEND)
        for number, target in enumerate((os.open(os.devnull, os.O_RDONLY), said, said)):
            os.dup2(target, number)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        _run(order["words"])
    finally:
        os._exit(70)


def _run(words: list[str]) -> None:
    from tests.flow import clocked

    sys.argv = ["liaison", *words]
    code: Any = 0
    try:
        clocked.main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main()
