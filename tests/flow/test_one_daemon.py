"""Two bots on one store would send the same mail twice: the second says so and ends."""

from __future__ import annotations

import signal

import pytest

from tests.flow.house import House, alert


@pytest.mark.parametrize("words", [("run", "--quiet"), ("once", "--quiet")])
def test_a_second_bot_says_so_and_ends(house: House, words: tuple[str, ...]) -> None:
    first = house.start()
    second = house.command(*words)
    assert second.wait() == 2
    assert "Another bot is running on this store" in second.said
    assert "Traceback" not in second.said
    assert first.process.poll() is None
    house.deliver(alert("flood", house.now()))
    house.wait_for("ana", "urgent")


def test_a_killed_bot_bars_nobody(house: House) -> None:
    house.start().end(signal.SIGKILL)
    assert house.start().end() == 0
