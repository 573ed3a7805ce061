"""Opening a store, and what is said when its file is locked, read-only, damaged, too new, or its disk is full."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from bot.errors import DamagedError, StoreError
from bot.store import engine as engines
from bot.store.intake import Intake
from bot.store.schema import metadata
from bot.store.store import Store
from tests.contract.stores import HOUR, NOW, add, admission, arrival, make_older, position, postgres, route


@pytest.mark.parametrize("way", ["made at once", "migrated"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_tables_are_what_the_code_expects(path: Path, kind: str, way: str) -> None:
    url = f"sqlite:///{path}" if kind == "sqlite" else postgres()
    if way == "migrated":  # a store that is not empty goes through every migration
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        engine.dispose()
    check_schema(url)


def check_schema(where: str) -> None:
    """Tables, columns, keys and indexes of a migrated store are those of the schema."""
    engine = engines.open_engine(where)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_a_store_is_opened_again_with_all_in_it(path: Path) -> None:
    first = Store.open(str(path))
    add(first, admission(1, route("dana")))
    first.close()
    again = Store.open(str(path))
    assert again.archive.count().received == 1
    again.close()


def test_folders_are_made(tmp_path: Path) -> None:
    Store.open(str(tmp_path / "a/b/store.db")).close()
    assert (tmp_path / "a/b/store.db").exists()


def test_a_newer_store_is_refused(path: Path) -> None:
    Store.open(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError) as wrong:
        Store.open(str(path))
    assert "newer version" in wrong.value.what
    assert wrong.value.mend


def test_two_processes_may_open_a_new_store_at_once(path: Path) -> None:
    code = f"from bot.store.store import Store; Store.open({str(path)!r}).close()"
    processes = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said


def check_told(wrong: StoreError, *words: str) -> None:
    """One plain sentence that names the file, and a mend."""
    assert all(word in wrong.what for word in words), wrong.what
    assert wrong.mend
    assert "sqlite3" not in str(wrong)
    assert "SQL" not in str(wrong)


@pytest.mark.parametrize("content", [b"this is no database at all, but a text\n" * 100, b"SQLite format 3\0"])
def test_a_damaged_file_is_told(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError) as wrong:
        Store.open(str(path))
    check_told(wrong.value, str(path), "damaged")
    assert not wrong.value.temporary
    assert path.read_bytes() == content


def test_a_file_damaged_in_the_middle_is_told(path: Path) -> None:
    store = Store.open(str(path))
    for uid in range(1, 40):
        add(store, admission(uid, route("dana"), arrival=arrival(uid, os.urandom(3000))))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 8192) + whole[-4096:])
    with pytest.raises(StoreError) as wrong:
        broken = Store.open(str(path))
        broken.archive.received(NOW - HOUR, NOW + HOUR)
    check_told(wrong.value, "damaged")


def test_one_bad_page_is_found_though_the_store_answers(path: Path) -> None:
    store = Store.open(str(path))
    for uid in range(1, 60):
        add(store, admission(uid, route("dana"), arrival=arrival(uid, os.urandom(3000))))
    store.close()
    store = Store.open(str(path))
    store.check()
    whole = bytearray(path.read_bytes())
    leaf = [start for start in range(4096, len(whole), 4096) if whole[start] == 13][-1]  # a table's leaf
    whole[leaf:leaf + 8] = b"\0" * 8
    path.write_bytes(whole)
    assert store.archive.count().received == 59
    with pytest.raises(DamagedError) as wrong:
        store.check()
    check_told(wrong.value, str(path), "damaged")
    assert "liaison restore" in wrong.value.mend
    store.close()


def test_a_store_that_refuses_its_log_for_a_moment_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own waiting does not count where a log is begun or ended by another process."""
    class Refusing:
        asked, errorcode = 0, sqlite3.SQLITE_BUSY

        def execute(self, statement: str) -> None:
            assert statement == "PRAGMA journal_mode=WAL"
            self.asked += 1
            if self.asked < 4:
                wrong = sqlite3.OperationalError("database is locked")
                wrong.sqlite_errorcode = self.errorcode
                raise wrong

    monkeypatch.setattr(engines, "_AGAIN_MS", 1)
    store: Any = Refusing()
    engines._write_ahead(store)
    assert store.asked == 4

    store = Refusing()
    store.errorcode = sqlite3.SQLITE_READONLY
    with pytest.raises(sqlite3.OperationalError):
        engines._write_ahead(store)
    assert store.asked == 1

    monkeypatch.setattr(engines, "_BUSY_MS", 2)
    with pytest.raises(sqlite3.OperationalError):
        engines._write_ahead(Refusing())


def test_a_locked_store_is_told_and_temporary(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_BUSY_MS", 200)
    store = Store.open(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as wrong:
        add(store, admission(1))
    check_told(wrong.value, "busy")
    assert wrong.value.temporary
    assert store.archive.count().received == 0  # readers are not kept waiting
    other.execute("ROLLBACK")
    other.close()
    add(store, admission(1))
    store.close()


def in_another_process(code: str, *words: str, **how: object) -> str:
    """What Python code prints, run in a process of its own."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, *words], capture_output=True, text=True,
                          timeout=120, check=False, **how)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


_READ_ONLY = """
import os, sys
from bot.errors import StoreError
from bot.store.store import Store
from datetime import UTC, datetime
Store.open(sys.argv[2]).close()  # all is imported; the next user may not be able to read the interpreter's files
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    Store.open(sys.argv[1]).health.set_mark("a", "b", datetime(2026, 1, 1, tzinfo=UTC))
except StoreError as wrong:
    print(f"{wrong.what}|{wrong.mend}")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody who may not write")
@pytest.mark.parametrize("kind", ["file", "folder", "new folder"])
def test_a_store_that_may_not_be_written_is_told(path: Path, kind: str) -> None:
    target = path
    if kind == "file":
        Store.open(str(path)).close()
        path.chmod(0o444)
    if kind == "new folder":
        target = path.parent / "a/store.db"
    for folder in (path.parent, *path.parent.parents):
        if str(folder).startswith("/tmp/") and folder != Path("/tmp"):
            folder.chmod(0o755)
    said = in_another_process(_READ_ONLY, str(target), str(path.with_name("other.db")))
    assert "cannot be" in said
    assert "right to write" in said


_FILL = """
import os, resource, signal, sys
from tests.contract.stores import NOW, add, admission, arrival, position
from bot.errors import StoreError
from bot.store.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
for uid in range(1, 200):
    try:
        with store.intake() as intake:
            intake.add(admission(uid, arrival=arrival(uid, os.urandom(20_000))), "x")
            intake.move(position(uid), NOW)
    except StoreError as wrong:
        print(f"{uid - 1}|{wrong.what}|{wrong.mend}|{wrong.temporary}")
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
add(store, admission(1000))
print(store.archive.count().received)
"""


def test_a_full_disk_loses_nothing(path: Path) -> None:
    root = Path(__file__).parents[2]
    said = in_another_process(_FILL, str(path), cwd=root).splitlines()
    taken, what, mend, temporary = said[0].split("|")
    assert int(taken) > 5
    assert "full" in what
    assert "Free some space" in mend
    assert temporary == "True"
    assert int(said[1]) == int(taken) + 1  # it went on by itself once there was space
    store = Store.open(str(path))
    assert store.archive.position("lists", "INBOX") == position(int(taken))
    assert store.archive.count().received == int(taken) + 1
    assert all(len(store.archive.raw(one.id)) for one in store.archive.received(NOW - HOUR, NOW + HOUR))
    store.close()


def test_intake_is_closed_after_its_block(path: Path) -> None:
    store = Store.open(str(path))
    with store.intake() as intake:
        assert isinstance(intake, Intake)
    with pytest.raises(Exception, match="closed"):
        intake.has(arrival(1))
    store.close()


_DIES_MIGRATING = """
import os, signal, sys
from bot import faultpoints
from bot.store.store import Store

faultpoints.act = lambda point: os.kill(os.getpid(), signal.SIGKILL) if point == "migrating" else None
Store.open(sys.argv[1])
"""


def test_a_migration_that_is_killed_is_made_again_and_nothing_is_lost(path: Path) -> None:
    store = Store.open(str(path))
    add(store, admission(1))
    store.close()
    make_older(path, "0004")
    before = path.read_bytes()
    ended = subprocess.run([sys.executable, "-c", _DIES_MIGRATING, str(path)], check=False)
    assert ended.returncode == -9
    assert path.read_bytes() == before
    store = Store.open(str(path))
    assert store.archive.count().received == 1
    store.close()
    check_schema(f"sqlite:///{path}")
