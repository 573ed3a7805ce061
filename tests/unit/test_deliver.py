"""Sending what the outbox holds: each mail once, in order, and nothing lost when the server is away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.errors import SendError, SmtpLoginError
from bot.pipeline.deliver import FAULT, LEASE, Deliverer
from bot.store.store import Store
from bot.types import DeliveryKind, Outcome, Outgoing
from tests.unit.builders import NOW, FakeTransport

GIVE_UP = timedelta(hours=48)
LATER = Outcome(state="deferred", code=451, reply="4.3.0 try later")
REFUSED = Outcome(state="failed", code=550, reply="5.1.1 no such user")
AWAY = SendError("The server cannot be reached.", "Look whether it runs.")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Store:
    return Store.in_memory()


def queue(store: Store, *readers: str, kind: DeliveryKind = "digest", slot: str = "daily:2026-11-24") -> None:
    for reader in readers:
        assert store.outbox.queue(Outgoing(
            reader=reader, slot=slot, kind=kind, recipient=f"{reader}@library.example.edu",
            envelope_sender="digest@library.example.edu", message_id=f"<{kind}.{reader}@library.example.edu>",
            subject="s", raw=f"To: {reader}\r\n\r\n".encode()), (), NOW)


def house(store: Store, *answers: Outcome | Exception) -> tuple[FakeTransport, Deliverer]:
    transport = FakeTransport(answers=list(answers))
    return transport, Deliverer(store, transport, GIVE_UP)


def test_all_that_is_due_goes_out_once(store: Store, clock: Clock) -> None:
    queue(store, "dana", "lee", "sam")
    transport, deliverer = house(store)
    done = deliverer.deliver(clock)
    assert (done.sent, done.deferred, done.failed, done.trouble) == (3, 0, (), None)
    assert [one.recipient.partition("@")[0] for one in transport.sent] == ["dana", "lee", "sam"]
    assert deliverer.deliver(clock).sent == 0
    assert store.outbox.open() == []


def test_what_is_urgent_goes_first(store: Store, clock: Clock) -> None:
    queue(store, "dana")
    queue(store, "lee", kind="report", slot="report:1")
    queue(store, "sam", kind="urgent", slot="now:1")
    transport, deliverer = house(store)
    deliverer.deliver(clock)
    assert [one.kind for one in transport.sent] == ["urgent", "digest", "report"]


def test_one_that_is_deferred_does_not_hold_up_the_others(store: Store, clock: Clock) -> None:
    queue(store, "dana", "lee")
    transport, deliverer = house(store, LATER)
    done = deliverer.deliver(clock)
    assert (done.sent, done.deferred) == (1, 1)
    [row] = store.outbox.open()
    assert (row.reader, row.state, row.attempts, row.code) == ("dana", "deferred", 1, 451)
    clock.forward(seconds=59)
    assert deliverer.deliver(clock).sent == 0
    clock.forward(seconds=1)
    assert deliverer.deliver(clock).sent == 1
    tries = [(one.message_id, one.raw) for one in transport.seen if one.reader == "dana"]
    assert tries == [("<digest.dana@library.example.edu>", b"To: dana\r\n\r\n")] * 2


def test_one_that_is_refused_is_told_and_never_tried_again(store: Store, clock: Clock) -> None:
    queue(store, "dana", "lee")
    transport, deliverer = house(store, REFUSED)
    done = deliverer.deliver(clock)
    assert ([one.reader for one in done.failed], done.sent) == (["dana"], 1)
    clock.forward(days=3)
    deliverer.deliver(clock)
    assert [one.reader for one in transport.seen] == ["dana", "lee"]
    assert [row.reply for row in store.outbox.failed(NOW)] == ["5.1.1 no such user"]


def test_what_is_deferred_for_two_days_is_given_up_and_told(store: Store, clock: Clock) -> None:
    queue(store, "dana")
    _, deliverer = house(store, *[LATER] * 100)
    for _ in range(60):
        done = deliverer.deliver(clock)
        clock.forward(hours=1)
        if done.failed:
            break
    assert clock.now - NOW >= GIVE_UP
    [row] = store.outbox.failed(NOW)
    assert row.reply.startswith("given up after 48 hours")


@pytest.mark.parametrize("trouble", [AWAY, SmtpLoginError("The password is wrong.", "Mend it.")])
def test_a_server_that_is_away_costs_no_attempt_and_is_told_once(
    store: Store, clock: Clock, trouble: SendError
) -> None:
    queue(store, "dana", "lee")
    transport, deliverer = house(store, trouble, trouble)
    assert deliverer.deliver(clock).trouble is trouble
    assert len(transport.seen) == 1
    assert [row.attempts for row in store.outbox.open()] == [0, 0]
    [fault] = store.health.faults()
    assert (fault.key, fault.what, fault.mend) == (FAULT, trouble.what, trouble.mend)
    assert deliverer.deliver(clock).trouble is None       # nothing is due yet
    clock.forward(minutes=1)
    assert deliverer.deliver(clock).trouble is trouble
    clock.forward(minutes=2)
    assert deliverer.deliver(clock).sent == 2
    assert store.health.faults() == []


def test_while_the_server_is_away_pauses_grow_and_urgent_mail_asks_sooner(store: Store, clock: Clock) -> None:
    queue(store, "dana")
    queue(store, "sam", kind="urgent", slot="now:1")
    transport, deliverer = house(store, *[AWAY] * 9)
    asked = []
    for _ in range(90):
        before = len(transport.seen)
        deliverer.deliver(clock)
        asked += [transport.seen[-1].kind] if len(transport.seen) > before else []
        clock.forward(minutes=1)
    assert asked[:6] == ["urgent"] * 6
    assert not transport.answers
    assert store.outbox.open() == []


def test_a_later_process_clears_the_fault(store: Store, clock: Clock) -> None:
    """`liaison once` makes a new Deliverer each time. The mend: clear the fault at the first success."""
    queue(store, "dana")
    house(store, AWAY)[1].deliver(clock)
    clock.forward(minutes=5)
    assert house(store)[1].deliver(clock).sent == 1
    assert store.health.faults() == []


def test_a_lease_that_ran_out_is_sent_again_as_the_same_mail(store: Store, clock: Clock) -> None:
    queue(store, "dana")
    lost = store.outbox.lease(clock(), LEASE)
    transport, deliverer = house(store)
    assert deliverer.deliver(clock).sent == 0
    clock.forward(minutes=10)
    assert deliverer.deliver(clock).sent == 1
    assert lost is not None
    assert (transport.sent[0].message_id, transport.sent[0].raw) == (lost.message_id, lost.raw)


def test_after_a_crash_a_restart_recovers_leases_at_once(store: Store, clock: Clock) -> None:
    queue(store, "dana")
    store.outbox.lease(clock(), LEASE)
    assert store.outbox.recover(clock()) == 1
    assert house(store)[1].deliver(clock).sent == 1


def test_a_crash_of_the_transport_loses_nothing(store: Store, clock: Clock) -> None:
    queue(store, "dana")
    transport, deliverer = house(store, RuntimeError("bug"))
    with pytest.raises(RuntimeError):
        deliverer.deliver(clock)
    clock.forward(minutes=10)
    assert deliverer.deliver(clock).sent == 1
    assert len(transport.seen) == 2


def test_it_stops_between_two_mails(store: Store, clock: Clock) -> None:
    queue(store, "dana", "lee")
    transport, deliverer = house(store)
    assert deliverer.deliver(clock, lambda: bool(transport.sent)).sent == 1
    assert [row.reader for row in store.outbox.open()] == ["lee"]
