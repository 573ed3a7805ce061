"""What the liaison's report is made of: the figures of a span, as values, and the rows and chapters that show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.silence import Quiet


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A message that was held or quarantined: `why` in plain words, patron data masked already; `kind` is the guard
    that holds it, `number` what `liaison explain` wants (0 for none)."""

    subject: str
    who: str
    lists: str
    why: str
    at: datetime
    kind: str = ""
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsure:
    """A message that the bot asks about, and what it would have said ("Cataloging, 0.42"); `readers` have it by that
    guess, nobody if it came to the liaison alone."""

    subject: str
    who: str
    lists: str
    guess: str
    readers: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """Machine noise of one kind, with the subjects of its messages."""

    kind: str
    number: int
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AtOnce:
    """A message that went out at once, when, and to whom."""

    subject: str
    at: datetime
    readers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """What the library is asked to do by a day, who asks, and to whom it went."""

    what: str
    due: date
    subject: str
    who: str
    readers: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Undelivered:
    """A mail that has not reached its reader: `state` is "deferred" or "failed", `reply` what the server said."""

    reader: str
    what: str
    state: str
    reply: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InDoubt:
    """A mail that may have reached its reader more than once; `times` counts the attempts without an answer."""

    reader: str
    what: str
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Thin:
    """An area that hangs on one person, or on nobody; `deputy` stands in for that one person."""

    area: str
    reader: str = ""
    deputy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """What nobody but the liaison got, and why."""

    subject: str
    who: str
    why: str
    at: datetime
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Poll:
    """A mailbox, and when it was last read with success."""

    mailbox: str
    last: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Everything that the report of one day says. The six counts are of arrivals between `since` and `until`; `missed`
    is told on the first report of a week, of the time since `missed_since` (None on other days)."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    received: int
    routed: int
    folded: int
    held: int
    set_aside: int
    quarantined: int
    held_items: tuple[Kept, ...] = ()
    quarantine: tuple[Kept, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    aside: tuple[Aside, ...] = ()
    at_once: tuple[AtOnce, ...] = ()
    dues: tuple[Due, ...] = ()
    served: tuple[str, ...] = ()
    nothing_new: tuple[str, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    in_doubt: tuple[InDoubt, ...] = ()
    thin: tuple[Thin, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    missed: tuple[Missed, ...] = ()
    missed_since: datetime | None = None
    faults: tuple[str, ...] = ()
    polls: tuple[Poll, ...] = ()
    quiet_after: timedelta = timedelta(minutes=30)

    @property
    def parts(self) -> tuple[tuple[int, str], ...]:
        """What became of the arrivals, in the order of the sentence."""
        return (
            (self.routed, "routed"), (self.folded, "folded into another"), (self.held, "held"),
            (self.set_aside, "set aside"), (self.quarantined, "quarantined"),
        )

    @property
    def missing(self) -> int:
        """Received less accounted for: 0 on every good day."""
        return self.received - sum(number for number, _ in self.parts)

    @property
    def day(self) -> date:
        """The day that the report is of; midnight belongs to the day that it ends."""
        return (self.until - timedelta(microseconds=1)).astimezone(self.zone).date()

    @property
    def to_decide(self) -> int:
        """How many messages wait for a word of the liaison's."""
        return len(self.held_items) + len(self.quarantine) + len(self.unsure)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One entry of a list: what, and a quiet line below it. `alarm` is shown in red."""

    what: str
    note: str = ""
    alarm: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """A part of the report, with one sentence on what it means."""

    title: str
    about: str
    rows: tuple[Row, ...]
