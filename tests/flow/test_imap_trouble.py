"""The mailbox cannot be read: at the start, in between, for a wrong password, or because the server counts anew."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from bot.types import Disposition
from tests.faults import FaultProxy
from tests.flow.house import House, alert, post, steady, text
from tests.servers import until


@pytest.fixture
def proxied(house: House) -> Iterator[FaultProxy]:
    """A proxy before the house's Dovecot."""
    with FaultProxy(house.servers.imap_port) as proxy:
        house.configure(imap_port=proxy.port, patience=2, poll_minutes=0.04)
        yield proxy


def test_a_bot_started_without_its_server_begins_by_itself(house: House, proxied: FaultProxy) -> None:
    proxied.refuse = True
    house.deliver(post("one", house.now()))
    bot = house.start()
    status = house.status()
    assert status.process.returncode == 1
    assert f"localhost:{proxied.port}" in status.said
    assert "Traceback" not in status.said
    proxied.refuse = False
    house.wait_received(1)
    until(lambda: house.status().process.returncode == 0, 10, "a good state")
    assert bot.process.poll() is None


@pytest.mark.parametrize("trouble", ["refuse", "blackhole", "cut"])
def test_a_line_that_breaks_is_mended_by_itself(house: House, proxied: FaultProxy, trouble: str) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    house.wait_received(1)
    if trouble == "cut":
        proxied.cut_down = 100
    else:
        setattr(proxied, trouble, True)
        proxied.cut_down = 0 if trouble == "refuse" else None
    house.deliver(alert("flood", house.now()), post("two", house.now()))
    if trouble != "cut":
        until(lambda: "poll-failed" in house.log() or "wait-ended" in house.log(), 20, "the trouble")
        proxied.refuse = proxied.blackhole = False
        proxied.cut_down = None
    house.wait_received(3, 40)
    house.wait_for("ana", "urgent")
    assert len(house.received()) == 3
    until(lambda: not polls_failing(house), 10, "the end of the trouble")


def polls_failing(house: House) -> list[str]:
    """What is wrong with which mailbox."""
    with house.store() as store:
        return [poll.error for poll in store.health.polls() if poll.failing_since]


def has_looked(house: House) -> bool:
    """Whether the bot has looked after itself since the clock was put forward."""
    path = house.folder / "var/health.json"
    if not path.exists():
        return False
    state = json.loads(path.read_text())
    return house.now() - datetime.fromisoformat(state["at"]) < timedelta(minutes=1)


def test_a_long_silence_is_told_to_the_liaison_once(house: House, proxied: FaultProxy) -> None:
    house.start()
    proxied.refuse = True
    proxied.cut_down = 0
    until(lambda: polls_failing(house), 20, "a failed poll")
    for _ in range(4):
        house.pass_time(timedelta(minutes=10))
        until(lambda: has_looked(house), 10, "a look by the new clock")
    (notice,) = house.wait_for("robin", "notice")
    assert "lists" in text(notice)
    assert "30 minutes" in text(notice)
    house.pass_time(timedelta(minutes=10))
    steady(lambda: len(house.of_kind("robin", "notice")), 2.5)


def test_a_wrong_password_is_told_in_one_sentence(house: House, proxied: FaultProxy) -> None:
    house.password = "wrong-horse"
    house.deliver(post("one", house.now()))
    bot = house.start()
    (notice,) = house.wait_for("robin", "notice")
    status = house.status()
    assert status.process.returncode == 1
    for said in (text(notice), status.said):
        assert f"localhost refused the user or password of {house.account}" in said
        assert "app password" in said
    for said in (text(notice), status.said, house.log(), bot.said):
        assert "wrong-horse" not in said
    assert bot.end() == 0

    house.password = "correct-horse"
    house.start()
    house.wait_received(1)
    assert house.status().process.returncode == 0
    assert len(house.of_kind("robin", "notice")) == 1


def test_a_server_that_counts_anew_repeats_nothing(house: House) -> None:
    house.configure(folder="Lists", poll_minutes=0.04)
    mail = [post("one", house.now()), post("two", house.now()), alert("flood", house.now()),
            post("three", house.now(), text="This is confidential until the board has met in January; please wait for its minutes.")]
    house.deliver(*mail, folder="Lists")
    house.start()
    house.wait_received(4)
    house.wait_for("ana", "urgent")
    with house.servers.client(house.account) as client:
        before = client.folder_status("Lists", ["UIDVALIDITY"])[b"UIDVALIDITY"]
        client.delete_folder("Lists")
        client.create_folder("Lists")
        assert client.folder_status("Lists", ["UIDVALIDITY"])[b"UIDVALIDITY"] != before
    house.deliver(*mail, post("new", house.now()), folder="Lists")
    house.wait_received(9, 40)
    fates = Counter(one.disposition for one in house.received())
    assert fates == {Disposition.ROUTED: 4, Disposition.HELD: 1, Disposition.FOLDED: 4}
    assert "uidvalidity-changed" in house.log()

    house.pass_to_slot()
    (digest,) = house.wait_for("ana", "digest")
    house.wait_all_sent()
    assert all(text(digest).count(f"{key}14") <= 1 for key in ("one", "two", "new"))
    assert "Notice new" in text(digest)
    for reader in ("ana", "ben", "cleo"):
        assert len(house.of_kind(reader, "urgent")) == 1
