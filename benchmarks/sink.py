"""An SMTP server in a process of its own that takes all and says when: one JSON line a mail, stamped at its 250."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A mail that the server took, and when (time.monotonic)."""

    at: float
    recipient: str


class Sink:
    """The running server as its starter sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._taken: queue.Queue[Taken] = queue.Queue()
        self.port = int(self._line()["port"])
        threading.Thread(target=self._read, daemon=True).start()

    def _line(self) -> dict[str, Any]:
        if self._process.stdout is None:
            raise AssertionError("started with a pipe")
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._taken.put(Taken(**json.loads(line)))

    def next(self, seconds: float) -> Taken | None:
        """The next mail, or None when there is none for so long."""
        try:
            return self._taken.get(timeout=seconds)
        except queue.Empty:
            return None

    def burst(self, patience: float = 30, pause: float = 1.0) -> list[Taken]:
        """The next mail and all that follow it without a longer pause. Raises TimeoutError when none comes."""
        first = self.next(patience)
        if first is None:
            raise TimeoutError(f"no mail within {patience} s")
        taken = [first]
        while (another := self.next(pause)) is not None:
            taken.append(another)
        return taken


@contextmanager
def sink() -> Iterator[Sink]:
    """Start the server, and end it afterwards."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.sink"], stdout=subprocess.PIPE, text=True)
    try:
        yield Sink(process)
    finally:
        process.terminate()
        process.wait(20)


class _Handler:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Take it and say when."""
        print(json.dumps({"at": time.monotonic(), "recipient": envelope.rcpt_tos[0]}), flush=True)
        return "250 2.0.0 taken"


def _serve() -> None:
    from aiosmtpd.controller import Controller

    controller = Controller(_Handler(), hostname="127.0.0.1", port=0, server_kwargs={"timeout": 3600})
    controller.port = _free_port()
    controller.start()
    print(json.dumps({"port": controller.port}), flush=True)
    threading.Event().wait()


def _free_port() -> int:
    from tests.servers import free_ports

    return free_ports(1)[0]


if __name__ == "__main__":
    _serve()
