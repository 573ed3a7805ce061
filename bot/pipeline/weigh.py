"""Which of the posts about one downtime is news to one reader, so that each state of it is told at once only once.

Pure: what the reader was told, what waits for them, and what all posts of the downtime say come in; for each post that
waits, the reason why it does not go comes out. Only posts whose sender is known for certain count as "what is said".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.reading.incidents import window_of
from bot.types import Event, OutageStage, Reading

ALREADY = "this downtime was told at once before, and this changes nothing"
NOT_FIRST = "only who was told of the downtime at once is told at once that it is over"
OUTDATED = "a newer word on the same downtime came first"
REPLACED = "a newer word on the same downtime goes in its place"
OVER_BY_NOW = "it was over before this could go"
MOVED_BY_NOW = "a later post names another time"

#: Stages that a reader sees as one state.
_STATES: dict[OutageStage, OutageStage] = {"update": "begun", "report": "resolved"}
_OVER = ("cancelled", "resolved")
_REOPENS = ("begun", "moved")


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """What one post says of a downtime: its number, when it was written, the stage (None: only talk about it), the
    window."""

    id: int
    at: datetime
    stage: OutageStage | None
    window: Event | None = None

    @property
    def state(self) -> OutageStage | None:
        """The stage as a reader sees it."""
        return _STATES.get(self.stage, self.stage) if self.stage else None

    @property
    def is_over(self) -> bool:
        """Whether it says that the downtime is over or will not be."""
        return self.state in _OVER


def word(number: int, at: datetime, reading: Reading) -> Word:
    """A post's word on its downtime."""
    post = reading.outage_post
    return Word(id=number, at=at, stage=post.stage if post else None, window=window_of(reading) if post else None)


def weigh(waiting: Iterable[Word], told: Sequence[Word], posts: Sequence[Word]) -> dict[int, str]:
    """By number why each waiting post does not go at once; the empty string for the one that does, if any does.

    `told` is what this reader has had at once, `posts` all that is said of the downtime.
    """
    found: dict[int, str] = {}
    best: Word | None = None
    for one in sorted(waiting, key=_in_time):
        found[one.id] = _why_not(one, [*told, *([best] if best else [])], posts, is_follower=bool(told))
        if not found[one.id]:
            if best is not None:
                found[best.id] = REPLACED
            best = one
    return found


def _in_time(one: Word) -> tuple[datetime, int]:
    return one.at, one.id


def _why_not(one: Word, known: Sequence[Word], posts: Sequence[Word], *, is_follower: bool) -> str:
    if one.is_over and not is_follower:
        return NOT_FIRST
    if any(_in_time(other) > _in_time(one) for other in known):
        return OUTDATED
    if stale := outdated(one, posts):
        return stale
    return "" if is_news(one, known) else ALREADY


def is_news(one: Word, known: Sequence[Word]) -> bool:
    """Whether it changes the state or the window that was told; the first word is news."""
    if not known or one.stage is None:
        return not known
    if not one.is_over and _changes(one, _window(known)):
        return True
    state = next((other.state for other in reversed(known) if other.state), None)
    if state in _OVER and one.is_over:
        return False
    return one.state not in (state, "announced")


def outdated(one: Word, posts: Iterable[Word]) -> str:
    """Why a post no longer says how it stands: the downtime ended, or its time changed, while the post waited."""
    if one.is_over:
        return ""
    later = sorted((other for other in posts if _in_time(other) > _in_time(one)), key=_in_time)
    ended = False
    for other in later:
        ended = other.is_over or (ended and other.stage not in _REOPENS)
    if ended:
        return OVER_BY_NOW
    window = _window(later)
    return MOVED_BY_NOW if one.window and window and _differ(one.window, window) else ""


def _window(words: Sequence[Word]) -> Event | None:
    return next((one.window for one in reversed(words) if one.window and not one.is_over), None)


def _changes(one: Word, told: Event | None) -> bool:
    """A time where none was told, or another one."""
    if one.window is None:
        return False
    return _differ(one.window, told) if told else one.stage in ("announced", "moved")


def _differ(one: Event, other: Event) -> bool:
    """Another start, or another end where both name one; hours count only where both name hours."""
    if not _same(one.start, other.start):
        return True
    return one.end is not None and other.end is not None and not _same(one.end, other.end)


def _same(one: date | datetime, other: date | datetime) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one == other
    return _day(one) == _day(other)


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
