"""How values become bytes in the database and values again: JSON by pydantic, compressed by zlib."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from pydantic import TypeAdapter

from bot.happening import Happening
from bot.store.values import ThreadState
from bot.types import Incident, Message, Reading, Request, Verdict

#: zlib's fastest level that still finds text's repetitions: list mail shrinks to a third.
_LEVEL = 3


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was made of a message, as kept beside it."""

    reading: Reading = field(default_factory=Reading)
    verdicts: tuple[Verdict, ...] = ()
    thread: ThreadState = field(default_factory=ThreadState)


@lru_cache(maxsize=1)
def _message() -> TypeAdapter[Message]:
    return TypeAdapter(Message)


@lru_cache(maxsize=1)
def _judgement() -> TypeAdapter[Judgement]:
    return TypeAdapter(Judgement)


@lru_cache(maxsize=1)
def _incident() -> TypeAdapter[Incident]:
    return TypeAdapter(Incident)


@lru_cache(maxsize=1)
def _happening() -> TypeAdapter[Happening]:
    return TypeAdapter(Happening)


def pack(raw: bytes) -> bytes:
    """Compressed bytes."""
    return zlib.compress(raw, _LEVEL)


def unpack(packed: bytes) -> bytes:
    """The bytes again."""
    return zlib.decompress(packed)


def pack_message(message: Message | None) -> bytes | None:
    """A message as compressed JSON; text that no UTF-8 can say is replaced, never refused."""
    if message is None:
        return None
    try:
        return pack(_message().dump_json(message))
    except ValueError:  # lone surrogates
        return pack(_message().dump_json(_message().validate_python(_clean(message))))


def unpack_message(packed: bytes | None) -> Message | None:
    """The message again."""
    return None if packed is None else _message().validate_json(unpack(packed))


def pack_judgement(judgement: Judgement) -> bytes:
    """Reading and verdicts as compressed JSON."""
    try:
        return pack(_judgement().dump_json(judgement))
    except ValueError:  # lone surrogates
        return pack(_judgement().dump_json(_clean(judgement)))  # type: ignore[arg-type]  # the same class again


def unpack_judgement(packed: bytes | None) -> Judgement:
    """Reading and verdicts again; empty for what was never read."""
    return Judgement() if packed is None else _judgement().validate_json(unpack(packed))


def last_due(reading: Reading) -> date | None:
    """The last day by which a message, or an item of it, asks for something."""
    tags = (reading.request, *(item.request for item in reading.items))
    days = [tag.value.due for tag in tags if tag and isinstance(tag.value, Request) and tag.value.due]
    return max(days, default=None)


def pack_incident(incident: Incident) -> bytes:
    """An incident as compressed JSON; its number stands in the row."""
    return pack(_incident().dump_json(incident))


def unpack_incident(packed: bytes, identity: int) -> Incident:
    """The incident again, with its number."""
    return replace(_incident().validate_json(unpack(packed)), id=identity)


def pack_happening(happening: Happening) -> bytes:
    """A happening as compressed JSON; its number stands in the row."""
    try:
        return pack(_happening().dump_json(happening))
    except ValueError:  # lone surrogates
        return pack(_happening().dump_json(_happening().validate_python(_clean(happening))))


def unpack_happening(packed: bytes, identity: int) -> Happening:
    """The happening again, with its number."""
    return replace(_happening().validate_json(unpack(packed)), id=identity)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, tuple):
        return tuple(_clean(part) for part in value)
    if hasattr(value, "__dataclass_fields__"):
        return type(value)(**{name: _clean(getattr(value, name)) for name in value.__dataclass_fields__})
    return value
