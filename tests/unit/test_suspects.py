"""A message that ends the process ends it once: a child reads it first then, and it is quarantined when the child dies.

The processes here are real, and die of real signals; only what is deadly about a message is put into the parser.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.pipeline import receive, suspects
from bot.pipeline.judges import build_judges
from bot.pipeline.receive import Receiver
from bot.pipeline.suspects import Suspects
from bot.store.store import Store
from bot.store.values import Stored
from bot.types import Disposition
from tests.unit.builders import NOW, batch, book, config, raw

DEADLY = raw("The deadly overlay of a bib record.\n", key="deadly")
MAILS = (raw(key="first"), DEADLY, raw("Another overlay of bib records, told in other words to all.\n", key="last"))
parse = receive.parse


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A store that knows its tables, so that each process is quick."""
    Store.open(str(tmp_path / "store.db")).close()
    return tmp_path


def take_in(home: Path, *mails: bytes) -> None:
    """What the daemon does at its start."""
    store = Store.open(str(home / "store.db"))
    judges = build_judges(config(home), book(), None)
    Receiver(store, lambda: judges, Suspects(home / "store.db.reading")).receive(batch(*mails), NOW)
    store.close()


def process(work: Callable[[], object]) -> int:
    """The signal that ended a process, or 0."""
    child = os.fork()
    if child == 0:
        faulthandler.disable()
        try:
            work()
        except BaseException:  # noqa: BLE001  pytest must not go on in the child
            os._exit(70)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def received(home: Path) -> list[Stored]:
    store = Store.open(str(home / "store.db"))
    try:
        return store.archive.received(NOW.replace(year=2000), NOW.replace(year=2100))
    finally:
        store.close()


def deadly(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], word: bytes = b"deadly") -> None:
    """Something in the parser goes off at a word."""
    def reads(raw_: bytes, **how: Any) -> Any:
        if word in raw_:
            act()
        return parse(raw_, **how)

    monkeypatch.setattr(receive, "parse", reads)


def dies() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def test_a_deadly_message_ends_the_bot_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(monkeypatch, dies)
    assert process(lambda: take_in(home, *MAILS)) == signal.SIGSEGV
    assert received(home) == []
    assert process(lambda: take_in(home, *MAILS)) == 0
    first, second, third = received(home)
    assert [one.disposition for one in (first, third)] == [Disposition.ROUTED] * 2
    assert (second.disposition, second.kind) == (Disposition.QUARANTINED, "unreadable")
    assert second.why == "reading it ended the bot (SIGSEGV)"
    store = Store.open(str(home / "store.db"))
    assert store.archive.raw(second.id) == DEADLY
    store.close()
    assert (home / "store.db.reading").read_bytes() == b""
    assert (home / "store.db.reading").stat().st_mode & 0o077 == 0


def test_two_deadly_messages_end_it_twice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(monkeypatch, dies)
    mails = (*MAILS, DEADLY.replace(b"<deadly@", b"<another@"))
    ends = [process(lambda: take_in(home, *mails)) for _ in range(4)]
    assert ends == [signal.SIGSEGV, signal.SIGSEGV, 0, 0]
    assert [one.disposition.value for one in received(home)] == ["routed", "quarantined", "routed", "quarantined"]


def test_a_message_that_was_read_when_the_bot_was_killed_is_innocent(home: Path,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    test = os.getpid()

    def killed() -> None:
        if os.getppid() == test:  # whoever kills the bot does not know of the child
            os.kill(os.getpid(), signal.SIGKILL)

    for _ in range(6):
        with monkeypatch.context() as patched:
            deadly(patched, killed, b"")
            assert process(lambda: take_in(home, *MAILS)) == signal.SIGKILL
    assert process(lambda: take_in(home, *MAILS)) == 0
    assert {one.disposition for one in received(home)} <= {Disposition.ROUTED, Disposition.FOLDED}


def test_what_kills_the_bot_but_not_the_child_is_given_up_in_the_end(home: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    def act() -> None:
        if os.getppid() == int((home / "test").read_text()):  # not in the child that reads it alone
            dies()

    monkeypatch.setattr(suspects, "DEATHS", 3)
    (home / "test").write_text(str(os.getpid()))
    deadly(monkeypatch, act)
    ends = [process(lambda: take_in(home, *MAILS)) for _ in range(4)]
    assert ends == [signal.SIGSEGV] * 3 + [0]
    assert [one.why for one in received(home) if one.disposition is Disposition.QUARANTINED] == [
        "the bot ended 3 times while reading it"]


def test_a_suspect_that_is_never_read_to_the_end_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        deadly(patched, dies)
        process(lambda: take_in(home, *MAILS))
    deadly(monkeypatch, lambda: time.sleep(30))
    monkeypatch.setattr(suspects, "PATIENCE", 0.3)
    assert process(lambda: take_in(home, *MAILS)) == 0
    assert [one.why for one in received(home)][1].startswith("reading it took more than")


def test_an_error_while_storing_costs_one_message(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.store.intake import Intake

    add = Intake.add

    def fails(self: Intake, admission: Any, key: str) -> int:
        if admission.message is not None and b"deadly" in admission.arrival.raw:
            raise MemoryError
        return add(self, admission, key)

    monkeypatch.setattr(Intake, "add", fails)
    take_in(home, *MAILS)
    assert [(one.disposition.value, one.why) for one in received(home)][1] == (
        "quarantined", "taking it in failed (MemoryError)")
    assert [one.disposition.value for one in received(home)] == ["routed", "quarantined", "routed"]


class PanicException(BaseException):
    """What a library in Rust throws; no Exception, by its makers' choice."""


def test_a_panic_costs_one_message(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panics() -> None:
        raise PanicException

    deadly(monkeypatch, panics)
    take_in(home, *MAILS)
    assert [one.disposition.value for one in received(home)] == ["routed", "quarantined", "routed"]


def test_a_message_for_which_memory_does_not_suffice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(monkeypatch, lambda: bytearray(3_000_000_000))

    def work() -> None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000, resource.RLIM_INFINITY))
        take_in(home, *MAILS)

    assert process(work) == 0
    assert [(one.disposition.value, one.why) for one in received(home)][1] == (
        "quarantined", "reading it failed (MemoryError)")
    assert [one.disposition.value for one in received(home)] == ["routed", "quarantined", "routed"]


def test_a_note_that_cannot_be_written_bars_nothing(home: Path) -> None:
    (home / "store.db.reading").mkdir()
    take_in(home, *MAILS)
    assert len(received(home)) == 3


# ── judging what is stored again ──


def judge_again(home: Path) -> int:
    """What the daemon does after an edit of the rules, in a process of its own; the signal that ended it."""
    return process(lambda: _judge_again(home))


def told(home: Path) -> str:
    """The titles of what the liaison was told, a line each."""
    path = home / "told"
    return path.read_text() if path.exists() else ""


def _judge_again(home: Path) -> None:
    store = Store.open(str(home / "store.db"))
    judges = build_judges(config(home), book(), None)

    def tell(_key: str, title: str, _paragraphs: object, _now: object) -> bool:
        with (home / "told").open("a") as file:
            file.write(title + "\n")
        return True

    receiver = Receiver(store, lambda: judges, judging=Suspects(home / "store.db.judging", "judging it"), tell=tell)
    try:
        receiver.rejudge(NOW)
    finally:
        receiver.close()
        store.close()


def goes_off(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something in judging again goes off at a word."""
    judge = receive.judge_again

    def judges(stored: Stored, *rest: Any) -> Any:
        if stored.message is not None and "deadly" in stored.message.text:
            act()
        return judge(stored, *rest)

    monkeypatch.setattr(receive, "judge_again", judges)


def test_a_message_that_is_deadly_to_judge_again_ends_the_bot_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(home, *MAILS)
    goes_off(monkeypatch, dies)
    assert judge_again(home) == signal.SIGSEGV
    assert [one.disposition.value for one in received(home)] == ["routed"] * 3
    assert judge_again(home) == 0
    assert [one.disposition.value for one in received(home)] == ["routed", "quarantined", "routed"]
    assert received(home)[1].why == "judging it ended the bot (SIGSEGV)"
    assert told(home) == "Message 2 is in quarantine\n"
    assert judge_again(home) == 0
    assert told(home) == "Message 2 is in quarantine\n"
    assert (home / "store.db.judging").read_bytes() == b""


def test_an_error_in_judging_again_costs_one_message(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panics() -> None:
        raise PanicException

    take_in(home, *MAILS)
    goes_off(monkeypatch, panics)
    assert judge_again(home) == 0
    assert [one.disposition.value for one in received(home)] == ["routed", "quarantined", "routed"]
    assert told(home) == "Message 2 is in quarantine\n"


def test_a_kill_while_judging_again_condemns_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(home, *MAILS)
    test = os.getpid()

    def killed() -> None:
        if os.getppid() == test:
            os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patched:
        goes_off(patched, killed)
        assert judge_again(home) == signal.SIGKILL
    assert judge_again(home) == 0
    assert [one.disposition.value for one in received(home)] == ["routed"] * 3
    assert told(home) == ""
