"""Where the bot keeps its notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.assemble import _note
from bot.config import load_config
from tests.unit.builders import CONFIG, write_config


@pytest.mark.parametrize(("settings", "note"), [
    ("store: var/store.db", "var/store.db.reading"),
    ("store: postgresql://liaison@db.example.edu/liaison\nhealth_file: var/health.json", "var/health.json.reading"),
    ("store: postgresql://liaison@db.example.edu/liaison\nlog: {file: var/liaison.log}", "var/liaison.log.reading"),
    ("store: postgresql://liaison@db.example.edu/liaison", None),
])
def test_what_is_being_read_is_noted_beside_the_store_or_else_beside_the_health_file_or_the_log(
        tmp_path: Path, settings: str, note: str | None) -> None:
    kept = "\n".join(line for line in CONFIG.splitlines() if not line.startswith(("store:", "health_file:", "log:")))
    config = load_config(write_config(tmp_path, f"{kept}\n{settings}\n"))
    assert _note(config, "reading") == (None if note is None else tmp_path / note)
