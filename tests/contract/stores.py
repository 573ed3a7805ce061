"""What the store's tests share: values to put in, and an empty PostgreSQL where there is one.

$LIAISON_TEST_POSTGRES is the SQLAlchemy URL of a database that the tests may empty.
"""

from __future__ import annotations

import importlib.util
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot.store import engine as engines
from bot.store.store import Store
from bot.store.values import Admission
from bot.types import Address, Arrival, Decision, Disposition, Message, Outgoing, Position, Route, Way

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POSTGRES = os.environ.get("LIAISON_TEST_POSTGRES")


def postgres() -> str:
    """The URL of the PostgreSQL database, emptied; skips when there is none."""
    if not POSTGRES:
        pytest.skip("LIAISON_TEST_POSTGRES names no database")
    if not importlib.util.find_spec("psycopg"):
        pytest.skip("PostgreSQL needs the package psycopg")
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return POSTGRES


def make_older(path: Path, revision: str) -> None:
    """Bring a store file back to what an older version of the bot had written."""
    config = Config()
    config.set_main_option("script_location", str(Path(engines.__file__).parent / "migrations"))
    engine = engines.open_engine(str(path))
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def arrival(uid: int = 1, raw: bytes = b"Subject: x\r\n\r\nx") -> Arrival:
    """An arrival of mailbox `lists`."""
    return Arrival(account="lists", folder="INBOX", uid_validity=7, uid=uid, raw=raw, size=len(raw))


def message(number: int = 1, *lists: str) -> Message:
    """A post of that number."""
    return Message(
        message_id=f"<{number}@example.org>", subject=f"Post {number}", date=NOW, lists=lists or ("techserv-ig",),
        sender=Address(address="kim@example.org", name="Kim"), new_text=f"Text {number}", text=f"Text {number}",
    )


def route(reader: str, way: Way = Way.DAILY, rule: str = "r") -> Route:
    """A route to a reader."""
    return Route(reader=reader, way=way, rule=rule, why="because", area="cataloging")


def admission(uid: int = 1, *routes: Route, at: datetime = NOW, **changes: object) -> Admission:
    """A routed post with the number of its UID."""
    fields: dict[str, object] = {
        "arrival": arrival(uid), "received_at": at, "disposition": Disposition.ROUTED, "message": message(uid),
        "decision": Decision(routes=routes), "rules_version": "v1", "bytes_hash": f"hash{uid}", **changes,
    }
    return Admission(**fields)  # type: ignore[arg-type]


def add(store: Store, one: Admission) -> int:
    """Store one arrival in a transaction of its own; its number."""
    with store.intake() as intake:
        return intake.add(one, f"post {one.arrival.uid}")


def position(uid: int) -> Position:
    """A position in mailbox `lists`."""
    return Position(account="lists", folder="INBOX", uid_validity=7, uid=uid)


def mail(reader: str = "dana", slot: str = "daily:2026-11-23", kind: str = "digest", *items: int) -> Outgoing:
    """A finished mail."""
    return Outgoing(
        reader=reader, slot=slot, kind=kind, recipient=f"{reader}@example.edu",  # type: ignore[arg-type]
        envelope_sender="bounces@example.edu", message_id=f"<{reader}.{slot}@example.edu>", subject="Digest",
        raw=b"\x00bytes\r\n", items=items,
    )
