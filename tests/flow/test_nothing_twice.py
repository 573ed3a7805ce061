"""A bot that is ended or killed at any moment loses nothing and sends nothing twice.

One repeat is allowed for each kill: the mail that the server had taken (250) when the bot died before writing it down.
Such a mail was tried twice by the store's own record, and bears the same Message-ID both times.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from collections import Counter

import pytest

from tests.flow.house import READERS, Bot, House, alert, post, text
from tests.servers import until

KILLS = 200 if os.environ.get("LIAISON_SOAK") else 12
POSTS = max(40, KILLS * 3)


def replay(house: House, first: int, count: int) -> list[str]:
    """Some new posts, every third one urgent, into the mailbox; returns the keys."""
    numbers = range(first, first + count)
    keys = [f"a{number:04d}" for number in numbers]
    house.deliver(*(
        alert(key, house.now()) if number % 3 == 0 else post(key, house.now())
        for key, number in zip(keys, numbers, strict=True)
    ))
    return keys


def kill_after_lines(house: House, bot: Bot, lines: int) -> None:
    """SIGKILL once the log has so many more lines: the moments lie where the work lies."""
    before = house.log().count("\n")
    end = time.monotonic() + 4
    while time.monotonic() < end and house.log().count("\n") - before < lines and bot.process.poll() is None:
        time.sleep(0.001)
    bot.end(signal.SIGKILL)


def is_urgent(key: str) -> bool:
    """Whether `replay` made an alert of it."""
    return int(key[1:]) % 3 == 0


def check_nothing_is_missing(house: House, keys: list[str]) -> None:
    """The store's numbers, and what lies in the readers' mailboxes: each post once, in the way that the store says."""
    assert len(house.received()) == len(keys)
    with house.store() as store:
        count = store.archive.count()
    assert count.received == sum(number for _, number in count) == len(keys)
    ways = {key: way_of(house, key) for key in keys}
    assert all(is_urgent(key) for key, way in ways.items() if way == "now")
    for reader in ("ana", "ben"):
        urgent = {mail["Message-ID"]: mail["Subject"] for mail in house.of_kind(reader, "urgent")}
        digests = {mail["Message-ID"]: text(mail) for mail in house.of_kind(reader, "digest")}
        for key, way in ways.items():
            assert sum(key in subject for subject in urgent.values()) == (way == "now"), (reader, key)
            title = f"Red alert {key}" if is_urgent(key) else f"Notice {key}"
            carried = sum(title in body for body in digests.values())
            assert carried == 1 or (way == "now" and not carried), (reader, key, carried)


def way_of(house: House, key: str) -> str:
    """How a post goes to its readers. An alert that lay in the mailbox for more than a day is no alert any more."""
    with house.store() as store:
        stored = store.archive.by_message_id(f"<{key}@example.org>")
        assert stored is not None, key
        ways = {row.route.way.value for row in store.archive.routes(stored.id)}
    (way,) = ways
    return way


def repeats(house: House) -> dict[str, int]:
    """Mails that lie in a mailbox more than once, by Message-ID, with how often; every row sent lies there at least
    once, and nobody has a mail that the store does not know."""
    rows = {row.id: row for row in house.deliveries()}
    assert {row.state for row in rows.values()} == {"sent"}
    attempts = {(row.reader, row.slot): row.attempts for row in rows.values()}
    assert len(attempts) == len(rows)
    found: dict[str, int] = {}
    for reader in READERS:
        seen = Counter(str(mail["Message-ID"]) for mail in house.mails(reader))
        mine = [row for row in rows.values() if row.reader == reader]
        assert len(seen) == len(mine)
        found |= {name: number for name, number in seen.items() if number > 1}
        tried = sum(row.attempts - 1 for row in mine)
        assert sum(number - 1 for number in seen.values()) <= tried
    return found


def test_a_bot_that_is_ended_and_started_again_repeats_nothing(house: House) -> None:
    keys = replay(house, 1, 6)
    for round_ in range(3):
        sent = house.log().count("sent delivery")
        bot = house.run()
        keys += replay(house, 100 + 10 * round_, 4)
        until(lambda before=sent: house.log().count("sent delivery") > before, 20, "a mail")  # type: ignore[misc]
        began = time.monotonic()
        assert bot.end(signal.SIGTERM) == 0, bot.said
        assert time.monotonic() - began < 8
    house.start()
    house.wait_received(len(keys))
    house.pass_to_slot()
    house.wait_for("ana", "digest")
    house.wait_for("robin", "report")
    house.wait_all_sent()
    check_nothing_is_missing(house, keys)
    assert repeats(house) == {}


@pytest.mark.parametrize("seed", [20261122])
def test_a_bot_that_is_killed_at_random_loses_nothing(house: House, seed: int) -> None:
    luck = random.Random(seed)
    step = POSTS // KILLS
    keys = replay(house, 1, POSTS - step * (KILLS - 1))
    for kill in range(KILLS):
        bot = house.run()
        if kill:
            keys += replay(house, POSTS + kill * step, step)
        if luck.random() < 0.4:
            house.pass_to_slot()
        kill_after_lines(house, bot, luck.randrange(1, 14))
    house.start()
    house.wait_received(len(keys))
    house.pass_to_slot()
    until(lambda: any("report" in row.slot for row in house.deliveries()), 20, "the report")
    until(lambda: not unwritten(house), 30, "the last digest")
    house.wait_all_sent(60)
    check_nothing_is_missing(house, keys)
    again = repeats(house)
    assert sum(number - 1 for number in again.values()) <= KILLS, again
    logging.info("%d kills, %d posts, %d mails, repeated %s", KILLS, len(keys), len(house.deliveries()), again)


def unwritten(house: House) -> list[int]:
    """Messages with a daily route that no digest carries."""
    with house.store() as store:
        return [stored.id for stored in house.received()
                if any(row.route.way == "daily" and not row.digested for row in store.archive.routes(stored.id))]
