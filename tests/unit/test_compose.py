"""What stands in a digest, where, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.digests.compose import AreaView, Digest, House, ReaderView, SlotView, compose
from bot.digests.outages import State, state_of
from bot.digests.phrases import (
    bare_subject,
    clean_line,
    clock,
    clock_span,
    day_near,
    join_words,
    links,
    opening_sentences,
    sent_words,
    size_words,
    whole_sentences,
    window,
)
from bot.types import Address, Attachment, Event, Message, NewsItem, Pending, Reading, Request, Route, Tag, Way
from tests.unit.builders import outage_tag

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 12, 8, 13, 30, tzinfo=UTC)  # Tuesday, 7:30 a.m. in Chicago
AREAS = (
    AreaView(id="cataloging", label="Cataloging"),
    AreaView(id="fulfillment", label="Fulfillment"),
    AreaView(id="downtime", label="Downtime", checklist=("Test offline circulation.",)),
)
READER = ReaderView(id="dana", name="Dana", address="dana@example.edu", zone=CHICAGO, area_order=("fulfillment",))
HOUSE = House(library="Prairie", liaison=Address(address="kim@example.edu", name="Kim"),
              sender=Address(address="digest@example.edu", name="Library Digest"))
SLOT = SlotView(name="daily", label="Library digest", starts_at=NOW)


def said(name: Any, value: Any) -> Tag:
    return Tag(name=name, value=value, by="rule", why="test")


def post(number: int, subject: str = "Subject", text: str = "A sentence.", **changes: Any) -> Pending:
    asked, events = changes.pop("request", None), changes.pop("events", ())
    area, mandatory = changes.pop("area", "cataloging"), changes.pop("mandatory", False)
    sent = NOW - timedelta(hours=20 - number / 10)
    files = changes.pop("attachments", ())
    message = Message(
        message_id=f"<{number}@example.org>", subject=subject, date=sent, text=text, new_text=text, attachments=files,
        sender=Address(address="jane@example.org", name=changes.pop("who", "Jane Roe")), lists=("announce",),
    )
    dated = tuple(said("event", one) for one in events)
    reading = Reading(areas=changes.pop("areas", ()), request=said("request", asked) if asked else None, events=dated,
                      outage=outage_tag(message, *dated) if area == "downtime" else None)
    route = Route(reader="dana", way=changes.pop("way", Way.DAILY), rule="r", why=changes.pop("why", "you catalog"),
                  area=area, mandatory=mandatory)
    base = Pending(id=number, message=message, reading=reading, route=route, lists=("announce",), thread=number,
                   received_at=sent)
    return replace(base, **changes)


def made(*items: Pending, reader: ReaderView = READER, now: datetime = NOW, heard: tuple[int, ...] = ()) -> Digest:
    digest = compose(reader, SLOT, items, AREAS, now, summarise=opening_sentences, house=HOUSE, heard=frozenset(heard))
    assert digest is not None
    return digest


def central(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=CHICAGO)


def maintenance(start: datetime, end: datetime, *, sure: bool = True) -> Event:
    return Event(type="maintenance", start=start, end=end, sure=sure)


# ── nothing, once, and only once ──────────────────────────────────────────────────────────────────────────────────


def test_nothing_pending_makes_no_digest() -> None:
    assert compose(READER, SLOT, [], AREAS, NOW, summarise=opening_sentences, house=HOUSE) is None


def test_only_what_was_sent_at_once_makes_no_digest() -> None:
    had = post(1, sent_at=NOW - timedelta(hours=1))
    assert compose(READER, SLOT, [had], AREAS, NOW, summarise=opening_sentences, house=HOUSE) is None


def test_never_is_left_out() -> None:
    digest = made(post(1), post(2, way=Way.NEVER))
    assert digest.items == (1,)


def test_a_message_with_two_routes_stands_once_and_the_mandatory_route_speaks() -> None:
    digest = made(post(1, why="you asked"), post(1, why="it is law", mandatory=True))
    cards = [card for section in digest.sections for card in section.cards]
    assert [card.why for card in cards] == ["This cannot be switched off, because it is law."]


def test_every_message_stands_in_exactly_one_section() -> None:
    items = [post(n, area=area, thread=thread) for n, (area, thread) in enumerate(
        [("cataloging", 1), ("fulfillment", 1), ("downtime", 2), ("cataloging", 3), (None, 4), ("gone", 5)])]
    digest = made(*items)
    sections = [digest.status, *digest.sections]
    shown = [p.id for section in sections if section for card in section.cards for p in (card.opening, *card.replies)]
    assert sorted(shown) == [0, 1, 2, 3, 4, 5]


def test_sections_follow_the_readers_order_and_unknown_areas_are_other() -> None:
    digest = made(post(1, area="cataloging"), post(2, area="gone"), post(3, area="fulfillment"))
    assert [section.label for section in digest.sections] == ["Fulfillment", "Cataloging", "Other"]


def test_without_a_routes_area_the_main_area_decides() -> None:
    digest = made(post(1, area=None, areas=(said("area", "fulfillment"), said("area", "cataloging"))))
    assert [section.id for section in digest.sections] == ["fulfillment"]


def test_what_was_sent_at_once_is_one_line_and_nothing_more() -> None:
    had = post(1, "Secret plan", sent_at=central(8, 7, 14), request=Request(what="Do", due=date(2026, 12, 9)),
               events=[Event(type="training", start=central(9, 10))])
    digest = made(had, post(2))
    assert [(line.subject, line.note) for line in digest.sections[0].sent] == [
        ("Secret plan", "sent to you at 7:14 a.m.")]
    assert (digest.asked, digest.dates) == ((), ())
    assert digest.items == (1, 2)


def test_a_thread_is_one_card_with_its_replies_below() -> None:
    digest = made(post(1, "[ANNOUNCE] Lost", thread=9), post(2, "Re: [ANNOUNCE] Lost", thread=9, who="Bo"))
    (card,) = digest.sections[0].cards
    assert (card.subject, card.opening.id, [reply.id for reply in card.replies]) == ("Lost", 1, [2])
    assert card.who == "Jane Roe and Bo"


def test_a_long_thread_shows_its_newest_replies_and_counts_the_others() -> None:
    (card,) = made(*(post(n, thread=9) for n in range(1, 13))).sections[0].cards
    assert [reply.id for reply in card.replies] == [8, 9, 10, 11, 12]
    assert (card.earlier, card.posts) == ("6 earlier replies from Jane Roe", 12)


# ── asked and dated ───────────────────────────────────────────────────────────────────────────────────────────────


def test_requests_stand_in_order_of_their_due_dates_and_overdue_ones_drop_out() -> None:
    due = [date(2026, 12, 12), None, date(2026, 12, 8), date(2026, 12, 7), date(2026, 12, 9)]
    digest = made(*(post(n, request=Request(what=f"Do {n}", due=day)) for n, day in enumerate(due)))
    assert [(row.what, row.by, row.left) for row in digest.asked] == [
        ("Do 2", "Tue 8 Dec", "today"), ("Do 4", "Wed 9 Dec", "tomorrow"), ("Do 0", "Sat 12 Dec", "in 4 days"),
        ("Do 1", "", "")]


def test_dates_are_the_next_three_weeks_in_the_readers_zone() -> None:
    events = [Event(type="meeting", start=datetime(2026, 12, 30, 5, 0, tzinfo=UTC)),   # Tue 29 Dec, 11 p.m. there
              Event(type="meeting", start=datetime(2026, 12, 30, 6, 0, tzinfo=UTC)),   # Wed 30 Dec, midnight there
              Event(type="training", start=date(2026, 12, 7)),
              Event(type="training", start=date(2026, 12, 8), sure=False)]
    digest = made(*(post(n, events=[one]) for n, one in enumerate(events)))
    assert [(row.when, row.times, row.sure) for row in digest.dates] == [
        ("Tue 8 Dec", "", False), ("Tue 29 Dec", "11 p.m. CST", True)]


def test_a_window_that_is_over_drops_out_and_one_going_on_stays() -> None:
    digest = made(post(1, events=[Event(type="training", start=central(8, 5), end=central(8, 6))]),
                  post(2, events=[Event(type="training", start=central(8, 7), end=central(8, 8))]))
    assert [row.times for row in digest.dates] == ["7–8 a.m. CST"]


def test_a_deadline_that_is_asked_for_is_not_told_twice() -> None:
    due = date(2026, 12, 11)
    digest = made(post(1, request=Request(what="Answer", due=due), events=[Event(type="deadline", start=due)]))
    assert digest.dates == ()


def test_a_moved_maintenance_is_told_by_its_newest_post_alone() -> None:
    first = post(1, "Alma maintenance", area="downtime", thread=7, events=[maintenance(central(13, 1), central(13, 5))])
    moved = post(2, "Alma maintenance moved", area="downtime", thread=7,
                 events=[maintenance(central(14, 1), central(14, 5))])
    digest = made(first, moved)
    assert [row.when for row in digest.dates] == ["Mon 14 Dec"]
    assert digest.status is not None
    assert [(card.state, card.window, card.opening.id) for card in digest.status.cards] == [
        ("New time", "Mon 14 Dec, 1–5 a.m. CST", 2)]


def test_a_called_off_maintenance_has_no_date_and_no_checklist() -> None:
    first = post(1, "Alma maintenance", area="downtime", thread=7, events=[maintenance(central(13, 1), central(13, 5))])
    off = post(2, "Alma maintenance cancelled", area="downtime", thread=7)
    digest = made(first, off)
    assert digest.dates == ()
    assert digest.status is not None
    assert (digest.status.cards[0].state, digest.status.checklist) == ("Called off", ())


def test_status_stands_newest_first_with_the_checklist_while_something_is_ahead() -> None:
    digest = made(post(1, "Alma down Sunday", area="downtime", events=[maintenance(central(13, 1), central(13, 5))]),
                  post(2, "Primo issue resolved", area="downtime", incident=8), heard=(8,))
    assert digest.status is not None
    assert [card.state for card in digest.status.cards] == ["Resolved", "Planned"]
    assert digest.status.checklist == ("Test offline circulation.",)


def test_an_outage_that_came_and_went_unheard_drops_out_and_is_accounted_for() -> None:
    down = post(1, "Primo is down", area="downtime", incident=8, request=Request(what="Use the paper slips"))
    back = post(2, "Primo issue resolved", area="downtime", incident=8)
    digest = made(down, back, post(3))
    assert (digest.status, digest.asked, digest.items) == (None, (), (1, 2, 3))
    assert compose(READER, SLOT, [down, back], AREAS, NOW, summarise=opening_sentences, house=HOUSE) is None
    told = made(down, back, heard=(8,))
    assert told.status is not None
    assert (told.status.cards[0].state, told.asked) == ("Resolved", ())


def test_it_drops_out_for_those_to_whom_another_area_brought_it_too() -> None:
    down, back = (replace(one, route=replace(one.route, area="cataloging")) for one in (
        post(1, "Primo is down", area="downtime", incident=8),
        post(2, "Primo issue resolved", area="downtime", incident=8)))
    assert compose(READER, SLOT, [down, back], AREAS, NOW, summarise=opening_sentences, house=HOUSE) is None
    assert [card.opening.id for section in made(down, back, post(3)).sections for card in section.cards] == [3]
    assert len(made(down, back, heard=(8,)).sections) == 1


def test_the_word_of_those_who_told_of_an_outage_first_stands_above_the_chorus() -> None:
    down, still = (post(number, "Primo is down", area="downtime", thread=7) for number in (1, 2))
    other = Address(address="imke@example.com", name="Imke Lorne")
    chorus = replace(post(3, "Primo is down", area="downtime", thread=7),
                     message=replace(still.message, message_id="<3@example.com>", sender=other, new_text="We, too."))
    digest = made(down, still, chorus)
    assert digest.status is not None
    assert [post.id for post in (digest.status.cards[0].opening, *digest.status.cards[0].replies)] == [2, 3, 1]
    had = made(down, replace(still, sent_at=NOW - timedelta(hours=1)), chorus)
    assert had.status is not None
    assert had.status.cards[0].opening.id == 1


# ── in one line ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_contents_and_headlines_say_what_is_inside() -> None:
    digest = made(
        post(1, "Alma will be off", area="downtime", events=[maintenance(central(13, 1), central(13, 5))]),
        post(2, request=Request(what="Answer", due=date(2026, 12, 9))), post(3, area="fulfillment"))
    assert digest.contents == "1 needs an answer, 1 system notice, 1 date, 2 posts in Fulfillment and Cataloging"
    assert digest.headlines == ("Alma off Sunday 1-5 a.m.", "1 request", "2 posts")


def test_a_single_post_is_told_by_its_subject() -> None:
    assert made(post(1, "[ANNOUNCE] Norming day")).headlines == ("Norming day",)


def test_why_files_and_links_are_kept() -> None:
    text = " ".join(f"https://example.org/{n}" for n in range(8))
    files = tuple(Attachment(name=f"{n}.pdf", media_type="application/pdf", size=1_200_000) for n in range(8))
    digest = compose(READER, SLOT, [post(1, text=text, attachments=files)], AREAS, NOW,
                     summarise=lambda _: "Short.", house=HOUSE)
    assert digest is not None
    opening = digest.sections[0].cards[0].opening
    assert [link.url for link in opening.links] == [f"https://example.org/{n}" for n in range(5)]
    assert (opening.files[0], opening.files[-1], len(opening.files)) == ("0.pdf (1.2 MB)", "2 more", 7)
    assert digest.sections[0].cards[0].why == "Because you catalog."


def test_a_sender_a_date_and_a_subject_may_be_missing() -> None:
    bare = post(1)
    digest = made(replace(bare, message=replace(bare.message, sender=None, date=None, subject="")))
    card = digest.sections[0].cards[0]
    assert (card.subject, card.who) == ("(no subject)", "unknown sender")


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("subject", "bare"), [
    ("[CARLI-ANNOUNCE] Re: [TechServ-IG] FW: Hello", "Hello"),
    ("RE: re: AW: Hello", "Hello"),
    ("[Action required] Hello", "[Action required] Hello"),
    ("[EXTERNAL] [techserv-ig] Hello", "Hello"),
    ("Report: done", "Report: done"),
    ("Evil\r\nBcc: all@example.org\x00\u202e", "Evil Bcc: all@example.org"),
    ("[techserv-ig]", "(no subject)"),
])
def test_bare_subject(subject: str, bare: str) -> None:
    assert bare_subject(subject, ["techserv-ig.lists.example.org", "announce"]) == bare


@pytest.mark.parametrize(("moment", "words"), [
    (central(8, 0), "midnight"), (central(8, 12), "noon"), (central(8, 12, 5), "12:05 p.m."),
    (central(8, 9, 14), "9:14 a.m."),
])
def test_clock(moment: datetime, words: str) -> None:
    assert clock(moment) == words


@pytest.mark.parametrize(("start", "end", "words"), [
    (central(8, 1), central(8, 5), "1~5 a.m."),
    (central(8, 11), central(8, 13), "11 a.m.~1 p.m."),
    (central(8, 10), central(8, 12), "10 a.m.~noon"),
    (central(8, 10), None, "10 a.m."),
    (central(8, 10), central(8, 9), "10 a.m."),
])
def test_clock_span(start: datetime, end: datetime | None, words: str) -> None:
    assert clock_span(start, end) == words.replace("~", "\N{EN DASH}")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(("start", "end", "words"), [
    (utc(2026, 12, 13, 7), utc(2026, 12, 13, 11), "Sun 13 Dec, 1~5 a.m. CST"),
    (utc(2026, 12, 13, 5), utc(2026, 12, 13, 9), "Sat 12 Dec, 11 p.m.~Sun 13 Dec, 3 a.m. CST"),
    (utc(2026, 12, 13, 4), utc(2026, 12, 13, 6), "Sat 12 Dec, 10 p.m.~midnight CST"),
    (utc(2026, 11, 1, 6), utc(2026, 11, 1, 10), "Sun 1 Nov, 1 a.m. CDT~4 a.m. CST"),
    (date(2026, 12, 13), None, "Sun 13 Dec"),
    (date(2026, 12, 13), date(2026, 12, 14), "Sun 13 Dec~Mon 14 Dec"),
    (utc(2028, 7, 1, 15), None, "Sat 1 Jul 2028, 10 a.m. CDT"),
])
def test_window(start: datetime | date, end: datetime | date | None, words: str) -> None:
    event = Event(type="maintenance", start=start, end=end)
    assert window(event, CHICAGO, NOW) == words.replace("~", "\N{EN DASH}")


def test_window_in_another_readers_zone() -> None:
    event = Event(type="maintenance", start=utc(2026, 12, 13, 7), end=utc(2026, 12, 13, 11))
    assert window(event, ZoneInfo("Pacific/Honolulu"), NOW) == "Sat 12 Dec, 9 p.m.\N{EN DASH}Sun 13 Dec, 1 a.m. HST"


def test_small_words() -> None:
    assert [size_words(size) for size in (1, 870, 240_400, 999_700, 1_240_000)] == [
        "1 byte", "870 bytes", "240 kB", "1.0 MB", "1.2 MB"]
    assert [join_words(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"], ["a and b", "c", "d"])] == [
        "", "a", "a and b", "a, b and c", "a and b, c, and d"]
    assert [day_near(date(2026, 12, day), date(2026, 12, 8)) for day in (8, 9, 14, 15)] == [
        "today", "tomorrow", "Monday", "Tue 15 Dec"]
    assert sent_words(central(6, 16), NOW, CHICAGO) == "sent to you on Sun 6 Dec at 4 p.m."


def test_links_lose_the_punctuation_behind_them() -> None:
    text = "(see https://example.org/a_(b)). <https://example.org/c>, https://example.org/c, https://x.org/unsubscribe"
    assert links(text) == ("https://example.org/a_(b)", "https://example.org/c")


def test_summaries_are_whole_sentences() -> None:
    assert whole_sentences("One is here. Two is here. Three is far too long", 30) == "One is here. Two is here."
    assert whole_sentences("word " * 50, 20) == "word word word word…"
    assert clean_line("a\ud800b\u2028c") == "a b c"


@pytest.mark.parametrize(("subject", "text", "state"), [
    ("Alma outage", "We are investigating.", State.BEGUN),
    ("Alma outage", "The problem has been resolved.", State.RESOLVED),
    ("Alma outage resolved", "", State.RESOLVED),
    ("Alma outage not yet resolved", "", State.BEGUN),
    ("Re: Alma", "Service has now been restored.", State.RESOLVED),
    ("Alma", "We will write when it is over and until it is resolved", State.BEGUN),
    ("Alma maintenance postponed", "", State.MOVED),
    ("Slow since this morning", "", State.BEGUN),
])
def test_states_without_a_window(subject: str, text: str, state: State) -> None:
    message = replace(post(1).message, subject=subject, new_text=text, date=NOW)
    urgent = Tag(name="urgent", by="extractor", why="it is down")
    reading = Reading(urgent=urgent, outage=outage_tag(message, urgent))
    assert state_of(message, reading, None, CHICAGO, NOW) is state


@pytest.mark.parametrize(("subject", "hours", "is_urgent", "state"), [
    ("Alma outage", 1, True, State.BEGUN), ("Alma outage", 30, True, State.NOTICE),
    ("Root cause report: the Alma outage", 20, False, State.RESOLVED), ("New certificate", 1, False, State.NOTICE),
    ("Slow searches", 1, True, State.BEGUN), ("Alma is back online", 40, True, State.RESOLVED),
])
def test_an_outage_goes_on_only_while_it_is_urgent_and_fresh(
    subject: str, hours: int, is_urgent: bool, state: State
) -> None:
    message = replace(post(1).message, subject=subject, new_text="", text="", date=NOW - timedelta(hours=hours))
    urgent = Tag(name="urgent", by="extractor", why="it is down") if is_urgent else None
    reading = Reading(urgent=urgent, outage=outage_tag(message, *([urgent] if urgent else [])))
    assert state_of(message, reading, None, CHICAGO, NOW) is state


@pytest.mark.parametrize(("start", "end", "state"), [
    (central(13, 1), central(13, 5), State.PLANNED), (central(8, 7), central(8, 8), State.BEGUN),
    (central(8, 1), central(8, 5), State.PAST),
])
def test_states_by_the_window(start: datetime, end: datetime, state: State) -> None:
    message = replace(post(1).message, subject="Alma outage announced")
    assert state_of(message, Reading(), maintenance(start, end), CHICAGO, NOW) is state


def test_an_unsure_date_of_a_newsletter_is_named_by_what_its_item_says() -> None:
    due = Event(type="deadline", start=date(2026, 12, 18), sentence="Selections are due on Friday.", sure=False)
    bare = replace(due, sentence="")
    for event, named in ((due, due.sentence), (bare, "E-resources")):
        news = post(1, "Newsletter, December 2026", events=(event,))
        items = (NewsItem(heading="Delivery", text="No vans."),
                 NewsItem(heading="E-resources", text="Selections …", events=news.reading.events))
        (row,) = made(replace(news, reading=replace(news.reading, items=items))).dates
        assert (row.subject, row.sure) == (named, False)
