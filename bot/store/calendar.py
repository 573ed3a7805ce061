"""Happenings as they are kept: which posts are still to be entered, what is ahead, and what each reader was told.

A post is entered in one transaction with all that it changes; `messages.dated` says that it was, and is empty again
when the post is judged again. What a reader was told is written with the mail that tells it (`Outbox.queue`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from bot.happening import Happening, over_at
from bot.store.codec import pack_happening, unpack_happening
from bot.store.engine import reading, upsert, writing
from bot.store.schema import deliveries, happening_posts, happenings, messages, routes, told
from bot.store.values import Noted, Told
from bot.types import Disposition, Way

#: A happening, and which of a newsletter's areas told of it: its item's, and those of all items.
Entered = tuple[Happening, tuple[str, ...], tuple[str, ...]]


class Calendar:
    """The tables of happenings."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ── entering ──

    def waiting(self, most: int) -> list[int]:
        """Routed posts whose dates are not entered yet, in the order they came."""
        wanted = (
            select(messages.c.id)
            .where(messages.c.dated.is_(None), messages.c.disposition == Disposition.ROUTED.value)
            .order_by(messages.c.id).limit(most)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(wanted).scalars())

    def enter(self, message: int, entered: Iterable[Entered], zone: ZoneInfo) -> dict[str, int]:
        """Store what a post told, and that it is entered, in one transaction. Returns the numbers by UID."""
        numbers: dict[str, int] = {}
        with writing(self._engine) as connection:
            for happening, areas, among in entered:
                numbers[happening.uid] = number = _put(connection, happening, zone)
                values = {"happening": number, "message": message, "areas": [list(areas), list(among)]}
                connection.execute(upsert(connection.dialect.name, happening_posts).values(**values)
                                   .on_conflict_do_update(index_elements=["happening", "message"],
                                                          set_={"areas": values["areas"]}))
            connection.execute(update(messages).where(messages.c.id == message).values(dated=True))
        return numbers

    def is_entered(self, message: int) -> bool:
        """Whether some happening names this post as one that told of it."""
        wanted = select(happening_posts.c.happening).where(happening_posts.c.message == message).limit(1)
        with reading(self._engine) as connection:
            return connection.execute(wanted).first() is not None

    # ── reading ──

    def ahead(self, now: datetime) -> dict[int, Happening]:
        """All happenings that are not over, cancelled ones included, by number."""
        return self._by(happenings.c.over_at > now)

    def named(self, uids: Collection[str]) -> dict[int, Happening]:
        """Happenings by UID, also those that are over."""
        return self._by(happenings.c.uid.in_(list(uids)))

    def _by(self, where: Any) -> dict[int, Happening]:
        wanted = select(happenings.c.id, happenings.c.state).where(where).order_by(happenings.c.id)
        with reading(self._engine) as connection:
            return {row.id: unpack_happening(row.state, row.id) for row in connection.execute(wanted)}

    def of_posts(self, posts: Collection[int]) -> list[tuple[int, int]]:
        """(message, happening) for all that these posts told of."""
        with reading(self._engine) as connection:
            return [(row.message, row.happening) for row in connection.execute(_OF_POSTS, {"posts": list(posts)})]

    def noted(self, reader: str, now: datetime) -> list[Noted]:
        """The posts by which a reader has to do with what is ahead: those routed to them, sent or not."""
        with reading(self._engine) as connection:
            return _noted(connection, reader, now)

    def routed(self, now: datetime) -> frozenset[int]:
        """Those ahead that some routed post tells of: what only a held post told is nobody's."""
        wanted = (
            select(happening_posts.c.happening).distinct()
            .join(messages, messages.c.id == happening_posts.c.message)
            .join(happenings, happenings.c.id == happening_posts.c.happening)
            .where(happenings.c.over_at > now, messages.c.disposition == Disposition.ROUTED.value)
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(wanted).scalars())

    def told(self, reader: str, now: datetime) -> dict[int, Told]:
        """What a reader was told of what is ahead, by the happening's number."""
        with reading(self._engine) as connection:
            return _told(connection, reader, now)

    def known(self, reader: str, now: datetime) -> tuple[list[Noted], dict[int, Told]]:
        """`noted` and `told` at one moment."""
        with reading(self._engine) as connection:
            return _noted(connection, reader, now), _told(connection, reader, now)


# What is asked for every digest is built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
_OF_POSTS = (
    select(happening_posts.c.message, happening_posts.c.happening)
    .where(happening_posts.c.message.in_(bindparam("posts", expanding=True))).order_by(happening_posts.c.happening)
)
_NOTED = (
    select(happening_posts.c.happening, happening_posts.c.message, happening_posts.c.areas, routes.c.area,
           deliveries.c.created_at)
    .join(routes, routes.c.message == happening_posts.c.message)
    .join(happenings, happenings.c.id == happening_posts.c.happening)
    .outerjoin(deliveries, deliveries.c.id == func.coalesce(routes.c.urgent_delivery, routes.c.digest_delivery))
    .where(happenings.c.over_at > bindparam("now"), routes.c.reader == bindparam("reader"),
           routes.c.way != Way.NEVER.value)
    .order_by(happening_posts.c.happening, happening_posts.c.message)
)
_TOLD = (
    select(told).join(happenings, happenings.c.id == told.c.happening)
    .where(told.c.reader == bindparam("reader"), happenings.c.over_at > bindparam("now"))
)


def _noted(connection: Connection, reader: str, now: datetime) -> list[Noted]:
    return [Noted(happening=row.happening, message=row.message, sent_at=row.created_at, area=row.area,
                  areas=tuple(row.areas[0]), among=tuple(row.areas[1]))
            for row in connection.execute(_NOTED, {"reader": reader, "now": now})]


def _told(connection: Connection, reader: str, now: datetime) -> dict[int, Told]:
    return {row.happening: Told(happening=row.happening, sequence=row.sequence, at=row.at, reminded=row.reminded)
            for row in connection.execute(_TOLD, {"reader": reader, "now": now})}


def tell(connection: Connection, reader: str, rows: Sequence[Told]) -> None:
    """Note what a mail tells its reader, in the transaction that writes the mail."""
    if not rows:
        return
    connection.execute(
        _tell(connection.dialect.name),
        [{"reader": reader, "happening": row.happening, "sequence": row.sequence, "at": row.at,
          "reminded": row.reminded} for row in rows])


@cache
def _tell(dialect: str) -> Any:
    fresh = upsert(dialect, told)
    return fresh.on_conflict_do_update(index_elements=["reader", "happening"], set_={
        name: fresh.excluded[name] for name in ("sequence", "at", "reminded")})


def _put(connection: Connection, happening: Happening, zone: ZoneInfo) -> int:
    """Insert or replace by UID; the number of the row."""
    row = {"sequence": happening.sequence, "over_at": over_at(happening.start, happening.end, zone),
           "state": pack_happening(happening)}
    known = connection.execute(select(happenings.c.id).where(happenings.c.uid == happening.uid)).scalar()
    if known is not None:
        connection.execute(update(happenings).where(happenings.c.id == known).values(**row))
        return int(known)
    key = connection.execute(insert(happenings).values(uid=happening.uid, **row)).inserted_primary_key
    return int(key[0]) if key else 0
