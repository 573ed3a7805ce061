"""Posts about downtime: their stage, their systems, and which of them are about one and the same incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.reading.dates import events
from bot.reading.incidents import Word, advance, find, is_going_on, window_of
from bot.reading.outage import places, systems
from bot.types import Address, Event, Incident, Message, OutagePost, Reading, Tag
from tests.unit.builders import CHICAGO, outage_tag

START = datetime(2026, 3, 2, 9, 0, tzinfo=CHICAGO)
CARLI, CAMPUS = "status@carli.example.edu", "circ@oakcollege.example.edu"


def post(subject: str, text: str = "", *, hours: float = 0.0, sender: str = CARLI) -> Message:
    return Message(message_id=None, subject=subject, date=START + timedelta(hours=hours), text=text, new_text=text,
                   sender=Address(address=sender))


def word(message: Message, thread: int | None = None, *, is_urgent: bool = False) -> Word:
    dated = [Tag(name="event", value=one, by="extractor", why="") for one in events(message, CHICAGO)]
    urgent = [Tag(name="urgent", by="extractor", why="")] if is_urgent else []
    tag = outage_tag(message, *dated, *urgent)
    assert tag is not None
    assert isinstance(tag.value, OutagePost)
    assert message.date is not None
    assert message.sender is not None
    return Word(post=tag.value, at=message.date, thread=thread, domain=message.sender.domain,
                window=window_of(Reading(events=tuple(dated))))


def told(words: Sequence[Word]) -> list[Incident]:
    """The incidents that these words make, in the order they come."""
    known: dict[int, Incident] = {}
    for one in words:
        found = find(one, list(known.values()), CHICAGO)
        number = found.id if found else len(known) + 1
        known[number] = replace(advance(found, one), id=number)
    return list(known.values())


# ── one post ──


@pytest.mark.parametrize(("subject", "text", "stage"), [
    ("Alma maintenance Sunday, March 8, 1-5 a.m.", "Alma will be unavailable.", "announced"),
    ("Alma maintenance moved", "The window has been moved to Monday, March 9, 1-5 a.m.", "moved"),
    ("Alma maintenance called off", "", "cancelled"), ("Alma is down", "We are investigating.", "begun"),
    ("Update: Alma", "It is still unavailable.", "update"), ("Alma is back online", "", "resolved"),
    ("Alma outage", "The problem has been resolved.", "resolved"),
    ("Alma", "We will write when it is resolved; it is currently unavailable.", "begun"),
    ("Root cause of Monday's Alma outage", "A switch failed.", "report"),
    ("What happened on Monday", "The database failed over.", "report"),
])
def test_a_post_says_at_which_stage_the_downtime_is(subject: str, text: str, stage: str) -> None:
    assert word(post(subject, text)).post.stage == stage


def test_a_post_that_is_not_about_downtime_says_nothing() -> None:
    from bot.reading.outage import OutageTagger
    from bot.reading.tagger import Surroundings

    assert list(OutageTagger().tags(post("Alma is down"), Surroundings(zone=CHICAGO))) == []


def test_systems_stand_in_the_subject_or_else_at_the_beginning() -> None:
    assert systems(post("Primo and Alma slow", "EZproxy is fine.")) == ("Alma", "Primo")
    assert systems(post("Trouble this morning", "OpenAthens does not answer.")) == ("OpenAthens",)
    assert systems(post("Trouble this morning", "Nothing works.")) == ()
    assert systems(post("Primo VE is slow")) == ("Primo VE",)


def test_primo_ve_is_also_called_primo() -> None:
    one = told([word(post("Primo VE is down"), 1, is_urgent=True), word(post("Primo is back", hours=2), 2)])
    assert [incident.stage for incident in one] == ["resolved"]


def test_whose_system_it_is_can_be_told() -> None:
    assert places(post("Alma NA04 is slow", "Our instance, NA 04.")) == ("NA04",)
    assert places(post("No network", "We lost our network here at Oak.", sender=CAMPUS)) == ("oakcollege.example.edu",)
    assert places(post("Alma is down", "For everyone.")) == ()


# ── many posts ──


def test_five_posts_under_five_subjects_are_one_incident_with_state_and_window() -> None:
    one = told([
        word(post("Alma maintenance on Sunday, March 8", "Alma will be down March 8, 1:00 a.m. to 5:00 a.m."), 1),
        word(post("CHANGED: Alma window", "The window has been moved to Monday, March 9, 1-5 a.m.", hours=30), 2),
        word(post("Alma work has begun", "Alma is now unavailable.", hours=160.2), 3, is_urgent=True),
        word(post("Alma: a little longer", "Still working on it.", hours=163), 4, is_urgent=True),
        word(post("Alma is back online", "Thank you.", hours=164), 5, is_urgent=True),
    ])
    assert len(one) == 1
    assert one[0].stage == "resolved"
    assert one[0].threads == {1, 2, 3, 4, 5}
    assert one[0].window == replace_end(one[0].window, datetime(2026, 3, 9, 5, 0, tzinfo=CHICAGO))


def replace_end(event: Event | None, end: datetime) -> Event:
    assert event is not None
    return replace(event, start=datetime(2026, 3, 9, 1, 0, tzinfo=CHICAGO), end=end)


def test_an_outage_without_a_window_is_followed_to_its_end_and_its_report() -> None:
    one = told([
        word(post("Primo VE is down", "Searches fail since 8:40."), 1, is_urgent=True),
        word(post("Re: [PVE-IG] searching", "Primo still down here too.", hours=1, sender=CAMPUS), 2, is_urgent=True),
        word(post("RESOLVED: Primo", "Service has been restored.", hours=3), 3, is_urgent=True),
        word(post("Primo: root cause of Monday's outage", "A certificate.", hours=100), 4),
    ])
    assert [(incident.stage, len(incident.threads)) for incident in one] == [("resolved", 4)]


@pytest.mark.parametrize(("first", "second"), [
    (post("Alma NA04 is down", "Instance NA04."), post("Alma EU02 is down", "Instance EU02.", hours=1)),
    (post("Alma is down", "For all."), post("EZproxy is down", "For all.", hours=1)),
    (post("No network", "We lost our network here at Oak; Alma is down for us.", sender=CAMPUS),
     post("Alma is down", "All institutions.", hours=1)),
    (post("Alma is down", ""), post("Alma is down", "", hours=24 * 9)),
    (post("Alma maintenance March 8", "Alma will be down Sunday, March 8, 1-5 a.m."),
     post("Alma maintenance March 22", "Alma will be down Sunday, March 22, 1-5 a.m.", hours=2)),
    (post("Alma maintenance March 8", "Alma will be down Sunday, March 8, 1-5 a.m."),
     post("Alma is down", "For all since 9 p.m.", hours=24 * 6 + 12)),
])
def test_other_tenants_systems_and_times_are_told_apart(first: Message, second: Message) -> None:
    assert len(told([word(first, 1, is_urgent=True), word(second, 2, is_urgent=True)])) == 2


def test_replies_in_the_thread_belong_to_it_whatever_they_say() -> None:
    one = told([word(post("Alma is down"), 1, is_urgent=True), word(post("Re: today", "It works again.", hours=2), 1)])
    assert [incident.stage for incident in one] == ["resolved"]


def test_an_older_post_that_comes_late_changes_no_state() -> None:
    one = told([word(post("Alma is back online", hours=3), 1), word(post("Alma is down"), 1, is_urgent=True)])
    assert one[0].stage == "resolved"
    assert not is_going_on(one[0], START + timedelta(hours=4))


def test_trouble_is_believed_for_a_day_and_a_half() -> None:
    one = told([word(post("Alma is down"), 1, is_urgent=True)])[0]
    assert is_going_on(one, START + timedelta(hours=35))
    assert not is_going_on(one, START + timedelta(hours=37))
