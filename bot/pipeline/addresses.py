"""Addresses at which nobody is: when that is certain, who gets the mail instead, and who is told.

When mails of `DAYS` different days in a row came back for good, an address is paused: its mail goes to the reader's
deputy, else to the liaison, who is told once and finds it in the status and the report. A pause ends when people.yaml
has another address, or when `liaison people resume` says so. A full mailbox, a limit of rate or a mail that was refused
for what it holds never pauses anything, and nobody is cut off whose mail nobody else would get.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from bot.pipeline.receive import Judges
from bot.rulebook import Rulebook
from bot.store.returns import DEAD, DELAYED, ELSEWHERE, Dead, Returned
from bot.store.store import Store

log = logging.getLogger(__name__)

#: Mails of so many different days in a row: a server that answers wrongly for a day or two cuts nobody off.
DAYS = 3
_FAULT = "address:"

Tell = Callable[[str, str, Sequence[str], datetime], bool]


class Addresses:
    """Who is written to in whose place. `look` before writing; what it told or paused it does not tell again."""

    def __init__(self, store: Store, judges: Callable[[], Judges], tell: Tell) -> None:
        """`tell` writes a notice to the liaison."""
        self._store = store
        self._judges = judges
        self._tell = tell
        self._places: dict[str, str] = {}

    def look(self, now: datetime) -> None:
        """Pause where nobody is, take up again where the address was mended, and tell what came back."""
        self._take_up(now)
        paused = {one.address for one in self._store.returns.paused()}
        self._places = self._stand_ins(paused, now)
        for gone in self._store.returns.dead(now, self._judges().zone, DAYS):
            self._pause(gone, paused, now)
        for one in self._store.returns.untold():
            # Of a paused address the liaison knows already.
            if one.fate != DEAD or one.address not in paused:
                self._tell_of(one, now)
            self._store.returns.told(one, now)

    def in_place_of(self, name: str) -> str | None:
        """Who gets a reader's mail while the address is paused; None where it goes to the reader."""
        return self._places.get(name)

    def _take_up(self, now: datetime) -> None:
        """An address that does not stand in people.yaml any more is nobody's, and its pause and fault are over."""
        known = {person.address.lower() for person in self._judges().book.people.values()}
        for one in self._store.returns.paused():
            if one.address not in known:
                self._store.returns.lift(one.address, now)
                log.info("address-mended reader=%s", one.reader)
        for fault in self._store.health.faults():
            if fault.key.startswith(_FAULT) and fault.key.removeprefix(_FAULT) not in known:
                self._store.health.clear(fault.key, now)

    def _stand_ins(self, paused: Collection[str], now: datetime) -> dict[str, str]:
        judges = self._judges()
        gone = _at(judges.book, paused)
        today = now.astimezone(judges.zone).date()
        found = {name: stand_in(judges.book, name, judges.liaison, today, gone) for name in gone}
        return {name: instead for name, instead in found.items() if instead is not None}

    def _pause(self, gone: Dead, paused: set[str], now: datetime) -> None:
        judges = self._judges()
        dead = _at(judges.book, (*paused, gone.address))
        name = next((key for key in dead if judges.book.people[key].address.lower() == gone.address), None)
        if name is None:
            return
        instead = stand_in(judges.book, name, judges.liaison, now.astimezone(judges.zone).date(), dead)
        if instead is None:
            self._store.health.fault(
                _FAULT + gone.address, f"Mail to {gone.address} comes back ({gone.text}), and nobody stands in for "
                f"{judges.book.people[name].name}.", _mend(name), now)
            return
        self._store.returns.pause(gone, now)
        paused.add(gone.address)
        self._places = self._stand_ins(paused, now)
        log.warning("address-paused reader=%s stands-in=%s", name, instead)
        self._tell_paused(gone, name, instead, now)

    # ── telling ──

    def _tell_paused(self, gone: Dead, name: str, instead: str, now: datetime) -> None:
        people = self._judges().book.people
        days = ", ".join(f"{day:%a} {day.day} {day:%b}" for day in gone.days)
        self._store.health.fault(
            _FAULT + gone.address, f"Mail to {gone.address} comes back, so {people[name].name}'s mail goes to "
            f"{people[instead].name}.", _mend(name), now)
        self._tell(f"paused:{gone.address}:{gone.days[-1]}", f"Mail to {people[name].name} comes back", [
            f"Mails to {gone.address} came back on {len(gone.days)} days: {days}. The last answer was: {gone.text}.",
            f"Has {people[name].name} left? From now on {people[instead].name} gets this mail; its subject says for "
            "whom it is. Nothing more is sent to the old address.", _mend(name),
        ], now)

    def _tell_of(self, one: Returned, now: datetime) -> None:
        """A notice for what is final; that a notice came back is not told by another."""
        if one.fate == DELAYED or one.kind == "notice":
            return
        if one.fate == ELSEWHERE:
            key = f"elsewhere:{one.recipient}:{one.address}"
            self._tell(key, f"Mail to {one.recipient} fails behind that mailbox", [
                f"A server says that the mail “{one.subject}” could not be delivered to {one.address}: {one.text}.",
                f"The bot wrote to {one.recipient}, so that mailbox seems to pass mail on to an address that does not "
                "work. Please tell this person. The bot goes on as before, and tells you this once.",
            ], now)
            return
        self._tell(f"failed:{one.delivery}", f"A mail to {one.recipient} could not be delivered", [
            f"The mail “{one.subject}” ({one.slot}) came back: {one.text}.", _advice(one.fate),
        ], now)


def stand_in(book: Rulebook, name: str, liaison: str, day: date, gone: Collection[str]) -> str | None:
    """Who gets the mail of somebody at whose address nobody is: the deputy, or the deputy's; else the liaison, or who
    stands in there; None when all of these are away or gone, too."""
    asked: list[str] = []
    for first in (name, liaison):
        one: str | None = first
        while one is not None and one not in asked:
            if one not in gone and not book.people[one].is_away(day):
                return one
            asked.append(one)
            one = book.people[one].deputy
    # Better to somebody on leave than to nobody.
    return next((one for one in asked if one not in gone), None)


def resume(store: Store, address: str, now: datetime) -> bool:
    """Write to an address again; True when it was paused."""
    store.health.clear(_FAULT + address.lower(), now)
    return store.returns.lift(address, now)


def _at(book: Rulebook, addresses: Collection[str]) -> list[str]:
    """The ids of those who have one of these addresses."""
    return [key for key, person in book.people.items() if person.address.lower() in addresses]


def _advice(fate: str) -> str:
    if fate == DEAD:
        return ("If this person has left, take the address out of people.yaml; else mend it there. When mails of "
                f"{DAYS} days in a row have come back, somebody else gets this person's mail.")
    if fate == "full":
        return "The mailbox is full. Please tell this person by another way; the next mails are tried as ever."
    return "The next mails are tried as ever."


def _mend(name: str) -> str:
    return (f"Put the right address into people.yaml, or take `{name}` out; the bot takes that up at once. If the "
            f"address works again, say: liaison people resume {name}")
