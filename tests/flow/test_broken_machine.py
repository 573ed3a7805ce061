"""The machine fails under the bot: its disk is full or read-only, the store's file is spoiled. It says so, and loses
and overwrites nothing. The disk is a small one of the test's own (tmpfs).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disks import failing_disk, fill, remount, small_disk
from tests.flow.house import House, alert, post, text
from tests.servers import until

SIZE = 6_000_000


@pytest.fixture
def disk(house: House) -> Iterator[Path]:
    """The folder `var` of the library, on a disk of its own."""
    with small_disk(house.folder / "var", SIZE) as var:
        yield var
        house.close()


def forget(house: House) -> None:
    """The test looks into the store no more."""
    if house._store is not None:
        house._store.close()
        house._store = None


def check_all_came(house: House, *keys: str) -> None:
    """Each in the readers' digest of the next morning, once."""
    house.pass_to_slot()
    for reader in ("ana", "ben"):
        (digest,) = house.wait_for(reader, "digest")
        assert all(text(digest).count(f"Notice {key}") == 1 for key in keys)
    house.wait_all_sent()


def test_a_full_disk_stops_the_bot_and_loses_nothing(house: House, disk: Path) -> None:
    health = house.folder / "health.json"
    house.config.write_text(house.config.read_text().replace("var/health.json", str(health)))
    house.deliver(post("one", house.now()))
    bot = house.start()
    house.wait_received(1)
    until(health.exists, 20, "the health file")
    filler = fill(disk)
    house.deliver(post("two", house.now()), alert("flood", house.now()))
    until(lambda: "is full or failing" in health.read_text(), 30, "the fault in the health file")
    told = json.loads(health.read_text())
    assert told["ok"] is False
    assert any("Free some space" in fault for fault in told["faults"])
    assert bot.process.poll() is None
    assert "Traceback" not in bot.said, bot.said
    assert len(bot.said) < 3000, bot.said  # a log that cannot be written is told once, not with each line
    assert house.mails("ana") == []
    filler.unlink()
    house.wait_for("ana", "urgent", seconds=60)
    house.wait_received(3)
    until(lambda: json.loads(health.read_text())["ok"], 30, "a clean bill of health")
    check_all_came(house, "one", "two")


def test_a_bot_on_a_full_disk_says_so_and_ends(house: House, disk: Path) -> None:
    fill(disk)
    for words in (("run", "--quiet"), ("once", "--quiet")):
        bot = house.command(*words)
        assert bot.wait() == 2
        assert "full" in bot.said or "No space left" in bot.said, bot.said
        assert "Traceback" not in bot.said, bot.said


def test_a_store_on_a_read_only_disk_is_told(house: House, disk: Path) -> None:
    house.config.write_text(house.config.read_text().replace("log: {file: var/liaison.log, level: info}\n", ""))
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    assert house.running[-1].end() == 0
    forget(house)
    remount(disk, "ro")
    bot = house.run()
    assert bot.wait() == 2
    assert "cannot be written" in bot.said, bot.said
    assert "read-only" in bot.said.lower() and "writable" in bot.said
    status = house.status()
    assert status.process.returncode == 2
    assert "Traceback" not in bot.said + status.said
    remount(disk, "rw")
    house.deliver(post("two", house.now()))
    house.start()
    house.wait_received(2)
    check_all_came(house, "one", "two")


def test_a_disk_that_fails_becomes_read_only_and_loses_nothing(house: House) -> None:
    """As ext4 does over an error of the disk: whatever is open stays open, and nothing can be written any more."""
    health = house.folder / "health.json"
    house.config.write_text(house.config.read_text().replace("var/health.json", str(health)))
    with failing_disk(house.folder / "var", 48_000_000) as disk:
        house.deliver(post("one", house.now()))
        bot = house.start()
        house.wait_received(1)
        until(health.exists, 20, "the health file")
        disk.fail()
        house.deliver(post("two", house.now()), alert("flood", house.now()))
        until(lambda: "read-only" in health.read_text(), 60, "the fault in the health file")
        told = json.loads(health.read_text())
        assert told["ok"] is False
        assert any("mount it writable again" in fault for fault in told["faults"]), told
        assert bot.process.poll() is None, bot.said
        assert house.mails("ana") == []
        status = house.status()
        assert status.process.returncode == 2
        assert "read-only" in status.said and "mount it writable again" in status.said
        assert bot.end() == 0
        assert "Traceback" not in bot.said + status.said, bot.said
        assert len(bot.said) < 3000, bot.said  # a log that cannot be written is told once
        forget(house)
        disk.repair()
        house.start()
        house.wait_received(3)
        house.wait_for("ana", "urgent", seconds=60)
        check_all_came(house, "one", "two")
        house.close()


def test_a_store_that_may_not_be_written_for_a_while_is_told_and_goes_on_by_itself(house: House) -> None:
    health = house.folder / "health.json"
    house.config.write_text(house.config.read_text().replace("var/health.json", str(health)))
    house.deliver(post("one", house.now()))
    with failing_disk(house.folder / "var", 48_000_000) as disk:
        bot = house.start()
        house.wait_received(1)
        until(health.exists, 20, "the health file")
        disk.seal(is_sealed=True)
        house.deliver(post("two", house.now()), alert("flood", house.now()))
        until(lambda: not json.loads(health.read_text())["ok"], 60, "the fault in the health file")
        assert bot.process.poll() is None, bot.said
        assert house.mails("ana") == []
        disk.seal(is_sealed=False)
        house.wait_for("ana", "urgent", seconds=60)
        house.wait_received(3)
        until(lambda: json.loads(health.read_text())["ok"], 30, "a clean bill of health")
        assert "Traceback" not in bot.said, bot.said
        check_all_came(house, "one", "two")
        house.close()


def spoil(path: Path) -> bytes:
    """Random bytes over most of the file, as a failing disk leaves it."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    return path.read_bytes()


def check_told(house: House, said: str) -> None:
    """In the operator's words, with the mend."""
    assert "damaged" in said, said
    assert "liaison restore" in said
    assert "Traceback" not in said


def backed_up(house: House) -> Path:
    """A copy of the store as it is."""
    made = house.command("backup", str(house.folder / "copy.db"))
    assert made.wait() == 0, made.said
    return house.folder / "copy.db"


def restored(house: House, copy: Path) -> None:
    """The copy in the store's place, by the command that the bot named."""
    forget(house)
    back = house.command("restore", str(copy))
    assert back.wait() == 0, back.said


def test_a_store_that_is_spoiled_while_the_bot_runs_ends_it_and_is_restored(house: House) -> None:
    house.deliver(*(post(f"a{number:02d}", house.now()) for number in range(12)))
    bot = house.start()
    house.wait_received(12)
    copy = backed_up(house)
    store = house.folder / "var/store.db"
    assert bot.end() == 0
    forget(house)  # whoever closes the store last moves its log into the file, which is all that can be spoiled
    bot = house.start()
    forget(house)
    spoil(store)
    house.deliver(post("two", house.now()))
    assert bot.wait(60) == 4
    check_told(house, bot.said)
    health = json.loads((house.folder / "var/health.json").read_text())
    assert health["ok"] is False
    assert "damaged" in health["faults"][0]

    before = store.read_bytes()
    for words in (("status",), ("run", "--quiet"), ("once", "--quiet")):
        ended = house.command(*words)
        assert ended.wait() == 4, ended.said
        check_told(house, ended.said)
    assert store.read_bytes() == before  # nobody begins a new one over it
    assert house.mails("ana") == []

    restored(house, copy)
    house.start()
    house.wait_received(13)
    check_all_came(house, *(f"a{number:02d}" for number in range(12)), "two")
