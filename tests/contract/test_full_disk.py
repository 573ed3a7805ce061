"""No room left: what each file of the bot does on a full disk, and when there is room again. The disk is a real one."""

from __future__ import annotations

import logging
import logging.handlers
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import SendError, StoreError
from bot.journal import open_journal
from bot.modelfiles import exchange
from bot.outbox.calendars import CalendarFolder
from bot.outbox.folder import FolderTransport
from bot.pulse import write_health, write_trouble
from bot.store.backup import back_up
from bot.store.store import Store
from bot.types import Delivery
from tests.contract.stores import NOW, add, admission
from tests.disks import fill, small_disk
from tests.unit.builders import config

RAW = b"Message-ID: <a@example.edu>\r\nContent-Type: text/html\r\n\r\n" + b"<p>a digest</p>\r\n" * 2000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, of one megabyte."""
    with small_disk(tmp_path / "disk", 1_048_576) as folder:
        yield folder


def left(folder: Path) -> list[str]:
    """Names of files below a folder, hidden ones too."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_mail_into_a_folder(disk: Path) -> None:
    transport = FolderTransport(disk / "outbox")
    mail = Delivery(id=1, reader="dana", slot="daily:2026-11-23", kind="digest", recipient="dana@example.edu",
                    envelope_sender="bot@example.edu", message_id="<a@example.edu>", raw=RAW, attempts=1,
                    created_at=NOW)
    (disk / "outbox").mkdir()
    filler = fill(disk)
    with pytest.raises(SendError, match="No space left"):
        transport.send(mail)
    assert left(disk / "outbox") == []
    filler.unlink()
    assert transport.send(mail).state == "sent"
    assert any(path.read_bytes() == RAW for path in (disk / "outbox").glob("*.eml"))


def test_calendar_files(disk: Path) -> None:
    folder = CalendarFolder(disk / "calendars", "liaison")
    folder.keep(b"BEGIN:VCALENDAR old", {"dana": b"hers"})
    filler = fill(disk)
    with pytest.raises(SendError, match="No space left"):
        folder.keep(b"BEGIN:VCALENDAR new " * 2000, {"dana": b"hers"})
    assert (disk / "calendars/library.ics").read_bytes() == b"BEGIN:VCALENDAR old"
    assert left(disk / "calendars") == ["dana.ics", "library.ics"]
    filler.unlink()
    assert folder.keep(b"BEGIN:VCALENDAR new " * 2000, {"dana": b"hers"}) == 1


def test_a_model_stays_the_old_one(disk: Path) -> None:
    old = {"a.bin": b"a" * 9000, "card.json": b"{}"}
    exchange(disk / "models", old)
    filler = fill(disk)
    with pytest.raises(OSError, match="No space left"):
        exchange(disk / "models", {name: content * 9 for name, content in old.items()})
    assert {name: (disk / "models" / name).read_bytes() for name in old} == old
    filler.unlink()


def test_a_copy_of_the_store(disk: Path, tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store.db"))
    add(store, admission(1))
    store.close()
    fill(disk)
    with pytest.raises(StoreError, match="written"):
        back_up(str(tmp_path / "store.db"), disk / "copy.db")
    assert left(disk) == ["filler"]


def test_the_health_file(disk: Path) -> None:
    settings = config(disk)
    write_health(disk / "health.json", Store.in_memory(), settings, NOW)
    before = (disk / "health.json").read_bytes()
    fill(disk)
    write_trouble(disk / "health.json", "The store is full.", NOW)  # never raises
    with pytest.raises(OSError, match="No space left"):
        write_health(disk / "health.json", Store.in_memory(), settings, NOW)
    assert (disk / "health.json").read_bytes() == before  # old, which the watcher sees by its time


def test_the_log_says_it_once(disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    filler = fill(disk)
    try:
        filler.write_bytes(filler.read_bytes()[:-4096])  # room for a file, and for little in it
        open_journal(disk / "liaison.log", "info")
        for number in range(400):
            logging.getLogger("bot.test").info("event number=%d", number)
        said = capsys.readouterr().err
        assert said.count("cannot be written: No space left on device") == 1
        assert "Traceback" not in said
        filler.unlink()
        logging.getLogger("bot.test").info("again")
        assert "again" in (disk / "liaison.log").read_text()
    finally:
        for handler in set(root.handlers) - set(before):
            handler.close()
        root.handlers[:] = before
        root.setLevel(level)
