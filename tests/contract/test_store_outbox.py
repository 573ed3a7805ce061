"""What the store promises of mail that goes out and of its own health, whichever database it lies on."""

from __future__ import annotations

import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import StoreError
from bot.store.outbox import StaleRoutes
from bot.store.store import Store
from bot.types import Disposition, Way
from tests.contract.stores import HOUR, MINUTE, NOW, add, admission, mail, route

# ── the outbox ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reader_has_one_mail_for_a_slot(store: Store) -> None:
    assert store.outbox.queue(mail(), (), NOW)
    assert not store.outbox.queue(mail(), (), NOW)
    assert store.outbox.queue(mail("lee"), (), NOW)
    assert store.outbox.has("dana", "daily:2026-11-23")
    assert not store.outbox.has("dana", "daily:2026-11-24")
    assert len(store.outbox.open()) == 2


def test_an_empty_slot_is_settled_too(store: Store) -> None:
    store.outbox.nothing_new("dana", "daily:2026-11-23", "nothing new", NOW)
    store.outbox.nothing_new("dana", "daily:2026-11-23", "nothing new", NOW)
    assert not store.outbox.queue(mail(), (), NOW)
    assert store.outbox.lease(NOW, MINUTE) is None
    assert [row.state for row in store.outbox.between(NOW, NOW + MINUTE)] == ["empty"]


def test_a_digest_marks_what_it_carries(store: Store) -> None:
    number = add(store, admission(1, route("dana"), route("lee")))
    (row,) = store.archive.waiting("dana", [Way.DAILY])
    store.outbox.queue(mail("dana", "daily:2026-11-23", "digest", number), [row.id], NOW)
    assert store.archive.waiting("dana", [Way.DAILY]) == []
    assert len(store.archive.waiting("lee", [Way.DAILY])) == 1
    assert [one.digested for one in store.archive.routes(number)] == [True, False]
    (sent,) = store.outbox.of_message(number)
    assert sent.items == (number,)


def test_routes_that_changed_meanwhile_write_nothing(store: Store) -> None:
    number = add(store, admission(1, route("dana")))
    (row,) = store.archive.waiting("dana", [Way.DAILY])
    with store.intake() as intake:
        intake.reroute(number, (route("lee"),), "v2", NOW)
    # SQLite gives the number of the route that is gone to the new one; it must not be taken for it.
    with pytest.raises(StaleRoutes) as stale:
        store.outbox.queue(mail("dana", "daily:2026-11-23", "digest", number), [row.id], NOW)
    assert stale.value.temporary
    assert [one.digested for one in store.archive.routes(number)] == [False]
    assert not store.outbox.has("dana", "daily:2026-11-23")


def test_urgent_mail_goes_first_and_each_is_leased_once(store: Store) -> None:
    for kind, reader in (("report", "robin"), ("digest", "dana"), ("notice", "kim"), ("urgent", "sam")):
        store.outbox.queue(mail(reader, f"s:{kind}", kind), (), NOW)
    leased = [store.outbox.lease(NOW, MINUTE) for _ in range(5)]
    assert [one and one.kind for one in leased] == ["urgent", "notice", "digest", "report", None]
    assert leased[0] is not None
    assert (leased[0].raw, leased[0].attempts, leased[0].created_at) == (b"\x00bytes\r\n", 1, NOW)


def test_a_lease_that_ran_out_is_due_again_as_the_same_mail(store: Store) -> None:
    store.outbox.queue(mail(), (), NOW)
    first = store.outbox.lease(NOW, MINUTE)
    assert store.outbox.lease(NOW + MINUTE / 2, MINUTE) is None
    assert store.outbox.next_due() == NOW + MINUTE
    again = store.outbox.lease(NOW + MINUTE, MINUTE)
    assert first is not None
    assert again is not None
    assert (again.id, again.message_id, again.raw) == (first.id, first.message_id, first.raw)
    assert again.attempts == 2


def test_the_leases_of_a_dead_process_are_due_at_once(store: Store) -> None:
    store.outbox.queue(mail(), (), NOW)
    store.outbox.lease(NOW, HOUR)
    assert store.outbox.recover(NOW) == 1
    assert store.outbox.lease(NOW, HOUR) is not None


def test_what_may_have_come_twice_is_counted(store: Store) -> None:
    for reader in ("ana", "ben", "cy"):
        store.outbox.queue(mail(reader), (), NOW)
    died, lost, good = (store.outbox.lease(NOW, MINUTE) for _ in range(3))
    assert died and lost and good
    store.outbox.record(lost.id, "deferred", None, "no answer", NOW, NOW, unanswered=True)
    store.outbox.record(good.id, "sent", 250, "ok", NOW)
    assert store.outbox.in_doubt(NOW) == []
    while (again := store.outbox.lease(NOW + HOUR, MINUTE)) is not None:
        store.outbox.record(again.id, "sent", 250, "ok", NOW + HOUR)
    assert [(row.reader, row.unanswered, row.attempts) for row in store.outbox.in_doubt(NOW)] == [
        ("ana", 1, 2), ("ben", 1, 2)]
    assert store.outbox.in_doubt(NOW + HOUR + MINUTE) == []


def test_outcomes_are_kept(store: Store) -> None:
    for reader in ("ana", "ben", "cy"):
        store.outbox.queue(mail(reader), (), NOW)
    sent, deferred, failed = (store.outbox.lease(NOW, MINUTE) for _ in range(3))
    assert sent
    assert deferred
    assert failed
    store.outbox.record(sent.id, "sent", 250, "2.0.0 ok", NOW)
    store.outbox.record(deferred.id, "deferred", 451, "later", NOW, NOW + HOUR)
    store.outbox.record(failed.id, "failed", 550, "no such person", NOW)
    assert [(row.state, row.code) for row in store.outbox.between(NOW, NOW + HOUR)] == [
        ("sent", 250), ("deferred", 451), ("failed", 550)]
    assert [row.reader for row in store.outbox.open()] == ["ben"]
    assert [row.reader for row in store.outbox.failed(NOW)] == ["cy"]
    assert store.outbox.lease(NOW + HOUR - MINUTE, MINUTE) is None
    again = store.outbox.lease(NOW + HOUR, MINUTE)
    assert again is not None
    assert again.id == deferred.id


def test_a_lease_given_back_costs_no_attempt_and_the_rest_waits_too(store: Store) -> None:
    for reader, kind in (("ana", "digest"), ("ben", "digest"), ("cy", "urgent")):
        store.outbox.queue(mail(reader, f"s:{reader}", kind), (), NOW)
    leased = store.outbox.lease(NOW, MINUTE)
    assert leased
    store.outbox.release(leased.id, "no answer", NOW + MINUTE)
    store.outbox.postpone(NOW + HOUR, NOW + MINUTE)
    assert store.outbox.lease(NOW, MINUTE) is None
    again = store.outbox.lease(NOW + MINUTE, MINUTE)
    assert again
    assert (again.id, again.attempts) == (leased.id, 1)
    assert store.outbox.lease(NOW + MINUTE, MINUTE) is None
    assert store.outbox.lease(NOW + HOUR, HOUR) is not None


def test_old_bytes_are_forgotten_and_the_record_stays(store: Store) -> None:
    store.outbox.queue(mail(), (), NOW)
    leased = store.outbox.lease(NOW, MINUTE)
    assert leased
    assert store.outbox.forget_bytes(NOW + HOUR) == 0
    store.outbox.record(leased.id, "sent", 250, "ok", NOW)
    assert store.outbox.forget_bytes(NOW) == 0
    assert store.outbox.forget_bytes(NOW + HOUR) == 1
    assert store.outbox.raw(leased.id) == b""
    assert store.outbox.last("daily:") is not None
    assert store.outbox.last("weekly:") is None


def test_workers_never_lease_the_same_mail(store: Store) -> None:
    for number in range(30):
        store.outbox.queue(mail(f"r{number}"), (), NOW)
    leased: list[int] = []

    def work() -> None:
        while one := store.outbox.lease(NOW, HOUR):
            leased.append(one.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    if store.outbox._engine.url.database in (None, ""):
        threads = threads[:1]  # one connection alone can see a database in memory
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(leased) == sorted(set(leased))
    assert len(leased) == 30


# ── health and numbers ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fault_is_news_once_until_it_is_over(store: Store) -> None:
    health = store.health
    assert health.fault("mailbox", "cannot be read", "look", NOW)
    assert not health.fault("mailbox", "still cannot be read", "look", NOW + MINUTE)
    (fault,) = health.faults()
    assert (fault.what, fault.count, fault.first_at, fault.last_at) == ("still cannot be read", 2, NOW, NOW + MINUTE)
    assert health.clear("mailbox", NOW + HOUR)
    assert not health.clear("mailbox", NOW + HOUR)
    assert health.faults() == []
    assert [one.key for one in health.faults(NOW)] == ["mailbox"]
    assert health.faults(NOW + 2 * HOUR) == []
    assert health.fault("mailbox", "again", "look", NOW + 2 * HOUR)
    assert health.faults()[0].count == 1


def test_a_very_long_fault_key_is_one_fault(store: Store) -> None:
    key = "mailbox:" + "x" * 400
    assert store.health.fault(key, "w", "m", NOW)
    assert not store.health.fault(key, "w", "m", NOW)
    assert store.health.clear(key, NOW)


def test_polls_remember_since_when_they_fail(store: Store) -> None:
    health = store.health
    health.polled("lists", "INBOX", NOW)
    health.polled("lists", "INBOX", NOW + MINUTE, error="refused")
    health.polled("lists", "INBOX", NOW + 2 * MINUTE, error="refused")
    (poll,) = health.polls()
    assert (poll.last_success, poll.failing_since, poll.last_attempt) == (NOW, NOW + MINUTE, NOW + 2 * MINUTE)
    health.polled("lists", "INBOX", NOW + HOUR)
    (poll,) = health.polls()
    assert (poll.last_success, poll.failing_since, poll.error) == (NOW + HOUR, None, "")


def test_marks_are_kept(store: Store) -> None:
    assert store.health.mark("slot:daily") is None
    store.health.set_mark("slot:daily", "daily:2026-11-20", NOW)
    store.health.set_mark("slot:daily", "daily:2026-11-23", NOW)
    assert store.health.mark("slot:daily") == "daily:2026-11-23"


def test_counts_add_up(store: Store) -> None:
    fates = [*Disposition, Disposition.ROUTED, Disposition.HELD]
    for uid, fate in enumerate(fates, start=1):
        add(store, admission(uid, disposition=fate, at=NOW + uid * MINUTE))
    count = store.archive.count()
    assert count.received == sum(number for _, number in count) == len(fates)
    assert dict(count)[Disposition.ROUTED] == 2
    span = store.archive.count(NOW + 2 * MINUTE, NOW + 4 * MINUTE)
    assert span.received == len(store.archive.received(NOW + 2 * MINUTE, NOW + 4 * MINUTE)) == 2
    assert sum(1 for _ in store.archive.iterate(NOW, NOW + HOUR)) == len(fates)


def test_naive_datetimes_are_refused(store: Store) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StoreError):
        add(store, admission(1, at=naive))
    with pytest.raises(StoreError):
        store.outbox.queue(mail(), (), naive)
    with pytest.raises(StoreError):
        store.health.set_mark("x", "y", naive)
    assert store.archive.count().received == 0


def test_other_zones_come_back_as_utc(store: Store) -> None:
    chicago = NOW.astimezone(ZoneInfo("America/Chicago"))
    number = add(store, admission(1, at=chicago))
    stored = store.archive.get(number)
    assert stored is not None
    assert stored.received_at == NOW
    assert stored.received_at.utcoffset() == timedelta(0)


def test_what_the_report_names_is_found_without_the_rest(store: Store) -> None:
    add(store, admission(1, route("dana", rule="unsure"), at=NOW + MINUTE))
    add(store, admission(2, route("dana"), at=NOW + 2 * MINUTE))
    add(store, admission(3, at=NOW + 3 * MINUTE, disposition=Disposition.HELD, kind="fraud"))
    span = (NOW, NOW + HOUR)
    assert [one.uid for one in store.archive.received(*span, [Disposition.HELD])] == [3]
    assert [one.uid for one in store.archive.received(*span)] == [1, 2, 3]
    assert [one.uid for one in store.archive.routed_by("unsure", *span)] == [1]
    assert store.archive.routed_by("unsure", NOW + 2 * MINUTE, NOW + HOUR) == []
    assert store.archive.first_received(*span) == NOW + MINUTE
    assert store.archive.first_received(NOW - HOUR, NOW) is None
