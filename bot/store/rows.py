"""Rows of the messages table as Stored values, for the intake's open transaction and for the archive alike."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.store.codec import unpack_judgement, unpack_message
from bot.store.schema import message_lists, messages
from bot.store.values import Stored
from bot.types import Disposition

_COLUMNS = tuple(column for column in messages.c if column.name not in ("raw", "signature"))


def stored_messages(connection: Connection, identities: Collection[int]) -> dict[int, Stored]:
    """Messages by number, each with all the lists it came through."""
    rows = connection.execute(select(*_COLUMNS).where(messages.c.id.in_(identities))).all()
    lists: dict[int, list[str]] = {}
    for row in connection.execute(select(message_lists).where(message_lists.c.message.in_(identities))):
        lists.setdefault(row.message, []).append(row.list)
    return {row.id: _stored(row, lists.get(row.id, [])) for row in rows}


def _stored(row: Row[Any], lists: list[str]) -> Stored:
    judged = unpack_judgement(row.reading)
    return Stored(
        id=row.id, account=row.account, folder=row.folder, uid=row.uid, received_at=row.received_at,
        disposition=Disposition(row.disposition), kind=row.kind, why=row.why, message=unpack_message(row.parsed),
        reading=judged.reading, verdicts=judged.verdicts, lists=tuple(sorted(lists)),
        thread=row.thread or row.folded_into or row.id, thread_before=judged.thread, folded_into=row.folded_into,
        authenticated=row.authenticated, size=row.size, incident=row.incident,
    )
