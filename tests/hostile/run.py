"""Hostile mail put through the whole line in a process of its own, in which nothing may be fetched.

    python -m tests.hostile.run fuzz SEED COUNT        mutated messages, one store for all
    python -m tests.hostile.run files PATH...          .eml files, each in a child process of its own

Prints one JSON object a line: what became of a message, the seconds of processor time it took, the memory that the
process had at its most (MB) and before it, and what is wrong.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile import checker
from tests.hostile.line import Line
from tests.hostile.mutate import mutated

#: So many posts share one morning's digests.
MORNING = 50
ASKED: list[str] = []


def no_network() -> None:
    """Whatever asks for a host or a connection is written down and refused."""
    def refuse(*given: object, **_: object) -> Any:
        ASKED.append(f"{given[-1]!r:.80}")
        raise OSError("no network in this test")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        setattr(socket, name, refuse)
    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign]


def megabytes() -> int:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def put_through(line: Line, raw: bytes) -> dict[str, Any]:
    """One message: received, stored, laid out in every way; what was wrong with it."""
    begun, before = time.process_time(), megabytes()
    received = line.take(raw)
    forced = line.forced(received.id, raw)
    seconds = time.process_time() - begun
    wrong = [] if line.store.archive.raw(received.id) == raw else ["the raw bytes differ"]
    if forced is not None and forced.page is not None:
        wrong += [f"at once: {fault}" for fault in checker.faults(forced.urgent)]
    return {"id": received.id, "fate": str(received.admission.disposition), "kind": received.admission.kind,
            "why": received.admission.why if received.admission.kind == "unreadable" else "",
            "seconds": round(seconds, 3), "before": before, "megabytes": megabytes(), "wrong": wrong}


def mails_wrong(line: Line) -> list[str]:
    """What is wrong with all that stands in the outbox, and with the calendar files."""
    found = [f"{kind} to {reader}: {fault}" for kind, reader, raw in line.mails() for fault in checker.faults(raw)]
    return found + [f"calendar: {fault}" for raw in line.calendars() for fault in checker.of_calendar(raw)]


def fuzz(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Mutated messages, fifty to a library."""
    templates = None
    for start in range(0, count, MORNING):
        with tempfile.TemporaryDirectory() as folder:
            line = Line(Path(folder), templates=templates)
            templates = line.templates
            for number in range(start, min(start + MORNING, count)):
                yield {"seed": seed, "number": number, **_safely(line, mutated(seed, number))}
            line.publish()
            yield {"seed": seed, "number": f"{start}…", "counts": dict(line.store.archive.count()),
                   "wrong": [*mails_wrong(line), *ASKED]}
            line.close()


def _safely(line: Line, raw: bytes) -> dict[str, Any]:
    try:
        return put_through(line, raw)
    except Exception:  # noqa: BLE001  whatever it is, it is told with the message that caused it
        return {"fate": "raised", "seconds": 0.0, "before": 0, "megabytes": 0, "wrong": [traceback.format_exc()[-900:]]}


def files(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Each file in a child of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder))
        put_through(line, mutated(0, 0))            # whatever is imported late is imported now
        for path in paths:
            yield {"file": path.name, **_in_a_child(line, path.read_bytes())}
        line.close()


def _in_a_child(line: Line, raw: bytes) -> dict[str, Any]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with tempfile.TemporaryDirectory() as folder:
            found = _alone(Line(Path(folder), templates=line.templates), raw)
        with os.fdopen(theirs, "w") as out:
            json.dump(found, out)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as told:
        said = told.read()
    os.waitpid(child, 0)
    ended: dict[str, Any] = json.loads(said) if said else {"fate": "died", "wrong": ["the process died"]}
    return ended


def _alone(line: Line, raw: bytes) -> dict[str, Any]:
    """One message with all its mails, as it really goes; the checks, which cost more than the bot, come last."""
    before, begun = megabytes(), time.process_time()
    received = line.take(raw)
    line.publish()
    seconds, most = time.process_time() - begun, megabytes()
    wrong = [] if line.store.archive.raw(received.id) == raw else ["the raw bytes differ"]
    wrong += [f"{kind} to {reader}: {fault}" for kind, reader, mail in line.mails() if len(mail) < 300_000
              for fault in checker.faults(mail)]
    return {"fate": str(received.admission.disposition), "kind": received.admission.kind, "seconds": round(seconds, 3),
            "before": before, "megabytes": most, "wrong": [*wrong, *ASKED]}


def main(what: str, *words: str) -> None:
    """See the module."""
    no_network()
    found = fuzz(int(words[0]), int(words[1])) if what == "fuzz" else files([Path(word) for word in words])
    for one in found:
        print(json.dumps(one), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
