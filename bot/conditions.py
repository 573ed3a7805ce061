"""The grammar of `when:` in the liaison's rules, and its one evaluation: live, dry run and explain use this.

A mapping holds when every line of it holds; a line with several values holds when one of them does. Words match words
(inflections and quotes folded); `/…/` is a regular expression with a time limit. `all`, `any` and `not` nest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache

import regex
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.types import Event, Message, Reading
from bot.wanted import Aged, Areas, Files, Headers, Ids, Kinds, Places, Words, compiled, is_regex
from bot.words import find_phrase

#: Longest a regular expression of the liaison's may think about one text, in seconds.
_REGEX_SECONDS = 0.1
#: Longest text a condition looks at.
_TEXT_LIMIT = 50_000


class When(BaseModel):
    """The conditions of one rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    list: Ids = ()
    area: Areas = ()
    sender: Words = ()
    subject: Words = ()
    text: Words = ()
    header: Headers | None = None
    attachment: Files | None = None
    urgent: bool | None = None
    has_event: Kinds | None = Field(default=None, alias="has-event")
    has_request: bool | None = Field(default=None, alias="has-request")
    thread: Places = ()
    age: Aged | None = None
    all: tuple[When, ...] = ()
    any: tuple[When, ...] = ()
    not_: When | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _not_empty(self) -> When:
        if not self.model_fields_set:
            raise ValueError("This condition is empty, so it would hold for every message. Say when it should hold.")
        for name in sorted(self.model_fields_set):
            if getattr(self, name) in (None, ()):
                said = name.rstrip("_").replace("_", "-")
                raise ValueError(f"`{said}` is empty here. Say what it should be, or delete the line.")
        return self

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines that are written, in the order in which they are looked at."""
        return tuple(key for key in _CHECKS if key in self.model_fields_set)

    def areas(self) -> Iterator[str]:
        """Every area named anywhere inside, for checking."""
        yield from (wanted.area for wanted in self.area)
        for part in (*self.all, *self.any, *((self.not_,) if self.not_ else ())):
            yield from part.areas()


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a condition looks at: the message, its reading, all its lists, its areas (those of rules included) with
    their scores, and how old it was when it came in."""

    message: Message
    reading: Reading
    lists: tuple[str, ...]
    areas: Mapping[str, float]
    age: timedelta = timedelta(0)


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
    found = [f"{one.area} ({subject.areas[one.area]:.2f})" if one.least else one.area for one in when.area
             if subject.areas.get(one.area, -1) >= one.least]
    return _found(found, "is about {}", "is not about {}", tuple(map(str, when.area)))


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


def _header(when: When, subject: Subject) -> Finding:
    """Every header that is named must say one of its words."""
    said = []
    for name, wanted in (when.header or {}).items():
        values = "\n".join(subject.message.header_values(name))
        found = list(_matched(wanted, values))
        if not found:
            return _missed(f"the header {name} does not say {{}}", wanted)
        said.append(f"the header {name} says “{', '.join(found)}”")
    return Finding(holds=True, because=", ".join(said))


def _attachment(when: When, subject: Subject) -> Finding:
    files = subject.message.attachments
    if isinstance(when.attachment, bool):
        return Finding(holds=bool(files) == when.attachment, because="has a file" if files else "has no file")
    wanted = when.attachment or ()
    found = [file.name or file.media_type for file in files
             if any(_names_file(word, file.name, file.media_type) for word in wanted)]
    return _found(found, "has the file {}", "has no file {}", wanted)


def _names_file(word: str, name: str, media_type: str) -> bool:
    """`.xlsx` is an ending, `text/calendar` a media type, anything else words of the name."""
    lower = word.lower()
    if is_regex(word):
        return search(word, name) is not None
    if lower.startswith("."):
        return name.lower().endswith(lower)
    return media_type == lower if "/" in lower else find_phrase(word, name) is not None


def _urgent(when: When, subject: Subject) -> Finding:
    is_urgent = subject.reading.urgent is not None
    words = "is urgent" if is_urgent else "is not urgent"
    return Finding(holds=is_urgent == when.urgent, because=words)


def _has_event(when: When, subject: Subject) -> Finding:
    kinds = [tag.value.type for tag in subject.reading.events if isinstance(tag.value, Event)]
    if isinstance(when.has_event, bool):
        return Finding(holds=bool(kinds) == when.has_event, because="tells a date" if kinds else "tells no date")
    wanted = when.has_event or ()
    return _found([kind for kind in wanted if kind in kinds], "tells the date of a {}", "tells no date of a {}", wanted)


def _has_request(when: When, subject: Subject) -> Finding:
    asks = subject.reading.request is not None
    words = "asks something of the library" if asks else "asks nothing of the library"
    return Finding(holds=asks == when.has_request, because=words)


_REPLY = regex.compile(r"(?:\s*\[[^\]]{0,80}\])*\s*(?:re|aw|sv)\s*(?:\[\d{1,3}\])?\s*:", regex.IGNORECASE)


def _thread(when: When, subject: Subject) -> Finding:
    message = subject.message
    named = {name for name in (message.message_id, *message.in_reply_to, *message.references) if name}
    is_reply = bool(message.in_reply_to or message.references or _REPLY.match(message.subject))
    place, words = ("reply", "is a reply") if is_reply else ("first", "opens a conversation")
    if place in when.thread:
        return Finding(holds=True, because=words)
    found = named.intersection(when.thread)
    return Finding(holds=True, because="is of that conversation") if found else Finding(holds=False, because=words if {
        "first", "reply"}.intersection(when.thread) else "is of another conversation")


def _aged(when: When, subject: Subject) -> Finding:
    limit = when.age
    if limit is None:
        return Finding(holds=True, because="")
    is_so = subject.age > limit.span if limit.is_over else subject.age < limit.span
    return Finding(holds=is_so, because=f"was {'' if is_so else 'not '}{limit.said} old when it came in")


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
    "list": _list, "area": _area, "sender": _sender, "subject": _subject, "text": _text, "header": _header,
    "attachment": _attachment, "urgent": _urgent, "has_event": _has_event, "has_request": _has_request,
    "thread": _thread, "age": _aged, "all": _all, "any": _any, "not_": _not,
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
        match = compiled(word).search(text, timeout=_REGEX_SECONDS)
    except TimeoutError:
        return None
    return match.group(0)[:80] if match else None
