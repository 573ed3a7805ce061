"""Dates from posts to readers: one calendar part with what is new, reminders once each, files that are current."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from bot.pipeline.judges import build_judges
from bot.pipeline.publish import Publisher
from tests.unit.builders import PEOPLE, book, config, raw, rules
from tests.unit.test_publish import House, local

TO_TWO = rules("rule: cats, when: {list: techserv-ig}, to: [dana, lee], send: daily, stop: true",
               "rule: now, when: {list: announce}, to: [dana], send: now, stop: true")
CAMP = "The boot camp on serials will be on Tuesday, December 8, 2026, 10-11 a.m. Central. It is held in the lab.\n"
#: The days' digests are written on weekdays at 07:30.
MONDAY = "2026-11-23T08:00"


class Dated(House):
    """A house that keeps calendar files."""

    def __init__(self, folder: Path, people: str = PEOPLE, routing: str = TO_TWO) -> None:
        super().__init__(folder, book(routing, people=people))
        self.folder = folder / "calendars"
        self.publisher = self.another()
        self.publisher.publish(local(MONDAY))

    def another(self) -> Publisher:
        """A publisher as a new process would make it."""
        return Publisher(self.store, lambda: self.judges, self.publisher._paper, eager=False, calendars=self.folder)

    def post(self, when: str, text: str, subject: str = "Serials boot camp", *, key: str = "", **more: Any) -> None:
        stamp = local(when).strftime("%a, %d %b %Y %H:%M:%S -0600")
        self.take(when, raw(text, subject=subject, key=key or when, date_=stamp, **more))

    def days(self, first: str, count: int) -> None:
        """Publish each day, at half past seven and later."""
        for day in range(count):
            for hours in (0, 3):
                self.publisher.publish(local(first) + timedelta(days=day, hours=hours))

    def parts(self, reader: str) -> list[tuple[str, list[str]]]:
        """The slots whose mails carry a calendar, and the events of it."""
        found = []
        for row in (*self.rows(), *self.rows("reminder")):
            calendar = part_of(self.mail(row))
            if row.reader == reader and calendar is not None:
                found.append((row.slot, shown(calendar)))
        return found

    def reminded(self, reader: str) -> list[str]:
        """The days on which a reader was reminded, in a digest or by a mail, with the subjects."""
        found = []
        for row in (*self.rows(), *self.rows("reminder")):
            body = self.mail(row).get_body(("plain",))
            text = body.get_content() if body else ""
            if row.reader == reader and (row.kind == "reminder" or "REMINDERS\r\n" in text):
                found.append(f"{row.kind} {row.slot.partition(':')[2]}")
        return sorted(found)


def part_of(mail: EmailMessage) -> bytes | None:
    """The calendar part, which the header names as METHOD:PUBLISH; there is one at most."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert len(parts) <= 1
    for part in parts:
        assert part.get_param("method") == "PUBLISH"
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        vobject.readOne(content.decode()).validate(raiseException=True)
        return content
    return None


def shown(calendar: bytes) -> list[str]:
    """Each event as "SUMMARY 2026-12-08 #0 CONFIRMED"."""
    events = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    return sorted(f"{one['SUMMARY']} {one['DTSTART'].dt:%m-%d} #{one['SEQUENCE']} {one['STATUS']}" for one in events)


@pytest.fixture
def house(tmp_path: Path) -> Dated:
    """On Monday a boot camp is announced for Tuesday, 8 December."""
    one = Dated(tmp_path)
    one.post("2026-11-23T09:00", CAMP)
    return one


def test_a_date_hangs_on_one_digest_only(house: Dated) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    house.post("2026-11-24T09:00", "Nothing dated stands in here.\n", "Other things")
    house.post("2026-11-24T09:30", "The boot camp is on December 8, 2026, 10-11 a.m. Central, in the lab.\n",
               "Reminder: Serials boot camp")
    house.publisher.publish(local("2026-11-25T07:30"))
    for reader in ("dana", "lee"):
        assert house.parts(reader) == [("daily:2026-11-24", ["Serials boot camp 12-08 #0 CONFIRMED"])]


def test_moved_and_cancelled_reach_those_who_had_the_first(house: Dated) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    house.post("2026-11-24T09:00", "The boot camp is moved from December 8 to Thursday, December 10, 2-3 p.m.\n",
               "RESCHEDULED: Serials boot camp")
    house.publisher.publish(local("2026-11-25T07:30"))
    house.post("2026-11-25T09:00", "The boot camp is cancelled. We are sorry.\n", "CANCELLED: Serials boot camp")
    house.publisher.publish(local("2026-11-26T07:30"))
    assert house.parts("dana") == [
        ("daily:2026-11-24", ["Serials boot camp 12-08 #0 CONFIRMED"]),
        ("daily:2026-11-25", ["Serials boot camp 12-10 #1 CONFIRMED"]),
        ("daily:2026-11-26", ["Cancelled: Serials boot camp 12-10 #2 CANCELLED"]),
    ]
    uids = {event["UID"] for row in house.rows() if (part := part_of(house.mail(row)))
            for event in icalendar.Calendar.from_ical(part).walk("VEVENT")}
    assert len(uids) == 1
    house.days("2026-11-27T07:30", 15)
    assert house.reminded("dana") == []


def test_a_change_told_elsewhere_comes_with_the_next_digest(house: Dated) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    house.post("2026-11-24T09:00", "The boot camp is moved from December 8 to Thursday, December 10, 2-3 p.m.\n",
               "RESCHEDULED: Serials boot camp", to="other-list")
    house.post("2026-11-24T09:30", "Nothing dated stands in here.\n", "Other things")
    house.publisher.publish(local("2026-11-25T07:30"))
    assert ("daily:2026-11-25", ["Serials boot camp 12-10 #1 CONFIRMED"]) in house.parts("lee")


def rows_of(mail: EmailMessage) -> str:
    """The Dates part of a digest's text, and what needs an answer."""
    body = mail.get_body(("plain",))
    text = " ".join(body.get_content().split()) if body else ""
    return text.partition("CATALOGING ------")[0].partition("TRAINING ------")[0].partition("OTHER ----")[0]


def test_the_rows_of_a_digest_tell_only_what_still_holds(house: Dated) -> None:
    house.post("2026-11-23T10:00", "The boot camp is moved from December 8 to Thursday, December 10, 2-3 p.m.\n",
               "RESCHEDULED: Serials boot camp")
    house.post("2026-11-23T11:00", "The boot camp is on Thursday, December 10, 2-3 p.m.\n",
               "Reminder: Serials boot camp")
    house.post("2026-11-23T12:00", "The clinic on holds will be on Wednesday, December 9, 2026, 9-10 a.m.\n",
               "Clinic on holds")
    house.post("2026-11-23T13:00", "We are sorry.\n", "CANCELLED: Clinic on holds")
    house.publisher.publish(local("2026-11-24T07:30"))
    told = rows_of(house.mail(next(row for row in house.rows() if row.reader == "dana")))
    assert "1 date," in told
    assert told.count("Thu 10 Dec") == 1
    assert "Tue 8 Dec" not in told and "Wed 9 Dec" not in told


def test_a_new_reader_is_not_told_of_what_was_called_off(house: Dated) -> None:
    house.post("2026-11-23T10:00", "The boot camp is cancelled. We are sorry.\n", "CANCELLED: Serials boot camp")
    house.publisher.publish(local("2026-11-24T07:30"))
    assert house.parts("dana") == []


def test_a_mail_of_its_own_reminds_where_no_digest_does(house: Dated) -> None:
    house.days("2026-11-24T07:30", 15)
    assert house.reminded("dana") == house.reminded("lee") == ["reminder 2026-12-07"]
    (row,) = [row for row in house.rows("reminder") if row.reader == "dana"]
    mail = house.mail(row)
    assert mail["Subject"] == "Reminder: Serials boot camp, tomorrow"
    body = mail.get_body(("plain",))
    assert body is not None and "10–11 a.m. CST" in body.get_content()


def test_a_digest_of_the_day_reminds(house: Dated) -> None:
    house.days("2026-11-24T07:30", 12)
    house.post("2026-12-06T09:00", "Nothing dated stands in here.\n", "Other things")
    house.days("2026-12-06T09:30", 5)
    assert house.reminded("dana") == ["digest 2026-12-07"]


def test_on_days_without_digests_a_mail_reminds(tmp_path: Path) -> None:
    house = Dated(tmp_path)
    house.post("2026-11-23T09:00", "The boot camp will be on Monday, December 7, 2026, 10-11 a.m. Central.\n")
    house.days("2026-11-24T07:30", 15)
    assert house.reminded("dana") == ["reminder 2026-12-06"]  # a Sunday


def test_on_a_holiday_nobody_is_reminded_but_the_day_after(tmp_path: Path) -> None:
    house = Dated(tmp_path, routing=TO_TWO + "holidays:\n  - {name: Snow, from: 2026-12-05, until: 2026-12-06}\n")
    house.post("2026-11-23T09:00", "The boot camp will be on Monday, December 7, 2026, 10-11 a.m. Central.\n")
    house.days("2026-11-24T07:30", 15)
    assert house.reminded("dana") == ["reminder 2026-12-07"]


def test_a_deadline_reminds_twice_and_stands_as_a_whole_day(tmp_path: Path) -> None:
    house = Dated(tmp_path)
    house.post("2026-11-23T09:00", "Please register by 5 p.m. on Thursday, December 10, 2026.\n",
               "Serials registration")
    house.days("2026-11-24T07:30", 20)
    assert house.parts("dana") == [("daily:2026-11-24", ["Deadline: Serials registration 12-10 #0 CONFIRMED"])]
    assert house.reminded("dana") == ["reminder 2026-12-03", "reminder 2026-12-08"]


def test_a_reposted_date_is_not_reminded_of_beside_its_own_row(house: Dated) -> None:
    house.days("2026-11-24T07:30", 12)
    house.post("2026-12-06T09:00", "The boot camp is on December 8, 2026, 10-11 a.m. Central, in the lab.\n",
               "Reminder: Serials boot camp")
    house.days("2026-12-07T07:30", 5)
    assert house.reminded("dana") == []


def test_a_moved_date_reminds_of_the_new_day_alone(house: Dated) -> None:
    house.days("2026-11-24T07:30", 8)
    house.post("2026-12-02T09:00", "The boot camp is moved from December 8 to Thursday, December 10, 2-3 p.m.\n",
               "RESCHEDULED: Serials boot camp")
    house.days("2026-12-02T10:00", 12)
    assert house.reminded("dana") == ["reminder 2026-12-09"]


def test_what_went_at_once_is_reminded_of_too(tmp_path: Path) -> None:
    house = Dated(tmp_path)
    house.post("2026-11-23T09:00", CAMP, to="announce")
    house.days("2026-11-23T10:00", 20)
    assert house.who("urgent") == ["dana"]
    assert house.reminded("dana") == ["reminder 2026-12-07"]
    assert house.parts("dana") == [("reminders:2026-12-07", ["Serials boot camp 12-08 #0 CONFIRMED"])]


def test_nobody_on_leave_is_reminded(tmp_path: Path) -> None:
    people = PEOPLE.replace("downtime: now}}", "downtime: now}, away: {from: 2026-12-05, until: 2026-12-10}}")
    house = Dated(tmp_path, people)
    house.post("2026-11-23T09:00", CAMP)
    house.days("2026-11-24T07:30", 20)
    assert (house.reminded("dana"), house.reminded("lee")) == ([], ["reminder 2026-12-07"])


def test_after_a_day_of_sleep_the_reminder_still_comes_before_it_begins(house: Dated) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    house.publisher.publish(local("2026-12-08T07:31"))
    assert house.reminded("dana") == ["reminder 2026-12-08"]
    late = Dated(house.folder / "late")
    late.post("2026-11-23T09:00", CAMP)
    late.publisher.publish(local("2026-11-24T07:30"))
    late.publisher.publish(local("2026-12-08T10:31"))
    assert late.reminded("dana") == []


@pytest.mark.parametrize("step", range(4))
def test_a_crash_between_any_two_mails_reminds_nobody_twice(
    house: Dated, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    calls, done = itertools.count(), house.store.outbox.queue

    def queue(*given: Any, **named: Any) -> bool:
        number = next(calls)
        if number == step // 2 and step % 2 == 0:
            raise KeyboardInterrupt
        written = done(*given, **named)
        if number == step // 2:
            raise KeyboardInterrupt
        return written

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(house.store.outbox, "queue", queue)
        house.publisher.publish(local("2026-12-07T07:30"))
    house.publisher = house.another()
    house.days("2026-12-07T07:31", 3)
    assert Counter(row.reader for row in house.rows("reminder")) == {"dana": 1, "lee": 1}
    assert len(house.parts("dana")) == 1


def test_a_crash_before_a_post_is_entered_loses_no_date(house: Dated, monkeypatch: pytest.MonkeyPatch) -> None:
    def enter(*_: Any) -> dict[str, int]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(house.store.calendar, "enter", enter)
        house.publisher.publish(local("2026-11-24T07:30"))
    house.another().publish(local("2026-11-24T07:31"))
    assert len(house.parts("dana")) == 1


def test_a_post_that_breaks_the_reading_of_dates_stops_no_digest(house: Dated, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OverflowError

    monkeypatch.setattr("bot.pipeline.dates.post_of", broken)
    assert house.publisher.publish(local("2026-11-24T07:30")).digests == 2
    assert house.parts("dana") == []


def test_copies_through_two_lists_make_one_date(house: Dated) -> None:
    house.post("2026-11-23T09:05", CAMP, key="2026-11-23T09:00", to="other-list")
    house.days("2026-11-24T07:30", 15)
    assert house.parts("dana") == [("daily:2026-11-24", ["Serials boot camp 12-08 #0 CONFIRMED"])]
    assert house.reminded("dana") == ["reminder 2026-12-07"]


def test_an_edit_of_the_rules_tells_nothing_twice(house: Dated, tmp_path: Path) -> None:
    house.publisher.publish(local("2026-11-24T07:30"))
    house.judges = build_judges(config(tmp_path / "other"), book(TO_TWO + "# edited\n"), None)
    house.receiver.rejudge(local("2026-11-24T08:00"))
    house.days("2026-11-24T08:00", 15)
    assert len(house.parts("dana")) == 1
    assert house.reminded("dana") == ["reminder 2026-12-07"]


# ── invitations, held posts ───────────────────────────────────────────────────────────────────────────────────────


def test_an_invitation_is_passed_on_as_news_and_invites_nobody(tmp_path: Path) -> None:
    house = Dated(tmp_path)
    invitation = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:v1@v.example.com\r\n"
        "SEQUENCE:3\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Serials webinar\r\nDTSTART:20261208T160000Z\r\n"
        "ORGANIZER:mailto:boss@v.example.com\r\nATTENDEE;RSVP=TRUE:mailto:all@carli.example.org\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n")
    mail = raw("See the invitation.\n", subject="Serials webinar", date_="Mon, 23 Nov 2026 09:00:00 -0600").replace(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n",
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\n") + (
        f"\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n{invitation}\r\n--b--\r\n").encode()
    house.take("2026-11-23T09:00", mail)
    house.publisher.publish(local("2026-11-24T07:30"))
    (row,) = [row for row in house.rows() if row.reader == "dana"]
    part = part_of(house.mail(row)) or b""
    (event,) = icalendar.Calendar.from_ical(part).walk("VEVENT")
    assert (str(event["UID"]), int(event["SEQUENCE"])) == ("v1@v.example.com", 3)
    assert not any(word in part for word in (b"REQUEST", b"ATTENDEE", b"VALARM", b"boss@"))


def test_a_held_post_tells_no_date(tmp_path: Path) -> None:
    house = Dated(tmp_path)
    hold, free = TO_TWO + "  - {rule: keep, when: {text: serials}, hold: true, why: because}\n", TO_TWO
    house.judges = build_judges(config(tmp_path / "held"), book(hold.replace(", stop: true", "")), None)
    house.post("2026-11-23T09:00", CAMP)
    house.publisher.publish(local("2026-11-24T07:30"))
    assert shown((house.folder / "library.ics").read_bytes()) == []
    house.judges = build_judges(config(tmp_path / "free"), book(free), None)
    house.receiver.rejudge(local("2026-11-24T08:00"))
    house.publisher.publish(local("2026-11-25T07:30"))
    assert house.parts("dana") == [("daily:2026-11-25", ["Serials boot camp 12-08 #0 CONFIRMED"])]


# ── the files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_files_are_kept_current(house: Dated) -> None:
    house.publisher.publish(local("2026-11-23T09:01"))
    for name in ("library.ics", "readers/dana.ics", "readers/lee.ics"):
        assert shown((house.folder / name).read_bytes()) == ["Serials boot camp 12-08 #0 CONFIRMED"]
    assert shown((house.folder / "readers/sam.ics").read_bytes()) == []
    house.post("2026-11-23T10:00", "The boot camp is cancelled. We are sorry.\n", "CANCELLED: Serials boot camp")
    house.publisher.publish(local("2026-11-23T10:01"))
    for name in ("library.ics", "readers/dana.ics"):
        assert shown((house.folder / name).read_bytes()) == ["Cancelled: Serials boot camp 12-08 #1 CANCELLED"]
    house.publisher.publish(local("2026-12-09T07:30"))
    assert shown((house.folder / "library.ics").read_bytes()) == []


def test_files_that_cannot_be_written_stop_no_digest_and_are_told(house: Dated) -> None:
    for path in sorted(house.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    house.folder.rmdir()
    house.folder.write_text("in the way")
    assert house.publisher.publish(local("2026-11-24T07:30")).digests == 2
    assert [fault.key for fault in house.store.health.faults()] == ["calendars"]
    house.folder.unlink()
    house.publisher.publish(local("2026-11-24T07:31"))
    assert house.store.health.faults() == []
    assert (house.folder / "library.ics").exists()


def test_preview_shows_the_dates_and_marks_nothing(house: Dated) -> None:
    house.publisher.publish(local("2026-11-23T09:01"))
    for _ in range(2):
        preview = house.publisher.preview("dana", local("2026-11-23T10:00"))
        assert preview is not None and preview.calendar is not None
        assert shown(preview.calendar) == ["Serials boot camp 12-08 #0 CONFIRMED"]
    house.publisher.publish(local("2026-11-24T07:30"))
    assert len(house.parts("dana")) == 1
