"""How long a list may stay quiet: what the liaison says in routing.yaml, and what its own past says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

#: How much of the past before a list's last post makes a rhythm, and how many days with a post are enough.
PAST = timedelta(days=90)
_FEWEST = 4
#: A silence is noted when it is so many times the longest one of the past, and not before a week.
_TIMES, _LEAST = 3, timedelta(days=7)

_SPAN = re.compile(r"([1-9][0-9]{0,3}) ?(day|week)s?", re.IGNORECASE)
_ANY = "any"


def _silence(value: object) -> object:
    """"7 days" or "2 weeks"; "any" (None) where no silence means anything."""
    if isinstance(value, timedelta):
        return value
    if str(value).strip().lower() == _ANY:
        return None
    text = "" if value is None else str(value).strip()
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"`{text}` is not a length of time. Write it as in `7 days`, `2 weeks` or `any`.")
    return timedelta(days=int(found[1]) * (7 if found[2].lower() == "week" else 1))


Silence = Annotated[timedelta | None, BeforeValidator(_silence), WithJsonSchema({
    "type": "string", "pattern": "^([1-9][0-9]{0,3} ?([Dd]ay|[Ww]eek)s?|[Aa]ny)$"})]


def _lower(value: dict[str, timedelta | None]) -> dict[str, timedelta | None]:
    return {name.lower(): span for name, span in value.items()}


#: The longest silence of lists, by name; None: any silence is fine.
Expected = Annotated[dict[str, Silence], AfterValidator(_lower)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """A list that is quiet beyond its rhythm. `last` is None when nothing at all came in the time looked at;
    `expected` is the silence that would have been fine, `is_learned` when its own past says so."""

    name: str
    last: datetime | None
    expected: timedelta
    is_learned: bool


def quiet_lists(
    arrivals: Mapping[str, Sequence[datetime]], expected: Mapping[str, timedelta | None], since: datetime, now: datetime
) -> tuple[Quiet, ...]:
    """Lists that have been quiet for too long, the longest silence first.

    `arrivals` are the moments of each list's posts since `since`, oldest first. A list that is new in routing.yaml is
    given its time from `since` on.
    """
    told = [_told(name, span, arrivals.get(name, ()), since, now) for name, span in expected.items()]
    learned = [_learned(name, moments, now) for name, moments in arrivals.items() if name not in expected]
    found = [quiet for quiet in (*told, *learned) if quiet is not None]
    return tuple(sorted(found, key=lambda quiet: (quiet.last or since, quiet.name)))


def _told(
    name: str, span: timedelta | None, moments: Sequence[datetime], since: datetime, now: datetime
) -> Quiet | None:
    last = moments[-1] if moments else None
    if span is None or now - (last or since) <= span:
        return None
    return Quiet(name=name, last=last, expected=span, is_learned=False)


def _learned(name: str, moments: Sequence[datetime], now: datetime) -> Quiet | None:
    """By the longest silence between two posts so far; with too few posts, or all on a few days, there is no rhythm."""
    recent = [moment for moment in moments if moment >= moments[-1] - PAST]
    if len({moment.date() for moment in recent}) < _FEWEST:
        return None
    longest = max(after - before for before, after in pairwise(recent))
    limit = max(_TIMES * longest, _LEAST)
    return Quiet(name=name, last=recent[-1], expected=limit, is_learned=True) if now - recent[-1] > limit else None
