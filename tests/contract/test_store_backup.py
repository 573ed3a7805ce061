"""A copy of the store is whole, made while the bot writes; the way back keeps what was there and says what repeats."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store import backup as copies
from bot.store.backup import back_up, put_back, tried
from bot.store.store import Store
from tests.contract.stores import HOUR, MINUTE, NOW, add, admission, arrival, position, route


def filled(path: Path, first: int, last: int) -> None:
    """Some messages in the store."""
    store = Store.open(str(path))
    for uid in range(first, last + 1):
        add(store, admission(uid, route("dana"), arrival=arrival(uid, os.urandom(3000))))
    store.close()


def count(path: Path) -> int:
    store = Store.open(str(path))
    try:
        return store.archive.count().received
    finally:
        store.close()


def test_a_copy_holds_all_that_was_stored(path: Path) -> None:
    filled(path, 1, 20)
    copy = back_up(str(path), path.with_name("copy.db"))
    assert copy.messages == 20
    assert count(copy.path) == 20
    assert sorted(one.name for one in path.parent.glob("copy.db*")) == ["copy.db"]


def test_a_copy_made_while_the_bot_writes_is_whole(path: Path) -> None:
    filled(path, 1, 10)
    store, stop, taken = Store.open(str(path)), threading.Event(), [10]

    def write() -> None:
        while not stop.is_set() and taken[0] < 400:
            uid = taken[0] + 1
            with store.intake() as intake:  # message and position go together, so a copy must have both or neither
                intake.add(admission(uid, arrival=arrival(uid, os.urandom(2000))), "x")
                intake.move(position(uid), NOW)
            taken[0] = uid

    writer = threading.Thread(target=write)
    writer.start()
    found = [back_up(str(path), path.with_name(f"copy{number}.db")) for number in range(5)]
    stop.set()
    writer.join()
    store.close()
    for copy in found:
        opened = Store.open(str(copy.path))
        assert opened.archive.position("lists", "INBOX") in (position(copy.messages), None)
        assert opened.archive.count().received == copy.messages
        opened.close()
    assert [copy.messages for copy in found] == sorted(copy.messages for copy in found)
    assert found[-1].messages <= taken[0]


def test_going_back_keeps_what_was_there(path: Path) -> None:
    filled(path, 1, 5)
    copy = back_up(str(path), path.with_name("copy.db"))
    filled(path, 6, 9)
    done = put_back(str(path), copy.path, NOW)
    assert count(path) == 5
    assert done.aside is not None
    assert count(done.aside) == 9
    assert count(copy.path) == 5
    assert not list(path.parent.glob("*.part*"))


def test_a_log_of_the_old_store_is_never_taken_for_the_copys(path: Path) -> None:
    filled(path, 1, 5)
    copy = back_up(str(path), path.with_name("copy.db"))
    store = Store.open(str(path))  # another one looks into it, so the log stays when the store is closed
    filled(path, 6, 9)
    done = put_back(str(path), copy.path, NOW)
    store.close()
    assert count(path) == 5
    assert done.aside is not None
    assert count(done.aside) == 9


def test_mails_that_went_out_since_are_counted(path: Path) -> None:
    filled(path, 1, 2)
    copy = back_up(str(path), path.with_name("copy.db"))
    store = Store.open(str(path))
    for number in range(3):
        store.outbox.nothing_new("dana", f"daily:{number}", "", NOW)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE deliveries SET state = 'sent', sent_at = '2026-11-23 15:00:00.000000'")
    connection.close()
    assert put_back(str(path), copy.path, NOW).sent_since == 3
    assert put_back(str(path), copy.path, NOW + HOUR).sent_since == 0


def test_a_damaged_store_gives_way_to_its_copy(path: Path) -> None:
    filled(path, 1, 30)
    copy = back_up(str(path), path.with_name("copy.db"))
    whole = path.read_bytes()
    path.write_bytes(b"\0" * 4096 + whole[4096:])
    with pytest.raises(StoreError):
        Store.open(str(path))
    done = put_back(str(path), copy.path, NOW)
    assert count(path) == 30
    assert done.sent_since is None
    assert done.aside is not None
    assert done.aside.read_bytes()[:4096] == b"\0" * 4096


def test_a_damaged_store_makes_no_copy(path: Path) -> None:
    filled(path, 1, 40)
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + os.urandom(len(whole) - 8192))
    with pytest.raises(StoreError, match="damaged") as wrong:
        back_up(str(path), path.with_name("copy.db"))
    assert "liaison restore" in wrong.value.mend
    assert list(path.parent.glob("*copy*")) == []


@pytest.mark.parametrize("spoil", ["text", "empty", "other", "middle", "newer", "cut"])
def test_what_is_no_whole_store_is_not_put_back(path: Path, spoil: str) -> None:
    filled(path, 1, 30)
    copy = back_up(str(path), path.with_name("copy.db")).path
    raw = copy.read_bytes()
    if spoil in ("other", "newer"):
        with sqlite3.connect(copy) as connection:
            connection.execute({"other": "DROP TABLE deliveries",
                                "newer": "UPDATE alembic_version SET version_num = '9999'"}[spoil])
        connection.close()
    else:
        copy.write_bytes({"text": b"not a store at all\n" * 99, "empty": b"", "cut": raw[:-8192],
                          "middle": raw[:8192] + os.urandom(20_000) + raw[28_192:]}[spoil])
    before = path.read_bytes()
    with pytest.raises(StoreError) as wrong:
        put_back(str(path), copy, NOW)
    assert str(copy) in wrong.value.what
    assert wrong.value.mend
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir() if "store" in one.name) == ["store.db"]


def test_a_copy_takes_no_other_files_place(path: Path) -> None:
    filled(path, 1, 2)
    target = path.with_name("copy.db")
    target.write_text("mine")
    with pytest.raises(StoreError, match="already"):
        back_up(str(path), target)
    assert target.read_text() == "mine"


def test_a_copy_without_a_store_or_a_place_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        back_up(str(path), tmp_path / "copy.db")
    filled(path, 1, 1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(str(path), tmp_path / "file/copy.db")


def test_a_database_servers_store_has_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database server") as wrong:
        back_up("postgresql+psycopg://localhost/x", tmp_path / "copy.db")
    assert "pg_dump" in wrong.value.mend


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", ["_copy", "_sent_since", "_set_aside", "_settle"])
def test_an_end_in_the_middle_leaves_a_whole_store(path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 1, 5)
    copy = back_up(str(path), path.with_name("copy.db")).path
    filled(path, 6, 9)
    whole = getattr(copies, step)

    def killed(*arguments: object) -> None:
        whole(*arguments)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(copies, step, killed)
        put_back(str(path), copy, NOW)
    assert count(path) == (5 if step == "_settle" else 9)
    put_back(str(path), copy, NOW + MINUTE)
    assert count(path) == 5
    assert tried(path).messages == 5
