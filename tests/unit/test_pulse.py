"""Signs of life: systemd hears what it asked for, the health file is whole, and silence is noticed."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.pulse import sd_notify, silent, write_health
from bot.store.store import Store
from bot.store.values import Poll

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
QUIET = timedelta(minutes=30)


def poll(last: datetime | None, failing: datetime | None = None) -> Poll:
    return Poll(account="lists", folder="INBOX", last_attempt=NOW, last_success=last, failing_since=failing, error="")


@pytest.mark.parametrize("prefix", ["", "@"])
def test_systemd_hears_what_happens(prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"@liaison-{tmp_path.name}-{NOW:%f}" if prefix else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("\0" + name[1:] if prefix else name)
        server.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        sd_notify("READY=1")
        assert server.recv(100) == b"READY=1"


def test_nobody_listening_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    sd_notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    sd_notify("READY=1")


def test_silence_is_counted_from_the_last_success() -> None:
    quiet, well = poll(NOW - timedelta(minutes=31)), poll(NOW - timedelta(minutes=29))
    never = poll(None, failing=NOW - timedelta(hours=2))
    assert silent([quiet, well, never, poll(None)], NOW, QUIET) == [quiet, never]


def test_the_health_file_says_whether_all_is_well(tmp_path: Path) -> None:
    store, path = Store.in_memory(), tmp_path / "deep" / "health.json"
    store.health.polled("lists", "INBOX", NOW)
    write_health(path, store, NOW, QUIET)
    assert json.loads(path.read_text("utf-8"))["ok"] is True
    store.health.fault("sending", "The server is away.", "Wait.", NOW)
    write_health(path, store, NOW, QUIET)
    said = json.loads(path.read_text("utf-8"))
    assert (said["ok"], said["faults"], said["polls"]) == (
        False, ["The server is away."], {"lists/INBOX": "2026-11-23T14:00:00+00:00"})
    assert [file.name for file in path.parent.iterdir()] == ["health.json"]
    store.close()
