"""The grammar of `when:` in the liaison's rules, and its one evaluation: live, dry run and explain use this.

A mapping holds when every line of it holds; a line with several values holds when one of them does. Words match words
(inflections and quotes folded); `/…/` is a regular expression with a time limit. `all`, `any` and `not` nest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated

import regex
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from bot.types import Message, Reading
from bot.words import find_phrase

#: Longest a regular expression of the liaison's may think about one text, in seconds.
_REGEX_SECONDS = 0.1
#: Longest text a condition looks at.
_TEXT_LIMIT = 50_000


def _listed(value: object) -> object:
    """One value or several; a bare number (a MARC field, say) is a word too."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(part) if type(part) is int else part for part in values]


def _pattern(text: str) -> str:
    if not text.strip():
        raise ValueError("An empty word matches nothing. Write the word, or delete the line.")
    if is_regex(text):
        try:
            _compiled(text)
        except (regex.error, RecursionError, OverflowError) as wrong:
            raise ValueError(f"The regular expression {text[:80]} is not valid: {wrong}.") from wrong
    return text


def is_regex(text: str) -> bool:
    """Whether a word is written as `/…/`."""
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


Pattern = Annotated[str, AfterValidator(_pattern)]
_WORD = {"type": ["string", "integer"], "pattern": r"\S"}
_WORDS = WithJsonSchema({"anyOf": [_WORD, {"type": "array", "items": _WORD}]})
Words = Annotated[tuple[Pattern, ...], BeforeValidator(_listed), _WORDS]
Ids = Annotated[tuple[str, ...], BeforeValidator(_listed), _WORDS]


class When(BaseModel):
    """The conditions of one rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    list: Ids = ()
    area: Ids = ()
    sender: Words = ()
    subject: Words = ()
    text: Words = ()
    urgent: bool | None = None
    all: tuple[When, ...] = ()
    any: tuple[When, ...] = ()
    not_: When | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _not_empty(self) -> When:
        if not self.model_fields_set:
            raise ValueError("This condition is empty, so it would hold for every message. Say when it should hold.")
        for name in sorted(self.model_fields_set):
            if getattr(self, name) in (None, ()):
                raise ValueError(f"`{name.rstrip('_')}` is empty here. Say what it should be, or delete the line.")
        return self

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines that are written, in the order in which they are looked at."""
        return tuple(key for key in _CHECKS if key in self.model_fields_set)

    def areas(self) -> Iterator[str]:
        """Every area named anywhere inside, for checking."""
        yield from self.area
        for part in (*self.all, *self.any, *((self.not_,) if self.not_ else ())):
            yield from part.areas()


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a condition looks at: the message, its reading, all its lists, and its areas (those of rules included)."""

    message: Message
    reading: Reading
    lists: tuple[str, ...]
    areas: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Whether a condition holds, and by which words, or which line of it did not."""

    holds: bool
    because: str


def holds(when: When, subject: Subject) -> Finding:
    """Evaluate a condition. Pure."""
    reasons = []
    for key in when.lines:
        finding = _CHECKS[key](when, subject)
        if not finding.holds:
            return finding
        reasons.append(finding.because)
    return Finding(holds=True, because=", ".join(reason for reason in reasons if reason))


def _list(when: When, subject: Subject) -> Finding:
    found = [name for name in when.list if name.lower() in subject.lists]
    return _found(found, "posted to {}", "was not posted to {}", when.list)


def _area(when: When, subject: Subject) -> Finding:
    found = [name for name in when.area if name in subject.areas]
    return _found(found, "is about {}", "is not about {}", when.area)


def _sender(when: When, subject: Subject) -> Finding:
    sender = subject.message.sender
    found = [word for word in when.sender if sender and matches_sender(word, sender.address, sender.name)]
    return _found(found, "from {}", "does not come from {}", when.sender)


def _subject(when: When, subject: Subject) -> Finding:
    found = list(_matched(when.subject, subject.message.subject))
    return _found(found, "subject says “{}”", "the subject does not say {}", when.subject)


def _text(when: When, subject: Subject) -> Finding:
    found = list(_matched(when.text, f"{subject.message.subject}\n{subject.message.new_text[:_TEXT_LIMIT]}"))
    return _found(found, "says “{}”", "does not say {}", when.text)


def _urgent(when: When, subject: Subject) -> Finding:
    is_urgent = subject.reading.urgent is not None
    words = "is urgent" if is_urgent else "is not urgent"
    return Finding(holds=is_urgent == when.urgent, because=words)


def _all(when: When, subject: Subject) -> Finding:
    findings = [holds(part, subject) for part in when.all]
    failed = next((finding for finding in findings if not finding.holds), None)
    return failed or Finding(holds=True, because=", ".join(finding.because for finding in findings))


def _any(when: When, subject: Subject) -> Finding:
    findings = [holds(part, subject) for part in when.any]
    held = next((finding for finding in findings if finding.holds), None)
    return held or Finding(holds=False, because=" and ".join(finding.because for finding in findings))


def _not(when: When, subject: Subject) -> Finding:
    if when.not_ is None:
        return Finding(holds=True, because="")
    finding = holds(when.not_, subject)
    return Finding(holds=not finding.holds, because=finding.because)


#: In this order; the first line that does not hold is the one that explain names.
_CHECKS: Mapping[str, Callable[[When, Subject], Finding]] = {
    "list": _list, "area": _area, "sender": _sender, "subject": _subject, "text": _text, "urgent": _urgent,
    "all": _all, "any": _any, "not_": _not,
}


def _found(found: Sequence[str], words: str, otherwise: str, wanted: tuple[str, ...]) -> Finding:
    if not found:
        return _missed(otherwise, wanted)
    return Finding(holds=True, because=words.format(", ".join(found)))


#: Of five hundred rules nearly all fail, message by message, by the same words.
@lru_cache(maxsize=4096)
def _missed(words: str, wanted: tuple[str, ...]) -> Finding:
    return Finding(holds=False, because=words.format(" or ".join(wanted)))


def matches_sender(word: str, address: str, name: str = "") -> bool:
    """Whether a sender is an address, a domain (or a part of it), or bears these words in the name."""
    lower = word.lower().removeprefix("@")
    if is_regex(word):
        return bool(search(word, f"{name} <{address}>"))
    if "@" in lower:
        return address == lower
    domain = address.rpartition("@")[2]
    return domain == lower or domain.endswith("." + lower) or find_phrase(word, name) is not None


def _matched(words: tuple[str, ...], text: str) -> Iterator[str]:
    for word in words:
        found = search(word, text) if is_regex(word) else find_phrase(word, text)
        if found:
            yield found


def search(word: str, text: str) -> str | None:
    """What a `/…/` finds in a text, or None; one that thinks too long finds nothing."""
    try:
        match = _compiled(word).search(text, timeout=_REGEX_SECONDS)
    except TimeoutError:
        return None
    return match.group(0)[:80] if match else None


@lru_cache(maxsize=1024)
def _compiled(word: str) -> regex.Pattern[str]:
    return regex.compile(word[1:-1], regex.IGNORECASE)
