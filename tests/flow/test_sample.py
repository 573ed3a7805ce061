"""A first look: `liaison run` and `liaison once` in an empty folder, with nothing set up."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.flow.bots import ROOT, Bot, cold
from tests.servers import until

LIAISON = [sys.executable, "-c", "from bot.cli import main; main()"]
POST = """\
Authentication-Results: mx.library.example.edu; dmarc=pass header.from=carli.example.edu
From: Support <support@carli.example.edu>
To: techserv-ig@carli.example.edu
Subject: [TechServ-ig] New import profile {key}
Date: {date}
Message-ID: <{key}@carli.example.edu>
List-Id: <techserv-ig.carli.example.edu>

A new import profile {key} for bibliographic records is ready; catalogers may use overlay {key} from today on.
"""


def liaison(folder: Path, *words: str) -> Bot:
    """The real command by the real clock, in a folder."""
    environment = {key: value for key, value in os.environ.items() if key != "LIAISON_CONFIG"}
    return cold([*LIAISON, *words], folder, {**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    """What a test starts is ended with it."""
    started: list[Bot] = []
    yield started
    for bot in started:
        bot.close()


def drop(folder: Path, key: str) -> None:
    """Deliver a message as a mail server does: written to tmp, renamed into new."""
    box = folder / "var/mail"
    (box / "tmp" / key).write_text(POST.format(key=key, date=datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")))
    (box / "tmp" / key).rename(box / "new" / key)


def state(folder: Path) -> tuple[dict[str, bytes], int, list[tuple[str, str, str]]]:
    """Everything that a second run must not do again: files, messages, rows of the outbox."""
    files = {path.name: path.read_bytes() for path in sorted((folder / "var/outbox").rglob("*.*"))}
    store = Store.open(str(folder / "var/store.db"))
    try:
        rows = store.outbox.between(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return files, store.archive.count().received, [(row.reader, row.slot, row.state) for row in rows]
    finally:
        store.close()


def is_handled(folder: Path, key: str) -> bool:
    """Whether a dropped message is stored with its routes."""
    store = Store.open(str(folder / "var/store.db"))
    try:
        stored = store.archive.by_message_id(f"<{key}@carli.example.edu>")
        return stored is not None and bool(store.archive.routes(stored.id))
    finally:
        store.close()


def test_run_shows_digests_within_a_minute_and_watches_on(tmp_path: Path, bots: list[Bot]) -> None:
    began = time.monotonic()
    bots.append(liaison(tmp_path, "run"))
    until(lambda: "Watching" in bots[0].said, 60, f"the first round: {bots[0].said}")
    assert time.monotonic() - began < 60
    names = [path.name for path in (tmp_path / "var/outbox").glob("*.eml")]
    assert sum("daily" in name for name in names) >= 5
    assert any("report" in name for name in names)
    assert all((tmp_path / "var/outbox" / name).with_suffix(".html").exists() for name in names)

    spans = []
    for number in range(3):
        began = time.monotonic()
        drop(tmp_path, f"dropped{number}")
        until(lambda key=f"dropped{number}": is_handled(tmp_path, key), 10, "the message")  # type: ignore[misc]
        spans.append(time.monotonic() - began)
    assert min(spans) < 2.0, spans

    began = time.monotonic()
    assert bots[0].end(signal.SIGINT) == 0, bots[0].said
    assert time.monotonic() - began < 5
    assert "Traceback" not in bots[0].said

    before = state(tmp_path)
    bots.append(liaison(tmp_path, "run", "--quiet"))
    log = tmp_path / "var/liaison.log"
    size = log.stat().st_size
    looked = last_look(tmp_path)
    until(lambda: last_look(tmp_path) > looked, 30, "the second run's look")
    assert bots[1].end(signal.SIGINT) == 0
    assert state(tmp_path) == before
    assert " composed " not in log.read_text()[size:]


def last_look(folder: Path) -> datetime:
    """When the mailbox was last read with success."""
    store = Store.open(str(folder / "var/store.db"))
    try:
        return max(poll.last_success for poll in store.health.polls() if poll.last_success)
    finally:
        store.close()


def test_once_twice_is_once(tmp_path: Path, bots: list[Bot]) -> None:
    bots.append(liaison(tmp_path, "once"))
    assert bots[0].wait() == 0, bots[0].said
    before = state(tmp_path)
    assert before[1] > 50
    bots.append(liaison(tmp_path, "once"))
    assert bots[1].wait() == 0, bots[1].said
    assert state(tmp_path) == before
    bots.append(liaison(tmp_path, "status"))
    assert bots[2].wait() == 0, bots[2].said
