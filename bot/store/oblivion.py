"""Forgetting: the texts of old mail go, and the record of what was decided and sent stays."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, exists, func, select, update

from bot.retention import without_text, without_words
from bot.store.codec import Judgement, pack, pack_judgement, pack_message, unpack_judgement, unpack_message
from bot.store.engine import reading, writing
from bot.store.schema import happening_posts, happenings, messages, routes

_EMPTY = pack(b"")
_SLICE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Old:
    """An old message that still has its text, and its areas: those that it was read to be about, and of its routes."""

    id: int
    received_at: datetime
    areas: frozenset[str]


class Oblivion:
    """Looks for old texts, and drops them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def old(self, before: datetime, today: datetime) -> Iterator[Old]:
        """What came before then, still has a text, and is over: nothing of it is due or still to come."""
        to_come = exists().where(
            happening_posts.c.message == messages.c.id, happenings.c.id == happening_posts.c.happening,
            happenings.c.over_at > today)
        wanted = (
            select(messages.c.id, messages.c.received_at, messages.c.reading)
            .where(messages.c.received_at < before, messages.c.folded_into.is_(None),
                   func.length(messages.c.raw) > len(_EMPTY), ~to_come,
                   (messages.c.due.is_(None)) | (messages.c.due < today.date()))
            .order_by(messages.c.id).limit(_SLICE)
        )
        last = 0
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(wanted.where(messages.c.id > last)).all()
                told: dict[int, set[str]] = {}
                by_route = select(routes.c.message, routes.c.area).where(
                    routes.c.message.in_([row.id for row in rows]), routes.c.area.is_not(None))
                for message, area in connection.execute(by_route).all():
                    told.setdefault(message, set()).add(area)
            for row in rows:
                read = unpack_judgement(row.reading).reading
                areas = {*read.area_ids, *(str(tag.value) for tag in read.item_areas), *told.get(row.id, ())}
                yield Old(id=row.id, received_at=row.received_at, areas=frozenset(areas))
            if len(rows) < _SLICE:
                return
            last = rows[-1].id

    def forget(self, identities: Collection[int]) -> int:
        """Drop the texts of these messages and of their copies; returns how many that were."""
        wanted, count = sorted(identities), 0
        for start in range(0, len(wanted), _SLICE):
            part = wanted[start:start + _SLICE]
            with writing(self._engine) as connection:
                rows = connection.execute(
                    select(messages.c.id, messages.c.parsed, messages.c.reading)
                    .where(messages.c.id.in_(part) | messages.c.folded_into.in_(part))).all()
                for row in rows:
                    message, judged = unpack_message(row.parsed), unpack_judgement(row.reading)
                    bare = Judgement(reading=without_words(judged.reading), verdicts=judged.verdicts,
                                     thread=judged.thread)
                    connection.execute(update(messages).where(messages.c.id == row.id).values(
                        raw=_EMPTY, reading=pack_judgement(bare),
                        parsed=pack_message(without_text(message) if message else None)))
                count += len(rows)
        return count
