"""What the bot knows of its own health: faults that are told once, polls, and small named facts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, select, update

from bot.store.engine import reading, upsert, writing
from bot.store.schema import faults, marks, polls
from bot.store.values import Fault, Poll

#: The mark of the moment up to which the reports have told of all arrivals.
REPORTED_UNTIL = "report:until"


class Health:
    """Faults, polls and marks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def fault(self, key: str, what: str, mend: str, now: datetime) -> bool:
        """Note a fault; True when it is news (it was not there, or had been cleared)."""
        with writing(self._engine) as connection:
            row = connection.execute(select(faults).where(faults.c.key == key[:200])).first()
            if row is not None and row.cleared_at is None:
                connection.execute(
                    update(faults).where(faults.c.key == key[:200])
                    .values(what=what, mend=mend, last_at=now, count=row._mapping["count"] + 1)
                )
                return False
            fresh = {"what": what, "mend": mend, "first_at": now, "last_at": now, "count": 1, "cleared_at": None}
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
        wanted = select(faults).where(over if since is None else over | (faults.c.cleared_at >= since))
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(faults.c.first_at)).all()
        return [Fault(key=row.key, what=row.what, mend=row.mend, first_at=row.first_at, last_at=row.last_at,
                      count=row._mapping["count"]) for row in rows]

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


def move_mark(connection: Connection, name: str, value: str, now: datetime) -> None:
    """Set a named fact within a transaction that does more."""
    fresh = {"value": value, "updated_at": now}
    connection.execute(
        upsert(connection.dialect.name, marks).values(name=name, **fresh)
        .on_conflict_do_update(index_elements=["name"], set_=fresh)
    )
