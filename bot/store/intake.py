"""Taking mail in: one transaction that looks up what a message needs, stores what was decided, and moves the position.

Every lookup goes by an index; none depends on how much mail is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from bot.store.alerts import Sent, note_answer, our_mail, told_readers
from bot.store.codec import (
    Judgement,
    last_due,
    pack,
    pack_incident,
    pack_judgement,
    pack_message,
    unpack_incident,
    unpack_judgement,
    unpack_message,
)
from bot.store.engine import upsert
from bot.store.health import REPORTED_UNTIL
from bot.store.returns import Ours, named_mail, note_returned
from bot.store.rows import stored_messages
from bot.store.schema import bands, incidents, marks, message_lists, messages, positions, routes, thread_ids
from bot.store.values import Admission, Candidate, Fingerprint, Stored, ThreadState
from bot.types import Arrival, Decision, Disposition, Incident, Message, Position, Reading, Route

#: How many earlier messages are looked at as possible originals of a copy.
_CANDIDATES = 8
#: How many of the Message-IDs that a post names are looked up.
_MOST_NAMES = 50
#: How many messages of a thread are looked at for its areas.
_THREAD_LOOK = 12

# What every message needs is built once: SQLAlchemy takes longer to build a statement than SQLite to run it.
_HAS = select(literal(1)).where(
    messages.c.account == bindparam("account"), messages.c.folder == bindparam("folder"),
    messages.c.uid_validity == bindparam("uid_validity"), messages.c.uid == bindparam("uid"),
)
_THREAD = select(func.min(thread_ids.c.thread)).where(
    thread_ids.c.rfc_message_id.in_(bindparam("names", expanding=True))
)
_ADD = insert(messages)
_OWN_THREAD = update(messages).where(messages.c.id == bindparam("identity")).values(thread=bindparam("identity"))
#: Three looks into three indexes in one statement. No band is negative.
_KIN = union_all(
    select(messages.c.id).where(messages.c.rfc_message_id == bindparam("name"), messages.c.rfc_message_id != ""),
    select(messages.c.id).where(messages.c.bytes_hash == bindparam("content"), messages.c.bytes_hash != ""),
    select(bands.c.message).where(bands.c.band.in_(bindparam("bands", expanding=True))),
).limit(1)


class Intake:
    """The open transaction. Made by `Store.intake()`; everything it does is undone when the block raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ── lookups ──

    def has(self, arrival: Arrival) -> bool:
        """Whether this very arrival is stored: a repeated batch does nothing."""
        place = {"account": arrival.account, "folder": arrival.folder, "uid_validity": arrival.uid_validity}
        return self._connection.execute(_HAS, {**place, "uid": arrival.uid}).first() is not None

    def has_kin(self, rfc_message_id: str | None, bytes_hash: str, fingerprint: Fingerprint) -> bool:
        """Whether any message at all shares Message-ID, content or a band: mostly none does, and one look says so."""
        return self._connection.execute(_KIN, {
            "name": (rfc_message_id or "")[:998], "content": bytes_hash, "bands": fingerprint.bands or (-1,),
        }).first() is not None

    def by_message_id(self, rfc_message_id: str | None) -> list[Candidate]:
        """The originals that bear this Message-ID (RFC 5322, 3.6.4)."""
        if not rfc_message_id:
            return []
        return self._candidates(messages.c.rfc_message_id == rfc_message_id[:998])

    def by_bytes(self, bytes_hash: str) -> list[Candidate]:
        """The originals with the very same content, whatever way they came."""
        return self._candidates(messages.c.bytes_hash == bytes_hash) if bytes_hash else []

    def by_fingerprint(self, fingerprint: Fingerprint, since: datetime) -> list[Candidate]:
        """The originals since then whose text shares a band."""
        if not fingerprint.bands:
            return []
        near = select(bands.c.message).where(bands.c.band.in_(fingerprint.bands))
        return self._candidates(messages.c.id.in_(near), messages.c.received_at >= since)

    def _candidates(self, *where: Any) -> list[Candidate]:
        wanted = (
            select(messages.c.id, messages.c.parsed, messages.c.signature, messages.c.bytes_hash,
                   messages.c.disposition, messages.c.kind)
            .where(*where, messages.c.folded_into.is_(None), messages.c.parsed.is_not(None))
            .order_by(messages.c.id)
            .limit(_CANDIDATES)
        )
        return [
            Candidate(id=row.id, message=message, signature=row.signature, bytes_hash=row.bytes_hash,
                      disposition=Disposition(row.disposition), kind=row.kind)
            for row in self._connection.execute(wanted)
            if (message := unpack_message(row.parsed)) is not None
        ]

    def thread_by_ids(self, rfc_message_ids: Collection[str]) -> int | None:
        """The oldest conversation that mentions one of these Message-IDs."""
        if not rfc_message_ids:
            return None
        return self._connection.execute(_THREAD, {"names": [name[:998] for name in rfc_message_ids]}).scalar()

    def thread_by_subject(self, subject_key: str, since: datetime) -> int | None:
        """The newest conversation with this base subject since then."""
        if not subject_key:
            return None
        wanted = (
            select(messages.c.thread)
            .where(messages.c.subject_key == subject_key, messages.c.received_at >= since,
                   messages.c.thread.is_not(None))
            .order_by(messages.c.id.desc())
            .limit(1)
        )
        return self._connection.execute(wanted).scalar()

    def thread_state(self, thread: int, now: datetime, urgent_for: timedelta) -> ThreadState:
        """Areas of the conversation's newest messages, and whether the last word in it was urgent and is fresh."""
        wanted = (
            select(messages.c.reading, messages.c.received_at)
            .where(messages.c.thread == thread, messages.c.reading.is_not(None))
            .order_by(messages.c.id.desc())
            .limit(_THREAD_LOOK)
        )
        rows = self._connection.execute(wanted).all()
        readings = [(unpack_judgement(row.reading).reading, row.received_at) for row in rows]
        areas = dict.fromkeys(area for reading, _ in reversed(readings) for area in reading.area_ids)
        urgent = bool(readings) and readings[0][0].urgent is not None and now - readings[0][1] <= urgent_for
        return ThreadState(id=thread, areas=tuple(areas), urgent=urgent)

    def held_kin(self, names: Iterable[str], thread: int | None, subject_key: str,
                 since: datetime) -> list[tuple[int, Message]]:
        """Held messages that these Message-IDs name, of this conversation, or of this base subject since then."""
        known = [name[:998] for name in names][:_MOST_NAMES]
        near: list[ColumnElement[bool]] = [messages.c.rfc_message_id.in_(known)] if known else []
        near += [messages.c.thread == thread] if thread is not None else []
        near += [and_(messages.c.subject_key == subject_key, messages.c.received_at >= since)] if subject_key else []
        found: dict[int, Message] = {}
        for where in near:
            wanted = (select(messages.c.id, messages.c.parsed)
                      .where(where, messages.c.disposition == Disposition.HELD.value, messages.c.parsed.is_not(None))
                      .order_by(messages.c.id.desc()).limit(_CANDIDATES))
            for row in self._connection.execute(wanted):
                if (message := unpack_message(row.parsed)) is not None:
                    found[row.id] = message
        return sorted(found.items())

    def incidents(self, since: datetime) -> list[Incident]:
        """The downtimes that somebody wrote of since then."""
        wanted = select(incidents.c.id, incidents.c.state).where(incidents.c.updated_at >= since)
        return [unpack_incident(row.state, row.id) for row in self._connection.execute(wanted)]

    def told(self, incident: int, before: int) -> frozenset[str]:
        """Who was told at once of a downtime, or is about to be, by messages older than `before`."""
        return told_readers(self._connection, incident, before)

    def our_mail(self, names: Collection[str], address: str) -> Sent | None:
        """The mail sent at once to this address that one of these Message-IDs names."""
        return our_mail(self._connection, names, address) if names else None

    def answered(self, mail: Sent, now: datetime) -> None:
        """An answer to it came."""
        note_answer(self._connection, mail.delivery, now)

    def named_mail(self, names: Sequence[str], addresses: Collection[str], now: datetime) -> Ours | None:
        """The mail of ours that a delivery report names, if it can be believed."""
        return named_mail(self._connection, names, addresses, now)

    def came_back(self, delivery: int, fate: str, address: str, text: str, now: datetime, report: int) -> bool:
        """A report says what became of one of our mails; False when that is known already."""
        return note_returned(self._connection, delivery, fate, address, text, now, report)

    def stored(self, identity: int) -> Stored | None:
        """A stored message, as this transaction sees it."""
        return stored_messages(self._connection, [identity]).get(identity)

    # ── changes ──

    def _came(self, now: datetime) -> datetime:
        """When this arrival counts as received: never in a time that a report has told of already, where no report
        would look for it any more. A clock that was set back, or a batch that took long, would put it there."""
        return max(now, self._reported_until or now)

    @cached_property
    def _reported_until(self) -> datetime | None:
        text = self._connection.execute(select(marks.c.value).where(marks.c.name == REPORTED_UNTIL)).scalar()
        return datetime.fromisoformat(text) if text else None

    def add(self, admission: Admission, subject_key: str) -> int:
        """Store one arrival with what was decided; returns its id."""
        row = {**_row(admission, subject_key), "received_at": self._came(admission.received_at)}
        number = self._connection.execute(_ADD, row).inserted_primary_key
        identity = int(number[0]) if number else 0
        if admission.folded_into is not None:
            self._fold(admission.folded_into, admission.message)
            return identity
        self._thread(identity, admission)
        if admission.message is not None:
            self._add_lists(identity, admission.message.lists)
            self._add_bands(identity, admission.fingerprint.bands)
        self.route(identity, admission.decision.routes, admission.rules_version, admission.received_at)
        if admission.incident is not None:
            self._tie(identity, admission.incident, admission.thread.id if admission.thread else identity)
        return identity

    def _tie(self, identity: int, incident: Incident, thread: int) -> None:
        """Store an incident as it stands after this message, and the tie between them."""
        state = {"updated_at": incident.updated_at,
                 "state": pack_incident(replace(incident, threads=incident.threads | {thread}))}
        number = incident.id
        if number:
            self._connection.execute(update(incidents).where(incidents.c.id == number).values(**state))
        else:
            key = self._connection.execute(insert(incidents), state).inserted_primary_key
            number = int(key[0]) if key else 0
        self._connection.execute(update(messages).where(messages.c.id == identity).values(incident=number))

    def _thread(self, identity: int, admission: Admission) -> None:
        thread = admission.thread.id if admission.thread else identity
        if admission.thread is None:
            self._connection.execute(_OWN_THREAD, {"identity": identity})
        if admission.message is None:
            return
        names = {*admission.message.references, *admission.message.in_reply_to, admission.message.message_id or ""}
        self._ignore(thread_ids, [{"rfc_message_id": name[:998], "thread": thread} for name in names - {""}])

    def _fold(self, original: int, message: Message | None) -> None:
        if message is not None:
            self._add_lists(original, message.lists)

    def _add_lists(self, identity: int, names: Iterable[str]) -> None:
        self._ignore(message_lists, [{"message": identity, "list": name[:200]} for name in dict.fromkeys(names)])

    def _add_bands(self, identity: int, values: tuple[int, ...]) -> None:
        if values:
            rows = [{"band": band, "message": identity} for band in dict.fromkeys(values)]
            self._connection.execute(insert(bands), rows)

    def _ignore(self, table: Any, rows: list[dict[str, Any]]) -> None:
        """Insert what is not there yet."""
        if rows:
            self._connection.execute(upsert(self._connection.dialect.name, table).on_conflict_do_nothing(), rows)

    def reread(self, message: int, reading: Reading, decision: Decision, version: str, now: datetime) -> None:
        """A stored message judged again (a copy came through another list, the rules changed): its reading, whether a
        rule holds it, and the routes that nothing has carried yet. A guard's own verdict stays as it was."""
        row = self._connection.execute(
            select(messages.c.reading, messages.c.disposition, messages.c.kind).where(messages.c.id == message)
        ).one()
        judged = replace(unpack_judgement(row.reading), reading=reading)
        values: dict[str, Any] = {"reading": pack_judgement(judged), "due": last_due(reading), "dated": None,
                                  "rules_version": version}
        if row.disposition == Disposition.ROUTED.value or row.kind == "rule":
            held = decision.hold
            values |= {"disposition": (Disposition.HELD if held else Disposition.ROUTED).value,
                       "kind": held.kind if held else "", "why": held.why if held else ""}
            self.reroute(message, decision.routes, version, now)
        self._connection.execute(update(messages).where(messages.c.id == message).values(**values))

    def set_apart(self, message: int, kind: str, why: str, version: str, now: datetime) -> None:
        """Into quarantine, with all that is known of it; nothing that is not sent yet goes to anybody."""
        self.reroute(message, (), version, now)
        self._connection.execute(update(messages).where(messages.c.id == message).values(
            disposition=Disposition.QUARANTINED.value, kind=kind, why=why))

    def reroute(self, message: int, wanted: tuple[Route, ...], version: str, now: datetime) -> None:
        """Replace what is not sent yet by the routes in force; what was sent stays as it was."""
        unsent = (routes.c.message == message, routes.c.urgent_delivery.is_(None), routes.c.digest_delivery.is_(None))
        self._connection.execute(delete(routes).where(*unsent))
        sent = set(self._connection.execute(select(routes.c.reader).where(routes.c.message == message)).scalars())
        self.route(message, tuple(route for route in wanted if route.reader not in sent), version, now)

    def route(self, message: int, wanted: tuple[Route, ...], version: str, now: datetime) -> None:
        """Store the routes of a message."""
        if wanted:
            self._connection.execute(insert(routes), [
                {"message": message, "reader": route.reader, "way": route.way.value, "rule": route.rule,
                 "why": route.why, "area": route.area, "mandatory": route.mandatory, "rules_version": version,
                 "created_at": now}
                for route in wanted
            ])

    def move(self, position: Position, now: datetime) -> None:
        """The mailbox position, in the same transaction as the mail it stands for."""
        place = {"uid_validity": position.uid_validity, "uid": position.uid, "updated_at": now}
        self._connection.execute(
            upsert(self._connection.dialect.name, positions)
            .values(account=position.account, folder=position.folder, **place)
            .on_conflict_do_update(index_elements=["account", "folder"], set_=place)
        )


def _row(admission: Admission, subject_key: str) -> dict[str, Any]:
    arrival, message = admission.arrival, admission.message
    judged = Judgement(reading=admission.reading, verdicts=admission.verdicts,
                       thread=replace(admission.thread or ThreadState(), urgent=admission.amid_outage))
    name = message.message_id if message else None
    return {
        "account": arrival.account, "folder": arrival.folder, "uid_validity": arrival.uid_validity,
        "uid": arrival.uid, "received_at": admission.received_at, "disposition": admission.disposition.value,
        "kind": admission.kind, "why": admission.why, "folded_into": admission.folded_into,
        "thread": admission.thread.id if admission.thread else None, "rfc_message_id": name[:998] if name else None,
        "bytes_hash": admission.bytes_hash, "subject_key": subject_key[:200], "size": arrival.size,
        "authenticated": admission.authenticated, "rules_version": admission.rules_version,
        "signature": admission.fingerprint.signature, "parsed": pack_message(message),
        "reading": pack_judgement(judged) if message and admission.folded_into is None else None,
        "raw": pack(arrival.raw), "due": last_due(admission.reading) if admission.folded_into is None else None,
    }
