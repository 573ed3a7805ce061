"""What readers' calendars are given: read back by two parsers, on both sides of summer time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digests.calendar import publish
from bot.digests.values import House
from bot.errors import SendError
from bot.happening import Happening
from bot.outbox.calendars import CalendarFolder
from bot.types import Address
from tests.unit.builders import CHICAGO

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=CHICAGO)
HOUSE = House(library="Prairie Lakes College Library",
              liaison=Address(address="robin@library.example.edu", name="Robin"),
              sender=Address(address="digest@library.example.edu", name="Library Digest"))
BOOT = Happening(
    uid="abc@library.example.edu", type="training", start=datetime(2026, 12, 8, 16, tzinfo=UTC),
    end=datetime(2026, 12, 8, 17, tzinfo=UTC), title="Boot camp; part 1, “holds”", sentence="It is at 10 a.m.",
    subject="Reminder: Boot camp", who="Ann Arbogast", lists=("pubserv-ig.carli.example.org",),
    areas=("training", "gone"),
    created_at=NOW, posted_at=NOW,
)


def parsed(raw: bytes) -> list[Any]:
    """The events, after both parsers have taken all of it without a complaint."""
    calendar = icalendar.Calendar.from_ical(raw)
    assert all(not part.errors for part in calendar.walk())
    vobject.readOne(raw.decode()).validate(raiseException=True)
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    assert str(calendar["METHOD"]) == "PUBLISH"
    return list(calendar.walk("VEVENT"))


def one(happening: Happening) -> Any:
    (event,) = parsed(publish([happening], HOUSE, {"training": "Training and events"}))
    return event


def test_an_entry_says_what_when_from_whom_and_in_which_words() -> None:
    event = one(BOOT)
    assert str(event["SUMMARY"]) == "Boot camp; part 1, “holds”"
    assert str(event["DESCRIPTION"]) == "It is at 10 a.m.\n\nAnn Arbogast · pubserv-ig · Reminder: Boot camp"
    assert event["CATEGORIES"].to_ical() == b"Training and events"
    assert (str(event["UID"]), int(event["SEQUENCE"])) == ("abc@library.example.edu", 0)
    assert (str(event["STATUS"]), str(event["TRANSP"])) == ("CONFIRMED", "OPAQUE")


def test_nobody_is_invited_and_nothing_rings() -> None:
    raw = publish([BOOT, replace(BOOT, uid="theirs@vendor.example.com", invitation="theirs@vendor.example.com")], HOUSE)
    for event in parsed(raw):
        assert "ATTENDEE" not in event
        assert event["ORGANIZER"] == "mailto:digest@library.example.edu"
        assert not event.subcomponents
    assert b"REQUEST" not in raw


@pytest.mark.parametrize(("start", "local"), [
    (datetime(2026, 10, 31, 10, tzinfo=CHICAGO), "2026-10-31 10:00 CDT"),
    (datetime(2026, 11, 1, 10, tzinfo=CHICAGO), "2026-11-01 10:00 CST"),
    (datetime(2027, 3, 13, 23, tzinfo=CHICAGO), "2027-03-13 23:00 CST"),
    (datetime(2027, 3, 14, 3, tzinfo=CHICAGO), "2027-03-14 03:00 CDT"),
])
def test_hours_are_right_on_both_sides_of_a_summer_time_change(start: datetime, local: str) -> None:
    event = one(replace(BOOT, start=start.astimezone(UTC), end=None))
    assert event["DTSTART"].to_ical().endswith(b"Z")
    assert f"{event['DTSTART'].dt.astimezone(CHICAGO):%Y-%m-%d %H:%M %Z}" == local
    assert "DTEND" not in event


def test_a_window_over_the_night_of_the_change_lasts_as_long_as_it_does() -> None:
    start, end = datetime(2026, 10, 31, 23, tzinfo=CHICAGO), datetime(2026, 11, 1, 3, tzinfo=CHICAGO)
    event = one(replace(BOOT, type="maintenance", start=start.astimezone(UTC), end=end.astimezone(UTC)))
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=5)
    assert str(event["TRANSP"]) == "TRANSPARENT"


def test_a_deadline_is_a_whole_day_that_makes_nobody_busy() -> None:
    event = one(replace(BOOT, type="deadline", start=date(2026, 12, 4), end=None))
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 12, 4), date(2026, 12, 5))
    assert str(event["TRANSP"]) == "TRANSPARENT"
    assert str(event["SUMMARY"]).startswith("Deadline: ")


def test_several_days_end_on_the_day_after_the_last() -> None:
    event = one(replace(BOOT, start=date(2026, 12, 8), end=date(2026, 12, 10)))
    assert event["DTEND"].dt == date(2026, 12, 11)


@pytest.mark.parametrize(("state", "mark"), [("cancelled", "Cancelled: "), ("closed", "Closed: ")])
def test_what_was_called_off_says_so_twice(state: Any, mark: str) -> None:
    event = one(replace(BOOT, state=state, sequence=3))
    assert (str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCELLED", 3)
    assert str(event["SUMMARY"]).startswith(mark)


def test_the_same_happenings_give_the_same_bytes() -> None:
    assert publish([BOOT], HOUSE, {}, "Dates") == publish([BOOT], HOUSE, {}, "Dates")
    assert b"REFRESH-INTERVAL" in publish([BOOT], HOUSE, {}, "Dates")
    assert b"REFRESH-INTERVAL" not in publish([BOOT], HOUSE)


anything = st.text(max_size=300)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(anything, anything, anything, anything)
def test_no_words_from_outside_break_out_of_their_line(title: str, sentence: str, who: str, name: str) -> None:
    evil = "\r\nATTENDEE:mailto:all@example.org\nBEGIN:VALARM\r\n"
    happening = replace(BOOT, title=title + evil, sentence=evil + sentence, who=who + evil, lists=(name + evil,))
    (event,) = parsed(publish([happening], HOUSE, {"training": title + evil}))
    assert "ATTENDEE" not in event
    assert not event.subcomponents


# ── the files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_files_are_written_once_and_go_with_their_readers(tmp_path: Path) -> None:
    mine = publish([BOOT], HOUSE, {}, "Dates")
    folder = CalendarFolder(tmp_path / "calendars", "-//Liaison//Library Digest//EN")
    assert folder.keep(mine, {"dana": mine, "a/../b": mine, "a_.._b": mine}) == 4
    names = sorted(path.name for path in (tmp_path / "calendars").rglob("*.ics"))
    assert len(names) == 4 and {"library.ics", "dana.ics"} <= set(names)
    assert folder.keep(mine, {"dana": mine, "a/../b": mine, "a_.._b": mine}) == 0
    (tmp_path / "calendars/readers/mine.ics").write_text("BEGIN:VCALENDAR\r\nPRODID:-//somebody else//EN\r\n")
    assert folder.keep(mine, {"lee": mine}) == 1
    left = sorted(path.name for path in (tmp_path / "calendars/readers").iterdir())
    assert left == ["lee.ics", "mine.ics"]


def test_a_folder_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "calendars").write_text("in the way")
    with pytest.raises(SendError) as wrong:
        CalendarFolder(tmp_path / "calendars", "x").keep(b"", {})
    assert "calendars" in wrong.value.what and wrong.value.mend


def test_a_reader_of_the_file_never_sees_half_of_it(tmp_path: Path) -> None:
    folder = CalendarFolder(tmp_path, "x")
    versions = [publish([replace(BOOT, sequence=number)] * (1 + number), HOUSE) for number in range(3)]
    for before, after in pairwise(versions):
        folder.keep(before, {})
        folder.keep(after, {})
        assert (tmp_path / "library.ics").read_bytes() == after
    assert not list(tmp_path.rglob("*.part"))
