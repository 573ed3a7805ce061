"""Which posts tell of the same happening: told again, moved, called off; and what must hold of any order of posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.happening import Happening
from bot.reading.dates import event_tags, events
from bot.reading.happenings import enter
from bot.reading.tellings import Post, Telling, plain_title, post_of
from bot.types import Address, Event, EventType, Message, NewsItem, OutagePost, Reading, Request, Tag
from tests.unit.builders import CHICAGO

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=CHICAGO)
DOMAIN = "library.example.edu"
BOOT = "Fulfillment boot camp"
TOLD = "The boot camp will be on Tuesday, December 8, 2026, 10-11 a.m. Central."


class Calendar:
    """What is known, after each post that is read."""

    def __init__(self) -> None:
        self.known: dict[str, Happening] = {}
        self.posts: list[Post] = []

    def read(self, text: str, subject: str = BOOT, *, day: int = 0, thread: int | None = None, sender: str = "",
             **more: object) -> Post:
        """A post as it would be read: dates by the rules alone."""
        number = len(self.posts) + 1
        message = Message(
            message_id=f"<{number}@lists.example.org>", subject=subject, date=NOW + timedelta(days=day), text=text,
            new_text=text, sender=Address(address=sender or "ann@carli.example.org", name="Ann Arbogast"),
            lists=("pubserv-ig",), calendars=tuple(more.pop("calendars", ())),  # type: ignore[arg-type]
        )
        reading = Reading(events=tuple(event_tags(events(message, CHICAGO))), **more)  # type: ignore[arg-type]
        return self.put(post_of(
            message, reading, at=NOW + timedelta(days=day), name=str(message.message_id),
            thread=thread if thread is not None else number, incident=None, lists=message.lists, zone=CHICAGO))

    def put(self, post: Post) -> Post:
        self.posts.append(post)
        self.enter(post)
        return post

    def enter(self, post: Post, *, again: bool = False) -> None:
        for entry in enter(post, self.known.values(), CHICAGO, NOW, DOMAIN, again=again):
            self.known[entry.happening.uid] = entry.happening

    @property
    def all(self) -> list[Happening]:
        return list(self.known.values())

    @property
    def only(self) -> Happening:
        (one,) = self.known.values()
        return one

    def shown(self) -> str:
        """Each as "12-08 10:00 #0 on"."""
        rows = sorted(
            f"{one.start.astimezone(CHICAGO):%m-%d %H:%M} #{one.sequence} {one.state}"
            if isinstance(one.start, datetime) else f"{one.start:%m-%d} #{one.sequence} {one.state}"
            for one in self.all)
        return "; ".join(rows)


@pytest.fixture
def calendar() -> Calendar:
    """One that knows the boot camp."""
    one = Calendar()
    one.read(TOLD)
    assert one.shown() == "12-08 10:00 #0 on"
    return one


# ── told again ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("subject", "text"), [
    ("Reminder: Fulfillment boot camp", "The boot camp is on Tuesday, December 8 at 10 a.m."),
    ("Re: Fulfillment boot camp", "See you at the boot camp on December 8, 10 to 11 a.m."),
    ("FINAL REMINDER - Fulfillment Boot Camp", "The training starts on December 8, 2026, at 10:00 a.m. CT."),
    ("Boot camp for fulfillment staff", "Join the meeting on Tuesday, Dec. 8, 10 a.m. - 11 a.m."),
])
def test_told_again_in_another_conversation_is_the_same(calendar: Calendar, subject: str, text: str) -> None:
    calendar.read(text, subject, day=2)
    assert calendar.shown() == "12-08 10:00 #0 on"


def test_another_happening_at_the_same_hour_is_another(calendar: Calendar) -> None:
    calendar.read("The webinar is on Tuesday, December 8, 10-11 a.m. Central.", "Authority control webinar")
    assert calendar.shown() == "12-08 10:00 #0 on; 12-08 10:00 #0 on"


def test_the_next_of_a_series_is_another(calendar: Calendar) -> None:
    calendar.read("The boot camp will be on Tuesday, January 12, 2027, 10-11 a.m. Central.", day=3)
    assert calendar.shown() == "01-12 10:00 #0 on; 12-08 10:00 #0 on"


def test_a_bare_day_gets_its_hours_later() -> None:
    calendar = Calendar()
    calendar.read("The workshop is on December 8, 2026.", "Preservation workshop")
    calendar.read("The workshop on December 8, 2026 runs 1-3 p.m.", "Preservation workshop: hours", day=1)
    assert calendar.shown() == "12-08 13:00 #1 on"
    calendar.read("The workshop is on December 8, 2026.", "Reminder: preservation workshop", day=2)
    assert calendar.shown() == "12-08 13:00 #1 on"


def test_an_unsure_date_is_no_happening() -> None:
    calendar, unsure = Calendar(), Event(type="meeting", start=date(2026, 12, 8), sure=False)
    message = Message(message_id="<x@y.example.org>", subject=BOOT, date=NOW, sender=None)
    reading = Reading(events=(Tag(name="event", value=unsure, by="extractor", why="perhaps"),))
    calendar.put(post_of(message, reading, at=NOW, name="x", thread=1, incident=None, lists=(), zone=CHICAGO))
    assert calendar.all == []


# ── moved ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("subject", "text", "thread"), [
    ("RESCHEDULED: Fulfillment boot camp", "It will now be on Thursday, December 10, 2026, 2-3 p.m.", None),
    ("Fulfillment boot camp", "The boot camp has been moved from December 8 to Thursday, December 10, 2-3 p.m.", None),
    ("Re: Fulfillment boot camp", "We have moved the boot camp to Thursday, December 10, 2 to 3 p.m.", 1),
    ("New date for the fulfillment boot camp", "The training is on December 10, 2026 at 2 p.m. instead.", None),
])
def test_moved_keeps_its_uid(calendar: Calendar, subject: str, text: str, thread: int | None) -> None:
    uid = calendar.only.uid
    calendar.read(text, subject, day=3, thread=thread)
    assert calendar.shown() == "12-10 14:00 #1 on"
    assert calendar.only.uid == uid


def test_an_older_post_read_late_moves_nothing_back(calendar: Calendar) -> None:
    calendar.read("It will now be on Thursday, December 10, 2026, 2-3 p.m.", f"RESCHEDULED: {BOOT}", day=3)
    calendar.read("The boot camp is on December 8, 2026, 10-11 a.m.", f"Reminder: {BOOT}", day=1)
    calendar.read("The boot camp is on December 8, 2026, 10-11 a.m.", f"Fwd: {BOOT}", day=4)
    assert calendar.shown() == "12-10 14:00 #1 on"


def test_one_session_of_a_series_is_moved() -> None:
    calendar = Calendar()
    calendar.read("Sessions:\n- Tuesday, December 8, 2026, 10-11 a.m.\n- Tuesday, December 15, 2026, 10-11 a.m.\n"
                  "- Tuesday, December 22, 2026, 10-11 a.m.\n", "Training sessions on serials")
    assert calendar.shown() == "12-08 10:00 #0 on; 12-15 10:00 #0 on; 12-22 10:00 #0 on"
    calendar.read("The session of December 15 has been moved to Thursday, December 17, 2026, 10-11 a.m.",
                  "Re: Training sessions on serials", day=2, thread=1)
    assert calendar.shown() == "12-08 10:00 #0 on; 12-17 10:00 #1 on; 12-22 10:00 #0 on"


def test_a_move_that_might_mean_two_moves_none() -> None:
    calendar = Calendar()
    calendar.read("The committee meeting is on December 9, 2026 at 10 a.m.", "Discovery committee meeting")
    calendar.read("The committee meeting is on December 16, 2026 at 10 a.m.", "Discovery committee meeting", day=1)
    calendar.read("The new time is December 12, 2026 at 10 a.m.", "Discovery committee meeting moved", day=2)
    assert "#1" not in calendar.shown()


def test_a_strangers_remark_moves_nothing(calendar: Calendar) -> None:
    calendar.read("We moved our own meeting to Thursday, December 10, 2 to 3 p.m.", f"Re: {BOOT}", thread=1, day=1,
                  sender="kim@college.example.edu")
    assert "12-08 10:00 #0 on" in calendar.shown()


def test_a_deadline_is_a_whole_day_and_may_be_extended() -> None:
    calendar = Calendar()
    calendar.read("Please submit your proposals by 5 p.m. on Friday, December 4, 2026.", "Annual meeting proposals")
    assert calendar.shown() == "12-04 #0 on"
    calendar.read("The deadline for proposals has been extended to Friday, December 11, 2026.",
                  "Extended: annual meeting proposals", day=5)
    assert calendar.shown() == "12-11 #1 on"
    assert calendar.only.type == "deadline"


def test_the_last_day_of_a_request_is_a_deadline() -> None:
    calendar = Calendar()
    asked = Tag(name="request", by="extractor", why="please",
                value=Request(what="Fill in the survey", due=date(2026, 12, 4), sentence="Please fill in the survey."))
    calendar.read("Please fill in the survey.", "Survey of hours", request=asked)
    assert calendar.shown() == "12-04 #0 on"
    assert calendar.only.asked


# ── called off, closed ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("subject", "text", "thread"), [
    ("CANCELLED: Fulfillment boot camp", "We are sorry.", None),
    ("Cancelled: Fulfillment boot camp", "The boot camp on December 8, 2026, 10-11 a.m., is cancelled.", None),
    ("Re: Fulfillment boot camp", "The boot camp has been cancelled, since the speaker is ill.", 1),
    ("Fulfillment boot camp will not take place", "Sorry for the trouble.", None),
    ("Fulfillment boot camp", "The boot camp of December 8 has been postponed. A new date will follow.", 1),
])
def test_called_off_keeps_its_uid(calendar: Calendar, subject: str, text: str, thread: int | None) -> None:
    uid = calendar.only.uid
    calendar.read(text, subject, day=3, thread=thread)
    assert calendar.shown() == "12-08 10:00 #1 cancelled"
    assert calendar.only.uid == uid


@pytest.mark.parametrize(("subject", "text", "thread", "sender"), [
    ("Re: Fulfillment boot camp", "If the boot camp is cancelled, we will tell you.", 1, ""),
    ("Re: Fulfillment boot camp", "My order for the boxes was cancelled.", 1, ""),
    ("Re: Fulfillment boot camp", "Our boot camp was cancelled last year.", 1, "kim@college.example.edu"),
    ("Cancelled: Serials training", "We are sorry.", None, ""),
    ("Cancelled loans in the boot camp file", "Look at them.", None, ""),
])
def test_what_calls_nothing_off(calendar: Calendar, subject: str, text: str, thread: int | None, sender: str) -> None:
    calendar.read(text, subject, day=2, thread=thread, sender=sender)
    assert calendar.shown() == "12-08 10:00 #0 on"


def test_with_a_training_its_last_day_to_register_goes(calendar: Calendar) -> None:
    calendar.read("Please register by Friday, December 4, 2026.", f"Re: {BOOT}", thread=1)
    calendar.read("The boot camp has been cancelled.", f"CANCELLED: {BOOT}", day=2, thread=1)
    assert calendar.shown() == "12-04 #1 cancelled; 12-08 10:00 #1 cancelled"


def test_one_session_of_a_series_is_called_off() -> None:
    calendar = Calendar()
    calendar.read("Sessions:\n- Tuesday, December 8, 2026, 10-11 a.m.\n- Tuesday, December 15, 2026, 10-11 a.m.\n",
                  "Training sessions on serials")
    calendar.read("The session on December 15 is cancelled.", "Re: Training sessions on serials", day=2, thread=1)
    assert calendar.shown() == "12-08 10:00 #0 on; 12-15 10:00 #1 cancelled"


def test_what_was_called_off_and_gets_a_new_date_is_on_again(calendar: Calendar) -> None:
    calendar.read("We are sorry.", f"CANCELLED: {BOOT}", day=1)
    calendar.read("It will be on Thursday, December 10, 2026, 2-3 p.m.", f"RESCHEDULED: {BOOT}", day=2)
    assert calendar.shown() == "12-10 14:00 #2 on"


def test_the_first_word_that_comes_again_brings_nothing_back(calendar: Calendar) -> None:
    calendar.read("We are sorry.", f"CANCELLED: {BOOT}", day=1)
    calendar.read(TOLD, f"Fwd: {BOOT}", day=2)
    assert calendar.shown() == "12-08 10:00 #1 cancelled"


def test_a_request_nobody_needs_answered_any_more_is_closed() -> None:
    calendar = Calendar()
    calendar.read("Please answer the survey by Friday, December 4, 2026.", "Survey of hours")
    calendar.read("The survey is now closed. Thank you.", "Re: Survey of hours", day=3, thread=1)
    assert calendar.shown() == "12-04 #1 closed"


# ── invitations ───────────────────────────────────────────────────────────────────────────────────────────────────


def invitation(lines: str, method: str = "REQUEST", uid: str = "abc@vendor.example.com") -> str:
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nMETHOD:" + method + "\r\nBEGIN:VEVENT\r\n"
            f"UID:{uid}\r\nSUMMARY:Linked data webinar\r\n" + lines.replace("\n", "\r\n")
            + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


def test_an_invitation_keeps_uid_and_sequence_through_update_and_cancellation() -> None:
    calendar = Calendar()
    first = invitation("SEQUENCE:2\nDTSTART:20261208T160000Z\nDTEND:20261208T170000Z")
    calendar.read("See the invitation.", "Linked data webinar", calendars=[first])
    assert (calendar.only.uid, calendar.shown()) == ("abc@vendor.example.com", "12-08 10:00 #2 on")
    later = invitation("SEQUENCE:5\nDTSTART:20261209T160000Z\nDTEND:20261209T170000Z")
    calendar.read("See the invitation.", "Something else entirely", day=1, calendars=[later])
    assert calendar.shown() == "12-09 10:00 #5 on"
    calendar.read("An old copy.", "Linked data webinar", day=2, calendars=[first])
    assert calendar.shown() == "12-09 10:00 #5 on"
    off = invitation("SEQUENCE:6\nDTSTART:20261209T160000Z", "CANCEL")
    calendar.read("", "Nothing of it in the subject", day=3, calendars=[off])
    assert (calendar.only.uid, calendar.shown()) == ("abc@vendor.example.com", "12-09 10:00 #6 cancelled")


def test_others_cannot_cancel_an_invitation() -> None:
    calendar = Calendar()
    calendar.read("", "Linked data webinar", calendars=[invitation("DTSTART:20261208T160000Z")])
    calendar.read("", "x", day=1, calendars=[invitation("DTSTART:20261208T160000Z", "CANCEL")],
                  sender="mallory@elsewhere.example.com")
    assert calendar.shown() == "12-08 10:00 #0 on"


def test_an_invitation_of_what_was_told_in_words_is_the_same(calendar: Calendar) -> None:
    part = invitation("DTSTART:20261208T160000Z\nDTEND:20261208T170000Z")
    calendar.read("The invitation.", BOOT, day=1, calendars=[part])
    assert calendar.shown() == "12-08 10:00 #0 on"
    calendar.read("", "x", day=2, calendars=[invitation("SEQUENCE:1\nDTSTART:20261211T160000Z")])
    assert calendar.shown() == "12-11 10:00 #1 on"


def test_each_date_of_a_series_has_a_uid_of_its_own() -> None:
    calendar = Calendar()
    rule = "DTSTART:20261208T160000Z\nDTEND:20261208T170000Z\nRRULE:FREQ=WEEKLY;COUNT=3"
    calendar.read("", "Linked data webinar", calendars=[invitation(rule)])
    assert calendar.shown() == "12-08 10:00 #0 on; 12-15 10:00 #0 on; 12-22 10:00 #0 on"
    assert len({one.uid for one in calendar.all}) == 3
    calendar.read("", "Linked data webinar", day=1, calendars=[invitation(rule)])
    assert len(calendar.all) == 3


@pytest.mark.parametrize("uid", ["", "x" * 300, "tab\there", "b\u00fccher@example.org"])
def test_a_uid_that_no_calendar_should_carry_is_replaced(uid: str) -> None:
    calendar = Calendar()
    calendar.read("", "Linked data webinar", calendars=[invitation("DTSTART:20261208T160000Z", uid=uid)])
    assert calendar.only.uid.endswith(f"@{DOMAIN}")


# ── newsletters and downtimes ─────────────────────────────────────────────────────────────────────────────────────


def item(heading: str, day: int, area: str) -> NewsItem:
    event = Event(type="training", start=datetime(2026, 12, day, 10, tzinfo=CHICAGO), sentence=heading)
    return NewsItem(heading=heading, text=heading, areas=(Tag(name="area", value=area, by="rule", why="x"),),
                    events=(Tag(name="event", value=event, by="extractor", why="x"),))


def test_items_of_a_newsletter_are_told_apart_and_known_again(calendar: Calendar) -> None:
    items = (item("Fulfillment boot camp", 8, "fulfillment"), item("Serials clinic", 9, "serials"))
    reading = Reading(items=items, events=tuple(tag for one in items for tag in one.events))
    message = Message(message_id="<n@y.example.org>", subject="News of the week", date=NOW, sender=None)
    entries = enter(
        post_of(message, reading, at=NOW + timedelta(days=1), name="n", thread=9, incident=None, lists=(),
                zone=CHICAGO), calendar.all, CHICAGO, NOW, DOMAIN)
    assert {(one.happening.title, one.areas) for one in entries} == {
        ("Fulfillment boot camp", ("fulfillment",)), ("Serials clinic", ("serials",))}
    assert {one.happening.uid for one in entries} & {calendar.only.uid}
    assert all(one.among == ("fulfillment", "serials") for one in entries)
    assert all(9 not in one.happening.threads for one in entries)


def downtime(number: int, stage: str, start: datetime | None, *, thread: int, incident: int = 7) -> Post:
    window = () if start is None else (Tag(name="event", by="extractor", why="x", value=Event(
        type="maintenance", start=start, end=start + timedelta(hours=4))),)
    tag = Tag(name="outage", by="extractor", why="x", value=OutagePost(stage=stage))  # type: ignore[arg-type]
    message = Message(message_id=f"<{number}@v.example.com>", subject=f"Notice {number}", date=NOW, sender=None)
    return post_of(message, Reading(events=window, outage=tag), at=NOW + timedelta(hours=number), name=str(number),
                   thread=thread, incident=incident, lists=(), zone=CHICAGO)


def test_one_downtime_is_one_happening_whatever_its_posts_are_called() -> None:
    calendar = Calendar()
    sunday = datetime(2026, 12, 6, 1, tzinfo=CHICAGO)
    calendar.put(downtime(1, "announced", sunday, thread=1))
    calendar.put(downtime(2, "moved", sunday + timedelta(days=7), thread=2))
    assert calendar.shown() == "12-13 01:00 #1 on"
    calendar.put(downtime(3, "cancelled", None, thread=3))
    assert calendar.shown() == "12-13 01:00 #2 cancelled"
    calendar.put(downtime(4, "announced", sunday, thread=4, incident=8))
    assert calendar.shown() == "12-06 01:00 #0 on; 12-13 01:00 #2 cancelled"


@pytest.mark.parametrize(("subject", "title"), [
    ("[PubServ-ig] Reminder: Boot camp", "Boot camp"), ("Re: RESCHEDULED: Boot camp", "Boot camp"),
    ("CANCELLED and rescheduled: Boot camp", "Boot camp"), ("Final reminder - Boot camp", "Boot camp"),
    ("Alma maintenance, Sunday, November 29", "Alma maintenance"),
    ("Reporting office hour on Tuesday, November 24, 11:00 AM", "Reporting office hour"),
    ("Services survey, due November 30", "Services survey"), ("December 8", "December 8"),
    ("Alma down Sat 11 p.m. to Sun 3 a.m.", "Alma down"), ("2026 statistics by 12/4", "2026 statistics"),
    ("December 8: boot camp on holds", "December 8: boot camp on holds"),
    ("Reminder", "Reminder"), ("Moved to tears", "Moved to tears"), ("Extended loans", "Extended loans"),
])
def test_a_subject_names_the_happening(subject: str, title: str) -> None:
    assert plain_title(subject) == title


# ── whatever comes, in whatever order ─────────────────────────────────────────────────────────────────────────────

def test_the_post_that_is_about_it_names_what_a_newsletter_told_first() -> None:
    calendar = Calendar()
    reading = Reading(items=(one := item("A word on boot camps", 8, "fulfillment"),), events=one.events)
    news = Message(message_id="<n@y.example.org>", subject="News of the week", date=NOW, sender=None)
    calendar.put(post_of(news, reading, at=NOW, name="n", thread=9, incident=None, lists=(), zone=CHICAGO))
    calendar.read(TOLD, day=1)
    assert calendar.only.title == BOOT
    calendar.read("The boot camp will be on December 8, 2026, 10 a.m. Central.", "A boot camp for you", day=2)
    assert calendar.only.title == BOOT


TITLES = ("Fulfillment boot camp", "Serials clinic", "Discovery committee", "Preservation survey")
KINDS: tuple[EventType, ...] = ("training", "meeting", "maintenance", "deadline")


@st.composite
def posts(draw: st.DrawFn) -> list[Post]:
    """Up to eight posts that tell, move or take back a handful of things."""
    made = []
    for number in range(draw(st.integers(1, 8))):
        told = tuple(
            Telling(event=Event(type=kind, start=start.date() if kind == "deadline" else start), title=title)
            for title, kind, start in draw(st.lists(st.tuples(
                st.sampled_from(TITLES), st.sampled_from(KINDS),
                st.integers(1, 8).map(lambda day: datetime(2026, 12, day, 16, tzinfo=UTC))),
                max_size=3, unique_by=lambda one: one[2])))
        made.append(Post(
            name=f"post-{number}", at=NOW + timedelta(hours=number), thread=draw(st.integers(1, 3)),
            domain=draw(st.sampled_from(("a.example.org", "b.example.org"))), subject=draw(st.sampled_from(TITLES)),
            lists=("one",), tellings=told, news=draw(st.sampled_from(("told", "moved", "cancelled", "closed"))),
            is_plain=draw(st.booleans()),
            given_up=frozenset(draw(st.lists(st.integers(1, 8).map(lambda day: date(2026, 12, day)), max_size=2))),
        ))
    return made


@settings(max_examples=400, deadline=None, derandomize=True)
@given(posts())
def test_uids_stay_sequences_grow_and_every_change_counts(made: list[Post]) -> None:
    calendar = Calendar()
    for post in made:
        before = dict(calendar.known)
        calendar.put(post)
        assert before.keys() <= calendar.known.keys()
        for uid, old in before.items():
            new = calendar.known[uid]
            changed = (new.start, new.end, new.state) != (old.start, old.end, old.state)
            assert (new.sequence > old.sequence) == changed
            assert new.created_at == old.created_at and new.title == old.title and new.type == old.type


@settings(max_examples=400, deadline=None, derandomize=True)
@given(posts())
def test_reading_posts_again_changes_nothing(made: list[Post]) -> None:
    calendar = Calendar()
    for post in made:
        calendar.put(post)
    before = {uid: (one.start, one.end, one.state, one.sequence) for uid, one in calendar.known.items()}
    for post in (made[-1], *made, *reversed(made)):
        calendar.enter(post, again=post is not made[-1])
    assert {uid: (one.start, one.end, one.state, one.sequence) for uid, one in calendar.known.items()} == before


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(TITLES), min_size=1, max_size=4, unique=True), st.integers(1, 5))
def test_copies_and_reminders_make_one_entry_each(titles: list[str], times: int) -> None:
    calendar = Calendar()
    start = datetime(2026, 12, 8, 16, tzinfo=UTC)
    for turn in range(times):
        for number, title in enumerate(titles):
            calendar.put(Post(
                name=f"{turn}.{number}", at=NOW + timedelta(hours=turn), thread=10 * turn + number, subject=title,
                domain="a.example.org", tellings=(Telling(event=Event(type="training", start=start), title=title),)))
    assert len(calendar.all) == len(titles)
    assert {one.sequence for one in calendar.all} == {0}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 27), min_size=1, max_size=6))
def test_a_chain_of_moves_is_one_entry_at_the_last_day(days: list[int]) -> None:
    calendar = Calendar()
    start = datetime(2026, 12, 28, 16, tzinfo=UTC)
    first = Post(name="0", at=NOW, thread=1, domain="a.example.org", subject=BOOT,
                 tellings=(Telling(event=Event(type="training", start=start), title=BOOT),))
    calendar.put(first)
    for number, day in enumerate(days, 1):
        moved = Telling(event=Event(type="training", start=start.replace(day=day)), title=BOOT)
        calendar.put(replace(first, name=str(number), at=NOW + timedelta(hours=number), thread=number + 1, news="moved",
                             is_plain=True, tellings=(moved,)))
    assert calendar.only.start == start.replace(day=days[-1])
    assert calendar.only.sequence == sum(one != other for one, other in zip([28, *days], days, strict=False))


