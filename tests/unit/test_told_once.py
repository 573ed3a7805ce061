"""What several posts say stands in a digest once: a request, a series of dates, an outage that a newer post changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.digests.compose import ROWS, Digest, compose
from bot.digests.phrases import opening_sentences
from bot.digests.threads import written
from bot.digests.values import Card
from bot.happening import Happening
from bot.types import Attachment, Event, Incident, NewsItem, OutageStage, Pending, Request
from tests.unit.test_compose import AREAS, HOUSE, NOW, READER, SLOT, central, made, maintenance, post

DUE = date(2026, 12, 15)
BALLOT = Happening(uid="ballot@example.edu", type="deadline", start=DUE, title="Ballot", created_at=NOW, posted_at=NOW)


def asking(number: int, what: str, due: date = DUE) -> Pending:
    return post(number, request=Request(what=what, due=due, sentence=what))


def with_happenings(*items: Pending, known: dict[int, Happening]) -> Digest:
    digest = compose(READER, SLOT, items, AREAS, NOW, summarise=opening_sentences, house=HOUSE,
                     happenings={(number, DUE): one for number, one in known.items()})
    assert digest is not None
    return digest


# ── requests ──


def test_one_last_day_in_two_posts_is_one_row_in_the_newest_words() -> None:
    digest = with_happenings(asking(1, "Vote"), asking(2, "Cast your vote"), known={1: BALLOT, 2: BALLOT})
    assert [row.what for row in digest.asked] == ["Cast your vote"]


def test_a_newsletter_gives_the_words_only_where_nothing_else_asks() -> None:
    news = asking(2, "The ballot closes")
    items = (NewsItem(heading="Ballot", text="The ballot closes."), NewsItem(heading="More", text="More of it."))
    news = replace(news, reading=replace(news.reading, items=items))
    both = with_happenings(asking(1, "Vote"), news, known={1: BALLOT, 2: BALLOT})
    assert [row.what for row in both.asked] == ["Vote"]
    assert [row.what for row in with_happenings(news, known={2: BALLOT}).asked] == ["The ballot closes"]


def test_two_matters_with_one_last_day_are_two_rows() -> None:
    other = replace(BALLOT, uid="survey@example.edu")
    digest = with_happenings(asking(1, "Vote"), asking(2, "Answer"), known={1: BALLOT, 2: other})
    assert [row.what for row in digest.asked] == ["Vote", "Answer"]
    assert [row.what for row in made(asking(1, "Vote"), asking(2, "Answer")).asked] == ["Vote", "Answer"]


# ── dates ──


def session(day: int, hour: int, *, sure: bool = True) -> Event:
    return Event(type="training", start=central(day, hour), end=central(day, hour + 1), sure=sure)


def test_a_series_is_one_row_at_its_first_day() -> None:
    digest = made(post(1, "Workshop", events=(session(10, 9), session(11, 13), session(16, 15))),
                  post(2, "Forum", events=(session(10, 11),)))
    assert [(row.subject, row.when, row.times, row.also) for row in digest.dates] == [
        ("Workshop", "Thu 10 Dec", "9–10 a.m. CST",
         "also Fri 11 Dec 1–2 p.m. CST and Wed 16 Dec 3–4 p.m. CST"),
        ("Forum", "Thu 10 Dec", "11 a.m.–noon CST", "")]
    assert "4 dates" in digest.contents
    assert "4 dates" in digest.headlines


def test_dates_beyond_those_shown_are_counted_by_their_days() -> None:
    single = [post(number, f"Forum {number}", events=(session(9, 8 + number % 9),)) for number in range(1, ROWS + 1)]
    series = post(90, "Workshop", events=(session(20, 9), session(21, 9), session(22, 9)))
    assert made(*single, series).more_dates == 3


def test_hours_that_are_the_same_stand_once() -> None:
    digest = made(post(1, "Workshop", events=(session(10, 9), session(17, 9))))
    assert [(row.times, row.also) for row in digest.dates] == [("9–10 a.m. CST", "also Thu 17 Dec")]


def test_an_unsure_day_is_no_part_of_a_series() -> None:
    digest = made(post(1, "Workshop", events=(session(10, 9), session(17, 9, sure=False))))
    assert [(row.when, row.sure, row.also) for row in digest.dates] == [
        ("Thu 10 Dec", True, ""), ("Thu 17 Dec", False, "")]


# ── outages ──


def outage(number: int, subject: str, text: str, day: int, **changes: object) -> Pending:
    window = maintenance(central(day, 6), central(day, 10))
    return post(number, subject, text, area="downtime", events=(window,), incident=7, **changes)


ANNOUNCED = "Alma will be unavailable on Sunday, December 13, from 6 to 10 a.m. for scheduled maintenance."
MOVED = "The maintenance of Alma has been moved from December 13 to Sunday, December 20, 6 to 10 a.m."


def test_what_a_newer_post_changed_is_not_repeated_below_it() -> None:
    had = replace(outage(2, "Alma maintenance moved to December 20", MOVED, 20), sent_at=NOW - timedelta(hours=1))
    status = made(outage(1, "Alma maintenance on December 13", ANNOUNCED, 13), had).status
    assert status is not None
    [card] = status.cards
    assert card.state == "New time"
    assert "20 Dec" in card.window
    assert card.opening.id == 2
    assert [(one.summary, one.sent) for one in card.replies] == [("", "overtaken by a newer post")]


def test_what_a_newer_post_changed_that_is_as_new_to_the_reader_is_marked_and_keeps_its_words() -> None:
    status = made(outage(1, "Alma maintenance on December 13", ANNOUNCED, 13),
                  outage(2, "Alma maintenance moved to December 20", MOVED, 20)).status
    assert status is not None
    [card] = status.cards
    assert (card.opening.id, card.opening.sent) == (2, "")
    [old] = card.replies
    assert (old.summary, old.sent) == (ANNOUNCED, "overtaken by a newer post")


def test_an_outage_stands_as_its_last_word_says_even_where_the_reader_does_not_get_that() -> None:
    first = outage(1, "Alma maintenance on December 13", ANNOUNCED, 13)

    def card(stage: OutageStage, day: int, after: timedelta = timedelta(hours=1)) -> Card | None:
        said = Incident(stage=stage, systems=("alma",), places=(), domain="carli.example.edu", opened_at=NOW,
                        updated_at=written(first) + after, window=maintenance(central(day, 6), central(day, 10)), id=7)
        digest = compose(READER, SLOT, [first], AREAS, NOW, summarise=opening_sentences, house=HOUSE,
                         incidents={7: said})
        return digest.status.cards[0] if digest is not None and digest.status is not None else None

    moved = card("moved", 20)
    assert moved is not None
    assert (moved.state, "20 Dec" in moved.window, moved.opening.sent) == (
        "New time", True, "overtaken by a newer post")
    hearsay = card("resolved", 13)
    assert hearsay is not None
    assert (hearsay.state, hearsay.opening.sent) == ("Planned", "")
    same = card("announced", 13, after=timedelta(0))
    assert same is not None
    assert (same.state, "13 Dec" in same.window, same.opening.sent) == ("Planned", True, "")


def test_what_a_newer_post_changed_keeps_the_names_of_its_files() -> None:
    first = outage(1, "Alma maintenance on December 13", ANNOUNCED, 13)
    first = replace(first, message=replace(first.message, attachments=(
        Attachment(name="offline circulation.pdf", media_type="application/pdf", size=41_000),)))
    had = replace(outage(2, "Alma maintenance moved to December 20", MOVED, 20), sent_at=NOW - timedelta(hours=1))
    status = made(first, had).status
    assert status is not None
    [old] = status.cards[0].replies
    assert (old.summary, old.files) == ("", ("offline circulation.pdf (41 kB)",))


def test_what_nothing_changed_stands_in_its_own_words() -> None:
    had = replace(outage(2, "Alma maintenance on December 13", ANNOUNCED, 13), sent_at=NOW - timedelta(hours=1))
    status = made(outage(1, "Alma maintenance on December 13", ANNOUNCED, 13), had).status
    assert status is not None
    [card] = status.cards
    assert card.opening.id == 1
    assert card.opening.summary.startswith("Alma will be unavailable")
