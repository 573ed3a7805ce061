"""Which posts tell of the same happening, and what becomes of it: the same one told again, moved, or taken back.

A post's dates are matched to what is known in four steps, each leaving less: the very same (its own entry, or the UID
of an invitation), the same time among its kin, about the same time, and what the post moves. Kin are happenings of the
same conversation, the same downtime, or a subject that means the same. What matches nothing is new. A newer post
changes what an older one said, never the other way round, and reading a post again changes nothing. Pure: what is
known, the clock and the zone come in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.happening import Happening, HappeningState, day_in, over_at
from bot.reading.tellings import FAMILY, Post, Telling, telling_words
from bot.types import Event
from bot.words import stems

#: How much of the shorter subject must stand in the other one: at the very same time, and at another time.
_ALIKE, _CLOSE = 0.5, 0.75
_KINDS = frozenset(stems("meeting webinar training workshop session forum class call camp hours maintenance downtime "
                         "outage upgrade deadline conference event symposium institute demo"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A happening after a post, and which of a newsletter's areas told of it (see Telling)."""

    happening: Happening
    areas: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


def enter(post: Post, known: Iterable[Happening], zone: ZoneInfo, now: datetime, domain: str, *,
          again: bool = False) -> tuple[Entry, ...]:
    """Every happening that a post is about, as it stands after it. `domain` is the right-hand side of new UIDs.

    `again`: the post was entered before, and only its areas may be others now.
    """
    book = _Book(post, {one.uid: one for one in known}, zone, now, domain)
    is_off = post.news == "cancelled" and post.is_plain
    for telling, uid in book.matched():
        if uid is not None:
            one = book.known[uid] if again else _retold(book.known[uid], telling, post, zone)
            book.put(_joined(one, telling, post), telling)
        elif not again and not is_off and over_at(telling.event.start, telling.event.end, zone) > now:
            book.put(_new(telling, post, domain), telling)
    for target in () if again else book.taken_back(is_off=is_off):
        book.put(_ended(target, post), None)
    return tuple(book.entries.values())


def own_uid(post: Post, telling: Telling, domain: str) -> str:
    """The UID of a happening that this post told first: the same whenever the post is read, also by another store."""
    start = telling.event.start.isoformat()
    named = f"{post.name}|{FAMILY[telling.event.type]}|{start}"
    return f"{hashlib.sha256(named.encode('utf-8', 'replace')).hexdigest()[:32]}@{domain}"


def uids(post: Post, domain: str) -> frozenset[str]:
    """The UIDs under which a post's happenings may be known."""
    told = {uid for telling in post.tellings for uid in (own_uid(post, telling, domain), _published(telling, domain))}
    return frozenset(told | {sent.uid for sent in post.taken_back}) - {""}


class _Book:
    """What is known, while one post is entered: which happenings it has claimed, and what stands after it."""

    def __init__(self, post: Post, known: dict[str, Happening], zone: ZoneInfo, now: datetime, domain: str) -> None:
        self.post, self.known, self.zone, self.now, self.domain = post, known, zone, now, domain
        self.claimed: set[str] = set()
        self.found: dict[int, str] = {}
        self.entries: dict[str, Entry] = {}

    def put(self, happening: Happening, telling: Telling | None) -> None:
        """Note how a happening stands now."""
        self.known[happening.uid] = happening
        kept = self.entries.get(happening.uid)
        areas, among = (telling.areas, telling.among) if telling else (kept.areas, kept.among) if kept else ((), ())
        self.entries[happening.uid] = Entry(happening=happening, areas=areas, among=among)

    # ── which is which ──

    def matched(self) -> list[tuple[Telling, str | None]]:
        """Each telling with the known happening that it tells, or None."""
        found = self.found
        for step in (self._itself, self._same_time, self._about_then, self._was_then, self._moves):
            for number, telling in enumerate(self.post.tellings):
                if number not in found and (one := step(telling)) is not None:
                    found[number] = one.uid
                    self.claimed.add(one.uid)
        return [(telling, found.get(number)) for number, telling in enumerate(self.post.tellings)]

    def _is_alone(self, telling: Telling) -> bool:
        """Whether it is the only date of its family in the post that is not known yet."""
        family = FAMILY[telling.event.type]
        return sum(number not in self.found and FAMILY[one.event.type] == family
                   for number, one in enumerate(self.post.tellings)) == 1

    def _itself(self, telling: Telling) -> Happening | None:
        """The entry that this very post made, or the one with the UID of the invitation."""
        for uid in (own_uid(self.post, telling, self.domain), _published(telling, self.domain)):
            if uid in self.known and uid not in self.claimed:
                return self.known[uid]
        return next((one for one in self._free(telling) if telling.invitation
                     and (one.invitation, one.recurrence) == (telling.invitation, telling.recurrence)), None)

    def _same_time(self, telling: Telling) -> Happening | None:
        """The same start, in the same conversation or under a subject that means the same."""
        return self._best(telling, lambda one: one.start == telling.event.start, _ALIKE)

    def _about_then(self, telling: Telling) -> Happening | None:
        """A day whose hours one post knows and the other does not; windows of one downtime that overlap."""
        return self._best(telling, lambda one: _about_same(one, telling.event, self.zone), _ALIKE)

    def _was_then(self, telling: Telling) -> Happening | None:
        """A time that was given up since: an older post, or one that does not know better."""
        if self.post.news == "moved":
            return None
        return self._best(telling, lambda one: telling.event.start in one.starts, _ALIKE)

    def _best(self, telling: Telling, fits: Callable[[Happening], bool], share: float) -> Happening | None:
        fitting = [one for one in self._free(telling) if fits(one) and self._is_kin(one, telling, share)]
        return max(fitting, key=lambda one: (self._is_near(one, telling), self._likeness(one, telling), one.posted_at,
                                             one.uid), default=None)

    def _moves(self, telling: Telling) -> Happening | None:
        """What the post gives a new time: the one at a day that it names as given up, else the only one it can mean."""
        family = FAMILY[telling.event.type]
        meant = [one for one in self.known.values() if FAMILY[one.type] == family and self._is_ahead(one)
                 and one.posted_at <= self.post.at and self._may_move(one, telling)]
        named = [one for one in meant if day_in(one.start, self.zone) in self.post.given_up]
        if not named and (self.post.news != "moved" or not self._is_alone(telling)):
            return None
        candidates = [one for one in named or meant if one.uid not in self.claimed]
        near = sorted(candidates, key=lambda one: (one.state != "on", self._distance(one, telling), one.uid))
        if len(near) < 2 or (near[0].state, near[1].state) == ("on", "cancelled"):
            return near[0] if near else None
        return near[0] if 2 * self._distance(near[0], telling) <= self._distance(near[1], telling) else None

    def _distance(self, one: Happening, telling: Telling) -> timedelta:
        return abs(over_at(one.start, None, self.zone) - over_at(telling.event.start, None, self.zone))

    def _free(self, telling: Telling) -> Iterator[Happening]:
        family = FAMILY[telling.event.type]
        return (one for one in self.known.values() if one.uid not in self.claimed and FAMILY[one.type] == family)

    def _is_ahead(self, one: Happening) -> bool:
        return over_at(one.start, one.end, self.zone) > self.post.at

    # ── kin ──

    def _is_near(self, one: Happening, telling: Telling | None) -> bool:
        """The same downtime or conversation; all of a newsletter's items share theirs, so it says nothing there."""
        if self.post.incident is not None and one.incident == self.post.incident:
            return True
        return self.post.thread in one.threads and not (telling and telling.among)

    def _is_kin(self, one: Happening, telling: Telling, share: float) -> bool:
        if self._is_elsewhere(one):
            return False
        return self._is_near(one, telling) or self._likeness(one, telling) >= share

    def _is_elsewhere(self, one: Happening) -> bool:
        """Two downtimes that were told apart stay so, however they are called."""
        mine = self.post.incident
        return one.type == "maintenance" and mine is not None and one.incident is not None and one.incident != mine

    def _likeness(self, one: Happening, telling: Telling) -> float:
        """How much of the shorter name stands in the other; an invitation's name is not always its post's subject."""
        names = (telling.title,) if telling.among else (telling.title, self.post.subject)
        return max(_share(one.title, name) for name in names)

    def _may_move(self, one: Happening, telling: Telling) -> bool:
        """In its own conversation its own house may move it, or a post that says so in its subject; elsewhere only a
        post whose subject means the same."""
        post = self.post
        if post.incident is not None and one.incident == post.incident:
            return True
        ours = post.domain == one.domain
        if self._is_elsewhere(one):
            return False
        if self._is_near(one, telling):
            return ours or post.is_plain
        return (ours or bool(set(post.lists) & set(one.lists))) and _is_close(one, telling.title)

    # ── what it takes back ──

    def taken_back(self, *, is_off: bool) -> list[Happening]:
        """What the post calls off or closes."""
        told = {} if is_off else self.entries
        standing = [one for one in self.known.values() if one.state == "on" and one.uid not in told
                    and one.posted_at <= self.post.at and self._is_ahead(one)]
        found = {one.uid: one for one in self._withdrawn(standing)}
        if self.post.news == "cancelled":
            found |= {one.uid: one for one in self._called_off(standing)}
        if self.post.news == "closed":
            found |= {one.uid: one for one in standing if one.type == "deadline" and self._is_near(one, None)
                      and one.domain == self.post.domain}
        return list(found.values())

    def _withdrawn(self, standing: Sequence[Happening]) -> Iterator[Happening]:
        for sent in self.post.taken_back:
            for one in standing:
                same = bool(sent.uid) and one.invitation == sent.uid and sent.recurrence in ("", one.recurrence)
                told = self._is_near(one, None) and one.start == sent.event.start
                if (same and one.domain == self.post.domain) or told:
                    yield one

    def _called_off(self, standing: Sequence[Happening]) -> list[Happening]:
        """The ones at the days that it names; else the only one that it can mean; a downtime with all its windows."""
        meant = [one for one in standing if self._may_call_off(one)]
        main = [one for one in meant if one.type != "deadline"] or meant
        named = [one for one in main if day_in(one.start, self.zone) in self.post.given_up]
        incident = [one for one in main if self.post.incident is not None and one.incident == self.post.incident]
        found = named or incident or (main if len(main) == 1 else [])
        if not found or found == meant:
            return found
        gone = {one.uid for one in found}
        others = any(one.uid not in gone for one in main)
        return found if others else [*found, *(one for one in meant if one.uid not in gone)]

    def _may_call_off(self, one: Happening) -> bool:
        post = self.post
        if post.incident is not None and one.incident == post.incident:
            return True
        if self._is_near(one, None):
            about = post.said & (telling_words(one.title) | _KINDS)
            return post.is_plain or (post.domain == one.domain and bool(about))
        return post.is_plain and not self._is_elsewhere(one) and _is_close(one, post.subject)


# ── likeness ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _share(one: str, other: str) -> float:
    """How much of the shorter name stands in the other."""
    mine, theirs = telling_words(one), telling_words(other)
    return len(mine & theirs) / min(len(mine), len(theirs)) if mine and theirs else 0.0


def _is_close(one: Happening, subject: str) -> bool:
    """Whether a subject surely means this one, whenever it is."""
    mine, theirs = telling_words(one.title), telling_words(subject)
    common = len(mine & theirs)
    return bool(common) and (mine == theirs or (common > 1 and common >= _CLOSE * min(len(mine), len(theirs))))


def _about_same(one: Happening, event: Event, zone: ZoneInfo) -> bool:
    if isinstance(one.start, datetime) != isinstance(event.start, datetime):
        return _days(one.start, one.end, zone)[0] == day_in(event.start, zone) or (
            not isinstance(one.start, datetime) and _covers(one, day_in(event.start, zone), zone))
    if one.type != "maintenance" or not isinstance(one.start, datetime) or not isinstance(event.start, datetime):
        return False
    return event.start < over_at(one.start, one.end, zone) and one.start < over_at(event.start, event.end, zone)


def _covers(one: Happening, day: date, zone: ZoneInfo) -> bool:
    first, last = _days(one.start, one.end, zone)
    return first <= day <= last


def _days(start: date | datetime, end: date | datetime | None, zone: ZoneInfo) -> tuple[date, date]:
    return day_in(start, zone), day_in(end or start, zone)


# ── what becomes of it ────────────────────────────────────────────────────────────────────────────────────────────


def _published(telling: Telling, domain: str) -> str:
    """The UID under which we pass an invitation on: its own; each date of a series has one of its own. "" for none."""
    if not telling.recurrence or not telling.invitation:
        return telling.invitation
    named = f"{telling.invitation}|{telling.recurrence}"
    return f"{hashlib.sha256(named.encode()).hexdigest()[:32]}@{domain}"


def _new(telling: Telling, post: Post, domain: str) -> Happening:
    event = telling.event
    return Happening(
        uid=_published(telling, domain) or own_uid(post, telling, domain), type=event.type, start=event.start,
        end=event.end, title=telling.title, sequence=telling.sequence, asked=telling.asked, sentence=event.sentence,
        subject=post.subject, who=post.who, domain=post.domain, lists=post.lists, areas=telling.areas,
        starts=(event.start,), created_at=post.at, posted_at=post.at, invitation=telling.invitation,
        recurrence=telling.recurrence, their_sequence=telling.sequence, incident=post.incident,
        threads=_threads(telling, post),
    )


def _threads(telling: Telling, post: Post) -> frozenset[int]:
    return frozenset() if post.thread is None or telling.among else frozenset({post.thread})


def _joined(one: Happening, telling: Telling, post: Post) -> Happening:
    """The happening with what every post adds to it, old or new: conversations, areas, the invitation's UID."""
    incident = post.incident if one.incident is None and one.type == "maintenance" else one.incident
    # A newsletter's item names it in passing; the post that is about it has its name.
    title = telling.title if not (one.threads or telling.among or post.thread is None) else one.title
    return replace(
        one, title=title, threads=one.threads | _threads(telling, post), incident=incident,
        asked=one.asked or telling.asked,
        areas=tuple(dict.fromkeys((*one.areas, *telling.areas))), invitation=one.invitation or telling.invitation,
        recurrence=one.recurrence if one.invitation else telling.recurrence,
        starts=tuple(dict.fromkeys((*one.starts, telling.event.start))),
    )


def _retold(one: Happening, telling: Telling, post: Post, zone: ZoneInfo) -> Happening:
    """What a post says of a known happening; an older word, or an older SEQUENCE, changes nothing."""
    if post.at < one.posted_at or (telling.invitation == one.invitation and telling.sequence < one.their_sequence):
        return one
    is_old = telling.event.start != one.start and telling.event.start in one.starts and post.news != "moved"
    start, end = (one.start, one.end) if is_old else _times(one, telling.event, zone)
    is_on = one.state == "on" or post.news == "moved" or telling.sequence > one.their_sequence
    state: HappeningState = "on" if is_on else one.state
    if (start, end, state) == (one.start, one.end, one.state):
        return replace(one, their_sequence=max(one.their_sequence, telling.sequence))
    changed = replace(one, start=start, end=end, state=state)
    return _by_word_of(post, changed, telling.event.sentence, telling.sequence)


def _by_word_of(post: Post, changed: Happening, sentence: str, theirs: int) -> Happening:
    """A change, under the next SEQUENCE, with the post whose word counts now."""
    return replace(
        changed, sequence=max(changed.sequence + 1, theirs), their_sequence=max(changed.their_sequence, theirs),
        posted_at=post.at, subject=post.subject, who=post.who, lists=post.lists, sentence=sentence or post.subject)


def _times(one: Happening, event: Event, zone: ZoneInfo) -> tuple[date | datetime, date | datetime | None]:
    """Start and end after a telling: the hours are kept where it only names the day, the end where it names none."""
    if event.start == one.start:
        return one.start, event.end or one.end
    if isinstance(one.start, datetime) and not isinstance(event.start, datetime):
        if day_in(one.start, zone) == event.start:
            return one.start, one.end
        return event.start, event.end
    first, last = _days(one.start, one.end, zone)
    if not isinstance(one.start, datetime) and first < last and isinstance(event.start, datetime) \
            and first <= day_in(event.start, zone) <= last:
        return one.start, one.end
    if event.end is None and one.end is not None and isinstance(one.start, datetime) \
            and isinstance(event.start, datetime) and isinstance(one.end, datetime):
        return event.start, event.start + (one.end - one.start)
    return event.start, event.end


def _ended(one: Happening, post: Post) -> Happening:
    """Called off, or closed."""
    withdrawn = max((sent.sequence for sent in post.taken_back if sent.uid == one.invitation), default=0)
    state: HappeningState = "closed" if post.news == "closed" else "cancelled"
    return _by_word_of(post, replace(one, state=state), "", withdrawn)
