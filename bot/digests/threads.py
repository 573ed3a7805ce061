"""What is pending for a reader, gathered into threads: whose section each is, and for an outage where it stands now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bot.digests.outages import Outage, State, outage_now, outage_of
from bot.digests.phrases import bare_subject
from bot.digests.values import OTHER, OUTAGES, Scene
from bot.types import Event, Incident, Pending, Way


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """The pending posts of one conversation, oldest first. `subject` is its first post's, without prefixes, `home` its
    section; `outage` is set in System status, `is_outdated` where a post that the reader does not get changed it."""

    id: int
    items: tuple[Pending, ...]
    subject: str
    home: str
    outage: Outage | None = None
    is_outdated: bool = False

    @property
    def fresh(self) -> tuple[Pending, ...]:
        """The posts that the reader has not had."""
        return tuple(item for item in self.items if item.sent_at is None)

    @property
    def newest(self) -> Pending:
        """The post that was written last."""
        return self.items[-1]


def is_missed(thread: Thread, scene: Scene) -> bool:
    """Whether an outage came and went without the reader hearing of it, whichever area brought it to them: there is
    nothing left to tell."""
    is_one = any(item.incident is not None for item in thread.items)
    outage = thread.outage or (_outage(thread.items, scene) if is_one else None)
    told = any(item.sent_at is not None or item.incident in scene.heard for item in thread.items)
    return outage is not None and outage.state in (State.RESOLVED, State.PAST) and not told


#: A post that says so changes what older posts of the same outage told.
_CHANGES = ("moved", "cancelled", "resolved")


def is_overtaken(item: Pending, thread: Thread) -> bool:
    """Whether a newer post, which the reader has had, changed what this one says of an outage."""
    return any(one.sent_at is not None for one in _changing(item, thread))


def is_old(item: Pending, thread: Thread) -> bool:
    """Whether a newer post, be it read or not, changed what this one says of an outage: the day, or that there is one.
    """
    return thread.is_outdated or bool(_changing(item, thread))


def _changing(item: Pending, thread: Thread) -> list[Pending]:
    if thread.outage is None or item.incident is None:
        return []
    newer = thread.items[thread.items.index(item) + 1:]
    return [one for one in newer
            if one.reading.outage_post is not None and one.reading.outage_post.stage in _CHANGES]


def written(item: Pending) -> datetime:
    """When it was posted; when it arrived, if the post does not say or claims the future."""
    said = item.message.date
    return said if said is not None and said <= item.received_at else item.received_at


def wanted(pending: Sequence[Pending]) -> list[Pending]:
    """Each message once, oldest first; where two routes lead to it, the mandatory one speaks."""
    by_id: dict[int, Pending] = {}
    for item in pending:
        if item.route.way is not Way.NEVER and (item.id not in by_id or item.route.mandatory):
            by_id[item.id] = item
    return sorted(by_id.values(), key=lambda item: (written(item), item.id))


def gather(items: Sequence[Pending], scene: Scene) -> list[Thread]:
    """The threads of these posts (oldest first, as `wanted` gives them), in the order of their first posts.

    All posts about one downtime are one thread here, whatever their subjects.
    """
    by_thread = sorted(items, key=_together)
    groups = [tuple(group) for _, group in groupby(by_thread, key=_together)]
    return sorted((_thread(group, scene) for group in groups), key=lambda thread: written(thread.items[0]))


def _together(item: Pending) -> tuple[bool, int]:
    return (True, item.incident) if item.incident is not None else (False, item.thread)


def _thread(items: tuple[Pending, ...], scene: Scene) -> Thread:
    home = _home(items, scene)
    outage = _outage(items, scene) if home == OUTAGES else None
    subject = bare_subject(items[0].message.subject, items[0].lists, scene.words)
    later = _later(items, scene) if outage else None
    return Thread(id=items[0].thread, items=items, subject=subject, home=home, outage=outage,
                  is_outdated=later is not None)


def _home(items: Sequence[Pending], scene: Scene) -> str:
    """The one section of a thread: an outage is an outage throughout, else the newest post that has an area decides."""
    areas = [item.route.area or next(iter(item.reading.area_ids), OTHER) for item in items]
    if OUTAGES in areas:
        return OUTAGES
    return next((area for area in reversed(areas) if area in scene.areas), OTHER)


def _outage(items: Sequence[Pending], scene: Scene) -> Outage:
    """The newest post tells the state, the newest post that names a window the window; and where the last word is in a
    post that this reader does not get, that one."""
    if later := _later(items, scene):
        return outage_now(later, scene.zone, scene.now)
    newest = items[-1]
    return outage_of(newest.message, newest.reading, newest_events(items), scene.zone, scene.now)


def _later(items: Sequence[Pending], scene: Scene) -> Incident | None:
    """The outage, where a post after all of these moved it or called it off. That it is over is not taken on the word
    of a post that the reader does not get: somebody's "it works here again" must not hide an outage."""
    incident = scene.incidents.get(items[-1].incident or 0)
    if incident is None or incident.stage not in ("moved", "cancelled"):
        return None
    return incident if incident.updated_at > written(items[-1]) else None


def newest_events(items: Sequence[Pending]) -> tuple[Event, ...]:
    """The maintenance windows of the newest post that names any: it replaces what older ones said."""
    told = (tuple(event for event in item.reading.dates if event.type == "maintenance") for item in reversed(items))
    return next((events for events in told if events), ())
