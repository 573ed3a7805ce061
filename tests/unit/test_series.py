"""A series told by a rule → each of its days. All sentences are written on Monday, 2 March 2026, 9:00 in Chicago."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reading.dates import events, read_dates
from bot.reading.reader import read
from bot.reading.requests import DatesAndRequestsTagger
from bot.reading.tagger import Surroundings, Tagger
from bot.types import Event, Message, Tag
from tests.unit.builders import CHICAGO, message

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=CHICAGO)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def told(text: str, now: datetime = NOW) -> str:
    return "; ".join(_told(event) for event in events(replace(message(text), date=now), CHICAGO))


def _told(event: Event) -> str:
    start, end = event.start, event.end
    if not isinstance(start, datetime):
        return f"{start:%m-%d}"
    return f"{start:%m-%d %H:%M}" + (f"-{end:%H:%M}" if isinstance(end, datetime) else "")


@pytest.mark.parametrize(("text", "expected"), [
    ("Webinars: every Thursday in April from 2 to 3 p.m.",
     "04-02 14:00-15:00; 04-09 14:00-15:00; 04-16 14:00-15:00; 04-23 14:00-15:00; 04-30 14:00-15:00"),
    ("The webinar is repeated each Tuesday and Friday in this March at noon.",
     "03-03 12:00; 03-06 12:00; 03-10 12:00; 03-13 12:00; 03-17 12:00; 03-20 12:00; 03-24 12:00; 03-27 12:00; "
     "03-31 12:00"),
    ("Training on Mondays at 10 a.m. through the end of March.",
     "03-02 10:00; 03-09 10:00; 03-16 10:00; 03-23 10:00; 03-30 10:00"),
    ("Training on Mondays at 8 a.m. through the end of March.",
     "03-09 08:00; 03-16 08:00; 03-23 08:00; 03-30 08:00"),
    ("The training runs for three weeks, starting Wednesday, March 11, every Wednesday from 9 to 10.",
     "03-11 09:00-10:00; 03-18 09:00-10:00; 03-25 09:00-10:00"),
    ("The workshop meets every other Friday at 1 p.m., starting March 6, for four sessions.",
     "03-06 13:00; 03-20 13:00; 04-03 13:00; 04-17 13:00"),
    ("Training on the first Wednesday of every month at 3 p.m. through the end of the year.",
     "03-04 15:00; 04-01 15:00; 05-06 15:00; 06-03 15:00; 07-01 15:00; 08-05 15:00; 09-02 15:00; 10-07 15:00; "
     "11-04 15:00; 12-02 15:00"),
    ("Webinars begin on March 5 and take place every Thursday at 2 p.m. until the last one on March 19.",
     "03-05 14:00; 03-12 14:00; 03-19 14:00"),
    # The hours of a list may be told above it, twice a day, or for a series.
    ("Trainings (9:30 a.m.-3:30 p.m. at each site):\nOak Park, March 10\nPeoria, March 12\nQuincy, March 17",
     "03-10 09:30-15:30; 03-12 09:30-15:30; 03-17 09:30-15:30"),
    ("Each webinar is offered twice, at 10-11 a.m. and again at 2-3 p.m.:\nMarch 10: Loans\nMarch 12: Holds",
     "03-10 10:00-11:00; 03-10 14:00-15:00; 03-12 10:00-11:00; 03-12 14:00-15:00"),
    ("Webinars are held on Thursdays from 10 to 11 a.m., beginning March 5.\n\nMarch 5: Views\nMarch 12: Facets\n"
     "March 26: Styles",
     "03-05 10:00-11:00; 03-12 10:00-11:00; 03-26 10:00-11:00"),
    ("Trainings, 2:00-3:00 p.m.: March 9, 16, 23; April 6",
     "03-09 14:00-15:00; 03-16 14:00-15:00; 03-23 14:00-15:00; 04-06 14:00-15:00"),
    ("Workshops in two places:\nPeoria, March 10-11\nQuincy, March 17-18\nHours are 9 a.m. to 4 p.m. each day.",
     "03-10 09:00-16:00; 03-11 09:00-16:00; 03-17 09:00-16:00; 03-18 09:00-16:00"),
    ("Maintenance each night next week, Monday through Wednesday, from 10 to 11 p.m.",
     "03-09 22:00-23:00; 03-10 22:00-23:00; 03-11 22:00-23:00"),
])
def test_each_day_of_a_series_is_told(text: str, expected: str) -> None:
    assert told(text) == expected


@pytest.mark.parametrize("text", [
    "Webinars: we met every Thursday in October from 2 to 3 p.m.",
    "Training on Mondays at 10 a.m.",
    "The training room is open every Thursday in April.",
])
def test_what_is_over_or_has_no_end_is_no_series(text: str) -> None:
    assert told(text).count(";") == 0


@pytest.mark.parametrize("text", [
    "Webinars on loans\nMarch 3: 10-11 a.m.\nMarch 20: recording is available",
    "Webinars on Thursdays from 10 to 11 a.m., beginning March 5.\nMarch 20: the training ends",
])
def test_hours_of_one_day_are_not_those_of_any_day_below(text: str) -> None:
    assert "03-20 " not in told(text)


def test_hours_stay_when_summer_time_begins() -> None:
    assert told("Webinars: every Sunday in March at 2 p.m.") == "03-08 14:00; 03-15 14:00; 03-22 14:00; 03-29 14:00"


@settings(max_examples=150, deadline=None)
@given(weekday=st.integers(0, 6), ahead=st.integers(1, 5), hour=st.integers(8, 11))
def test_every_such_day_of_the_month_and_no_other(weekday: int, ahead: int, hour: int) -> None:
    month = 3 + ahead
    text = f"Webinars take place every {_WEEKDAYS[weekday]} in {_MONTHS[month - 1]} at {hour} a.m."
    first = date(2026, month, 1)
    days = [day for at in range(31) if (day := first + timedelta(days=at)).month == month and day.weekday() == weekday]
    assert told(text) == "; ".join(f"{day:%m-%d} {hour:02}:00" for day in days)


# ── newsletters ───────────────────────────────────────────────────────────────────────────────────────────────────


class _ByHeading:
    """Names the area of an item by its first word, so that the message counts as one of many items."""

    name = "by word"

    def tags(self, message: Message, around: Surroundings) -> list[Tag]:
        area = {"LOANS": "fulfillment", "RECORDS": "cataloging"}.get(message.subject, "administration")
        return [Tag(name="area", value=area, by="rule", why="")]


LETTER = """Welcome to the spring issue. All webinars last one hour.

FROM THE DIRECTOR

The Board met and has approved the budget for the coming year.

LOANS

The webinar on loans is on Tuesday, March 10, at 10 a.m.

RECORDS

The webinar on records is on Thursday, March 12, at 2 p.m.
"""


def test_what_is_said_once_for_all_items_holds_for_each() -> None:
    taggers: list[Tagger] = [_ByHeading(), DatesAndRequestsTagger(dates=read_dates)]
    post = replace(message(LETTER, subject="Newsletter"), date=NOW)
    reading = read(post, Surroundings(zone=CHICAGO), taggers)
    items = [[tag.value for tag in item.events if isinstance(tag.value, Event)] for item in reading.items]
    assert [list(map(_told, item)) for item in items] == [[], ["03-10 10:00-11:00"], ["03-12 14:00-15:00"]]
    assert [_told(event) for event in reading.dates] == ["03-10 10:00-11:00", "03-12 14:00-15:00"]
