"""One bot through one bad morning: both its lines break in turn, and nothing is lost, repeated or left behind."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.faults import FaultProxy
from tests.flow.house import House, alert
from tests.servers import until

TROUBLES = ("refuse", "blackhole", "trickle", "garble")


@pytest.fixture
def lines(house: House) -> Iterator[tuple[FaultProxy, FaultProxy]]:
    """Proxies before the house's IMAP and SMTP servers."""
    with FaultProxy(house.servers.imap_port) as reading, FaultProxy(house.servers.smtp_port) as sending:
        house.configure(imap_port=reading.port, smtp_port=sending.port, patience=1, poll_minutes=0.05)
        yield reading, sending


def test_every_trouble_in_turn_is_survived_by_itself(house: House, lines: tuple[FaultProxy, FaultProxy]) -> None:
    bot = house.start()
    house.deliver(alert("calm", house.now()))
    house.wait_for("ana", "urgent")
    house.wait_all_sent()
    process = psutil.Process(bot.process.pid)
    before = process.num_fds(), process.num_threads()
    for number, trouble in enumerate(TROUBLES, 1):
        begin(lines, trouble)
        failed = house.log().count("poll-failed") + house.log().count("wait-ended")
        house.deliver(alert(f"storm{number}", house.now()))
        until(lambda so_far=failed: house.log().count("poll-failed") + house.log().count("wait-ended") > so_far,
              90, f"{trouble} noticed")  # type: ignore[misc]
        if number == 1:
            until(lambda: "failing since" in (said := house.status().said) and f"localhost:{lines[0].port}" in said,
                  60, "the trouble in the status")
        for line in lines:
            line.end()
        house.wait_received(number + 1, 120)
        house.wait_for("ana", "urgent", number + 1, 120)
    house.wait_all_sent(120)
    for reader in ("ana", "ben", "cleo"):
        names = [mail["Message-ID"] for mail in house.wait_for(reader, "urgent", len(TROUBLES) + 1)]
        doubted = sum(row.unanswered for row in house.deliveries() if row.reader == reader)
        assert len(set(names)) == len(TROUBLES) + 1
        assert len(names) - len(set(names)) <= doubted
    # A connection more or less may be open, and a pool's thread; not one for each trouble.
    until(lambda: process.num_fds() <= before[0] + 2 and process.num_threads() <= before[1] + 2, 90,
          f"what was opened to be closed: {before}, {process.num_fds()}, {process.num_threads()}")
    until(lambda: "failing since" not in house.status().said, 60, "the end of the trouble in the status")


def begin(lines: tuple[FaultProxy, FaultProxy], trouble: str) -> None:
    """A trouble on both lines, for what is open, too."""
    for line in lines:
        setattr(line, trouble, 0.2 if trouble == "trickle" else True)
        if trouble == "refuse":
            line.cut_down = 0
