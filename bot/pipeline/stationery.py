"""What every mail of ours is written on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.config import Sender
from bot.digests.render import Templates
from bot.outbox.signing import Sign, unsigned
from bot.types import Address, Message


@dataclass(frozen=True, kw_only=True)
class Stationery:
    """What every mail of ours is written on: templates, the library and its language, our identity, and where new ids
    come from."""

    templates: Templates
    library: str
    sender: Sender
    summarise: Callable[[Message], str]
    new_id: Callable[[], str]
    urgent_per_hour: int = 6
    answers: Address | None = None
    director: str | None = None
    sign: Sign = unsigned
    language: str = "en"
