"""Reading what is stored: messages with what was made of them, routes that wait, and the day's counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, bindparam, func, or_, select

from bot.store.codec import unpack, unpack_incident
from bot.store.engine import reading
from bot.store.rows import stored_messages
from bot.store.schema import deliveries, incidents, message_lists, messages, positions, routes
from bot.store.values import RouteRow, Stored
from bot.types import Count, Disposition, Incident, Message, Position, Route, Way

#: SQLite's limit on bound values in one statement is far above; PostgreSQL's planner likes it short.
_SLICE = 500
#: What became of messages that readers may know of.
_PASSED_ON = (Disposition.ROUTED.value, Disposition.FOLDED.value)


class Archive:
    """Queries over stored mail. Nothing here writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def position(self, account: str, folder: str) -> Position | None:
        """How far a mailbox was read."""
        wanted = select(positions).where(positions.c.account == account, positions.c.folder == folder)
        with reading(self._engine) as connection:
            row = connection.execute(wanted).first()
        if row is None:
            return None
        return Position(account=row.account, folder=row.folder, uid_validity=row.uid_validity, uid=row.uid)

    def seen(self, account: str, folder: str, uid_validity: int, uids: Collection[int]) -> set[int]:
        """Which of these UIDs are stored."""
        found: set[int] = set()
        wanted = list(uids)
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _SLICE):
                found.update(connection.execute(
                    select(messages.c.uid).where(
                        messages.c.account == account, messages.c.folder == folder,
                        messages.c.uid_validity == uid_validity, messages.c.uid.in_(wanted[start:start + _SLICE]),
                    )
                ).scalars())
        return found

    def get(self, identity: int) -> Stored | None:
        """One message by its number."""
        return next(iter(self.many([identity]).values()), None)

    def by_message_id(self, rfc_message_id: str) -> Stored | None:
        """The original that bears this Message-ID."""
        return self._first(messages.c.rfc_message_id == rfc_message_id)

    def by_bytes(self, bytes_hash: str) -> Stored | None:
        """The message with this very content."""
        return self._first(messages.c.bytes_hash == bytes_hash)

    def _first(self, where: Any) -> Stored | None:
        wanted = select(messages.c.id).where(where).order_by(messages.c.id).limit(1)
        with reading(self._engine) as connection:
            identity = connection.execute(wanted).scalar()
        return None if identity is None else self.get(identity)

    def many(self, identities: Collection[int]) -> dict[int, Stored]:
        """Messages by number, with all their lists."""
        found: dict[int, Stored] = {}
        wanted = list(identities)
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), _SLICE):
                found.update(stored_messages(connection, wanted[start:start + _SLICE]))
        return found

    def raw(self, identity: int) -> bytes:
        """The raw bytes of a message, as they came."""
        with reading(self._engine) as connection:
            return unpack(connection.execute(select(messages.c.raw).where(messages.c.id == identity)).scalar_one())

    def incident(self, identity: int) -> tuple[Incident, list[int]] | None:
        """A downtime by its number, and the messages about it in the order they came."""
        with reading(self._engine) as connection:
            row = connection.execute(select(incidents).where(incidents.c.id == identity)).first()
            posts = connection.execute(
                select(messages.c.id).where(messages.c.incident == identity).order_by(messages.c.id)).scalars().all()
        return (unpack_incident(row.state, row.id), list(posts)) if row else None

    def incidents(self, of: Collection[int]) -> dict[int, Incident]:
        """These downtimes, by their numbers; none of which any post is held: what that says is for nobody's eyes."""
        if not of:
            return {}
        held = select(messages.c.incident).where(messages.c.incident.in_(of), messages.c.disposition.not_in(_PASSED_ON))
        with reading(self._engine) as connection:
            rows = connection.execute(select(incidents).where(incidents.c.id.in_(of), incidents.c.id.not_in(held)))
            return {row.id: unpack_incident(row.state, row.id) for row in rows}

    def received(self, start: datetime, end: datetime, kinds: Collection[Disposition] | None = None) -> list[Stored]:
        """What arrived in a span, in the order it came; with `kinds` only what met one of these fates."""
        wanted = select(messages.c.id).where(_arrived(start, end))
        if kinds is not None:
            wanted = wanted.where(messages.c.disposition.in_([kind.value for kind in kinds]))
        return self._in_order(wanted)

    def routed_by(self, rule: str, start: datetime, end: datetime) -> list[Stored]:
        """What arrived in a span and was routed by a rule of this name."""
        by_rule = select(routes.c.message).join(messages, messages.c.id == routes.c.message)
        return self._in_order(by_rule.where(_arrived(start, end), routes.c.rule == rule).distinct())

    def first_received(self, start: datetime, end: datetime) -> datetime | None:
        """When the first message of a span arrived."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.min(messages.c.received_at)).where(_arrived(start, end))).scalar()

    def _in_order(self, identities: Select[Any]) -> list[Stored]:
        with reading(self._engine) as connection:
            found = connection.execute(identities).scalars().all()
        return [stored for _, stored in sorted(self.many(found).items())]

    def count(self, start: datetime | None = None, end: datetime | None = None) -> Count:
        """The arrivals of a span by what became of them."""
        wanted = select(messages.c.disposition, func.count()).group_by(messages.c.disposition)
        if start is not None:
            wanted = wanted.where(messages.c.received_at >= start)
        if end is not None:
            wanted = wanted.where(messages.c.received_at < end)
        with reading(self._engine) as connection:
            by = {Disposition(name): number for name, number in connection.execute(wanted)}
        return Count(received=sum(by.values()), by_disposition=by)

    def reasons(self, kinds: Collection[str], since: datetime) -> Counter[str]:
        """Why messages of these kinds were held that arrived since, and how many for each reason."""
        wanted = (select(messages.c.why, func.count().label("number")).group_by(messages.c.why)
                  .where(messages.c.received_at >= since, messages.c.kind.in_(kinds),
                         messages.c.disposition == Disposition.HELD.value))
        with reading(self._engine) as connection:
            return Counter({row.why: row.number for row in connection.execute(wanted)})

    def routes(self, message: int) -> list[RouteRow]:
        """The routes of one message."""
        return self._routes(routes.c.message == message)

    def waiting(self, reader: str, ways: Collection[Way]) -> list[RouteRow]:
        """A reader's routes that no digest has carried yet, in these ways or already sent at once."""
        return self._read(_WAITING, reader=reader, ways=[way.value for way in ways])

    def told(self, reader: str, of: Collection[int]) -> frozenset[int]:
        """Those of these incidents that some mail to this reader has told of."""
        if not of:
            return frozenset()
        with reading(self._engine) as connection:
            return frozenset(connection.execute(_TOLD, {"reader": reader, "incidents": list(of)}).scalars())

    def posts_by_list(self, since: datetime, reader: str | None = None) -> dict[str, int]:
        """How many routed messages each list brought since then; with `reader`, only those routed to that reader."""
        wanted = (
            select(message_lists.c.list, func.count()).join(messages, messages.c.id == message_lists.c.message)
            .where(messages.c.received_at >= since, messages.c.disposition == Disposition.ROUTED.value)
            .group_by(message_lists.c.list)
        )
        if reader is not None:
            wanted = wanted.join(routes, routes.c.message == messages.c.id).where(
                routes.c.reader == reader, routes.c.way != Way.NEVER.value)
        with reading(self._engine) as connection:
            return {str(name): int(count) for name, count in connection.execute(wanted)}

    def newest_of_list(self, name: str) -> Message | None:
        """The newest message that came through a list."""
        wanted = select(func.max(message_lists.c.message)).where(message_lists.c.list == name)
        with reading(self._engine) as connection:
            identity = connection.execute(wanted).scalar()
        stored = self.get(identity) if identity is not None else None
        return stored.message if stored else None

    def waiting_now(self) -> list[RouteRow]:
        """Routes that are to go at once and have not been written as mails yet."""
        return self._routes(
            routes.c.digest_delivery.is_(None), routes.c.way == Way.NOW.value, routes.c.urgent_delivery.is_(None)
        )

    def movable(self) -> list[int]:
        """What a change of the rules may still move: messages with an unsent route, and those that a rule holds."""
        unsent = select(routes.c.message).where(
            routes.c.digest_delivery.is_(None), routes.c.urgent_delivery.is_(None)
        )
        held = select(messages.c.id).where(
            messages.c.disposition == Disposition.HELD.value, messages.c.kind == "rule"
        )
        with reading(self._engine) as connection:
            return sorted(set(connection.execute(unsent.union(held)).scalars()))

    def _routes(self, *where: Any) -> list[RouteRow]:
        return self._read(_ROUTES.where(*where))

    def _read(self, wanted: Select[Any], **values: object) -> list[RouteRow]:
        with reading(self._engine) as connection:
            return [_route(row) for row in connection.execute(wanted, values)]

    def iterate(self, start: datetime, end: datetime) -> Iterator[Stored]:
        """Stored originals of a span, slice by slice, for commands that walk through past mail."""
        wanted = select(messages.c.id).where(
            messages.c.received_at >= start, messages.c.received_at < end, messages.c.folded_into.is_(None)
        ).order_by(messages.c.id)
        with reading(self._engine) as connection:
            identities = connection.execute(wanted).scalars().all()
        for begin in range(0, len(identities), _SLICE):
            yield from (stored for _, stored in sorted(self.many(identities[begin:begin + _SLICE]).items()))


# What is asked for every digest is built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
# A mail that stands in the outbox is as good as sent: its bytes are fixed and it will go out.
_ROUTES = (
    select(routes, func.coalesce(deliveries.c.sent_at, deliveries.c.created_at).label("sent_at"))
    .select_from(routes.outerjoin(deliveries, deliveries.c.id == routes.c.urgent_delivery))
    .order_by(routes.c.id)
)
_WAITING = _ROUTES.where(
    routes.c.reader == bindparam("reader"), routes.c.digest_delivery.is_(None),
    or_(routes.c.way.in_(bindparam("ways", expanding=True)), routes.c.urgent_delivery.is_not(None)),
)
_TOLD = (
    select(messages.c.incident).distinct().join(routes, routes.c.message == messages.c.id)
    .where(routes.c.reader == bindparam("reader"), messages.c.incident.in_(bindparam("incidents", expanding=True)),
           or_(routes.c.digest_delivery.is_not(None), routes.c.urgent_delivery.is_not(None)))
)


def _arrived(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(messages.c.received_at >= start, messages.c.received_at < end)


def _route(row: Row[Any]) -> RouteRow:
    route = Route(reader=row.reader, way=Way(row.way), rule=row.rule, why=row.why, area=row.area,
                  mandatory=row.mandatory)
    return RouteRow(id=row.id, message=row.message, route=route, sent_at=row.sent_at,
                    digested=row.digest_delivery is not None, held=row.held or "", held_until=row.held_until,
                    held_why=row.held_why or "")
