"""What goes into the store and what comes out of it, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.types import Arrival, Decision, Disposition, Incident, Message, Reading, Route, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Fingerprint:
    """How a text is found again: the MinHash signature (little-endian 32-bit numbers) and its LSH bands."""

    signature: bytes = b""
    bands: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadState:
    """What is known of a conversation: its areas so far, and whether an outage told in it goes on."""

    id: int = 0
    areas: tuple[str, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """All that the pipeline decided about one arrival; stored in one go. `incident` is the downtime it belongs to, as
    it stands after this post; `amid_outage` whether it came while that went on."""

    arrival: Arrival
    received_at: datetime
    disposition: Disposition
    kind: str = ""
    why: str = ""
    message: Message | None = None
    reading: Reading = field(default_factory=Reading)
    verdicts: tuple[Verdict, ...] = ()
    decision: Decision = field(default_factory=Decision)
    folded_into: int | None = None
    thread: ThreadState | None = None
    incident: Incident | None = None
    amid_outage: bool = False
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    bytes_hash: str = ""
    rules_version: str = ""
    authenticated: bool = False

    @property
    def is_report(self) -> bool:
        """Whether it says what became of other mail; one that looks like an earlier one is folded, and says so, too."""
        return bool(self.verdicts) and self.verdicts[0].kind == "delivery-report"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An earlier message that a new one may be a copy of."""

    id: int
    message: Message
    signature: bytes
    bytes_hash: str
    disposition: Disposition
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A stored message with what was made of it. `lists` are all lists it came through, copies included;
    `thread_before` is its conversation as it stood when the message came."""

    id: int
    account: str
    folder: str
    uid: int
    received_at: datetime
    disposition: Disposition
    kind: str
    why: str
    message: Message | None
    reading: Reading
    verdicts: tuple[Verdict, ...]
    lists: tuple[str, ...]
    thread: int
    thread_before: ThreadState
    folded_into: int | None
    authenticated: bool
    size: int
    incident: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRow:
    """A stored route; `sent_at` is set when the reader has had the message at once, `held` (with the moment until
    which, and the reason) when it waits or was not sent at once."""

    id: int
    message: int
    route: Route
    sent_at: datetime | None
    digested: bool
    held: str = ""
    held_until: datetime | None = None
    held_why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """Why a reader has to do with a happening: the post that told of it and when it was sent to them (None: not yet),
    for which areas of a newsletter (its item's, all items'), and the area in which the post came to them."""

    happening: int
    message: int
    sent_at: datetime | None
    area: str | None
    areas: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a reader was told of a happening: the newest SEQUENCE, when that was told, and the last reminder."""

    happening: int
    sequence: int
    at: datetime
    reminded: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow:
    """A row of the outbox as `status` and the report show it. `unanswered` counts the attempts that ended before the
    server's answer: it may have the mail from each of them."""

    id: int
    reader: str
    slot: str
    kind: str
    recipient: str
    subject: str
    state: str
    attempts: int
    unanswered: int
    created_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime | None
    code: int | None
    reply: str
    items: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleVersion:
    """The liaison's files as they came in force: `version` is what routes name, `texts` the files, `came` how (start,
    edit, signal or back), `author` who ("" where nobody knows)."""

    number: int
    version: str
    at: datetime
    came: str
    author: str
    texts: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that is not right and until when; `key` names it so that it is told once."""

    key: str
    what: str
    mend: str
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Poll:
    """The health of one mailbox folder."""

    account: str
    folder: str
    last_attempt: datetime | None
    last_success: datetime | None
    failing_since: datetime | None
    error: str
