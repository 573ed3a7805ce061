"""What a message asks the library to do, and by when."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.reading.dates import events, first_day
from bot.reading.requests import DatesAndRequestsTagger, request
from bot.reading.tagger import Surroundings
from bot.types import Message, Request

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=CHICAGO)


def message(text: str, subject: str = "Notice") -> Message:
    return Message(message_id=None, subject=subject, date=NOW, sender=None, text=text, new_text=text)


def asked(message: Message) -> Request | None:
    return request(message, events(message, CHICAGO))


ASKED = [
    ("Voting runs March 9 through March 20. Members of the program are asked to vote.", date(2026, 3, 20)),
    ("We ask every library to run one test load. Tests are possible from March 9 until March 20.", date(2026, 3, 20)),
    ("One vote per institution. Voting ends Friday, March 20, at noon.", date(2026, 3, 20)),
    ("Tell us how it went: please take the survey. We close it March 20.", date(2026, 3, 20)),
    ("Please complete the delivery survey by March 13.", date(2026, 3, 13)),
    ("Please return the signed form no later than Friday, April 3.", date(2026, 4, 3)),
    ("One answer per library, please. The survey closes on Monday, April 6, 2026.", date(2026, 4, 6)),
    ("Each library must confirm its IP ranges by March 20.", date(2026, 3, 20)),
    ("Send me the name of one person who manages uploads by the 17th.", date(2026, 3, 17)),
    ("Your renewal decisions are due April 17 at 5 p.m.", date(2026, 4, 17)),
    ("Ballots went out this morning. Polls close Tuesday, May 12, at noon; please vote.", date(2026, 5, 12)),
    ("We need your selections no later than Friday, March 27.", date(2026, 3, 27)),
    ("Please test the new form in the sandbox and report back by March 9.", date(2026, 3, 9)),
    ("The list is attached. Look at your rows, correct them, and reply by March 31.", date(2026, 3, 31)),
    ("We update the keys on March 20. Please make sure that you replace yours before then.", date(2026, 3, 20)),
    ("Payment is due April 30.", date(2026, 4, 30)),
    ("Please update your library's directory page.", None),
    ("Please check your import profiles for this setting.", None),
]

NOT_ASKED = [
    "The next feature release is due April 3.",
    "Awards will be announced by April 15 and projects start May 1.",
    "Comments may also be mailed to the committee by April 30.",
    "If you want to join the group order, tell Thad how many by March 31.",
    "Please clear your cache if you still see the error.",
    "Please join us for a webinar on March 10 at 2 p.m.",
    "Registration closes March 6. Please register for the webinar on March 10.",
    "Please let us know if you have questions.",
    "Please contact support if you see an error.",
    "Please feel free to share this with your staff.",
    "No action is needed. The upgrade runs on Sunday.",
    "Does anyone have a policy on laptop loans that you could send me? Please reply off list.",
    "How do you handle lost items? We are curious what others do.",
    "The webinar is March 10 at 2 p.m.",
    "Alma is back. Thank you for your patience.",
    "The license expires on April 30.",
    "",
]


@pytest.mark.parametrize(("text", "due"), ASKED)
def test_request_is_found_with_its_due_date(text: str, due: date | None) -> None:
    found = asked(message(text))
    assert found is not None
    assert found.due == due


@pytest.mark.parametrize("text", NOT_ASKED)
def test_nothing_is_asked(text: str) -> None:
    assert asked(message(text)) is None


@pytest.mark.parametrize(("text", "due"), [pair for pair in ASKED if pair[1]])
def test_due_date_has_its_deadline_event(text: str, due: date) -> None:
    deadlines = [event for event in events(message(text), CHICAGO) if event.type == "deadline"]
    assert due in [first_day(event.start) for event in deadlines]


def test_reply_in_a_conversation_asks_nothing() -> None:
    assert (
        asked(message("Please check your profile, that did it for us.", "Re: [TECHSERV-IG] imports")) is None
    )


def test_tag_says_what_and_quotes() -> None:
    text = "Hello all. Please return the form by March 13."
    tags = DatesAndRequestsTagger().tags(message(text), Surroundings(zone=CHICAGO))
    (tag,) = [tag for tag in tags if tag.name == "request"]
    assert isinstance(tag.value, Request)
    assert (tag.name, tag.by, tag.value.what) == ("request", "extractor", "Return the form by March 13")
    assert tag.why == "“Please return the form by March 13.”"


def test_what_is_short() -> None:
    found = asked(message("Please complete the survey " + "about many things " * 30 + "by March 13."))
    assert found is not None
    assert len(found.what) <= 140
