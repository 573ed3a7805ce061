"""The one shape of everything that says something of a message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.types import Message, Tag


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a tagger may know besides the message: the library's zone, and the areas of its thread so far.

    `authenticated` is whether our own mail server vouches for the sender: without that nothing is urgent.
    `thread_urgent` is whether an outage told in this thread is still going on. `told` is what earlier taggers of the
    same pass said: a message with a training's date in it is likely about training. `instances` are the library's own
    of hosted systems (NA06), empty if nobody named them.
    """

    zone: ZoneInfo
    thread_areas: tuple[str, ...] = ()
    thread_urgent: bool = False
    authenticated: bool = True
    told: tuple[Tag, ...] = ()
    instances: tuple[str, ...] = ()


class Tagger(Protocol):
    """Looks at one message and yields tags, each with its why. Pure; settles nothing: what clashes settles later."""

    name: str

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]: ...
