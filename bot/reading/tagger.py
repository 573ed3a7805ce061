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
    `thread_urgent` is whether an outage told in this thread is still going on.
    """

    zone: ZoneInfo
    thread_areas: tuple[str, ...] = ()
    thread_urgent: bool = False
    authenticated: bool = True


class Tagger(Protocol):
    """Looks at one message and yields tags, each with its why. Pure; does not see what other taggers said."""

    name: str

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]: ...
