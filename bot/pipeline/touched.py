"""What an edit of areas.yaml changes in the reading of stored mail: only that is read again, the rest stands as it is.

An area's words, lists and senders are looked for, and its description is compared, so that an edit of one area touches
the few messages that show it. Dates, requests and urgency do not hang on areas; they are taken as they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.conditions import matches_sender, search
from bot.headers import base_subject
from bot.pipeline.receive import Judges, read_again
from bot.reading.features import Lexicon
from bot.reading.likeness import LikenessTagger
from bot.reading.newsletter import sections
from bot.reading.requests import DatesAndRequestsTagger
from bot.reading.tagger import Surroundings, Tagger
from bot.reading.urgency import UrgencyTagger
from bot.rulebook import Area
from bot.store.values import Stored
from bot.types import Message, Reading, Tag
from bot.wanted import is_regex
from bot.words import stems


class _AsRead:
    """The tags that do not hang on areas, as the stored reading has them."""

    name = "as read"

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        """Dates, request, urgency."""
        return (*self._reading.events, *(tag for tag in (self._reading.request, self._reading.urgent) if tag))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Differences:
    """What differs between two sets of areas."""

    gone: frozenset[str]
    lexicon: Lexicon
    patterns: tuple[str, ...]
    lists: frozenset[str]
    senders: tuple[str, ...]
    described: bool

    @classmethod
    def of(cls, before: dict[str, Area], after: dict[str, Area]) -> _Differences:
        """By area: a word that moves from one area to another differs in both."""
        words = {pair[1] for pair in _pairs(before, "words") ^ _pairs(after, "words")}
        lists = {pair[1].lower() for pair in _pairs(before, "lists") ^ _pairs(after, "lists")}
        senders = {pair[1] for pair in _pairs(before, "senders") ^ _pairs(after, "senders")}
        return cls(
            gone=frozenset(before.keys() - after.keys()), patterns=tuple(filter(is_regex, sorted(words))),
            lexicon=Lexicon.of({"": sorted(words)}), lists=frozenset(lists), senders=tuple(sorted(senders)),
            described=_descriptions(before) != _descriptions(after),
        )


def _pairs(areas: dict[str, Area], field: str) -> set[tuple[str, str]]:
    return {(name, value) for name, area in areas.items() for value in getattr(area, field)}


def _descriptions(areas: dict[str, Area]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(name, area.label, area.about, area.words) for name, area in areas.items()]


class Touched:
    """Brings stored readings up to date with an edit of the areas. `learned` are the areas that the model knows."""

    def __init__(self, before: Judges, after: Judges, learned: frozenset[str]) -> None:
        self._judges = (before, after)
        old, new = before.book.areas, after.book.areas
        self._differences = _Differences.of(old, new)
        self.any = _evidence(old) != _evidence(new) or list(old) != list(new)
        self._all = bool((new.keys() - old.keys()) & learned)
        taggers = (one for judges in self._judges for one in judges.taggers) if self._differences.described else ()
        self._likeness = tuple(one for one in taggers if isinstance(one, LikenessTagger))

    def readings(self, stored: Stored) -> tuple[Reading, Reading] | None:
        """The readings before and after the edit, or None where it changes nothing: then the stored one holds."""
        message = stored.message
        if not self.any or message is None or not (self._all or self._shows(stored, message)):
            return None
        told = None if stored.reading.items or sections(message) else _AsRead(stored.reading)
        before, after = (read_again(stored, _quick(judges, told)) for judges in self._judges)
        return before, after

    def _shows(self, stored: Stored, message: Message) -> bool:
        differ = self._differences
        sender = message.sender
        return bool(
            differ.lists.intersection(stored.lists or message.lists)
            or (differ.gone and differ.gone.intersection(_areas(stored)))
            or (sender and any(matches_sender(word, sender.address, sender.name) for word in differ.senders))
            or self._speaks(message) or self._is_like(message)
        )

    def _speaks(self, message: Message) -> bool:
        differ, text = self._differences, f"{message.subject}\n{message.new_text}"
        if differ.lexicon.areas and (differ.lexicon.hits(stems(base_subject(message.subject)))
                                     or differ.lexicon.hits(stems(message.new_text))):
            return True
        return any(search(pattern, text) for pattern in differ.patterns)

    def _is_like(self, message: Message) -> bool:
        """Whether its nearness to what no model has learned differs; of a newsletter, that of any of its items may."""
        if not any(tagger.is_at_work for tagger in self._likeness):
            return False
        around = Surroundings(zone=self._judges[0].zone)
        before, after = (list(tagger.tags(message, around)) for tagger in self._likeness)
        return before != after or bool(sections(message))


def _evidence(areas: dict[str, Area]) -> list[object]:
    return [(*one, area.lists, area.senders) for one, area in zip(_descriptions(areas), areas.values(), strict=True)]


def _areas(stored: Stored) -> Iterator[str]:
    reading = stored.reading
    yield from (str(tag.value) for tag in (*reading.areas, *reading.unsure))
    yield from (area for item in reading.items for area in item.area_ids)


def _quick(judges: Judges, told: Tagger | None) -> Judges:
    """Judges that take what does not hang on areas as it was read."""
    if told is None:
        return judges
    rest = [one for one in judges.taggers if not isinstance(one, (DatesAndRequestsTagger, UrgencyTagger))]
    at = next(n for n, one in enumerate(judges.taggers) if isinstance(one, DatesAndRequestsTagger))
    return replace(judges, taggers=(*rest[:at], told, *rest[at:]))
