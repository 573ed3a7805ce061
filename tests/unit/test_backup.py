"""`liaison backup` and `liaison restore`, as the operator calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.pulse import only_one
from bot.store.store import Store
from tests.contract.stores import add, admission
from tests.unit.builders import write_config


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_config(tmp_path)


def liaison(library: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [words[0], "--config", str(library), *words[1:]])


def stored(library: Path) -> Path:
    """The store, with one message more than before."""
    path = library.parent / "var/store.db"
    store = Store.open(str(path))
    add(store, admission(store.archive.count().received + 1))
    store.close()
    return path


def test_a_copy_is_made_and_put_back(library: Path, tmp_path: Path) -> None:
    path = stored(library)
    said = liaison(library, "backup", "copy.db")
    assert said.exit_code == 0, said.output
    assert "found whole: copy.db (1 messages, 0 mails)" in said.output
    stored(library)
    said = liaison(library, "restore", "copy.db")
    assert said.exit_code == 0, said.output
    assert "The store before it lies in" in said.output
    store = Store.open(str(path))
    assert store.archive.count().received == 1
    store.close()


def test_nothing_is_put_back_under_a_running_bot(library: Path) -> None:
    path = stored(library)
    assert liaison(library, "backup", "copy.db").exit_code == 0
    before = path.read_bytes()
    with only_one(str(path)):
        assert liaison(library, "backup", "another.db").exit_code == 0
        said = liaison(library, "restore", "copy.db")
    assert said.exit_code == 2
    assert "Another bot is running" in said.output
    assert path.read_bytes() == before


def test_a_copy_that_is_none_is_told(library: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("nothing")
    said = liaison(library, "restore", "copy.db")
    assert said.exit_code == 2
    assert "is no store of the bot" in said.output
    assert "Traceback" not in said.output
