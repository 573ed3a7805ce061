"""Happenings in the store: entered with their posts, told with the mails that tell them, in every kind of store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.happening import Happening
from bot.store.outbox import StaleRoutes
from bot.store.store import Store
from bot.store.values import Told
from bot.types import Disposition
from tests.contract.stores import HOUR, NOW, add, admission, mail, make_older, route

CHICAGO = ZoneInfo("America/Chicago")
CAMP = Happening(uid="camp@example.edu", type="training", start=datetime(2026, 12, 8, 6, tzinfo=UTC), title="Boot camp",
                 starts=(datetime(2026, 12, 8, 6, tzinfo=UTC),), created_at=NOW, posted_at=NOW,
                 threads=frozenset({1, 2}))
DUE = Happening(uid="due@example.edu", type="deadline", start=date(2026, 12, 4), title="Survey \ud800",
                created_at=NOW, posted_at=NOW)


def entered(store: Store, *happenings: Happening, message: int = 1) -> dict[str, int]:
    return store.calendar.enter(message, ((one, ("a",), ("a", "b")) for one in happenings), CHICAGO)


def test_a_post_waits_until_it_is_entered_and_again_when_it_is_judged_again(store: Store) -> None:
    add(store, admission(1, route("dana")))
    add(store, admission(2, disposition=Disposition.HELD, kind="fraud"))
    assert store.calendar.waiting(10) == [1]
    entered(store)
    assert store.calendar.waiting(10) == []
    with store.intake() as intake:
        stored = intake.stored(1)
        assert stored is not None
        intake.reread(1, stored.reading, admission(1, route("dana")).decision, "v2", NOW)
    assert store.calendar.waiting(10) == [1]
    assert not store.calendar.is_entered(1)


def test_happenings_come_back_as_they_were(store: Store) -> None:
    add(store, admission(1, route("dana")))
    numbers = entered(store, CAMP, DUE)
    found = store.calendar.ahead(NOW)
    assert found[numbers[CAMP.uid]] == replace(CAMP, id=numbers[CAMP.uid])
    assert found[numbers[DUE.uid]].start == date(2026, 12, 4)
    assert list(store.calendar.named([DUE.uid])) == [numbers[DUE.uid]]
    assert store.calendar.is_entered(1)
    assert store.calendar.routed(NOW) == frozenset(numbers.values())


def test_what_is_over_is_not_ahead(store: Store) -> None:
    add(store, admission(1, route("dana")))
    entered(store, CAMP, DUE)
    last = [one.uid for one in store.calendar.ahead(datetime(2026, 12, 5, 5, 59, tzinfo=UTC)).values()]
    assert last == [CAMP.uid, DUE.uid]
    assert [one.uid for one in store.calendar.ahead(datetime(2026, 12, 5, 6, 0, tzinfo=UTC)).values()] == [CAMP.uid]


def test_the_same_uid_is_the_same_row(store: Store) -> None:
    add(store, admission(1, route("dana")))
    add(store, admission(2, route("dana")))
    first = entered(store, CAMP)
    assert entered(store, replace(CAMP, sequence=1), message=2) == first
    (one,) = store.calendar.ahead(NOW).values()
    assert one.sequence == 1


def test_a_reader_has_to_do_with_what_was_routed_to_them(store: Store) -> None:
    add(store, admission(1, route("dana")))
    numbers = entered(store, CAMP)
    (noted,) = store.calendar.noted("dana", NOW)
    assert (noted.happening, noted.message, noted.sent_at, noted.area) == (numbers[CAMP.uid], 1, None, "cataloging")
    assert (noted.areas, noted.among) == (("a",), ("a", "b"))
    assert store.calendar.noted("lee", NOW) == []
    row = store.archive.routes(1)[0]
    store.outbox.queue(mail("dana", "daily:0", "digest", 1), [row.id], NOW + HOUR)
    assert store.calendar.noted("dana", NOW)[0].sent_at == NOW + HOUR


def test_what_is_told_is_written_with_the_mail_or_not_at_all(store: Store) -> None:
    add(store, admission(1, route("dana")))
    number = entered(store, CAMP)[CAMP.uid]
    told = Told(happening=number, sequence=0, at=NOW)
    with pytest.raises(StaleRoutes):
        store.outbox.queue(mail("dana", "daily:1", "digest", 1), [99], NOW, told=[told])
    assert store.calendar.told("dana", NOW) == {}
    assert store.outbox.queue(mail("dana", "daily:1"), [], NOW, told=[told])
    assert store.calendar.told("dana", NOW) == {number: told}
    again = replace(told, sequence=4, at=NOW + HOUR, reminded="2026-12-08/1")
    assert not store.outbox.queue(mail("dana", "daily:1"), [], NOW, told=[again])
    assert store.calendar.told("dana", NOW) == {number: told}
    store.outbox.queue(mail("dana", "daily:2"), [], NOW, told=[again])
    assert store.calendar.told("dana", NOW) == {number: again}


def test_an_older_store_enters_the_dates_of_what_it_holds(path: Path) -> None:
    store = Store.open(str(path))
    add(store, admission(1, route("dana")))
    store.close()
    make_older(path, "0002")
    again = Store.open(str(path))
    assert again.calendar.waiting(10) == [1]
    assert entered(again, CAMP)
    again.close()
