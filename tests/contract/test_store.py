"""What the store promises of mail that comes in and of its routes, whichever database it lies on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import StoreError
from bot.store.store import Store
from bot.store.values import Fingerprint, ThreadState
from bot.types import Decision, Disposition, Event, Incident, Message, Reading, Request, Tag, Verdict, Way
from tests.contract.stores import HOUR, NOW, add, admission, arrival, mail, message, position, route

# ── intake ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_goes_in_comes_out(store: Store) -> None:
    event = Event(type="maintenance", start=NOW, end=NOW + HOUR, sentence="Down on Monday.")
    read = Reading(
        areas=(Tag(name="area", value="cataloging", score=0.9, by="rule", why="says MARC"),),
        request=Tag(name="request", value=Request(what="answer", due=NOW.date()), by="extractor", why="please"),
        events=(Tag(name="event", value=event, by="extractor", why="a date"),),
    )
    verdict = Verdict(disposition=Disposition.HELD, kind="patron-data", why="a number")
    number = add(store, admission(1, route("dana"), reading=read, verdicts=(verdict,), authenticated=True,
                                  thread=ThreadState(id=5, areas=("cataloging",)), amid_outage=True))
    stored = store.archive.get(number)
    assert stored is not None
    assert stored.message == message(1)
    assert stored.reading == read
    assert stored.verdicts == (verdict,)
    assert (stored.thread, stored.thread_before) == (5, ThreadState(id=5, areas=("cataloging",), urgent=True))
    assert stored.received_at == NOW
    assert stored.authenticated
    assert store.archive.raw(number) == arrival(1).raw
    assert store.archive.by_message_id("<1@example.org>") == stored
    assert store.archive.by_bytes("hash1") == stored


@pytest.mark.parametrize("words", ["naïve “quoted” 漢字 🙂", "lone \udcff surrogate", "nul \x00 inside", "x" * 200_000])
def test_any_text_can_be_stored(store: Store, words: str) -> None:
    odd = Message(message_id="<1@example.org>", subject=words[:500], date=None, sender=None, text=words, new_text=words)
    number = add(store, admission(1, message=odd))
    stored = store.archive.get(number)
    assert stored is not None
    assert stored.message is not None
    assert stored.message.text == words.encode("utf-8", "replace").decode()


def test_bytes_that_are_no_message_are_kept(store: Store) -> None:
    raw = bytes(range(256)) * 40
    number = add(store, admission(1, arrival=arrival(1, raw), message=None, disposition=Disposition.QUARANTINED))
    stored = store.archive.get(number)
    assert stored is not None
    assert stored.message is None
    assert store.archive.raw(number) == raw


def test_the_same_arrival_is_known_again(store: Store) -> None:
    add(store, admission(1))
    with store.intake() as intake:
        assert intake.has(arrival(1))
        assert not intake.has(arrival(2))
    assert store.archive.seen("lists", "INBOX", 7, range(1, 2000)) == {1}
    assert store.archive.seen("lists", "INBOX", 8, [1]) == set()
    assert store.archive.seen("lists", "Other", 7, [1]) == set()


def test_the_same_arrival_twice_is_refused_as_a_whole(store: Store) -> None:
    add(store, admission(1))
    with pytest.raises(StoreError), store.intake() as intake:
        intake.add(admission(2), "post 2")
        intake.add(admission(1), "post 1")
    assert store.archive.count().received == 1


def test_the_position_moves_with_the_mail(store: Store) -> None:
    assert store.archive.position("lists", "INBOX") is None
    with store.intake() as intake:
        intake.add(admission(1), "post 1")
        intake.move(position(1), NOW)
    assert store.archive.position("lists", "INBOX") == position(1)
    with store.intake() as intake:
        intake.move(position(9), NOW)
    assert store.archive.position("lists", "INBOX") == position(9)


class CrashError(Exception):
    """What ends a transaction in the middle."""


def test_a_crash_takes_mail_and_position_back_together(store: Store) -> None:
    with store.intake() as intake:
        intake.add(admission(1), "post 1")
        intake.move(position(1), NOW)
    with pytest.raises(CrashError), store.intake() as intake:
        intake.add(admission(2, route("dana")), "post 2")
        intake.move(position(2), NOW)
        raise CrashError
    assert store.archive.position("lists", "INBOX") == position(1)
    assert store.archive.count().received == 1
    assert store.archive.waiting("dana", [Way.DAILY]) == []
    assert add(store, admission(2)) > 0


def test_a_copy_adds_its_lists_to_the_original(store: Store) -> None:
    original = add(store, admission(1))
    copy = add(store, admission(2, message=message(1, "announce", "techserv-ig"), disposition=Disposition.FOLDED,
                                folded_into=original))
    stored, folded = store.archive.get(original), store.archive.get(copy)
    assert stored is not None
    assert folded is not None
    assert stored.lists == ("announce", "techserv-ig")
    assert folded.folded_into == original
    assert folded.thread == original
    with store.intake() as intake:
        assert [one.id for one in intake.by_message_id("<1@example.org>")] == [original]
        assert [one.id for one in intake.by_bytes("hash1")] == [original]


def test_candidates_share_a_band(store: Store) -> None:
    big = 2**55 + 3
    add(store, admission(1, fingerprint=Fingerprint(signature=b"s", bands=(1, big, 1))))
    add(store, admission(2, fingerprint=Fingerprint(signature=b"t", bands=(4,)), at=NOW - timedelta(days=40)))
    with store.intake() as intake:
        def found(*bands: int) -> list[bytes]:
            mark = Fingerprint(bands=bands)
            return [one.signature for one in intake.by_fingerprint(mark, NOW - timedelta(days=30))]

        assert found(big, 9) == [b"s"]
        assert found(9) == found() == found(4) == []


# ── conversations ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_conversations_are_found_by_name_and_by_subject(store: Store) -> None:
    first = add(store, admission(1, message=Message(
        message_id="<1@example.org>", subject="Post", date=NOW, sender=None, references=("<0@example.org>",))))
    with store.intake() as intake:
        for name in ("<0@example.org>", "<1@example.org>"):
            assert intake.thread_by_ids(["<unknown@x>", name]) == first
        assert intake.thread_by_ids([]) is intake.thread_by_ids(["<unknown@x>"]) is None
        assert intake.thread_by_subject("post 1", NOW - HOUR) == first
        assert intake.thread_by_subject("post 1", NOW + HOUR) is None
        assert intake.thread_by_subject("", NOW - HOUR) is None


def test_a_conversation_knows_its_areas_and_its_last_word(store: Store) -> None:
    def said(area: str, *, urgent: bool) -> Reading:
        tag = Tag(name="urgent", by="extractor", why="down") if urgent else None
        return Reading(areas=(Tag(name="area", value=area, by="rule", why="w"),), urgent=tag)

    first = add(store, admission(1, reading=said("downtime", urgent=True)))
    with store.intake() as intake:
        state = intake.thread_state(first, NOW + HOUR, 24 * HOUR)
        assert state == ThreadState(id=first, areas=("downtime",), urgent=True)
        assert not intake.thread_state(first, NOW + 30 * HOUR, 24 * HOUR).urgent
    add(store, admission(2, reading=said("systems", urgent=False), thread=ThreadState(id=first)))
    with store.intake() as intake:
        state = intake.thread_state(first, NOW + HOUR, 24 * HOUR)
    assert state == ThreadState(id=first, areas=("downtime", "systems"), urgent=False)


# ── routes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_has_one_route_to_a_reader(store: Store) -> None:
    number = add(store, admission(1, route("dana"), route("lee", Way.WEEKLY)))
    assert [row.route for row in store.archive.routes(number)] == [route("dana"), route("lee", Way.WEEKLY)]
    with pytest.raises(StoreError), store.intake() as intake:
        intake.route(number, (route("dana", Way.NOW),), "v1", NOW)
    assert len(store.archive.routes(number)) == 2


def test_what_waits_is_told_by_reader_and_way(store: Store) -> None:
    number = add(store, admission(1, route("dana"), route("lee", Way.WEEKLY), route("sam", Way.NOW)))
    assert [row.message for row in store.archive.waiting("dana", [Way.DAILY])] == [number]
    assert store.archive.waiting("dana", [Way.WEEKLY]) == []
    assert [row.route.reader for row in store.archive.waiting_now()] == ["sam"]
    assert store.archive.waiting("sam", [Way.DAILY]) == []
    (row,) = store.archive.waiting_now()
    assert store.outbox.queue(mail("sam", f"now:{number}", "urgent", number), [row.id], NOW)
    assert store.archive.waiting_now() == []
    (sent,) = store.archive.waiting("sam", [Way.DAILY])
    assert sent.sent_at == NOW


def test_which_incidents_a_reader_was_told_of(store: Store) -> None:
    outage = Incident(stage="begun", systems=("Alma",), places=(), domain="example.org", opened_at=NOW, updated_at=NOW)
    number = add(store, admission(1, route("dana"), route("lee"), incident=outage))
    stored = store.archive.get(number)
    assert stored is not None
    assert stored.incident is not None
    assert store.archive.told("dana", [stored.incident]) == frozenset()
    known = store.archive.incident(stored.incident)
    assert known is not None
    assert store.archive.incidents([stored.incident, 99]) == {stored.incident: known[0]}
    assert store.archive.incidents([]) == {}
    add(store, admission(2, incident=known[0], disposition=Disposition.HELD, kind="rule"))
    assert store.archive.incidents([stored.incident]) == {}
    (row,) = store.archive.waiting("dana", [Way.DAILY])
    assert store.outbox.queue(mail("dana", "daily:2026-11-24", "digest", number), [row.id], NOW)
    assert store.archive.told("dana", [stored.incident, 99]) == {stored.incident}
    assert store.archive.told("lee", [stored.incident]) == frozenset()


def test_rerouting_moves_what_is_unsent_and_leaves_what_was_sent(store: Store) -> None:
    number = add(store, admission(1, route("dana"), route("lee")))
    (row,) = store.archive.waiting("dana", [Way.DAILY])
    store.outbox.queue(mail("dana", "daily:2026-11-23", "digest", number), [row.id], NOW)
    with store.intake() as intake:
        intake.reroute(number, (route("dana", Way.NOW), route("kim")), "v2", NOW)
    assert [(one.route.reader, one.route.way) for one in store.archive.routes(number)] == [
        ("dana", Way.DAILY), ("kim", Way.DAILY)]


def test_rereading_may_hold_and_free_again_but_never_free_what_a_guard_held(store: Store) -> None:
    hold = Decision(hold=Verdict(disposition=Disposition.HELD, kind="rule", why="confidential"))
    routed = add(store, admission(1, route("dana")))
    guarded = add(store, admission(2, disposition=Disposition.HELD, kind="patron-data"))

    def reread(number: int, decision: Decision) -> tuple[str, str, int]:
        with store.intake() as intake:
            intake.reread(number, Reading(), decision, "v2", NOW)
        stored = store.archive.get(number)
        assert stored is not None
        return stored.disposition.value, stored.kind, len(store.archive.routes(number))

    assert reread(routed, hold) == ("held", "rule", 0)
    assert routed in store.archive.movable()
    assert reread(routed, Decision(routes=(route("lee"),))) == ("routed", "", 1)
    assert reread(guarded, Decision(routes=(route("lee"),))) == ("held", "patron-data", 0)
    assert guarded not in store.archive.movable()
