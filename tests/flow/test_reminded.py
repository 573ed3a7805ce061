"""Dates on the whole line: told, moved, called off and reminded of, read back from the readers' real mailboxes."""

from __future__ import annotations

import signal
from datetime import date, timedelta
from email.message import EmailMessage

import icalendar

from tests.flow.house import CHICAGO, House, post, steady, text


def events(mail: EmailMessage) -> list[tuple[str, date, int, str]]:
    """Of each event: UID, day, SEQUENCE, STATUS."""
    parts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return [(str(one["UID"]), one["DTSTART"].dt.astimezone(CHICAGO).date(), int(one["SEQUENCE"]), str(one["STATUS"]))
            for part in parts for one in icalendar.Calendar.from_ical(part).walk("VEVENT")]


def check_all_sent(house: House) -> None:
    house.wait_all_sent()
    steady(lambda: [len(house.mails(reader)) for reader in house.addresses], 2.5)


def test_a_moved_training_keeps_its_uid_and_reminds_once_through_a_kill(house: House) -> None:
    today = house.now().astimezone(CHICAGO).date()
    first, second = today + timedelta(days=8), today + timedelta(days=10)
    house.deliver(post("one", house.now(), subject="Serials boot camp", text=(
        f"The boot camp on serials will be on {first:%A, %B} {first.day}, {first.year}, 10-11 a.m. Central.")))
    house.start()
    house.wait_received(1)
    house.pass_to_slot()
    told = house.wait_for("ana", "digest")[0]
    ((uid, day, sequence, status),) = events(told)
    assert (day, sequence, status) == (first, 0, "CONFIRMED")

    moved_to = f"{second:%A, %B} {second.day}, {second.year}, 2-3 p.m."
    house.deliver(post("two", house.now(), subject="RESCHEDULED: Serials boot camp", text=(
        f"The boot camp is moved from {first:%B} {first.day} to {moved_to}")))
    house.wait_received(2)
    house.pass_to_slot()
    moved = house.wait_for("ana", "digest", 2)[1]
    assert events(moved) == [(uid, second, 1, "CONFIRMED")]

    days = (second - house.now().astimezone(CHICAGO).date()).days - 1
    check_all_sent(house)
    house.running[0].end(signal.SIGKILL)
    house.pass_to_slot(days=days)
    bot = house.start()
    (reminder,) = house.wait_for("ana", "reminder")
    bot.end(signal.SIGKILL)
    house.start()
    check_all_sent(house)
    reports = len(house.of_kind("robin", "report"))
    house.pass_to_slot()
    house.wait_for("robin", "report", reports + 1)
    check_all_sent(house)
    assert "tomorrow" in reminder["Subject"]
    assert "2–3 p.m." in text(reminder)
    for reader in ("ana", "ben"):
        assert len(house.of_kind(reader, "reminder")) == 1
        assert [events(mail) for mail in house.mails(reader) if events(mail)] == [
            [(uid, first, 0, "CONFIRMED")], [(uid, second, 1, "CONFIRMED")]]
