"""A slot missed while the bot was down or the machine slept goes out on waking: once, not once for each day."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime

import pytest

from tests.flow.house import CHICAGO, ROUTING, House, post, steady, sums, text


def check_one_digest(house: House, *keys: str) -> None:
    """One more mail for each reader, which carries all of it."""
    for reader in ("ana", "ben"):
        digest = house.wait_for(reader, "digest")[-1]
        assert all(f"Notice {key}" in text(digest) for key in keys)
    house.wait_for("robin", "report")
    house.wait_all_sent()
    steady(lambda: [len(house.mails(reader)) for reader in house.addresses], 2.5)


def test_a_slot_missed_while_down_goes_out_once(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    assert house.running[0].end() == 0
    house.pass_to_slot(days=9)
    house.deliver(post("two", house.now()))
    house.start()
    check_one_digest(house, "one", "two")
    assert {reader: len(house.mails(reader)) for reader in ("ana", "ben", "robin")} == {"ana": 1, "ben": 1, "robin": 1}
    total, parts = sums(house.of_kind("robin", "report")[0])
    assert total == sum(parts) == 1  # what came in after the slot's hour stands in the next report

    house.pass_to_slot()
    (_, second) = house.wait_for("robin", "report", 2)
    assert sums(second)[0] == 1
    assert Counter(len(house.mails(reader)) for reader in ("ana", "ben")) == {1: 2}


def test_a_machine_that_slept_wakes_to_one_digest(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    house.pass_to_slot(days=5)
    check_one_digest(house, "one")
    assert [len(house.mails(reader)) for reader in ("ana", "ben", "robin")] == [1, 1, 1]


def test_a_digest_of_the_day_and_of_the_week_become_one_mail(house: House) -> None:
    house.rule("routing.yaml", ROUTING.replace("send: daily", "send: weekly"))
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    house.rule("routing.yaml", ROUTING)
    house.deliver(post("two", house.now()))
    house.wait_received(2)
    house.pass_to_slot(days=8)
    check_one_digest(house, "one", "two")
    assert len(house.of_kind("ana", "digest")) == 1


@pytest.mark.skipif(not os.environ.get("LIAISON_SOAK"), reason="waits for the real clock's next minute; `make soak`")
def test_a_slot_goes_out_at_its_minute_by_the_real_clock(house: House) -> None:
    house.take_real_time()
    now = datetime.now(CHICAGO)
    minute = (now.minute + (2 if now.second > 40 else 1)) % 60
    hour = now.hour + (minute < now.minute)
    house.rule("routing.yaml", ROUTING.replace("07:30", f"{hour % 24:02d}:{minute:02d}"))
    house.deliver(post("one", house.now()))
    house.start()
    (digest,) = house.wait_for("ana", "digest", seconds=100)
    assert datetime.now(CHICAGO).minute == minute
    assert "Notice one" in text(digest)
