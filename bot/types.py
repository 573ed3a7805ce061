"""The values that cross the borders between rooms: frozen, keyword-only, typed.

Nothing here does I/O, reads a clock or knows SQL. Every datetime is aware. What a message *is* stands first
(Address … Message), then what the bot says of it (Tag, Reading, Verdict), then who gets it (Route, Decision), then
what leaves the house (Delivery, Outcome).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal


class Way(StrEnum):
    """How a message reaches a reader. `now` is a mail of its own; the others are digests, or nothing."""

    NOW = "now"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


class Disposition(StrEnum):
    """What became of an arrival. Every arrival has exactly one, so the numbers of a day add up."""

    ROUTED = "routed"
    FOLDED = "folded"
    HELD = "held"
    SET_ASIDE = "set-aside"
    QUARANTINED = "quarantined"


# ── a message as it came ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """How far a mailbox has been read: every UID up to and including `uid` is stored (RFC 9051, 2.3.1.1)."""

    account: str
    folder: str
    uid_validity: int
    uid: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """Raw bytes as a mailbox showed them. With `truncated`, `raw` is only the header block of an over-long message."""

    account: str
    folder: str
    uid_validity: int
    uid: int
    raw: bytes
    size: int
    truncated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Some arrivals in UID order, and the position that holds once they are stored. `total` is for progress bars."""

    arrivals: tuple[Arrival, ...]
    position: Position
    remaining: int = 0
    total: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One mailbox of an address header (RFC 5322, 3.4): `address` is lower-cased, `name` decoded and may be empty."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """What stands behind the @, or the empty string."""
        return self.address.rpartition("@")[2]

    @property
    def label(self) -> str:
        """The name a person would call the sender by."""
        return self.name or self.address


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """An attached file: a safe display name, its media type, its size in bytes after decoding."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One post as parsed. Unreadable parts are `None` or empty and named in `defects`; nothing is invented.

    `text` is the whole body as plain text (at most 200,000 characters); `new_text` what its writer wrote now;
    `quoted_text`, `signature` and `footer` what was cut away. `enclosed` holds the texts of attached messages,
    `attached` those of readable files (name first), `calendars` the raw text/calendar parts; `headers` are pairs.
    """

    message_id: str | None
    subject: str
    date: datetime | None
    sender: Address | None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    text: str = ""
    new_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    footer: str = ""
    enclosed: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    calendars: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    size: int = 0
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        """The first value of a header, by lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """All values of a header, by lower-case name, topmost first."""
        return tuple(value for key, value in self.headers if key == name)


# ── what the bot says of it ───────────────────────────────────────────────────────────────────────────────────────

EventType = Literal["maintenance", "training", "meeting", "deadline"]
OutageStage = Literal["announced", "moved", "begun", "update", "cancelled", "resolved", "report"]
TagName = Literal["area", "urgent", "request", "event", "outage"]
By = Literal["human", "rule", "extractor", "thread", "classifier"]

#: Scores are calibrated so that one half is each area's own threshold.
SURE = 0.5

#: Who wins where two speak of the same thing; the lower the stronger.
PRECEDENCE: Mapping[By, int] = {"human": 0, "rule": 1, "extractor": 2, "thread": 3, "classifier": 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A dated happening (RFC 5545). A `date` means the whole day; datetimes are aware. `sure` is false for "date?"."""

    type: EventType
    start: date | datetime
    end: date | datetime | None = None
    sentence: str = ""
    sure: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What the library is asked to do, by when, in the sentence that asks it."""

    what: str
    due: date | None = None
    sentence: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutagePost:
    """What one post says of a downtime: the stage, the systems, and the instances or the campus it happens at."""

    stage: OutageStage
    systems: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """One downtime as all posts about it leave it: the last word's stage, the window that counts, and the span of
    the posts. `domain` is where its first post came from; `id` is 0 until it is stored."""

    stage: OutageStage
    systems: tuple[str, ...]
    places: tuple[str, ...]
    domain: str
    opened_at: datetime
    updated_at: datetime
    window: Event | None = None
    threads: frozenset[int] = frozenset()
    id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """One thing said of a message: an area id (`value`), `urgent`, a Request, an Event or an OutagePost, by whom, and
    why; `words` are those of the message that told it."""

    name: TagName
    value: str | Event | Request | OutagePost | None = None
    score: float = 1.0
    by: By
    why: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsItem:
    """One item of a newsletter or of minutes: its heading (may be empty), its own text, and what is said of it."""

    heading: str
    text: str
    areas: tuple[Tag, ...] = ()
    request: Tag | None = None
    events: tuple[Tag, ...] = ()

    @property
    def area_ids(self) -> tuple[str, ...]:
        """The ids of its areas, main first."""
        return tuple(str(tag.value) for tag in self.areas)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """All tags of a message, settled. `areas` stand main first; `unsure` are areas below the classifier's threshold.

    `items` are the parts of a newsletter, each read by itself; every other message has none.
    """

    areas: tuple[Tag, ...] = ()
    unsure: tuple[Tag, ...] = ()
    urgent: Tag | None = None
    request: Tag | None = None
    events: tuple[Tag, ...] = ()
    items: tuple[NewsItem, ...] = ()
    outage: Tag | None = None

    @property
    def area_ids(self) -> tuple[str, ...]:
        """The ids of the areas, main first."""
        return tuple(str(tag.value) for tag in self.areas)

    @property
    def is_guess(self) -> bool:
        """Whether its one area is no more than the best guess."""
        return bool(self.areas) and all(tag.by == "classifier" and tag.score < SURE for tag in self.areas)

    @property
    def item_areas(self) -> tuple[Tag, ...]:
        """The areas that only single items are about, each once."""
        first = {str(tag.value): tag for item in reversed(self.items) for tag in item.areas}
        return tuple(tag for area, tag in sorted(first.items()) if area not in self.area_ids)

    @property
    def asked(self) -> Request | None:
        """The request, if the message holds one."""
        value = self.request.value if self.request else None
        return value if isinstance(value, Request) else None

    @property
    def outage_post(self) -> OutagePost | None:
        """What it says of a downtime, if it is about one."""
        value = self.outage.value if self.outage else None
        return value if isinstance(value, OutagePost) else None

    @property
    def dates(self) -> tuple[Event, ...]:
        """The events, in order of time as they were settled."""
        return tuple(tag.value for tag in self.events if isinstance(tag.value, Event))


VerdictKind = Literal["own-mail", "loop", "auto-reply", "delivery-report", "administrivia", "test-post",
                      "unauthenticated", "fraud", "patron-data", "too-large", "rule", "reply", "repeats-held"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A guard's word on a message: keep it from staff (`HELD`) or count it as machine noise (`SET_ASIDE`)."""

    disposition: Literal[Disposition.HELD, Disposition.SET_ASIDE]
    kind: VerdictKind
    why: str


# ── who gets it ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """This message to this reader, in this way, because of this rule. `area` is the section it stands in."""

    reader: str
    way: Way
    rule: str
    why: str
    area: str | None = None
    mandatory: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOutcome:
    """Whether a rule held for a message, and the words or the condition that decided it."""

    rule: str
    held: bool
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What routing made of a message: the routes, or the rule that holds it, and the trail of all rules."""

    routes: tuple[Route, ...] = ()
    hold: Verdict | None = None
    trail: tuple[RuleOutcome, ...] = ()
    areas: tuple[Tag, ...] = ()


# ── what leaves the house ─────────────────────────────────────────────────────────────────────────────────────────

DeliveryKind = Literal["urgent", "digest", "report", "notice", "reminder"]
DeliveryState = Literal["queued", "leased", "sent", "deferred", "failed", "empty"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A stored message on its way to one reader: what compose builds items from.

    `lists` are all lists the post came through, copies included; `sent_at` is set when the reader has had it `now`;
    `others` counts the items of a newsletter that do not concern the reader and were left out of `reading`;
    `incident` is the downtime it is about.
    """

    id: int
    message: Message
    reading: Reading
    route: Route
    lists: tuple[str, ...]
    thread: int
    received_at: datetime
    sent_at: datetime | None = None
    others: int = 0
    incident: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A finished mail for one reader and slot; bytes and Message-ID are fixed here, before the first attempt."""

    reader: str
    slot: str
    kind: DeliveryKind
    recipient: str
    envelope_sender: str
    message_id: str
    subject: str
    raw: bytes
    items: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A leased row of the outbox."""

    id: int
    reader: str
    slot: str
    kind: DeliveryKind
    recipient: str
    envelope_sender: str
    message_id: str
    raw: bytes
    attempts: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the server said of one recipient (RFC 5321, 3463). `unanswered`: it had all of the mail and said nothing."""

    state: Literal["sent", "deferred", "failed"]
    code: int | None
    reply: str
    unanswered: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """Arrivals of a span by what became of them; `received` is their sum by construction of the store."""

    received: int
    by_disposition: Mapping[Disposition, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Disposition, int]]:
        return iter((name, self.by_disposition.get(name, 0)) for name in Disposition)
