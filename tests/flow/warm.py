"""Bots that start at once: one interpreter imports the product, and each bot is a fork of it.

A bot is a process of its own all the same: the command line, the config, the store, the connections and the threads are
made after the fork, and SIGKILL ends it alone. `Stable` is the test's end of the line, `main` that interpreter.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: What a running bot has imported.
_PRODUCT = ("bot.daemon", "bot.commands.run", "bot.pipeline.judges", "bot.inbox.imap", "bot.outbox.smtp", "bot.pulse",
            "lxml.html", "numpy", "tests.flow.clocked")


class Warm:
    """One bot, with what `subprocess.Popen` offers of it."""

    def __init__(self, stable: Stable, pid: int) -> None:
        self._stable, self.pid = stable, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._stable.ask(poll=self.pid)
        return self.returncode

    def wait(self) -> int:
        """The exit code, when it has ended."""
        if self.returncode is None:
            self.returncode = self._stable.ask(wait=self.pid)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """SIGKILL. Nobody has waited for it yet, so that no other process can have its id."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Stable:
    """The interpreter that has imported the product."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen([sys.executable, "-m", "tests.flow.warm"], cwd=ROOT, text=True,
                                         env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, words: list[str], folder: Path, environment: dict[str, str]) -> Warm:
        """A bot that does what these words say; what it prints is added to `said` in the folder."""
        pid = self.ask(words=words, folder=str(folder), environment=environment)
        assert pid is not None
        return Warm(self, pid)

    def ask(self, **order: Any) -> int | None:
        """One order, one answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: int | None = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it; bots that still run are ended by whoever started them."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


def main() -> None:
    """Serve orders, one a line: start a bot, say whether one has ended, wait for its end."""
    for name in _PRODUCT:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        answer = _start(order) if "words" in order else _ended(order)
        print(json.dumps(answer), flush=True)  # noqa: T201


def _ended(order: dict[str, Any]) -> int | None:
    pid, status = os.waitpid(order.get("wait") or order["poll"], 0 if "wait" in order else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def _start(order: dict[str, Any]) -> int:
    if pid := os.fork():
        return pid
    try:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number, target in enumerate((os.open(os.devnull, os.O_RDONLY), said, said)):
            os.dup2(target, number)
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
