"""What can be said of conditions without a message: that one can never hold, or holds whenever another does. Pure.

A condition becomes a list of alternatives, each a set of plain claims ("came through one of these lists", "does not say
one of these words"). What is found here is certain; much that a person would see is not found, and no doubt is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from pydantic import BaseModel

from bot.conditions import When

#: Beyond so many alternatives a condition is left in peace.
_MOST = 64
_NESTED = {"all", "any", "not_"}
#: Lines that say yes or no and nothing else.
_YES_OR_NO = frozenset({"urgent", "has_request"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One of `values` is true of a line of the message (`key`); or, negated, none of them."""

    key: str
    values: frozenset[str]
    negated: bool = False

    def entails(self, other: Claim) -> bool:
        """Whether the other claim is true whenever this one is."""
        if self.key != other.key or self.negated != other.negated:
            return False
        return other.values <= self.values if self.negated else self.values <= other.values

    def excludes(self, other: Claim) -> bool:
        """Whether the two can never be true together."""
        if self.key != other.key:
            return False
        if self.negated == other.negated:
            return self.key in _YES_OR_NO and not self.negated and not self.values & other.values
        positive, negative = (other, self) if self.negated else (self, other)
        return positive.values <= negative.values


#: All of these claims together.
Alternative = frozenset[Claim]


def alternatives(when: When) -> tuple[Alternative, ...] | None:
    """The ways in which a condition can hold; none at all if it never can. None: it is too involved to say."""
    found = _expanded(when, negated=False)
    return None if found is None else tuple(one for one in found if not _clash(one))


def entails(narrow: Iterable[Alternative], wide: Iterable[Alternative]) -> bool:
    """Whether the wide condition holds whenever the narrow one does."""
    return all(any(_covers(one, other) for other in wide) for one in narrow)


def _covers(narrow: Alternative, wide: Alternative) -> bool:
    return all(any(claim.entails(wanted) for claim in narrow) for wanted in wide)


def _clash(claims: Alternative) -> bool:
    return any(one.excludes(other) for one in claims for other in claims)


def _expanded(when: When, *, negated: bool) -> tuple[Alternative, ...] | None:
    """Lines are joined by "and", which `not` turns into "or" (De Morgan)."""
    parts = [(frozenset({claim}),) for claim in _claims(when, negated=negated)]
    for part in when.all:
        parts.append(_expanded(part, negated=negated))  # type: ignore[arg-type]
    if when.any:
        inside = [_expanded(part, negated=negated) for part in when.any]
        parts.append(_and(inside) if negated else _or(inside))  # type: ignore[arg-type]
    if when.not_ is not None:
        parts.append(_expanded(when.not_, negated=not negated))  # type: ignore[arg-type]
    return _or(parts) if negated else _and(parts)


def _and(parts: Iterable[tuple[Alternative, ...] | None]) -> tuple[Alternative, ...] | None:
    found: set[Alternative] = {frozenset()}
    for part in parts:
        if part is None or len(found) * len(part) > _MOST:
            return None
        found = {one | other for one, other in product(found, part)}
    return tuple(found)


def _or(parts: Iterable[tuple[Alternative, ...] | None]) -> tuple[Alternative, ...] | None:
    found: list[Alternative] = []
    for part in parts:
        if part is None or len(found) + len(part) > _MOST:
            return None
        found += part
    return tuple(found)


def _claims(when: When, *, negated: bool) -> Iterable[Claim]:
    """Each line as a claim, whatever lines the grammar may come to know."""
    for name in sorted(when.model_fields_set - _NESTED):
        value = getattr(when, name)
        if isinstance(value, bool):
            yield Claim(name, frozenset({str(value != negated)}))
        elif isinstance(value, tuple) and not any(isinstance(part, BaseModel) for part in value):
            yield Claim(name, frozenset(str(part).casefold() for part in value), negated)
        else:
            yield Claim(name, frozenset({repr(value)}), negated)
