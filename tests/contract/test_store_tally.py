"""Counting over spans, and the day by which a message asks for something, also in a store of an older bot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.store.store import Store
from bot.types import Decision, Disposition, NewsItem, Reading, Request, Route, Tag, Way
from tests.contract.stores import HOUR, MINUTE, NOW, add, admission, mail, make_older, message, route

BEFORE, AFTER = NOW - HOUR, NOW + HOUR
FRIDAY = date(2026, 11, 27)


def asks(*days: date) -> Reading:
    """A newsletter whose items ask for something by these days."""
    tags = [Tag(name="request", value=Request(what="Vote", due=day), by="rule", why="asks") for day in days]
    return Reading(items=tuple(NewsItem(heading="", text="", request=tag) for tag in tags))


def test_counts_by_list_and_area(store: Store) -> None:
    add(store, admission(1, route("dana"), route("lee"), message=message(1, "announce", "rpt-ig")))
    add(store, admission(2, replace(route("dana"), area=None), message=message(2, "announce")))
    add(store, admission(3, message=message(3, "announce"), disposition=Disposition.HELD, decision=Decision()))
    add(store, admission(4, route("dana"), at=NOW + 2 * HOUR))
    assert store.tally.by_list(BEFORE, AFTER) == {"announce": 2, "rpt-ig": 1}
    assert store.tally.by_area(BEFORE, AFTER) == {"cataloging": 1, None: 1}
    assert store.tally.arrivals_by_list(BEFORE, AFTER) == {"announce": [NOW, NOW], "rpt-ig": [NOW]}


def test_how_long_urgent_mail_took(store: Store) -> None:
    for number, reader in enumerate(("dana", "lee"), 1):
        post = add(store, admission(number, route(reader, Way.NOW)))
        [row] = store.archive.routes(post)
        store.outbox.queue(mail(reader, f"now:{post}", "urgent", post), [row.id], NOW)
    sent = store.outbox.open()[0]
    store.outbox.record(sent.id, "sent", 250, "ok", NOW + 3 * MINUTE)
    assert store.tally.waits(BEFORE, AFTER) == [(1, 3 * MINUTE)]
    assert store.tally.mails(BEFORE, AFTER) == {"urgent": 1}
    assert store.tally.reached(BEFORE, AFTER) == 1
    assert store.tally.last_sent(BEFORE) == {"dana": NOW + 3 * MINUTE}


def test_what_one_person_alone_has_by_a_rule(store: Store) -> None:
    alone = add(store, admission(1, route("robin", rule="unsure")))
    add(store, admission(2, route("robin", rule="unsure"), route("dana")))
    add(store, admission(3, route("robin", rule="own")))
    assert store.tally.alone(["unsure", "catch-all"], BEFORE, AFTER) == [alone]


def test_what_asks_by_a_day(store: Store) -> None:
    found = add(store, admission(1, route("dana"), reading=asks(date(2026, 11, 1), FRIDAY)))
    add(store, admission(2, route("dana")))
    assert store.tally.asking(FRIDAY, AFTER) == [found]
    assert store.tally.asking(FRIDAY + timedelta(days=1), AFTER) == []
    assert store.tally.asking(FRIDAY, NOW) == []


def test_a_message_read_again_asks_by_another_day(store: Store) -> None:
    found = add(store, admission(1, route("dana"), reading=asks(FRIDAY)))
    with store.intake() as intake:
        intake.reread(found, Reading(), Decision(routes=(route("dana"),)), "v2", NOW)
    assert store.tally.asking(FRIDAY, AFTER) == []


def test_mails_and_marks_are_written_together_and_once(store: Store) -> None:
    report = mail("robin", "report:2026-11-23", "report")
    assert store.outbox.queue_marked([report, mail("pat", "month:2026-10", "report")], {"a": "1"}, NOW) == 2
    assert store.outbox.queue_marked([report], {"a": "2"}, NOW) == 0
    assert store.health.mark("a") == "2"
    assert len(store.outbox.open()) == 2


def test_an_older_store_learns_what_is_asked(path: Path) -> None:
    old = Store.open(str(path))
    add(old, admission(1, route("dana"), reading=asks(FRIDAY)))
    add(old, admission(2, Route(reader="dana", way=Way.DAILY, rule="r", why="w")))
    add(old, admission(3, message=None, disposition=Disposition.QUARANTINED, decision=Decision()))
    old.close()
    make_older(path, "0004")
    again = Store.open(str(path))
    assert again.tally.asking(FRIDAY, datetime.max.replace(tzinfo=NOW.tzinfo)) == [1]
    again.close()
