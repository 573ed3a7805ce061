"""The sending server defers, refuses, or is gone: nothing is lost, nothing is repeated, and the liaison hears of it."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.store.values import DeliveryRow
from tests.faults import FaultProxy, ScriptedServer
from tests.flow.house import House, alert, parsed, post, steady, text
from tests.servers import until


@pytest.fixture
def scripted_house(house: House, scripted: ScriptedServer) -> House:
    """A house whose mail goes out through the scripted server."""
    house.configure(smtp=f"{{host: 127.0.0.1, port: {scripted.port}, security: none, timeout_seconds: 2}}")
    return house


@pytest.fixture
def proxied(house: House) -> Iterator[FaultProxy]:
    """A proxy before the house's Postfix."""
    with FaultProxy(house.servers.smtp_port) as proxy:
        house.configure(smtp_port=proxy.port)
        yield proxy


def taken(server: ScriptedServer, address: str) -> list[str]:
    """The Message-IDs that the scripted server took for an address."""
    return [email.message_from_bytes(raw)["Message-ID"] for _, to, raw in server.scripted.messages if to == [address]]


def row(house: House, reader: str, kind: str = "urgent") -> DeliveryRow:
    """A reader's only mail of a kind, as the outbox has it."""
    (found,) = [row for row in house.deliveries() if row.reader == reader and row.kind == kind]
    return found


@pytest.mark.parametrize("script", [
    {"RCPT": ["451 4.3.0 later"]}, {"DOT": ["452 4.2.2 mailbox full"]}, {"MAIL": ["450 4.7.1 greylisted"]},
])
def test_a_deferred_mail_comes_later_and_once(scripted_house: House, scripted: ScriptedServer,
                                             script: dict[str, list[str]]) -> None:
    house = scripted_house
    house.start()
    (reply,) = next(iter(script.values()))
    scripted.scripted.script.replies.update({command: list(replies) for command, replies in script.items()})
    house.deliver(alert("flood", house.now()))
    until(lambda: [one.state for one in house.deliveries()].count("sent") == 2, 15, "the two others")
    (deferred,) = [one for one in house.deliveries() if one.state == "deferred"]
    assert deferred.code == int(reply[:3])
    assert reply[4:] in deferred.reply
    steady(lambda: len(scripted.scripted.messages), 1.5)

    house.pass_time(timedelta(minutes=2))
    house.wait_all_sent()
    assert row(house, deferred.reader).attempts == 2
    for reader in ("ana", "ben", "cleo"):
        assert len(taken(scripted, house.addresses[reader])) == 1


def test_a_lost_answer_is_asked_again_with_the_same_message_id(scripted_house: House, scripted: ScriptedServer) -> None:
    house = scripted_house
    house.start()
    scripted.scripted.script.replies["DOT"] = ["drop"]
    house.deliver(alert("flood", house.now()))
    until(lambda: [one.state for one in house.deliveries()].count("sent") == 2, 15, "the two others")
    (deferred,) = [one for one in house.deliveries() if one.state == "deferred"]
    house.pass_time(timedelta(minutes=2))
    house.wait_all_sent()
    names = taken(scripted, house.addresses[deferred.reader])
    assert len(names) == 2
    assert len(set(names)) == 1
    assert [one.reader for one in house.deliveries() if one.unanswered] == [deferred.reader]


def test_a_refused_mail_is_recorded_and_told(scripted_house: House, scripted: ScriptedServer) -> None:
    house = scripted_house
    house.start()
    scripted.scripted.script.replies["RCPT"] = ["550 5.1.1 no such person"]
    house.deliver(alert("flood", house.now()))
    until(lambda: taken(scripted, house.addresses["robin"]), 15, "the notice")
    (failed,) = [one for one in house.deliveries() if one.state == "failed"]
    assert failed.code == 550
    assert "no such person" in failed.reply
    notice = next(raw for _, to, raw in scripted.scripted.messages if to == [house.addresses["robin"]])
    assert failed.recipient in text(parsed(notice))
    assert taken(scripted, failed.recipient) == []
    house.pass_time(timedelta(hours=3))
    # By the hour at which this runs, a digest or a report may fall due meanwhile.
    steady(lambda: [(one.id, one.state, one.attempts) for one in house.deliveries()
                    if one.kind in ("urgent", "notice")], 2.5)
    status = house.status()
    assert status.process.returncode == 1
    assert "no such person" in status.said


def test_a_refused_notice_is_not_told_by_a_notice(scripted_house: House, scripted: ScriptedServer) -> None:
    house = scripted_house
    house.start()
    scripted.scripted.script.replies["RCPT"] = ["550 5.1.1 no such person"] * 5
    house.deliver(alert("flood", house.now()))
    until(lambda: len(house.deliveries()) == 6, 15, "three mails, three notices")
    house.wait_all_sent()
    steady(lambda: len(house.deliveries()), 2)


def test_a_real_servers_refusal_is_recorded(house: House) -> None:
    house.rule("people.yaml", (house.folder / "rules/people.yaml").read_text().replace(
        house.addresses["cleo"], "unknown@example.edu").replace(house.addresses["ben"], "later@example.edu"))
    house.start()
    house.deliver(alert("flood", house.now()))
    (notice,) = house.wait_for("robin", "notice")
    assert "unknown@example.edu" in text(notice)
    house.wait_for("ana", "urgent")
    assert (row(house, "cleo").state, row(house, "cleo").code) == ("failed", 550)
    until(lambda: row(house, "ben").state == "deferred", 10, "the deferral")
    assert row(house, "ben").code == 450

    house.pass_to_slot()
    (report,) = house.wait_for("robin", "report")
    assert "no such person" in text(report)


def test_mail_waits_for_a_server_that_cannot_be_reached(house: House, proxied: FaultProxy) -> None:
    house.deliver(post("one", house.now()))
    house.start()
    proxied.refuse = True
    house.deliver(alert("flood", house.now()))
    until(lambda: "sending-trouble" in house.log(), 15, "the trouble")
    status = house.status()
    assert status.process.returncode == 1
    assert f"localhost:{proxied.port}" in status.said
    house.pass_to_slot()
    until(lambda: len(house.deliveries()) == 6, 15, "urgent mail, digests and the report in the outbox")
    assert {one.state for one in house.deliveries()} <= {"queued", "deferred", "leased"}

    proxied.refuse = False
    house.pass_time(timedelta(minutes=6))
    house.wait_all_sent()
    for reader, count in (("ana", 2), ("ben", 2), ("cleo", 1), ("robin", 1)):
        until(lambda who=reader, wanted=count: len(house.mails(who)) >= wanted, 10, reader)  # type: ignore[misc]
        assert len(house.mails(reader)) == count
    # A server that could not be reached costs no attempt.
    assert {one.attempts for one in house.deliveries()} == {1}
    assert "sending" not in open_faults(house)


def open_faults(house: House) -> list[str]:
    """The keys of the faults that are open."""
    with house.store() as store:
        return [fault.key for fault in store.health.faults()]


def test_a_line_that_breaks_in_the_middle_repeats_nothing(house: House, proxied: FaultProxy) -> None:
    house.start()
    for number, cut in enumerate((200, 2_500, 4_000, 9_000, 15_000)):
        proxied.cut_up = cut
        house.deliver(alert(f"cut{number}", house.now()))
        house.wait_received(number + 1)
        house.pass_time(timedelta(minutes=3))
    until(lambda: len(house.deliveries()) == 15, 10, "all mails in the outbox")
    end_all(house)
    for reader in ("ana", "ben", "cleo"):
        house.wait_for(reader, "urgent", 5)
        names = [mail["Message-ID"] for mail in house.of_kind(reader, "urgent")]
        assert len(names) == len(set(names)) == 5


def end_all(house: House) -> None:
    """Let time pass until nothing is left to send."""
    for _ in range(6):
        house.pass_time(timedelta(minutes=6))
        try:
            house.wait_all_sent(3)
        except TimeoutError:
            continue
        return
    house.wait_all_sent(3)
