"""A message over which composing ends the process ends it once: it is set apart then, and nobody else's mail waits.

The processes here are real, and die of real signals; only what is deadly about a message is put into what lays it out.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import nh3
import pytest

from bot.assemble import load_templates, stationery
from bot.pipeline import dates, letters, publish, reports, suspects
from bot.pipeline.judges import build_judges
from bot.pipeline.publish import Publisher
from bot.pipeline.receive import Receiver
from bot.pipeline.suspects import Suspects
from bot.rulebook import Rulebook
from bot.store.store import Store
from bot.types import Disposition
from tests.flow.house import parsed, text
from tests.unit.builders import batch, book, config, raw, rules
from tests.unit.test_publish import local
from tests.unit.test_suspects import PanicException, dies, process

DAILY = rules("rule: r, when: {text: overlay}, to: [dana, lee, sam], send: daily, stop: true")
NOW = rules("rule: r, when: {text: overlay}, to: [dana, lee], send: now, stop: true")
BEFORE, DUE, NEXT = (local(f"2026-11-{when}") for when in ("23T09:00", "24T07:30", "25T07:30"))
WORDS = {"first": "the acquisition of maps", "deadly": "our deadly licenses", "another": "new shelves of the annex"}


def mail(key: str, html: bool = False) -> bytes:
    said = (f"The overlay rules concern {WORDS[key]}, says {' '.join(f'{key}{n}' for n in range(20))}.\n"
            f"The {key} meeting is on December {len(key)}, 2026 at 10 a.m.\n")
    made = raw(said, key=key, subject=f"The {key} post", date_="Mon, 23 Nov 2026 09:00:00 -0600")
    return made.replace(b"text/plain", b"text/html") if html else made


def published(home: Path, when: datetime, rulebook: Rulebook) -> None:
    """What the daemon does when a slot comes."""
    with bot(home, rulebook) as (_, publisher):
        publisher.publish(when)


@contextmanager
def bot(home: Path, rulebook: Rulebook) -> Iterator[tuple[Store, Publisher]]:
    """All that takes in and publishes, on the store in this folder."""
    settings, store = config(home), Store.open(str(home / "store.db"))
    judges = build_judges(settings, rulebook, None)
    numbers = iter(os.urandom(8).hex() for _ in range(1000))
    paper = stationery(settings, load_templates(settings, store, BEFORE), lambda: next(numbers))
    publisher = Publisher(store, lambda: judges, paper, eager=False,
                          suspects=Suspects(home / "store.db.composing", "composing it"))
    yield store, publisher
    publisher.close()
    store.close()


def taken_in(home: Path, rulebook: Rulebook, *mails: bytes) -> None:
    with bot(home, rulebook) as (store, publisher):
        publisher.publish(local("2026-11-23T08:00"))
        judges = build_judges(config(home), rulebook, None)
        Receiver(store, lambda: judges).receive(batch(*mails), BEFORE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three posts wait for the digest of the next morning."""
    process(lambda: taken_in(tmp_path, book(DAILY), *map(mail, WORDS)))
    return tmp_path


def patched(monkeypatch: pytest.MonkeyPatch, room: Any, name: str, act: Callable[[], object],
            when: Callable[[object], bool] = lambda given: "deadly" in str(given)) -> None:
    """Something goes off where mails are laid out."""
    real = getattr(room, name)

    def lays_out(*given: Any, **named: Any) -> Any:
        if when(given):
            act()
        return real(*given, **named)

    monkeypatch.setattr(room, name, lays_out)


def written(home: Path, kind: str) -> list[tuple[str, str]]:
    """The mails of a kind: their readers, and their text."""
    with looked_into(home) as store:
        rows = store.outbox.between(BEFORE.replace(year=2020), BEFORE.replace(year=2030))
        return [(row.reader, text(parsed(store.outbox.raw(row.id)))) for row in rows
                if row.kind == kind and row.state != "empty"]


def carried(home: Path, kind: str) -> dict[str, list[str]]:
    """Which posts stand in each reader's mails of a kind."""
    found: dict[str, list[str]] = {}
    for reader, said in written(home, kind):
        found.setdefault(reader, []).extend(key for key in WORDS if f"rules concern {WORDS[key]}" in said)
    return found


@contextmanager
def looked_into(home: Path) -> Iterator[Store]:
    store = Store.open(str(home / "store.db"))
    try:
        yield store
    finally:
        store.close()


def fates(home: Path) -> list[str]:
    with looked_into(home) as store:
        return [one.disposition.value for one in store.archive.received(BEFORE.replace(year=2020), NEXT)]


EVERYBODY = ("dana", "lee", "sam")
QUARANTINED = [Disposition.ROUTED.value, Disposition.QUARANTINED.value, Disposition.ROUTED.value]


def test_a_message_that_ends_the_bot_in_a_digest_ends_it_once_and_all_others_go_out(
        home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, publish, "render", dies)
    assert process(lambda: published(home, DUE, book(DAILY))) == signal.SIGSEGV
    assert written(home, "digest") == []
    assert process(lambda: published(home, DUE, book(DAILY))) == 0
    assert carried(home, "digest") == {reader: ["first", "another"] for reader in EVERYBODY}
    assert fates(home) == QUARANTINED
    ((_, told),) = written(home, "notice")
    assert "is in quarantine" in told and "SIGSEGV" in told and "liaison explain 2" in told
    assert "licenses" not in told
    assert (home / "store.db.composing").read_bytes() == b""
    assert process(lambda: published(home, NEXT, book(DAILY))) == 0


def test_a_message_that_ends_the_bot_at_once_ends_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, letters, "page_of", dies)
    assert process(lambda: taken_in(tmp_path, book(NOW), *(mail(key, html=True) for key in WORDS))) == 0
    assert process(lambda: published(tmp_path, BEFORE, book(NOW))) == signal.SIGSEGV
    assert process(lambda: published(tmp_path, BEFORE, book(NOW))) == 0
    assert carried(tmp_path, "urgent") == {reader: ["first", "another"] for reader in ("dana", "lee")}
    assert fates(tmp_path) == QUARANTINED


def test_a_message_whose_dates_end_the_bot_ends_it_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, dates, "enter", dies)
    assert process(lambda: published(home, DUE, book(DAILY))) == signal.SIGSEGV
    assert process(lambda: published(home, DUE, book(DAILY))) == 0
    assert carried(home, "digest")["dana"] == ["first", "another"]
    assert fates(home) == QUARANTINED


def test_a_bot_that_is_killed_while_it_composes_condemns_no_message(home: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    test = os.getpid()

    def killed() -> None:
        if os.getppid() == test:  # whoever kills the bot does not know of the child
            os.kill(os.getpid(), signal.SIGKILL)

    for _ in range(6):
        with monkeypatch.context() as once:
            patched(once, publish, "render", killed)
            assert process(lambda: published(home, DUE, book(DAILY))) == signal.SIGKILL
    assert process(lambda: published(home, DUE, book(DAILY))) == 0
    assert carried(home, "digest") == {reader: list(WORDS) for reader in EVERYBODY}
    assert fates(home) == [Disposition.ROUTED.value] * 3


def test_what_no_child_meets_is_given_up_and_goes_with_the_next_digest(home: Path,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    test = os.getpid()
    monkeypatch.setattr(suspects, "DEATHS", 3)
    with monkeypatch.context() as today:
        patched(today, publish, "render", lambda: os.getppid() == test and dies(),
                lambda given: "Lee" in str(given))
        ends = [process(lambda: published(home, DUE, book(DAILY))) for _ in range(4)]
    assert ends == [signal.SIGSEGV] * 3 + [0]
    assert sorted(carried(home, "digest")) == ["dana", "sam"]
    ((_, told),) = written(home, "notice")
    assert "The digest for Lee" in told and "was not written" in told
    assert process(lambda: published(home, NEXT, book(DAILY))) == 0
    assert carried(home, "digest")["lee"] == list(WORDS)


def test_what_is_too_much_only_together_goes_in_parts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, publish, "render", dies, lambda given: len(given[0].items) > 2)  # type: ignore[index]
    for _ in range(3):  # one death for each reader
        assert process(lambda: published(home, DUE, book(DAILY))) == signal.SIGSEGV
    assert process(lambda: published(home, DUE, book(DAILY))) == 0
    assert carried(home, "digest") == {reader: ["first"] for reader in EVERYBODY}
    assert process(lambda: published(home, NEXT, book(DAILY))) == 0
    assert carried(home, "digest") == {reader: list(WORDS) for reader in EVERYBODY}
    assert fates(home) == [Disposition.ROUTED.value] * 3


def test_a_report_that_ends_the_bot_is_left_out_and_told_in_the_next(home: Path,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as today:
        patched(today, reports, "report", dies, lambda given: True)
        assert process(lambda: published(home, DUE, book(DAILY))) == signal.SIGSEGV
        assert process(lambda: published(home, DUE, book(DAILY))) == 0
    assert sorted(carried(home, "digest")) == list(EVERYBODY)
    assert written(home, "report") == []
    assert "The daily report was not written" in str(written(home, "notice"))
    assert process(lambda: published(home, NEXT, book(DAILY))) == 0
    ((_, report),) = written(home, "report")
    assert "3 received = 3 routed" in report


def test_memory_that_does_not_suffice_costs_one_message(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise MemoryError

    patched(monkeypatch, publish, "render", fails)
    assert process(lambda: published(home, DUE, book(DAILY))) == 0
    assert carried(home, "digest") == {reader: ["first", "another"] for reader in EVERYBODY}
    with looked_into(home) as store:
        assert [fault.key for fault in store.health.faults()] == ["unfit:2"]


def test_a_panic_over_a_page_costs_its_looks_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panics() -> None:
        raise PanicException

    assert process(lambda: taken_in(tmp_path, book(NOW), *(mail(key, html=True) for key in WORDS))) == 0
    patched(monkeypatch, nh3, "clean", panics)
    assert process(lambda: published(tmp_path, BEFORE, book(NOW))) == 0
    assert carried(tmp_path, "urgent") == {reader: list(WORDS) for reader in ("dana", "lee")}
