"""`liaison init`, `backup` and `restore`, killed at each of their lines: the same command, given again, does its work,
and nothing that was there is damaged. The processes are real, and so is SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from bot.commands import init as initiating
from bot.errors import LiaisonError
from bot.starter.files import Answers
from bot.store import backup as copies
from bot.store.backup import back_up, put_back, tried
from bot.store.store import Store
from tests.contract.stores import NOW, add, admission
from tests.unit.test_suspects import process

ANSWERS = Answers(library="Prairie Lakes", time_zone="America/Chicago", liaison="robin", name="Robin Vale",
                  address="rvale@library.example.edu", provider="plain", account="lists@library.example.edu",
                  bot="digest@library.example.edu")


#: Of init: what is written into a folder of its own first, and what is written nowhere.
_MAKES_NOTHING = ("_lay", "_next")


def lines(room: ModuleType, act: Callable[[int], None]) -> Callable[[FrameType, str, Any], Any]:
    """A trace that tells how many lines of a module ran so far, each counted once."""
    ran: set[int] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != room.__file__ or frame.f_code.co_name in _MAKES_NOTHING:
            return None
        if event == "line" and frame.f_lineno not in ran:
            ran.add(frame.f_lineno)
            act(len(ran))
        return trace

    return trace


def count(room: ModuleType, work: Callable[[], object]) -> int:
    """How many lines of a module a piece of work runs."""
    counts: list[int] = []
    sys.settrace(lines(room, counts.append))
    try:
        work()
    finally:
        sys.settrace(None)
    return counts[-1]


def killed(room: ModuleType, work: Callable[[], object], line: int) -> None:
    """The work in a process that ends before one of its lines."""
    def die(ran: int) -> None:
        if ran == line:
            os.kill(os.getpid(), signal.SIGKILL)

    def begin() -> None:
        sys.settrace(lines(room, die))
        work()

    assert process(begin) == signal.SIGKILL


def tree(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))}


def places(tmp_path: Path) -> Iterator[Path]:
    """One folder after another, each thrown away."""
    for number in range(10_000):
        folder = tmp_path / str(number)
        folder.mkdir()
        yield folder
        shutil.rmtree(folder)


def test_init(tmp_path: Path) -> None:
    def work(folder: Path) -> None:
        initiating.init(folder, ANSWERS, None)

    whole = tmp_path / "whole"
    number = count(initiating, lambda: work(whole))
    for line, folder in zip(range(1, number + 1), places(tmp_path), strict=False):
        (folder / "notes.txt").write_text("mine")
        killed(initiating, lambda folder=folder: work(folder), line)  # type: ignore[misc]
        is_done = (folder / "config.yaml").exists()
        with pytest.raises(LiaisonError) if is_done else contextlib.nullcontext():
            work(folder)
        found = {name: content for name, content in tree(folder).items() if not (is_done and ".liaison-init" in name)}
        assert found == tree(whole) | {"notes.txt": b"mine"}, line


def test_init_takes_nothing_for_its_own_that_somebody_wrote(tmp_path: Path) -> None:
    initiating.init(tmp_path, ANSWERS, None)
    (tmp_path / "config.yaml").unlink()
    for change in (lambda: (tmp_path / "rules/mine.yaml").write_text("x"),
                   lambda: ((tmp_path / "rules/mine.yaml").unlink(),
                            (tmp_path / "rules/people.yaml").write_text("people: {}\n"))):
        change()
        before = tree(tmp_path)
        with pytest.raises(LiaisonError, match=r"There is already .*rules; nothing was written"):
            initiating.init(tmp_path, ANSWERS, None)
        assert tree(tmp_path) == before


# ── copies ──


def filled(folder: Path, first: int, last: int) -> str:
    """A store with some messages more."""
    store = Store.open(str(folder / "store.db"))
    for number in range(first, last + 1):
        add(store, admission(number))
    store.close()
    return str(folder / "store.db")


def received(path: Path) -> int:
    store = Store.open(str(path), migrate=False)
    try:
        return store.archive.count().received
    finally:
        store.close()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of nine messages, and a copy of it when it had five."""
    folder = tmp_path_factory.mktemp("before")
    process(lambda: (filled(folder, 1, 5), back_up(str(folder / "store.db"), folder / "copy.db"),
                     filled(folder, 6, 9)))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_backup(before: Path, tmp_path: Path) -> None:
    def work(folder: Path) -> None:
        back_up(str(folder / "store.db"), folder / "new.db")

    for line, folder in _each_line(work, before, tmp_path):
        is_done = (folder / "new.db").exists()
        with contextlib.suppress(LiaisonError) if is_done else contextlib.nullcontext():
            work(folder)
        assert received(folder / "new.db") == received(folder / "store.db") == 9, line
        assert tried(folder / "copy.db").messages == 5, line
        assert set(names(folder)) <= {"copy.db", "new.db", "store.db", "store.db-shm", "store.db-wal"}, line


def test_restore(before: Path, tmp_path: Path) -> None:
    moment = iter(NOW + timedelta(seconds=n // 2) for n in range(10_000))

    def work(folder: Path) -> None:
        put_back(str(folder / "store.db"), folder / "copy.db", next(moment))

    for line, folder in _each_line(work, before, tmp_path):
        assert process(lambda folder=folder: _is_whole(folder)) == 0, line  # type: ignore[misc]
        assert process(lambda folder=folder: work(folder)) == 0, line  # type: ignore[misc]
        assert received(folder / "store.db") == 5, line
        asides = [path for path in folder.glob("store.db.before-*") if path.suffix[-1] == "Z"]
        assert 9 in [received(path) for path in asides], line
        assert tried(folder / "copy.db").messages == 5, line
        assert not list(folder.glob(".*part*")), line


def _is_whole(folder: Path) -> None:
    """Whatever was interrupted, a bot that starts now finds the old store or the new one."""
    assert received(folder / "store.db") in (5, 9)


def _each_line(work: Callable[[Path], None], before: Path, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    shutil.copytree(before, tmp_path / "whole")
    number = count(copies, lambda: work(tmp_path / "whole"))
    for line, folder in zip(range(1, number + 1), places(tmp_path), strict=False):
        shutil.copytree(before, folder, dirs_exist_ok=True)
        killed(copies, lambda folder=folder: work(folder), line)  # type: ignore[misc]
        yield line, folder
