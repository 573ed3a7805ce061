"""A running `liaison`, started cold (a new interpreter) or warm (a fork of one that has imported the product)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).parents[2]


class Process(Protocol):
    """What `subprocess.Popen` and `Warm` offer."""

    pid: int
    returncode: Any

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class Bot:
    """One process, and what it prints."""

    def __init__(self, process: Process, printed: Path) -> None:
        self.process, self._printed = process, printed

    @property
    def said(self) -> str:
        """All it has printed so far, errors included."""
        return self._printed.read_text(errors="replace")

    def end(self, number: int = signal.SIGTERM, seconds: float = 45) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds: float = 60) -> int:
        """The exit code, when it ends by itself."""
        return self.process.wait(seconds)

    def close(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()


def printed(folder: Path) -> Path:
    """A new file for what a bot prints, beside its folder: what lies in that is the library's."""
    number = sum(1 for _ in folder.parent.glob(f"{folder.name}.said*"))
    return folder.with_name(f"{folder.name}.said{number:03d}")


def cold(command: list[str], folder: Path, environment: dict[str, str]) -> Bot:
    """Start a program in a folder."""
    said = printed(folder)
    with said.open("wb") as out:
        return Bot(subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=subprocess.STDOUT), said)


class Warm:
    """A fork. Only the interpreter that made it can wait for it, and is asked."""

    def __init__(self, stable: Stable, pid: int) -> None:
        self._stable, self.pid = stable, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None:
            self.returncode = self._stable.ask(poll=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended. Raises TimeoutExpired."""
        end = time.monotonic() + (timeout or 3600)
        while (code := self.poll()) is None:
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired("a warm bot", timeout or 3600)
            time.sleep(0.01)
        return code

    def send_signal(self, sig: int) -> None:
        """Nobody has waited for it yet, so that no other process can have its id."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Stable:
    """The interpreter that has imported the product (tests/flow/warm.py)."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        self._lock = threading.Lock()
        self._process = subprocess.Popen([sys.executable, "-m", "tests.flow.warm"], cwd=ROOT, text=True,
                                         env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, words: list[str], folder: Path, environment: dict[str, str]) -> Bot:
        """A bot that does what these words say."""
        said = printed(folder)
        said.touch()
        pid = self.ask(words=words, folder=str(folder), said=str(said), environment=environment)
        assert pid is not None
        return Bot(Warm(self, pid), said)

    def ask(self, **order: Any) -> int | None:
        """One order, one answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._lock:
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
