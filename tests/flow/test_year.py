"""A year of mail under an injected clock, with faults all the while: nothing lost, nothing twice, nothing grows.

The real plant on a real store and a real Maildir; only the clock and the sending server are the test's. `make test`
runs three weeks, `make soak` the year.
"""

from __future__ import annotations

import functools
import gc
import os
import random
import re
import string
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from bot import faultpoints
from bot.assemble import Plant, assemble
from bot.config import load_config
from bot.errors import MailboxError, SendError
from bot.linear import load_models
from bot.outbox.smtp import LOST
from bot.pipeline.deliver import Deliverer
from bot.pipeline.poll import poll
from bot.pipeline.watching import Watch
from bot.pulse import give_memory_back
from bot.types import Delivery, Outcome
from tests.flow.house import numbers, parsed, text
from tests.unit.builders import CONFIG, PEOPLE, raw, rules, texts, write_config

IS_SOAK = bool(os.environ.get("LIAISON_SOAK"))
DAYS = 365 if IS_SOAK else 21
#: How much more memory the last quarter may need than the first. In three weeks the caches are still filling.
GROWTH = 1.05 if IS_SOAK else 1.5
READERS = {"dana": "dana@library.example.edu", "lee": "lee@library.example.edu"}
_CARRIED = re.compile(r"Notice k(\d{5})")
TO_BOTH = rules("rule: r, when: {text: overlay}, to: [dana, lee], send: daily, stop: true")


class Killed(SystemExit):
    """The end of the process, for whatever runs in it: no message is blamed for it."""


class Taken(NamedTuple):
    """A mail that the server took: whose posts it carries, or a report's numbers. Its text would be the test's own
    growth of memory."""

    recipient: str
    name: str
    carried: tuple[int, ...]
    counted: tuple[int, list[int]] | None


class Server:
    """Takes mail, or not, by lot."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.is_away = self.is_calm = False
        self.taken: list[Taken] = []

    def send(self, delivery: Delivery) -> Outcome:
        """One mail."""
        if self.is_away:
            raise SendError("The server is away.")
        lot = 1.0 if self.is_calm else self.luck.random()
        if lot < 0.06:
            return Outcome(state="deferred", code=451, reply="4.3.0 later")
        mail = parsed(delivery.raw)
        name, said = str(mail["Message-ID"]), text(mail)
        self.taken.append(Taken(delivery.recipient, name, tuple(map(int, _CARRIED.findall(said))),
                                numbers(said) if name.startswith("<report.") else None))
        if lot < 0.09:
            return Outcome(state="deferred", code=None, reply=LOST, unanswered=True)
        return Outcome(state="sent", code=250, reply="2.0.0 ok")

    def close(self) -> None:
        """Nothing is open."""


class Library:
    """A bot and its faults."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.luck = folder, random.Random(seed)
        self.now = datetime(2026, 12, 1, 12, tzinfo=UTC)
        self.server = Server(self.luck)
        self.keys: list[str] = []
        write_config(folder, CONFIG.replace("rules: rules", "rules: rules\nleast_free_mb: 0"), with_rules=False)
        (folder / "rules").mkdir()
        self.write_rules()
        self.plant = self.start()

    def write_rules(self, routing: str = TO_BOTH) -> None:
        for name, content in texts(people=PEOPLE, routing=routing).items():
            (self.folder / "rules" / name).write_text(content)

    def start(self) -> Plant:
        plant = assemble(load_config(self.folder / "config.yaml"), self.now, keep=True)
        plant = replace(plant, transport=self.server,
                        deliverer=Deliverer(plant.store, self.server, timedelta(hours=480)))
        plant.store.outbox.recover(self.now)
        plant.deliverer.recover(self.now)
        plant.receiver.catch_up(self.now)
        self.watch = Watch(plant.store, plant.config, plant.in_force, plant.publisher.tell,
                           lambda: self.now.timestamp())
        return plant

    def restart(self) -> None:
        self.plant.close()
        self.plant = self.start()

    def post(self) -> None:
        """A post as the mail server lays it into the mailbox, also while the bot cannot see that."""
        key = f"k{len(self.keys):05d}"
        words = " ".join("".join(self.luck.choices(string.ascii_lowercase, k=7)) for _ in range(18))
        body = f"The overlay {key} was changed: {words}.\n"
        mail = raw(body, subject=f"Notice {key}", key=key, date_=format_datetime(self.now))
        box = self.folder / ("mail" if (self.folder / "mail").exists() else "away")
        path = box / "new" / f"{self.now.timestamp():.0f}.{key}"
        path.write_bytes(mail)
        os.utime(path, (self.now.timestamp(), self.now.timestamp()))
        self.keys.append(key)

    def hour(self) -> None:
        """What the daemon does, once through."""
        plant, now = self.plant, self.now
        for _, source in plant.sources():
            try:
                poll(source, plant.store, plant.receiver, lambda: now, lambda batch, received: None)
            except MailboxError:
                pass
            finally:
                source.close()
        if plant.in_force.refresh(now, "signal").changed:
            plant.receiver.rejudge(now)
        plant.publisher.publish(now)
        self.watch.look(now)
        plant.deliverer.deliver(lambda: now)

    def fault(self) -> None:
        """Something goes wrong, or right again."""
        mail, away = self.folder / "mail", self.folder / "away"
        lot = self.luck.randrange(12)
        if lot == 0 and mail.exists():
            mail.rename(away)
        elif lot in (1, 2) and away.exists():
            away.rename(mail)
        elif lot == 3:
            self.server.is_away = not self.server.is_away
        elif lot == 4:
            self.write_rules("rules: [")
        elif lot in (5, 6):
            self.write_rules()
        elif lot == 7:
            self.restart()
        elif lot == 8:
            self.now -= timedelta(minutes=50)
        elif lot == 9:
            self.now += timedelta(hours=self.luck.choice((5, 75)))
        else:
            self.killed_in(self.luck.randrange(1, 25))

    def killed_in(self, passes: int) -> None:
        """An hour in which the process ends at some fault point, and a new one."""
        left = [passes]

        def act(point: faultpoints.Point) -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed

        faultpoints.act = act
        try:
            self.hour()
        except Killed:
            pass
        finally:
            faultpoints.act = faultpoints.nothing
        self.restart()

    def calm(self) -> None:
        """All is well again, for long enough that all goes out."""
        self.server.is_away, self.server.is_calm = False, True
        if (self.folder / "away").exists():
            (self.folder / "away").rename(self.folder / "mail")
        self.write_rules()
        for _ in range(6 * 24):
            self.now += timedelta(hours=1)
            self.hour()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """With a model that is read once: a process that begins anew would leave nothing of the old one behind."""
    monkeypatch.setattr("bot.pipeline.judges.load_models", functools.cache(load_models))
    one = Library(tmp_path, 20261122)
    yield one
    one.plant.close()


def needs() -> tuple[float, int, int]:
    """Memory in MB, threads, open files."""
    gc.collect()
    give_memory_back()
    process = psutil.Process()
    return process.memory_info().rss / 1e6, threading.active_count(), process.num_fds()


def test_a_long_time_with_faults_all_the_while(library: Library) -> None:
    quarters = []
    for day in range(DAYS):
        for _ in range(24):
            library.now += timedelta(hours=1)
            for _ in range(library.luck.choice((0, 0, 0, 1))):
                library.post()
            if library.luck.random() < 0.12:
                library.fault()
            library.hour()
        if (day + 1) % (DAYS // 4) == 0 and len(quarters) < 4:
            library.restart()
            quarters.append(needs())
    library.calm()
    check_all_came_once(library)
    check_the_reports(library)
    first, last = quarters[0], quarters[-1]
    assert last[0] <= first[0] * GROWTH, quarters
    # Threads and files of tests before this one may end meanwhile.
    assert last[1] <= first[1] and last[2] <= first[2] + 2, quarters


def check_all_came_once(library: Library) -> None:
    """Every post in one digest of each reader; a mail more than once only where an answer was lost."""
    assert library.plant.store.archive.count().received == len(library.keys)
    assert library.plant.store.outbox.open() == []
    doubted = {row.id: row.unanswered for row in library.plant.store.outbox.in_doubt(datetime(2020, 1, 1, tzinfo=UTC))}
    taken = library.server.taken
    for address in READERS.values():
        digests = {one.name: one.carried for one in taken
                   if one.recipient == address and one.name.startswith("<digest.")}
        carried = Counter(number for numbers_ in digests.values() for number in set(numbers_))
        assert carried == dict.fromkeys(range(len(library.keys)), 1)
    repeated = len(taken) - len({one.name for one in taken})
    assert repeated <= sum(doubted.values())


def check_the_reports(library: Library) -> None:
    """Every day's numbers add up, and those of all reports make up all mail."""
    reports = {one.name: one.counted for one in library.server.taken if one.counted is not None}
    counted = [*reports.values()]
    assert all(total == sum(parts) for total, parts in counted)
    assert sum(total for total, _ in counted) == len(library.keys)
