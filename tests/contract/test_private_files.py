"""What the bot keeps is readable for its own account alone, whatever umask it was started with."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.outbox.folder import FolderTransport
from bot.pulse import only_one
from bot.store.backup import back_up, put_back
from bot.store.store import Store
from bot.types import Delivery
from tests.contract.stores import NOW, add, admission


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """What below a folder somebody else may read, write or enter."""
    return [f"{path.name} {stat.filemode(path.stat().st_mode)}"
            for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


def test_the_store_and_all_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep/var/store.db"
    with only_one(str(path)):
        store = Store.open(f"sqlite:///{path}")
        add(store, admission(1))
        names = {one.name for one in path.parent.iterdir()}
        assert {"store.db", "store.db-wal", "store.db-shm", "store.db.lock"} <= names
        assert open_to_others(tmp_path / "deep") == []
        copy = back_up(str(path), tmp_path / "deep/copies/copy.db")
        store.close()
    put_back(str(path), copy.path, NOW)
    assert open_to_others(tmp_path / "deep") == []


def test_mails_in_a_folder(tmp_path: Path) -> None:
    raw = b"Message-ID: <a@example.edu>\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n"
    FolderTransport(tmp_path / "var/outbox").send(Delivery(
        id=1, reader="dana", slot="daily:2026-11-23", kind="digest", recipient="dana@example.edu",
        envelope_sender="bot@example.edu", message_id="<a@example.edu>", raw=raw, attempts=1, created_at=NOW))
    assert len(list((tmp_path / "var/outbox").iterdir())) == 2
    assert open_to_others(tmp_path / "var") == []


def test_a_store_that_an_older_version_left_open_is_shut(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(str(path)).close()
    path.chmod(0o644)
    Store.open(str(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
