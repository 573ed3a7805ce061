"""Finds the narrowest sensible conditions for "mails like this one", judged by what they matched in the past. Pure.

Like it are the posts of its conversation, of its series (the same subject but for numbers and dates), and those of the
same sender through the same list about the same main area. Among pairs of plain conditions the one wins that holds for
most of these and for least else; of equal ones the plainer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from bot.conditions import Subject, When, holds
from bot.headers import base_subject
from bot.store.values import Stored
from bot.types import Decision, Message, Reading
from bot.words import find_phrase, words

#: How plain a condition is to a reader of the rules; the lower the better.
_PLAIN = {"list": 0, "sender": 1, "area": 2, "subject": 3}
#: So many words of a subject are tried, the rarest of the past first; shorter ones say nothing.
_MOST_WORDS, _LONG = 6, 4
#: A condition that stands alone must not hold for more of all mail than this.
_BROAD = 0.05
#: What a match beyond mails like it costs beside one of them that is missed.
_BETA = 0.5
_CHANGING = re.compile(r"[\d\W_]+")
_EVERYDAY = frozenset(words(
    "about after again also been before from have here into just more need next please question questions reminder "
    "some than that their them then there they this today tomorrow update updates upcoming urgent week were what when "
    "where which will with within would your january february march april june july august september october november "
    "december monday tuesday wednesday thursday friday saturday sunday"
))

#: A condition by its key and its value.
Atom = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """Conditions, and what they would have matched: mails like the example, and others."""

    atoms: tuple[Atom, ...]
    like: int
    others: int

    @property
    def when(self) -> When:
        """As a rule has them."""
        return When.model_validate({key: [value] for key, value in self.atoms})


@dataclass(slots=True)
class Search:
    """Looks at the past message by message, keeps only numbers, then proposes."""

    example: Stored
    areas: tuple[str, ...]
    atoms: tuple[Atom, ...] = ()
    seen: int = 0
    _whens: dict[Atom, When] = field(default_factory=dict)
    _found: dict[Atom, set[int]] = field(default_factory=dict)
    _like: set[int] = field(default_factory=set)
    _series: str = ""

    def __post_init__(self) -> None:
        if self.example.message is not None:
            self.atoms = tuple(_atoms(self.example.message, self.example.lists, self.areas))
            self._series = series(self.example.message)
        self._whens = {(key, value): When.model_validate({key: [value]}) for key, value in self.atoms}
        self._found = {atom: set() for atom in self.atoms}

    def look(self, stored: Stored, reading: Reading, decision: Decision) -> None:
        """Note which conditions hold for a message of the past, and whether it is like the example."""
        if stored.message is None:
            return
        self.seen += 1
        areas = tuple(str(tag.value) for tag in decision.areas)
        subject = Subject(message=stored.message, reading=reading, lists=stored.lists or stored.message.lists,
                          areas={str(tag.value): tag.score for tag in decision.areas})
        for atom, when in self._whens.items():
            if holds(when, subject).holds:
                self._found[atom].add(stored.id)
        if self._is_like(stored, stored.message, areas):
            self._like.add(stored.id)

    def _is_like(self, stored: Stored, message: Message, areas: tuple[str, ...]) -> bool:
        example = self.example.message
        if stored.id == self.example.id or stored.thread == self.example.thread:
            return True
        if self._series and series(message) == self._series:
            return True
        if self.areas[:1] != areas[:1]:
            return False
        mine, its = example and example.sender, message.sender
        return bool(mine and its and mine.address == its.address and set(stored.lists) & set(self.example.lists))

    def proposals(self) -> list[Proposal]:
        """The conditions that would do, the best first; each holds for the example."""
        found = [self._proposal(atoms) for atoms in self._candidates()]
        return sorted((one for one in found if one is not None), key=self._order)

    def _candidates(self) -> Iterator[tuple[Atom, ...]]:
        """Single conditions that are not too broad, and pairs of different kinds."""
        most = max(3.0, _BROAD * self.seen)
        yield from ((atom,) for atom in self.atoms if atom[0] in ("sender", "subject")
                    and len(self._found[atom]) <= most)
        yield from (pair for pair in combinations(self.atoms, 2) if pair[0][0] != pair[1][0])

    def _proposal(self, atoms: tuple[Atom, ...]) -> Proposal | None:
        matched = set.intersection(*(self._found[atom] for atom in atoms))
        if self.example.id not in matched:
            return None
        like = len(matched & self._like)
        return Proposal(atoms=atoms, like=like, others=len(matched) - like)

    def _order(self, one: Proposal) -> tuple[float, int, int, tuple[Atom, ...]]:
        precise, complete = one.like / (one.like + one.others), one.like / len(self._like)
        worth = (1 + _BETA**2) * precise * complete / (_BETA**2 * precise + complete)
        # A pair that matches nothing else is as narrow as one of more: then the plainer one is easier to keep.
        return -round(worth, 2), sum(_PLAIN[key] for key, _ in one.atoms), -one.like, one.atoms

    def of_area(self) -> tuple[str, int] | None:
        """The main area of the example, and how many messages of the past are about it."""
        atom = next((atom for atom in self.atoms if atom[0] == "area"), None)
        return None if atom is None else (atom[1], len(self._found[atom]))


def series(message: Message) -> str:
    """A subject without what changes from issue to issue."""
    kept = (word for word in _CHANGING.sub(" ", base_subject(message.subject).lower()).split()
            if word not in _EVERYDAY)
    return " ".join(kept)


def _atoms(message: Message, lists: tuple[str, ...], areas: tuple[str, ...]) -> Iterator[Atom]:
    yield from (("list", name) for name in lists or message.lists)
    if message.sender is not None:
        yield "sender", message.sender.address
    yield from (("area", area) for area in areas)
    yield from (("subject", word) for word in _telling(message))


def _telling(message: Message) -> Iterable[str]:
    """Words of the subject, and pairs of neighbours, that say what it is about."""
    said = words(base_subject(message.subject))
    single = [word for word in said if len(word) >= _LONG and word not in _EVERYDAY and not word.isdigit()]
    pairs = [f"{one} {other}" for one, other in pairwise(said) if one in single and other in single]
    longest = [word for word, _ in Counter(single).most_common()]
    tried = dict.fromkeys((*longest[:_MOST_WORDS], *pairs[:_MOST_WORDS]))
    return (word for word in tried if find_phrase(word, message.subject))
