"""The frozen values of a digest: what compose is given (reader, areas, slot, house) and what it makes of it.

Compose fills them with words that are ready to be shown, in the reader's zone; templates only lay them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.digests.texts import Paragraph
from bot.digests.wording import ENGLISH, Words
from bot.happening import Happening
from bot.types import Address, Incident, Message

#: What became of a date: by the id of the message that told it, and the start that it told.
Happenings = Mapping[tuple[int, date | datetime], Happening]
NO_HAPPENINGS: Happenings = MappingProxyType({})
NO_INCIDENTS: Mapping[int, Incident] = MappingProxyType({})
#: A message in a few of its own sentences. Called once for every post shown: hand in one that remembers.
Summarise = Callable[[Message], str]
#: The area whose posts make up "System status".
OUTAGES = "downtime"
OTHER = "other"
AHEAD = timedelta(weeks=3)


# ── what comes in ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderView:
    """One reader, as compose needs to know them. `words` are those of their language; `full_texts`: posts whole instead
    of summaries; `originals`: the posts as they came hang on the digest; `in_care_of`: who gets the mail while that
    address takes none."""

    id: str
    name: str
    address: str
    zone: ZoneInfo
    area_order: tuple[str, ...] = ()
    full_texts: bool = False
    originals: bool = False
    words: Words = ENGLISH
    in_care_of: Address | None = None

    @property
    def recipient(self) -> Address:
        """Whose mailbox the mail goes to."""
        return self.in_care_of or Address(address=self.address, name=self.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaView:
    """One functional area. `checklist` is what to prepare before an outage."""

    id: str
    label: str
    checklist: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotView:
    """One date of sending: "daily", "Library digest", and when it falls due."""

    name: str
    label: str
    starts_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """Whose mail this is: the library, its liaison, the bot's own name, and who the lists belong to."""

    library: str
    liaison: Address
    sender: Address
    consortium: str = "CARLI"


# ── what comes out ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A web address, and what it is called in a line."""

    url: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PostItem:
    """One item of a newsletter that concerns the reader: its heading (may be empty), and its own sentences."""

    heading: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One message: who, when, in its own sentences. `sent` says when the reader has had it already.

    Of a newsletter `items` are what concerns the reader, `others` counts the rest, `whole` leads to all of it.
    `paragraphs` are the whole text, for readers who want it; `is_cut` says that even so something is left out.
    `original` is the web address of the post in the list's archive, where it has one.
    """

    id: int
    who: str
    when: str
    summary: str
    links: tuple[Link, ...] = ()
    files: tuple[str, ...] = ()
    sent: str = ""
    items: tuple[PostItem, ...] = ()
    others: int = 0
    whole: Link | None = None
    paragraphs: tuple[Paragraph, ...] = ()
    is_cut: bool = False
    original: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One thread: its opening post (of those that are new), and the replies below it. `state` is set for outages.

    Of a long thread only the newest replies stand here; `earlier` says in words how many others (`hidden`), from whom.
    """

    thread: int
    subject: str
    who: str
    lists: str
    opening: Post
    replies: tuple[Post, ...]
    why: str
    mandatory: bool
    earlier: str = ""
    hidden: int = 0
    state: str = ""
    is_over: bool = False
    window: str = ""

    @property
    def posts(self) -> int:
        """How many posts it holds."""
        return 1 + len(self.replies) + self.hidden


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thread in one line: "subject", and who wrote or when it was sent."""

    subject: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """An area's part. `sent` was sent at once; `more` stands in for cards that had no room, `unlisted` for lines."""

    id: str
    label: str
    cards: tuple[Card, ...] = ()
    sent: tuple[Line, ...] = ()
    more: tuple[Line, ...] = ()
    unlisted: int = 0
    checklist: tuple[str, ...] = ()

    @property
    def posts(self) -> int:
        """How many new posts stand in it as cards."""
        return sum(card.posts for card in self.cards)


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeList:
    """A list whose posts the reader got (nearly) all of: how many of how many, and where to subscribe to it ("" if
    nobody said)."""

    name: str
    had: int
    posts: int
    subscribe: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the library is asked to do. `by` and `left` are words ("Fri 12 Dec", "in 3 days"), empty without a date."""

    what: str
    due: date | None
    by: str
    left: str
    subject: str
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Dated:
    """Something that happens in the next three weeks. `sure` false is shown as "date?"; `also` are its further days
    with their hours, `count` says how many days it has in all."""

    day: date
    when: str
    times: str
    subject: str
    kind: str
    sure: bool
    also: str = ""
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """Something that the reader heard of before, and that is near now. `left` is "tomorrow", "in 2 days"; `is_moved`
    says that they heard of another time; `says` is the sentence of a deadline, which its subject does not tell."""

    day: date
    when: str
    left: str
    times: str
    subject: str
    kind: str
    says: str = ""
    is_moved: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """All that one mail says, in order. `items` are the ids of every pending message that it accounts for.

    `more_asked` and `more_dates` count the rows beyond those that a reader could take in; their posts stand below.
    """

    reader: ReaderView
    slot: SlotView
    house: House
    day: date
    day_words: str
    contents: str
    headlines: tuple[str, ...]
    asked: tuple[Asked, ...]
    status: Section | None
    dates: tuple[Dated, ...]
    sections: tuple[Section, ...]
    looks_after: str
    zone: str
    items: tuple[int, ...]
    more_asked: int = 0
    more_dates: int = 0
    whole_lists: tuple[WholeList, ...] = ()
    reminders: tuple[Reminder, ...] = ()

    @property
    def shown(self) -> tuple[tuple[int, str], ...]:
        """The posts that stand in it for the first time: their ids, and the subjects of their cards."""
        cards = [card for section in (self.status, *self.sections) if section for card in section.cards]
        return tuple((post.id, card.subject) for card in cards for post in (card.opening, *card.replies)
                     if not post.sent)


# ── what every step looks at ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What every step looks at: the reader, the moment, the labels, the summaries, the outages (by incident) that this
    reader has been told of before, how those stand by all posts, and what became of the dates that posts told."""

    reader: ReaderView
    areas: Mapping[str, AreaView]
    now: datetime
    summarise: Summarise
    heard: frozenset[int] = frozenset()
    incidents: Mapping[int, Incident] = field(default_factory=dict)
    happenings: Happenings = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The reader's zone: every word about time is in it."""
        return self.reader.zone

    @property
    def words(self) -> Words:
        """The words of the reader's language: all that we say ourselves is said in them."""
        return self.reader.words

    @property
    def today(self) -> date:
        """The reader's today."""
        return self.now.astimezone(self.zone).date()
