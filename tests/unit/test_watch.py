"""What is found wrong, by the facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.pipeline.watch import Facts, Held, Overdue, found, silent
from bot.silence import Quiet
from bot.store.values import DeliveryRow, Poll

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WELL = Facts(now=NOW, free_mb=5000, least_free_mb=300)


def poll(last: datetime | None, failing: datetime | None = None) -> Poll:
    return Poll(account="lists", folder="INBOX", last_attempt=NOW, last_success=last, failing_since=failing,
                error="It refuses.")


def row(age: timedelta, kind: str = "digest", state: str = "queued", attempts: int = 0) -> DeliveryRow:
    return DeliveryRow(id=1, reader="dana", slot="daily:2026-11-24", kind=kind, recipient="dana@library.example.edu",
                       subject="s", state=state, attempts=attempts, created_at=NOW - age, sent_at=None,
                       next_attempt_at=None, code=None, reply="451 later" if attempts else "", items=(), unanswered=0)


def keys(facts: Facts) -> list[str]:
    return [one.key for one in found(facts)]


def test_nothing_is_found_when_all_is_well() -> None:
    assert found(replace(WELL, polls=[poll(NOW - MINUTE)], waiting=[row(MINUTE)])) == []


def test_silence_is_counted_from_the_last_success() -> None:
    quiet, well = poll(NOW - 31 * MINUTE), poll(NOW - 29 * MINUTE)
    never = poll(None, failing=NOW - 2 * HOUR)
    assert silent([quiet, well, never, poll(None)], NOW, 30 * MINUTE) == [quiet, never]


@pytest.mark.parametrize(("facts", "key"), [
    (replace(WELL, polls=[poll(NOW - HOUR)]), "silent:lists:INBOX"),
    (replace(WELL, overdue=[Overdue(name="daily", moment=NOW - HOUR)]), "slot:daily"),
    (replace(WELL, waiting=[row(31 * MINUTE)]), "outbox"),
    (replace(WELL, waiting=[row(61 * MINUTE, kind="urgent")]), "outbox"),
    (replace(WELL, waiting=[row(5 * HOUR, state="deferred", attempts=4)]), "outbox"),
    (replace(WELL, quiet=[Quiet(name="announce", last=None, expected=7 * 24 * HOUR, is_learned=False)]),
     "list:announce"),
    (replace(WELL, quiet=[Quiet(name="announce", last=NOW - 999 * HOUR, expected=240 * HOUR, is_learned=True)]),
     "hush:announce"),
    (replace(WELL, free_mb=299), "disk"),
    (replace(WELL, odd_clock="It was put back by 3 hours."), "clock"),
    (replace(WELL, stopped=["poll-lists-INBOX"]), "heart:poll-lists-INBOX"),
    (replace(WELL, held=Held(why="It comes from elsewhere.", number=8)), "withheld"),
    (replace(WELL, held=Held(why="It comes from elsewhere.", number=40, routed=40)), "withheld"),
])
def test_each_thing_that_is_wrong_is_found_with_a_mend(facts: Facts, key: str) -> None:
    (one,) = found(facts)
    assert one.key == key
    assert one.what.endswith(".") and one.mend.endswith(".")


@pytest.mark.parametrize("facts", [
    replace(WELL, waiting=[row(29 * MINUTE)]), replace(WELL, waiting=[row(59 * MINUTE, kind="notice")]),
    replace(WELL, waiting=[row(3 * HOUR, state="deferred", attempts=3)]), replace(WELL, free_mb=None),
])
def test_nothing_is_found_too_early(facts: Facts) -> None:
    assert keys(facts) == []


@pytest.mark.parametrize(("facts", "cause"), [
    (replace(WELL, waiting=[row(5 * HOUR)]), "sending"), (replace(WELL, waiting=[row(5 * HOUR)]), "store"),
    (replace(WELL, overdue=[Overdue(name="daily", moment=NOW - HOUR)]), "publish"),
    (replace(WELL, polls=[poll(NOW - HOUR)]), "login:lists"),
])
def test_what_follows_from_a_fault_is_not_found_beside_it(facts: Facts, cause: str) -> None:
    assert keys(replace(facts, standing=frozenset({cause}))) == []
    assert len(keys(replace(facts, standing=frozenset({"login:other", "rules"})))) == 1


def test_just_awake_nobody_can_have_looked_yet() -> None:
    asleep = replace(WELL, polls=[poll(NOW - 9 * HOUR)], waiting=[row(9 * HOUR)], is_awake=False,
                     overdue=[Overdue(name="daily", moment=NOW - 8 * HOUR)])
    assert keys(asleep) == []
    assert keys(replace(asleep, free_mb=1)) == ["disk"]


@pytest.mark.parametrize(("number", "routed"), [(7, 0), (8, 9), (0, 0)])
def test_some_forgeries_among_much_mail_are_no_fault(number: int, routed: int) -> None:
    assert found(replace(WELL, held=Held(why="It comes from elsewhere.", number=number, routed=routed))) == []
