"""Newsletters and minutes are cut into their items; what only looks like one stays whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.digests.newsletters import item_lines, narrowed, original, whole
from bot.reading.newsletter import sections
from bot.reading.reader import read
from bot.reading.tagger import Surroundings
from bot.types import Event, Message, NewsItem, Pending, Reading, Request, Route, Tag, Way
from tests.unit.builders import CHICAGO, NOW, message

HEADED = """Welcome to the spring issue.

FROM THE DIRECTOR

The Board met in March and has approved the budget for the coming year.

CATALOGING

The authority job runs weekly from now on. Catalogers see it in the job list.

PRIMO VE
========
Facets are collapsed from the next release on.

DATES

March 12: Board of Directors.
"""
NUMBERED = """In this issue
1. Board
2. Delivery
3. Trials

1. Board. The goals for the year are set and stand on the web.

2. Delivery. Vans drive on four days from July on, and bags are blue.

3. Trials. A newspaper archive can be tried until the end of November.
"""
LED = """Short paragraphs this time.

Governance: new committee years began on July 1, rosters are on the web.

Patron loads: seven libraries still push their files over the old host.

Primo VE: the new interface can be tried in the sandbox.
"""
BULLETS = """IN THIS ISSUE
* Welcome to two new colleagues
* How six libraries hand out holds
* Quarantine is shortened to three days
* Four thousand postcards digitized
* The Board's retreat
"""


@pytest.mark.parametrize(("subject", "text", "headings"), [
    ("Newsletter, spring", HEADED, ["FROM THE DIRECTOR", "CATALOGING", "PRIMO VE", "DATES"]),
    ("News, October", NUMBERED, ["Board", "Delivery", "Trials"]),
    ("August news roundup", LED, ["Governance", "Patron loads", "Primo VE"]),
    ("Newsletter, October", BULLETS, ["", "", "", "", ""]),
])
def test_items_are_found_however_they_are_written(subject: str, text: str, headings: list[str]) -> None:
    assert [one.heading for one in sections(message(text, subject=subject))] == headings


def test_an_item_keeps_its_own_words_and_nothing_else() -> None:
    item = sections(message(HEADED, subject="Newsletter"))[1]
    assert item.text == "The authority job runs weekly from now on. Catalogers see it in the job list."


@pytest.mark.parametrize("text", [
    "Do this:\n\n1. Open the job.\n2. Press run.\n3. Wait.\n4. Look at the report.\n5. Tell me.",
    "Hello all,\n\nAlma will be down on Sunday.\n\nThank you,\n\nJane", "", "one line",
    "When: Monday at 10\n\nWhere: online\n\nCost: none\n\nQuestions: write to me",
])
def test_steps_and_notices_stay_whole(text: str) -> None:
    assert sections(message(text, subject="How to run the job")) == ()


def test_a_huge_or_hostile_text_is_cut_within_its_cap() -> None:
    text = "\n".join(f"{number}. " + "word " * 30 for number in range(1, 3000))
    assert len(sections(message(text, subject="Newsletter"))) <= 40
    assert len(sections(message("A: b\n\n" * 20_000, subject="Newsletter"))) <= 40


class ByWord:
    """A tagger for the tests: an area by a word, a date by another."""

    name = "by-word"

    def tags(self, message: Message, around: Surroundings) -> list[Tag]:
        words = {"Board": "administration", "Catalogers": "cataloging", "Facets": "discovery"}
        found = [Tag(name="area", value=area, by="classifier", score=0.9, why="says it")
                 for word, area in words.items() if word in message.new_text]
        event = Event(type="meeting", start=NOW.date(), sentence="March 12: Board of Directors.")
        return [*found, *([Tag(name="event", value=event, by="extractor", why="")] if "March 12" in message.new_text
                          else [])]


AROUND = Surroundings(zone=CHICAGO)


def test_a_newsletter_is_read_item_by_item_and_the_whole_is_governance_and_what_most_items_say() -> None:
    reading = read(message(HEADED, subject="Newsletter"), AROUND, [ByWord()])
    assert [item.area_ids for item in reading.items] == [
        ("administration",), ("cataloging",), ("discovery",), ("administration",)]
    assert reading.area_ids == ("administration", "cataloging", "discovery")
    assert len(reading.dates) == 1
    assert reading.items[1].areas[0].why == "its item “CATALOGING” says it"


def test_items_that_all_belong_together_make_no_newsletter() -> None:
    text = HEADED.replace("Catalogers", "Board").replace("Facets", "Board")
    assert read(message(text, subject="Newsletter"), AROUND, [ByWord()]).items == ()


# ── what a reader gets of it ──


def area(name: str) -> tuple[Tag, ...]:
    return (Tag(name="area", value=name, by="classifier", why=""),)


def pending(route_area: str | None = None) -> Pending:
    asked = Tag(name="request", value=Request(what="Vote"), by="extractor", why="")
    event = Tag(name="event", value=Event(type="deadline", start=NOW.date()), by="extractor", why="")
    items = (
        NewsItem(heading="Board", text="The Board met. Read the whole newsletter online.", areas=area("administration"),
                 request=asked, events=(event,)),
        NewsItem(heading="Facets", text="Facets are collapsed.", areas=area("discovery")),
        NewsItem(heading="Loans", text="Loans are longer.", areas=area("fulfillment")),
    )
    route = Route(reader="dana", way=Way.DAILY, rule="r", why="w", area=route_area)
    return Pending(id=1, message=message("x", subject="News"), reading=Reading(items=items, request=asked,
                   events=(event,)), route=route, lists=(), thread=1, received_at=NOW)


def test_a_reader_gets_the_items_of_her_areas_with_their_dates_and_requests_only() -> None:
    mine = narrowed(pending(), ["discovery"])
    assert [item.heading for item in mine.reading.items] == ["Facets"]
    assert (mine.others, mine.reading.request, mine.reading.events) == (2, None, ())
    assert [line.summary for line in item_lines(mine, lambda post: post.new_text)] == ["Facets are collapsed."]
    director = narrowed(pending(), ["administration"])
    assert director.reading.asked is not None
    assert len(director.reading.dates) == 1


@pytest.mark.parametrize("areas", [["administration", "discovery", "fulfillment"], [], ["training"]])
def test_who_is_concerned_by_all_or_by_none_of_it_gets_the_whole(areas: list[str]) -> None:
    assert narrowed(pending(), areas) == pending()
    assert item_lines(pending(), lambda post: post.new_text) == ()


def test_the_area_of_the_route_counts_too() -> None:
    assert [item.heading for item in narrowed(pending("fulfillment"), []).reading.items] == ["Loans"]


def test_the_way_to_the_whole_is_the_archive_or_the_address_beside_the_words() -> None:
    plain = message("Read it on the web: https://news.example.org/7", subject="News")
    archived = replace(plain, headers=(("archived-at", "<https://lists.example.org/a/7>"),))
    found, kept = whole(plain), whole(archived)
    assert found is not None
    assert found.url == "https://news.example.org/7"
    assert kept is not None
    assert kept.url == "https://lists.example.org/a/7"
    assert whole(message("See https://example.org/x for a map", subject="News")) is None


@pytest.mark.parametrize(("archived", "named", "shown"), [
    ("<https://lists.example.org/a/7>", "Technical services <techserv.lists.example.org>", True),
    ("<https://example.org/a/7>", "<techserv.example.org>", True),
    ("<https://lists.example.org.bad.example.com/a/7>", "<techserv.lists.example.org>", False),
    ("<https://badexample.org/a/7>", "<techserv.lists.example.org>", False),
    ("<javascript:alert(1)>", "<techserv.lists.example.org>", False),
    ("<https://lists.example.org/a/7>", "", False),
    ("<https://lists.org/a/7>", "<org>", False),
    ("", "<techserv.lists.example.org>", False),
])
def test_a_post_in_its_lists_own_archive_is_one_step_away(archived: str, named: str, shown: bool) -> None:
    post = replace(message("The new profile is ready."), headers=(("archived-at", archived), ("list-id", named)))
    assert original(post) == (archived.strip("<>") if shown else "")
