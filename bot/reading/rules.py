"""The areas' own evidence from areas.yaml: senders, words and lists, as plain counting that anybody can follow.

Words in the subject count double, phrases more than single words, a list is evidence and no proof. An area that the
classifier has learned needs strong evidence here, since the classifier weighs the same words better; an area that the
liaison invented today has only this, and needs less.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.conditions import matches_sender, search
from bot.headers import base_subject
from bot.reading.features import TEXT_LIMIT, Lexicon
from bot.reading.tagger import Surroundings
from bot.types import SURE, Message, Tag
from bot.wanted import is_regex
from bot.words import find_phrase, stems

_SUBJECT, _PHRASE, _WORD, _LIST = 2.0, 1.5, 1.0, 1.0
#: What the evidence must add up to.
_LEARNED, _NEW = 5.0, 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaEvidence:
    """What areas.yaml says of one area."""

    words: tuple[str, ...]
    lists: frozenset[str]
    senders: tuple[str, ...]


class RulesTagger:
    """Yields an area tag for each area whose own evidence suffices."""

    name = "rules"

    def __init__(self, areas: Mapping[str, AreaEvidence], learned: frozenset[str]) -> None:
        self._areas = areas
        self._learned = learned
        self._lexicon = Lexicon.of({area: evidence.words for area, evidence in areas.items()})

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """One tag an area at most; the score grows with the evidence, from 0.6 up."""
        subject = self._lexicon.hits(stems(base_subject(message.subject)))
        body = self._lexicon.hits(stems(message.new_text[:TEXT_LIMIT]))
        for area, evidence in self._areas.items():
            sender = _sender(message, evidence)
            if sender:
                yield Tag(name="area", value=area, score=0.95, by="rule", why=f"mail from {sender} belongs here")
                continue
            spoken = _longest([phrase for phrase in {**subject, **body} if area in self._lexicon.areas[phrase]])
            posted = sorted(evidence.lists.intersection(message.lists))
            worth = sum(_worth(phrase, phrase in subject) for phrase in spoken) + _LIST * bool(posted)
            needed = _LEARNED if area in self._learned else _NEW
            if spoken and worth >= needed:
                score = round(0.6 + 0.35 * (1 - math.exp(-(worth - needed) / needed)), 4)
                found = _found(message, spoken)
                yield Tag(name="area", value=area, score=score, by="rule", why=_why(posted, found), words=found)


def _sender(message: Message, evidence: AreaEvidence) -> str | None:
    if message.sender is None:
        return None
    address, name = message.sender.address, message.sender.name
    return next((word for word in evidence.senders if matches_sender(word, address, name)), None)


def _longest(spoken: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without those that stand inside a longer one: "Primo VE" is not "Primo" once more."""
    lines = [f" {' '.join(phrase)} " for phrase in spoken]
    return [phrase for phrase, line in zip(spoken, lines, strict=True)
            if not any(line in other and line != other for other in lines)]


def _worth(phrase: tuple[str, ...], is_in_subject: bool) -> float:
    return (_PHRASE if len(phrase) > 1 else _WORD) * (_SUBJECT if is_in_subject else 1.0)


def _found(message: Message, spoken: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The three longest phrases as they stand in the message."""
    text = f"{message.subject}\n{message.new_text[:TEXT_LIMIT]}"
    ordered = sorted(spoken, key=lambda phrase: (-len(phrase), phrase))[:3]
    return tuple(hit.lower() for phrase in ordered if (hit := find_phrase(" ".join(phrase), text)))


def _why(posted: list[str], found: tuple[str, ...]) -> str:
    where = f"posted to {', '.join(posted)}; " if posted else ""
    return f"{where}speaks of {', '.join(f'“{hit}”' for hit in found)}" if found else f"{where}its words fit"


class PatternTagger:
    """The regular expressions among an area's words: a hit is as good as the liaison's word."""

    name = "patterns"

    def __init__(self, areas: Mapping[str, AreaEvidence]) -> None:
        self._patterns = {
            area: tuple(word for word in evidence.words if is_regex(word)) for area, evidence in areas.items()
        }

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """One tag for each area with a hit."""
        text = f"{message.subject}\n{message.new_text[:TEXT_LIMIT]}"
        for area, patterns in self._patterns.items():
            found = next((hit for pattern in patterns if (hit := search(pattern, text))), None)
            if found:
                yield Tag(name="area", value=area, score=0.9, by="rule", why=f"says “{found}”", words=(found,))


class ThreadTagger:
    """A short reply is about what its conversation is mainly about, and about its other areas if it says so itself.

    Stands behind the classifier, whose guesses at the reply's own words it weighs.
    """

    name = "thread"

    #: Longest reply, in words, that is understood by its conversation rather than by itself.
    _SHORT = 80
    #: How sure the classifier must be of an area that is not the conversation's main one.
    _HINTED = 0.3

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """The conversation's areas, with less certainty for a longer reply."""
        length = len(message.new_text.split())
        if length > self._SHORT:
            return
        told = {str(tag.value): tag.score for tag in around.told if tag.name == "area"}
        for place, area in enumerate(around.thread_areas[:3]):
            own = told.get(area, 0.0)
            if own < SURE and (place == 0 or own >= self._HINTED):  # what it says by itself needs no conversation
                score = round((0.75 if length <= self._SHORT // 2 else 0.6) - 0.05 * place, 2)
                yield Tag(name="area", value=area, score=score, by="thread", why="the conversation is about it")
