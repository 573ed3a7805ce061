"""What may stand in the lines of a rule's `when:`: words, names, scored areas, headers, files, places, ages.

Each form says in the liaison's words what is wrong with a value, and what an editor may offer (JSON Schema).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, get_args

import regex
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from bot.types import EventType


def _listed(value: object) -> object:
    """One value or several; a bare number (a MARC field, say) is a word too."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(part) if type(part) is int else part for part in values]


def _pattern(text: str) -> str:
    if not text.strip():
        raise ValueError("An empty word matches nothing. Write the word, or delete the line.")
    if is_regex(text):
        try:
            compiled(text)
        except (regex.error, RecursionError, OverflowError) as wrong:
            raise ValueError(f"The regular expression {text[:80]} is not valid: {wrong}.") from wrong
    return text


def is_regex(text: str) -> bool:
    """Whether a word is written as `/…/`."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


Pattern = Annotated[str, AfterValidator(_pattern)]
_WORD = {"type": ["string", "integer"], "pattern": r"\S"}
_ONE_OR_MANY = [_WORD, {"type": "array", "items": _WORD}]
_WORDS = WithJsonSchema({"anyOf": _ONE_OR_MANY})
Words = Annotated[tuple[Pattern, ...], BeforeValidator(_listed), _WORDS]
Ids = Annotated[tuple[str, ...], BeforeValidator(_listed), _WORDS]


@dataclass(frozen=True, slots=True)
class AreaWanted:
    """An area, and the least score that will do, from 0 to 1; 0: whatever made the bot say so."""

    area: str
    least: float = 0.0

    def __str__(self) -> str:
        return f"{self.area} at {self.least:g} or more" if self.least else self.area


def _areas(value: object) -> object:
    """`cataloging`, `[cataloging, training]` or `{cataloging: 0.8}`."""
    found: list[object] = []
    for part in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(part, dict):
            found += [AreaWanted(str(area), _score(least)) for area, least in part.items()]
        else:
            found.append(AreaWanted(str(part)) if type(part) in (int, str) else part)
    return tuple(found)


def _score(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
        raise ValueError(f"`{value}` is no score. How sure the bot must be is a number up to 1, as in "
                         "{cataloging: 0.8}.")
    return float(value)


_SCORED = {"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
           "minProperties": 1}
Areas = Annotated[tuple[AreaWanted, ...], BeforeValidator(_areas), WithJsonSchema({
    "anyOf": [_WORD, _SCORED, {"type": "array", "items": {"anyOf": [_WORD, _SCORED]}}]})]


def _names(value: object) -> object:
    if not isinstance(value, dict) or not value or [] in value.values():
        raise ValueError("Name the header and its words, as in {x-priority: high}.")
    return {str(name).lower().rstrip(":"): words for name, words in value.items()}


Headers = Annotated[dict[str, Words], BeforeValidator(_names), WithJsonSchema({
    "type": "object", "additionalProperties": {"anyOf": _ONE_OR_MANY}, "minProperties": 1})]


def _yes_or(value: object) -> object:
    return value if isinstance(value, bool) else _listed(value)


Files = Annotated[bool | tuple[Pattern, ...], BeforeValidator(_yes_or), WithJsonSchema({
    "anyOf": [{"type": "boolean"}, *_ONE_OR_MANY]})]
_KINDS = {"enum": list(get_args(EventType))}
Kinds = Annotated[bool | tuple[EventType, ...], BeforeValidator(_yes_or), WithJsonSchema({
    "anyOf": [{"type": "boolean"}, _KINDS, {"type": "array", "items": _KINDS}]})]


def _place(text: str) -> str:
    known = text.strip()
    if known.lower() in ("first", "reply"):
        return known.lower()
    if not (known.startswith("<") and known.endswith(">") and "@" in known):
        raise ValueError(f"`{text}` is no place in a conversation. Write first, reply, or a Message-ID as explain "
                         "shows it, in quotes and with its < and >.")
    return known


Places = Annotated[tuple[Annotated[str, AfterValidator(_place)], ...], BeforeValidator(_listed), _WORDS]


@dataclass(frozen=True, slots=True)
class Age:
    """Older, or younger, than a span when the message came in."""

    is_over: bool
    span: timedelta
    said: str


_AGE = regex.compile(r"(over|under) ([1-9][0-9]{0,3}) ?(minute|hour|day|week)s?")


def _age(value: object) -> object:
    found = _AGE.fullmatch(" ".join(str(value).lower().split()))
    if isinstance(value, Age):
        return value
    if not found:
        raise ValueError(f"`{value}` is no age. Write over 2 days, or under 1 hour.")
    return Age(found[1] == "over", timedelta(**{f"{found[3]}s": int(found[2])}), found[0])


Aged = Annotated[Age, BeforeValidator(_age), WithJsonSchema({"type": "string", "pattern": f"^{_AGE.pattern}$"})]


@lru_cache(maxsize=1024)
def compiled(word: str) -> regex.Pattern[str]:
    """The regular expression of a `/…/`, letters small and capital alike."""
    return regex.compile(word[1:-1], regex.IGNORECASE)
