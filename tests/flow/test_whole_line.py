"""The whole line: list mail comes in over IMAP, readers get what concerns them over SMTP, the liaison the account."""

from __future__ import annotations

import time
from email.message import EmailMessage

from bot.types import Disposition
from tests.flow.house import House, alert, html, post, steady, sums, text
from tests.servers import until


def lay_mail(house: House) -> None:
    """What waits in the mailbox before the bot first starts: one post of each fate."""
    now = house.now()
    plain = post("one", now)
    crossposted = post("one", now, to="announce")
    house.deliver(
        plain, crossposted, post("two", now),
        post("three", now, text="This is confidential until the board has met in January; please wait for its minutes."),
        post("away", now, subject="Automatic reply: Notice one", headers="Auto-Submitted: auto-replied\r\n"),
        b"\r\n\r\n",
    )


def check_citizen(mail: EmailMessage, house: House, reader: str) -> None:
    """A good citizen's headers, and both alternatives."""
    assert mail["From"].addresses[0].addr_spec == house.bot_address
    assert mail["To"].addresses[0].addr_spec == house.addresses[reader]
    assert mail["Reply-To"].addresses[0].addr_spec == house.addresses["robin"]
    assert mail["Return-Path"] == f"<{house.settings['bounces']}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<digest.example.edu>"
    assert mail["X-Liaison-Loop"] == "digest.example.edu"
    assert mail["List-Unsubscribe"].startswith("<mailto:")
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not mail.defects


def test_list_mail_becomes_digests_urgent_mail_and_a_report_that_adds_up(house: House) -> None:
    lay_mail(house)
    flags = house.servers.flags(house.account)
    house.start()
    house.wait_received(6)

    began = time.monotonic()
    house.deliver(alert("flood", house.now()))
    for reader in ("ana", "ben", "cleo"):
        (urgent,) = house.wait_for(reader, "urgent")
        check_citizen(urgent, house, reader)
        assert "flood" in urgent["Subject"]
        assert "flood14" in text(urgent)
    assert time.monotonic() - began < 8
    assert not house.of_kind("robin", "urgent")

    house.pass_to_slot()
    for reader in ("ana", "ben"):
        (digest,) = house.wait_for(reader, "digest")
        check_citizen(digest, house, reader)
        for key in ("one", "two"):
            assert text(digest).count(f"Notice {key}") >= 1
            assert f"Notice {key}" in html(digest)
        assert "board has met" not in text(digest)
    (report,) = house.wait_for("robin", "report")
    house.wait_all_sent()

    total, parts = sums(report)
    assert total == 7
    assert parts == [3, 1, 1, 1, 1]  # routed, folded, held, set aside, quarantined
    assert sum(parts) == total
    assert house.servers.flags(house.account)[:len(flags)] == flags
    assert not any(house.servers.flags(house.account))
    steady(lambda: {reader: len(house.mails(reader)) for reader in house.addresses})
    for reader in house.addresses:
        names = [mail["Message-ID"] for mail in house.mails(reader)]
        assert len(set(names)) == len(names)
    assert len(house.of_kind("cleo", "digest")) <= 1


def test_every_message_has_one_fate_and_its_reason(house: House) -> None:
    lay_mail(house)
    assert house.once().process.returncode == 0
    fates = sorted((stored.disposition.value, stored.kind) for stored in house.received())
    assert fates == [("folded", "copy"), ("held", "rule"), ("quarantined", "unreadable"), ("routed", ""),
                     ("routed", ""), ("set-aside", "auto-reply")]
    with house.store() as store:
        for stored in house.received():
            routes = store.archive.routes(stored.id)
            assert bool(routes) == (stored.disposition is Disposition.ROUTED)
            assert all(row.route.rule and row.route.why for row in routes)
        copied = store.archive.by_message_id("<one@example.org>")
    assert copied is not None
    assert copied.lists == ("announce", "techserv-ig")


def test_the_bots_own_address_is_the_only_sender(house: House) -> None:
    house.deliver(alert("flood", house.now()))
    house.start()
    (urgent,) = house.wait_for("ana", "urgent")
    assert "via Library Digest" in urgent["From"].addresses[0].display_name
    assert "kim@example.org" not in str(urgent["From"])


def test_a_daemon_is_woken_by_the_mail_server(house: House) -> None:
    """The next poll is minutes away: only IDLE can have told."""
    house.start()
    for number in range(3):
        began = time.monotonic()
        house.deliver(alert(f"burst{number}", house.now()))
        until(lambda wanted=number + 1: len(house.received()) >= wanted, 10, "the mail")  # type: ignore[misc]
        assert time.monotonic() - began < 5
