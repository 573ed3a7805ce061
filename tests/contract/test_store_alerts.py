"""What the store keeps of mails sent at once, and a store of an older version that learns to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import bot.store
from bot.store.alerts import CAP, QUIET, SETTLED
from bot.store.store import Store
from bot.types import Incident, OutagePost, Reading, Tag, Way
from tests.contract.stores import HOUR, MINUTE, NOW, add, admission, mail, route

DOWN = Incident(stage="begun", systems=("Alma",), places=(), domain="example.org", opened_at=NOW, updated_at=NOW)
TAGGED = Reading(outage=Tag(name="outage", value=OutagePost(stage="begun"), by="extractor", why="down"))


def alert(store: Store, uid: int, *readers: str, incident: Incident | None = None) -> int:
    """A post that goes at once to these readers."""
    routes = (route(reader, Way.NOW) for reader in readers)
    return add(store, admission(uid, *routes, reading=TAGGED, incident=incident))


def send(store: Store, reader: str, *messages: int, spans: dict[int, timedelta] | None = None) -> int:
    """The mail about these messages is queued and sent; its number."""
    rows = [row.id for row in store.archive.waiting_now() if row.route.reader == reader and row.message in messages]
    assert store.outbox.queue(mail(reader, f"now:{messages[0]}", "urgent", *messages), rows, NOW, awaits=spans or {})
    (number,) = (row.id for row in store.outbox.of_message(messages[0]) if row.reader == reader)
    store.outbox.record(number, "sent", 250, "taken", NOW)
    return number


def test_who_was_told_of_a_downtime_and_by_which_mail(store: Store) -> None:
    first = alert(store, 1, "dana", "sam", incident=DOWN)
    send(store, "dana", first)
    stored = store.archive.get(first)
    assert stored is not None and stored.incident is not None
    (told,) = store.alerts.told("dana", stored.incident)
    assert (told.message, told.rfc_message_id) == (first, "<dana.now:1@example.edu>")
    assert store.alerts.told("sam", stored.incident) == []
    assert store.alerts.readers(stored.incident, first + 1) == {"dana", "sam"}     # sam's is about to go
    assert store.alerts.readers(stored.incident, first) == frozenset()
    assert store.alerts.incident_of_thread(stored.thread) == stored.incident


def test_mails_of_an_hour_are_counted_by_reader(store: Store) -> None:
    send(store, "dana", alert(store, 1, "dana"))
    assert store.alerts.sent_since("dana", NOW - HOUR) == 1
    assert store.alerts.sent_since("dana", NOW) == 0
    assert store.alerts.sent_since("sam", NOW - HOUR) == 0


def test_what_waits_says_why_and_what_is_settled_goes_to_the_digest(store: Store) -> None:
    alert(store, 1, "dana")
    (row,) = store.archive.waiting_now()
    for held in (QUIET, CAP):
        store.alerts.hold(row, held, NOW + HOUR, "quiet hours")
        (row,) = store.archive.waiting_now()
        assert (row.held, row.held_until, row.held_why) == (held, NOW + HOUR, "quiet hours")
    store.alerts.settle(row, "no news")
    assert store.archive.waiting_now() == []
    (row,) = store.archive.waiting("dana", [Way.DAILY])
    assert (row.held, row.held_until, row.held_why, row.route.way) == (SETTLED, None, "no news", Way.DAILY)


def test_what_was_sent_meanwhile_is_not_settled(store: Store) -> None:
    first = alert(store, 1, "dana")
    (row,) = store.archive.waiting_now()
    send(store, "dana", first)
    store.alerts.settle(row, "no news")
    (row,) = store.archive.routes(first)
    assert (row.route.way, row.held) == (Way.NOW, "")


def test_an_answer_is_awaited_with_the_mail_and_counts_for_all(store: Store) -> None:
    first = alert(store, 1, "dana", "sam")
    span = {first: timedelta(minutes=30)}
    send(store, "dana", first, spans=span)
    number = send(store, "sam", first, spans=span)
    assert [(one.reader, one.due) for one in store.alerts.questions()] == [
        ("dana", NOW + 30 * MINUTE), ("sam", NOW + 30 * MINUTE)]
    with store.intake() as intake:
        found = intake.our_mail(["<x@y>", "<sam.now:1@example.edu>"], "SAM@example.edu")
        assert found is not None and (found.delivery, found.reader, found.messages) == (number, "sam", (first,))
        assert intake.our_mail(["<sam.now:1@example.edu>"], "dana@example.edu") is None
        assert intake.our_mail([], "sam@example.edu") is None
        intake.answered(found, NOW + MINUTE)
        intake.answered(found, NOW + HOUR)
    assert store.alerts.is_answered(first)
    assert store.alerts.answers(first) == [("dana", None), ("sam", NOW + MINUTE)]
    for one in store.alerts.questions():
        store.alerts.close(one, NOW)
    assert store.alerts.questions() == []


def test_a_mail_that_is_not_written_awaits_nothing(store: Store) -> None:
    first = alert(store, 1, "dana")
    with pytest.raises(Exception, match="routes changed"):
        store.outbox.queue(mail("dana", "now:1", "urgent", first), [999], NOW, awaits={first: HOUR})
    assert store.alerts.answers(first) == []


def test_a_store_of_an_older_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(
            "INSERT INTO messages (account, folder, uid_validity, uid, received_at, disposition, kind, why, bytes_hash,"
            " subject_key, size, authenticated, rules_version, signature, raw)"
            " VALUES ('a', 'INBOX', 1, 1, '2026-11-23 14:00:00', 'routed', '', '', '', '', 1, 1, 'v', '', '')")
        connection.exec_driver_sql(
            "INSERT INTO routes (message, reader, way, rule, why, mandatory, rules_version, created_at)"
            " VALUES (1, 'dana', 'now', 'r', 'because', 0, 'v', '2026-11-23 14:00:00')")
    engine.dispose()
    store = Store.open(str(path))
    (row,) = store.archive.waiting_now()
    assert (row.held, row.held_until, row.held_why) == ("", None, "")
    store.alerts.hold(row, QUIET, NOW, "quiet hours")
    assert store.archive.waiting_now()[0].held == QUIET
    store.close()
