"""Signs of life: systemd hears what it asked for, the health file is whole, and silence is noticed."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.pulse import is_well, sd_notify, write_health, write_trouble
from bot.store.store import Store
from tests.unit.builders import config

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


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


def test_the_health_file_says_whether_all_is_well(tmp_path: Path) -> None:
    store, path, settings = Store.in_memory(), tmp_path / "deep" / "health.json", config(tmp_path)
    store.health.polled("lists", "INBOX", NOW)
    store.health.polled("gone", "INBOX", NOW - timedelta(days=9))  # a mailbox that was configured once
    write_health(path, store, settings, NOW)
    assert json.loads(path.read_text("utf-8"))["ok"] is True
    store.health.fault("hush:announce", "Quiet by its past.", "", NOW)
    write_health(path, store, settings, NOW)
    assert json.loads(path.read_text("utf-8"))["ok"] is True
    store.health.fault("sending", "The server is away.", "Wait.", NOW)
    write_health(path, store, settings, NOW)
    said = json.loads(path.read_text("utf-8"))
    assert (said["ok"], said["faults"], said["polls"]) == (
        False, ["Quiet by its past.", "The server is away."], {"lists/INBOX": "2026-11-23T14:00:00+00:00"})
    write_health(path, store, settings, NOW + timedelta(hours=1))
    assert json.loads(path.read_text("utf-8"))["ok"] is False
    assert [file.name for file in path.parent.iterdir()] == ["health.json"]
    store.close()


def test_silence_alone_is_not_well(tmp_path: Path) -> None:
    store, settings = Store.in_memory(), config(tmp_path)
    store.health.polled("lists", "INBOX", NOW)
    assert is_well(store, settings, NOW + timedelta(minutes=29))
    assert not is_well(store, settings, NOW + timedelta(minutes=31))
    store.close()


def test_the_health_file_says_when_the_store_cannot_be_asked(tmp_path: Path) -> None:
    write_trouble(tmp_path / "health.json", "The disk is full.", NOW)
    said = json.loads((tmp_path / "health.json").read_text("utf-8"))
    assert (said["ok"], said["faults"], said["at"]) == (False, ["The disk is full."], "2026-11-23T14:00:00+00:00")
