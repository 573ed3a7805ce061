"""The clock jumps: ahead, back, back over a slot; the machine sleeps over several. Each post still goes out once."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

from tests.flow.house import House, alert, post, steady, sums, text
from tests.servers import until

READERS = ("ana", "ben")


def check_each_once(house: House, *keys: str) -> None:
    """Every post in one digest of each reader, no digest of a slot twice, and the reports' sums make up all mail."""
    house.wait_all_sent()
    for reader in READERS:
        digests = house.of_kind(reader, "digest")
        carried = Counter(key for mail in digests for key in keys if f"Notice {key}" in text(mail))
        assert carried == dict.fromkeys(keys, 1), (reader, carried)
        assert len({mail["Message-ID"] for mail in digests}) == len(digests)
    rows = Counter((row.reader, row.slot) for row in house.deliveries())
    assert set(rows.values()) == {1}


def reported(house: House) -> int:
    """How many messages the reports so far have told of."""
    counted = [sums(report) for report in house.of_kind("robin", "report")]
    assert all(total == sum(parts) for total, parts in counted)
    return sum(total for total, _ in counted)


def pass_slot(house: House, digests: int) -> None:
    """To the next morning; every reader has so many digests then, and no more."""
    house.pass_to_slot()
    for reader in READERS:
        house.wait_for(reader, "digest", digests)
    house.wait_all_sent()


def test_a_clock_put_right_backwards_over_a_slot_makes_no_second_digest(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    pass_slot(house, 1)  # the clock stands two seconds behind 7:30
    house.wait_for("robin", "report")
    house.pass_time(timedelta(minutes=-10))
    house.deliver(post("two", house.now()))
    house.wait_received(2)
    steady(lambda: [len(house.mails(reader)) for reader in house.addresses], 2)
    house.pass_time(timedelta(minutes=11))  # the slot's minute comes once more
    steady(lambda: [len(house.mails(reader)) for reader in house.addresses], 2)
    pass_slot(house, 2)
    house.wait_for("robin", "report", 2)
    check_each_once(house, "one", "two")
    assert reported(house) == 2


def test_a_clock_that_ran_three_days_ahead_and_was_put_right_loses_nothing(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    right = house.now()
    house.pass_time(timedelta(days=3))
    for reader in READERS:
        house.wait_for(reader, "digest", 1)
    house.wait_for("robin", "report", 1)
    house.deliver(post("two", house.now()))
    house.wait_received(2)
    house.pass_time(right - house.now())
    house.deliver(post("three", house.now()), alert("flood", house.now()))
    house.wait_received(4)
    house.wait_for("ana", "urgent")
    for _ in range(4):
        house.pass_to_slot()
        time.sleep(1.6)  # the daemon looks every second; some of these days bring nothing that could be waited for
    until(lambda: reported(house) >= 4, 20, f"all in the reports, not {reported(house)}")
    check_each_once(house, "one", "two", "three")
    told = [text(report)[:200] for report in house.of_kind("robin", "report")]
    assert reported(house) == 4, told
    assert len(house.of_kind("ana", "urgent")) == 1


def test_mail_put_off_by_a_clock_that_ran_ahead_goes_out_when_it_is_put_right(house: House) -> None:
    house.configure(smtp="{host: localhost, port: 1, security: none, timeout_seconds: 2}")
    house.pass_time(timedelta(hours=9))
    house.deliver(alert("flood", house.now()))
    bot = house.start()
    house.wait_received(1)
    until(lambda: any(row.state == "deferred" for row in house.deliveries()), 20, "a mail that is put off")
    assert bot.end() == 0
    house.pass_time(timedelta(hours=-9))
    house.configure(smtp=None)
    house.run()
    house.wait_for("ana", "urgent", seconds=15)
    assert len(house.of_kind("ana", "urgent")) == 1


def test_a_machine_asleep_over_three_slots_wakes_to_one_digest(house: House) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    pass_slot(house, 1)
    house.deliver(post("two", house.now()))
    house.wait_received(2)
    house.pass_to_slot(days=3)
    for reader in READERS:
        house.wait_for(reader, "digest", 2)
    until(lambda: reported(house) == 2, 20, "the reports")
    steady(lambda: [len(house.mails(reader)) for reader in house.addresses], 2.5)
    check_each_once(house, "one", "two")
    assert [len(house.of_kind(reader, "digest")) for reader in READERS] == [2, 2]
