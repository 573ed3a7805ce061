"""A bot that is ended or killed at any moment loses nothing and sends nothing twice.

One repeat is allowed for each kill: the mail that the server had taken (250) when the bot died before writing it down.
Such a mail bears the same Message-ID both times, and the store counts it as one that may have come twice.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from collections import Counter

import pytest

from tests.flow.bots import Bot
from tests.flow.house import READERS, ROUTING, House, alert, parsed, post, text
from tests.servers import until

IS_SOAK = bool(os.environ.get("LIAISON_SOAK"))
KILLS = 250 if IS_SOAK else 100
SEEDS = (20261122, 1, 2, 3) if IS_SOAK else (20261122,)
#: Where the server has a mail and the store does not know it: it goes once more, with the same Message-ID.
IN_DOUBT = ("data-sent", "accepted")


def replay(house: House, first: int, count: int) -> list[str]:
    """Some new posts, every third one urgent, into the mailbox; returns the keys."""
    numbers = range(first, first + count)
    keys = [f"a{number:04d}" for number in numbers]
    house.deliver(*(
        alert(key, house.now()) if number % 3 == 0 else post(key, house.now())
        for key, number in zip(keys, numbers, strict=True)
    ))
    return keys


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
    assert len({(row.reader, row.slot) for row in rows.values()}) == len(rows)
    known = message_ids(house)
    found: dict[str, int] = {}
    for reader in READERS:
        seen = Counter(str(mail["Message-ID"]) for mail in house.mails(reader))
        mine = [row for row in rows.values() if row.reader == reader]
        assert len(seen) == len(mine)
        found |= {name: number for name, number in seen.items() if number > 1}
        names = dict(known[row.id] for row in mine)
        assert all(number <= 1 + names[name] for name, number in seen.items())
    return found


def message_ids(house: House) -> dict[int, tuple[str, int]]:
    """Of each row its Message-ID, and how many attempts the store counts that ended without an answer."""
    with house.store() as store:
        return {row.id: (parsed(store.outbox.raw(row.id))["Message-ID"], row.unanswered) for row in house.deliveries()}


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


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bot_that_is_killed_at_random_loses_nothing(house: House, seed: int) -> None:
    luck = random.Random(seed)
    keys = replay(house, 1, 6)
    died = 0
    for kill in range(KILLS):
        bot = house.run(kill=f"any {luck.randint(1, 24)}")
        if luck.random() < 0.6:
            keys += replay(house, 10 + kill * 2, luck.randint(1, 2))
        if luck.random() < 0.12:
            house.pass_to_slot()
        # Most die where something is done; some where nothing is, or in a place that has no name.
        died += ended_within(bot, luck.uniform(0.3, 1.6))
    logging.info("%d of %d died at a fault point, the others at a random moment", died, KILLS)
    finish(house, keys)
    again = repeats(house)
    assert sum(number - 1 for number in again.values()) <= KILLS, again
    logging.info("%d kills, %d posts, %d mails, repeated %s", KILLS, len(keys), len(house.deliveries()), again)


def ended_within(bot: Bot, seconds: float) -> bool:
    """Whether it died by itself; else it is killed now."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (code := bot.process.poll()) is not None:
            assert code == -signal.SIGKILL, code
            return True
        time.sleep(0.01)
    assert bot.end(signal.SIGKILL) == -signal.SIGKILL
    return False


def finish(house: House, keys: list[str]) -> None:
    """One that nobody kills takes the rest in, and sends what is due by the next slot."""
    bot = house.run()
    try:
        house.wait_received(len(keys))
        house.wait_all_sent(60)
        reports = sum(row.kind == "report" for row in house.deliveries())
        house.pass_to_slot()
        house.wait_for("robin", "report", reports + 1)
        until(lambda: not unwritten(house), 30, "the last digest")
        house.wait_all_sent(60)
    finally:
        bot.close()
    check_nothing_is_missing(house, keys)


#: Where the bot is killed, and at which time it passes there: first among mails that cannot wait, then in a digest.
CASES = [
    *((point, 1) for point in ("fetched", "storing", "stored")),
    *((point, count) for point in ("composing", "queued", "leased", "data-sent", "accepted", "recorded")
      for count in (1, 8)),
]


@pytest.mark.parametrize(("point", "count"), CASES)
def test_a_bot_that_is_killed_at_a_step_loses_nothing(house: House, point: str, count: int) -> None:
    keys = replay(house, 1, 6)
    house.once()
    keys += replay(house, 10, 6)
    house.pass_to_slot()
    bot = house.run(kill=f"{point} {count}")
    assert bot.wait(20) == -signal.SIGKILL
    finish(house, keys)
    again = repeats(house)
    assert sum(again.values()) == (2 if point in IN_DOUBT else 0), again
    counted = [row.reader for row in house.deliveries() if row.unanswered]
    assert len(counted) == (point in ("leased", *IN_DOUBT))
    assert not counted or "MAY HAVE COME TWICE" in text(house.of_kind("robin", "report")[-1])


@pytest.mark.parametrize("count", [1, 2])
def test_an_edit_of_the_rules_that_a_kill_cuts_short_counts_after_the_restart(
    house: House, count: int,
) -> None:
    keys = replay(house, 1, 5)
    house.once()
    house.rule("routing.yaml", ROUTING.replace("to: [catalogers]\n    send: daily", "to: [cleo]\n    send: daily"))
    bot = house.run(kill=f"reloading {count}")
    assert bot.wait(20) == -signal.SIGKILL
    bot = house.run()
    try:
        house.pass_to_slot()
        (digest,) = house.wait_for("cleo", "digest")
    finally:
        bot.close()
    assert [key for key in keys if f"Notice {key}" in text(digest)] == [key for key in keys if not is_urgent(key)]
    assert not house.of_kind("ana", "digest") and not house.of_kind("ben", "digest")


def unwritten(house: House) -> list[int]:
    """Messages with a daily route that no digest carries."""
    with house.store() as store:
        return [stored.id for stored in house.received()
                if any(row.route.way == "daily" and not row.digested for row in store.archive.routes(stored.id))]
