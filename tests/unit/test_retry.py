"""What follows from an outcome, and after how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from bot.outbox.retry import after, pause
from bot.types import Delivery, DeliveryKind, Outcome
from tests.unit.builders import NOW

TWO_DAYS = timedelta(hours=48)


def delivery(attempts: int = 1, kind: DeliveryKind = "digest", age: timedelta = timedelta()) -> Delivery:
    return Delivery(id=1, reader="dana", slot="daily:x", kind=kind, recipient="dana@library.example.edu",
                    envelope_sender="digest@library.example.edu", message_id="<1@x>", raw=b"", attempts=attempts,
                    created_at=NOW - age)


def outcome(state: Literal["sent", "deferred", "failed"]) -> Outcome:
    return Outcome(state=state, code=450, reply="4.2.0 try later")


@pytest.mark.parametrize(("attempts", "minutes", "urgent"), [
    (0, 1, 1), (1, 1, 1), (2, 2, 2), (3, 5, 5), (4, 10, 5), (5, 20, 5), (6, 40, 5), (7, 60, 5), (8, 60, 5),
    (1000, 60, 5), (-3, 1, 1),
])
def test_pauses_grow_and_urgent_mail_waits_five_minutes_at_most(attempts: int, minutes: int, urgent: int) -> None:
    assert pause(attempts) == timedelta(minutes=minutes)
    assert pause(attempts, urgent=True) == timedelta(minutes=urgent)


@pytest.mark.parametrize("state", ["sent", "failed"])
def test_the_last_word_is_the_last_word(state: Literal["sent", "failed"]) -> None:
    decided = after(outcome(state), delivery(age=timedelta(days=9)), NOW, TWO_DAYS)
    assert (decided.state, decided.at, decided.reply) == (state, None, "4.2.0 try later")


@pytest.mark.parametrize(("kind", "attempts", "minutes"), [("digest", 4, 10), ("urgent", 4, 5), ("urgent", 1, 1)])
def test_what_is_deferred_is_tried_again(kind: DeliveryKind, attempts: int, minutes: int) -> None:
    decided = after(outcome("deferred"), delivery(attempts, kind), NOW, TWO_DAYS)
    assert (decided.state, decided.at) == ("deferred", NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(("age", "state"), [
    (TWO_DAYS - timedelta(seconds=1), "deferred"), (TWO_DAYS, "failed"), (TWO_DAYS * 2, "failed"),
])
def test_it_is_given_up_after_its_time(age: timedelta, state: str) -> None:
    decided = after(outcome("deferred"), delivery(age=age), NOW, TWO_DAYS)
    assert decided.state == state
    if state == "failed":
        assert decided.at is None
        assert decided.reply == "given up after 48 hours; last: 4.2.0 try later"
