"""Counting: what reports say of spans of time, asked of the database so that no message is read for a number.

Every query goes by an index on a time but one (`lists`), which is asked by a person.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, distinct, exists, func, or_, select

from bot.store.engine import reading
from bot.store.schema import deliveries, message_lists, messages, routes
from bot.types import Disposition

_ROUTED = messages.c.disposition == Disposition.ROUTED.value


class Tally:
    """Counts over spans. Nothing here writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def arrivals_by_list(self, start: datetime, end: datetime) -> dict[str, list[datetime]]:
        """When posts came through each list, oldest first; not those that are held, for a forged post is no sign of
        life."""
        wanted = (
            select(message_lists.c.list, messages.c.received_at)
            .join(messages, messages.c.id == message_lists.c.message)
            .where(_arrived(start, end), messages.c.disposition != Disposition.HELD.value)
            .order_by(messages.c.received_at, messages.c.id)
        )
        found: dict[str, list[datetime]] = {}
        for name, moment in self._all(wanted):
            found.setdefault(name, []).append(moment)
        return found

    def lists(self) -> frozenset[str]:
        """Every list that a message ever came from, but for held ones; goes through the whole archive."""
        wanted = (
            select(message_lists.c.list).distinct().join(messages, messages.c.id == message_lists.c.message)
            .where(messages.c.disposition != Disposition.HELD.value)
        )
        return frozenset(str(name) for name, in self._all(wanted))

    def by_list(self, start: datetime, end: datetime) -> dict[str, int]:
        """Routed posts of each list; a post that came through two counts in both."""
        wanted = (
            select(message_lists.c.list, func.count())
            .join(messages, messages.c.id == message_lists.c.message)
            .where(_arrived(start, end), _ROUTED).group_by(message_lists.c.list)
        )
        return {str(name): int(number) for name, number in self._all(wanted)}

    def by_area(self, start: datetime, end: datetime) -> dict[str | None, int]:
        """Posts that went to somebody under each area; one that concerns two counts in both. None: under no area."""
        wanted = (
            select(routes.c.area, func.count(distinct(routes.c.message)))
            .join(messages, messages.c.id == routes.c.message)
            .where(_arrived(start, end), _ROUTED).group_by(routes.c.area)
        )
        return {area: int(number) for area, number in self._all(wanted)}

    def got(self, reader: str, start: datetime, end: datetime) -> dict[str | None, tuple[int, int]]:
        """What of a span was written into mails to one reader, by area: at once, and in digests alone."""
        at_once = routes.c.urgent_delivery.is_not(None)
        wanted = (
            select(routes.c.area, at_once, func.count())
            .join(messages, messages.c.id == routes.c.message)
            .where(_arrived(start, end), routes.c.reader == reader,
                   or_(at_once, routes.c.digest_delivery.is_not(None)))
            .group_by(routes.c.area, at_once)
        )
        found: dict[str | None, tuple[int, int]] = {}
        for area, is_at_once, number in self._all(wanted):
            now, digests = found.get(area, (0, 0))
            found[area] = (now + number, digests) if is_at_once else (now, digests + number)
        return found

    def waits(self, start: datetime, end: datetime) -> list[tuple[int, timedelta]]:
        """Of what arrived in a span and was sent at once: each message, and for each of its mails how long it took
        from the arrival to the mail server's 250."""
        wanted = (
            select(messages.c.id, messages.c.received_at, deliveries.c.sent_at)
            .join(routes, routes.c.message == messages.c.id)
            .join(deliveries, deliveries.c.id == routes.c.urgent_delivery)
            .where(_arrived(start, end), deliveries.c.sent_at.is_not(None))
        )
        return [(identity, sent - arrived) for identity, arrived, sent in self._all(wanted)]

    def mails(self, start: datetime, end: datetime) -> dict[str, int]:
        """How many mails of each kind were written in a span and sent."""
        wanted = select(deliveries.c.kind, func.count()).where(_sent(start, end)).group_by(deliveries.c.kind)
        return {kind: int(number) for kind, number in self._all(wanted)}

    def reached(self, start: datetime, end: datetime) -> int:
        """How many people were sent a digest, or something at once."""
        wanted = select(func.count(distinct(deliveries.c.reader)))
        [(people,)] = self._all(wanted.where(_sent(start, end), deliveries.c.kind.in_(("digest", "urgent"))))
        return int(people)

    def last_sent(self, since: datetime) -> dict[str, datetime]:
        """When a mail to each reader was last taken by the server, of those written since then."""
        wanted = (
            select(deliveries.c.reader, func.max(deliveries.c.sent_at))
            .where(deliveries.c.created_at >= since, deliveries.c.sent_at.is_not(None)).group_by(deliveries.c.reader)
        )
        return dict(self._all(wanted))

    def asking(self, since: date, before: datetime) -> list[int]:
        """Routed messages that came before a moment and ask for something by that day or later."""
        wanted = select(messages.c.id).where(messages.c.due >= since, messages.c.received_at < before, _ROUTED)
        return [identity for identity, in self._all(wanted.order_by(messages.c.id))]

    def alone(self, rules: Collection[str], start: datetime, end: datetime) -> list[int]:
        """What arrived in a span and went to one person only, by one of these rules."""
        others = routes.alias()
        wanted = (
            select(routes.c.message).join(messages, messages.c.id == routes.c.message)
            .where(_arrived(start, end), _ROUTED, routes.c.rule.in_(list(rules)),
                   ~exists().where(others.c.message == routes.c.message, others.c.id != routes.c.id))
            .order_by(routes.c.message)
        )
        return [identity for identity, in self._all(wanted)]

    def _all(self, wanted: Any) -> list[Any]:
        with reading(self._engine) as connection:
            return list(connection.execute(wanted).all())


def _sent(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.created_at >= start, deliveries.c.created_at < end, deliveries.c.state == "sent")


def _arrived(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(messages.c.received_at >= start, messages.c.received_at < end)
