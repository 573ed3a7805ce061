"""What the bot knows of its own health: faults that are told once, polls, and small named facts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, select, update

from bot.store.engine import reading, upsert, writing
from bot.store.schema import faults, marks, polls
from bot.store.values import Fault, Poll

#: The mark of the moment up to which the reports have told of all arrivals.
REPORTED_UNTIL = "report:until"
#: A fault that nobody was told of and that is back so soon is the same one.
SAME_LIFE = timedelta(minutes=30)
#: One that is back so soon after it was closed comes and goes.
SOON = timedelta(days=2)


class Health:
    """Faults, polls and marks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def fault(self, key: str, what: str, mend: str, now: datetime) -> bool:
        """Note a fault; True when it is news (it was not there, or had been cleared). One that comes back before its
        end was told goes on where it was; later it begins a new life."""
        with writing(self._engine) as connection:
            row = connection.execute(select(faults).where(faults.c.key == key[:200])).first()
            if row is not None and (row.cleared_at is None or _goes_on(row, now)):
                connection.execute(
                    update(faults).where(faults.c.key == key[:200])
                    .values(what=what, mend=mend, last_at=now, count=row._mapping["count"] + 1, cleared_at=None)
                )
                return row.cleared_at is not None
            lives = (row.lives or 1) + 1 if row is not None and _is_soon(row, now) else 1
            fresh = {"what": what, "mend": mend, "first_at": now, "last_at": now, "count": 1, "cleared_at": None,
                     "told_at": None, "tellings": 0, "lives": lives, "closed_at": None}
            connection.execute(
                upsert(self._engine.dialect.name, faults).values(key=key[:200], **fresh)
                .on_conflict_do_update(index_elements=["key"], set_=fresh)
            )
            return True

    def clear(self, key: str, now: datetime) -> bool:
        """The fault is over; True when there was one."""
        with writing(self._engine) as connection:
            return connection.execute(
                update(faults).where(faults.c.key == key[:200], faults.c.cleared_at.is_(None)).values(cleared_at=now)
            ).rowcount > 0

    def faults(self, since: datetime | None = None) -> list[Fault]:
        """Faults that are open now; with `since` also those that were open at some time after it."""
        over = faults.c.cleared_at.is_(None)
        return self._faults(over if since is None else over | (faults.c.cleared_at >= since))

    def lives(self) -> list[Fault]:
        """Faults that are open, and those whose end is still to be told."""
        return self._faults(faults.c.closed_at.is_(None))

    def told(self, keys: Collection[str], now: datetime) -> None:
        """These faults were told to people."""
        with writing(self._engine) as connection:
            connection.execute(update(faults).where(faults.c.key.in_(keys)).values(
                told_at=now, tellings=func.coalesce(faults.c.tellings, 0) + 1))

    def close(self, keys: Collection[str], now: datetime) -> None:
        """The end of these faults was told, or needs no telling. One that came back meanwhile stays open."""
        with writing(self._engine) as connection:
            connection.execute(update(faults).where(faults.c.key.in_(keys), faults.c.cleared_at.is_not(None))
                               .values(closed_at=now))

    def _faults(self, wanted: ColumnElement[bool]) -> list[Fault]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(faults).where(wanted).order_by(faults.c.first_at)).all()
        return [_fault(row) for row in rows]

    def polled(self, account: str, folder: str, now: datetime, error: str = "") -> None:
        """The outcome of one poll of a mailbox folder."""
        with writing(self._engine) as connection:
            where = (polls.c.account == account, polls.c.folder == folder)
            row = connection.execute(select(polls).where(*where)).first()
            since = (row.failing_since if row and row.failing_since else now) if error else None
            success = now if not error else (row.last_success if row else None)
            values = {"last_attempt": now, "last_success": success, "failing_since": since, "error": error}
            connection.execute(
                upsert(self._engine.dialect.name, polls).values(account=account, folder=folder, **values)
                .on_conflict_do_update(index_elements=["account", "folder"], set_=values)
            )

    def polls(self) -> list[Poll]:
        """All mailbox folders that were ever polled."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(polls).order_by(polls.c.account, polls.c.folder)).all()
        return [Poll(**row._mapping) for row in rows]

    def mark(self, name: str) -> str | None:
        """A named fact."""
        with reading(self._engine) as connection:
            return connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar()

    def set_mark(self, name: str, value: str, now: datetime) -> None:
        """Set a named fact."""
        with writing(self._engine) as connection:
            move_mark(connection, name, value, now)


def _fault(row: Row[Any]) -> Fault:
    return Fault(key=row.key, what=row.what, mend=row.mend, first_at=row.first_at, last_at=row.last_at,
                 count=row._mapping["count"], cleared_at=row.cleared_at, told_at=row.told_at,
                 tellings=row.tellings or 0, lives=row.lives or 1)


def _goes_on(row: Row[Any], now: datetime) -> bool:
    """Whether a fault that was cleared and comes back is the same: its end was not told yet, or it ended just now."""
    return row.closed_at is None and ((row.tellings or 0) > 0 or abs(now - row.cleared_at) < SAME_LIFE)


def _is_soon(row: Row[Any], now: datetime) -> bool:
    return row.closed_at is not None and abs(now - row.closed_at) < SOON


def move_mark(connection: Connection, name: str, value: str, now: datetime) -> None:
    """Set a named fact within a transaction that does more."""
    fresh = {"value": value, "updated_at": now}
    connection.execute(
        upsert(connection.dialect.name, marks).values(name=name, **fresh)
        .on_conflict_do_update(index_elements=["name"], set_=fresh)
    )
