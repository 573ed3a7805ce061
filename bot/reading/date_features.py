"""What the model sees of a moment: the words around it by their nearness, and plain facts of its form and time.

Training and reading share this module, so they cannot drift apart. The model tells two things apart: whether something
happens then or is due by then (`happening`, `deadline`), and of a happening, which kind it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from bot.linear import LinearModel, shifted
from bot.reading.date_clock import Times
from bot.reading.date_cues import NOUNS, classes
from bot.reading.date_kinds import Candidate, signs
from bot.types import EventType
from bot.words import stems

HAPPENING = "happening"
HAPPENINGS: tuple[EventType, ...] = ("maintenance", "training", "meeting")
LABELS = (*HAPPENINGS, "deadline", HAPPENING)

#: How much the words of each place count; facts count little each, for there are many.
_NEAR, _NEXT, _FACT = 2.0, 1.0, 0.3
_PLACES = {"s": 0.7, "h": 1.0, "j": 1.0, "p": 0.4, "n": 0.4}
#: No more words than these before and after a moment are looked at one by one.
_FAR = 12
_AHEAD = ((-1, "past"), (0, "today"), (1, "tomorrow"), (6, "week"), (20, "weeks"), (60, "months"))
_HOURS = ((20, "night"), (19, "evening"), (17, "close"), (13, "office"), (12, "noon"), (7, "office"), (0, "night"))
_TIMED = ((0, "none"), (1, "one"), (2, "two"), (4, "some"), (1000, "many"))
_LONG = ((1.0, "hour"), (2.5, "hours"), (8.0, "day"))


def features(one: Candidate) -> dict[str, float]:
    """Feature names and weights of one moment (words are not yet scaled by rarity)."""
    found: dict[str, float] = {}
    for side, words in (("b", stems(one.pre)[-_FAR:][::-1]), ("a", stems(one.post)[:_FAR])):
        found.update(_near(side, words))
    for side, text in _texts(one):
        found.update(dict.fromkeys(_words(side, text), _PLACES[side]))
    facts = [*_form(one), *_named(one), *signs(one)]
    if (times := one.times()) is not None:
        facts += _time(times, one)
    found.update({f"={fact}": _FACT for fact in facts})
    return found


def _texts(one: Candidate) -> tuple[tuple[str, str], ...]:
    place = one.place
    return (("s", place.sentence), ("h", place.heading), ("j", place.subject), ("p", place.before), ("n", place.after))


def _near(side: str, words: Sequence[str]) -> dict[str, float]:
    """The words of one side, the nearest first: less and less weight, and the first two by their position."""
    found = {f"{side}:{word}": _NEAR / math.sqrt(1 + at) for at, word in reversed(list(enumerate(words)))}
    found.update({f"{side}{at}:{word}": _NEXT for at, word in enumerate(words[:2])})
    if len(words) > 1:
        found[f"{side}01:{words[0]} {words[1]}"] = _NEXT
    return found


def _named(one: Candidate) -> Iterator[str]:
    """The classes of words around a moment: how near in its stretch, and where else."""
    before, after = stems(one.pre), stems(one.post)
    near = [(len(before) - 1 - at, name, "<") for at, name in classes(before)]
    near += [(at + 2, name, ">") for at, name in classes(after)]
    yield from (f"{name}{side}{'near' if far < 4 else 'same'}" for far, name, side in near)
    yield f"nearest:{min(((far, name) for far, name, _ in near if name in NOUNS), default=(0, 'none'))[1]}"
    for side, text in _texts(one):
        yield from _classes(side, text)


#: The moments of a message share their sentences, headings and subject: what is said of a text is said once.
@lru_cache(maxsize=64)
def _words(side: str, text: str) -> tuple[str, ...]:
    return tuple(f"{side}:{word}" for word in stems(text) if not word.isdigit())


@lru_cache(maxsize=64)
def _classes(side: str, text: str) -> tuple[str, ...]:
    named = [name for _, name in classes(stems(text))]
    first = next((name for name in named if name in NOUNS), "none")
    return (*(f"{name}@{side}" for name in dict.fromkeys(named)), f"first@{side}:{first}")


def _form(one: Candidate) -> Iterator[str]:
    """How the moment is written."""
    moment, day = one.moment, one.moment.day
    yield "clock" if moment.start else "no clock"
    yield f"ends:{bool(moment.end)}:{bool(moment.end_day)}:{bool(moment.minutes)}"
    yield f"before:{moment.preposition}"
    yield f"timed:{bool(moment.start)}:{next(name for most, name in _TIMED if one.hours <= most)}"
    if day is None:
        yield "form:no day"
    else:
        yield "form:" + ("end" if day.end_of else "near" if day.shift is not None else "full" if day.month else
                         "number" if day.day else f"weekday {day.which}")
    if one.opens:
        yield "opens"
    if one.place.sentence == one.place.subject:
        yield "subject"
    if one.place.sentence.endswith("?"):
        yield "asks"


def _time(times: Times, one: Candidate) -> Iterator[str]:
    """How far ahead it is, at what hour, how long."""
    ahead = (times.first_day - one.now.date()).days
    yield "ahead:" + next((name for most, name in _AHEAD if ahead <= most), "far")
    yield "weekend" if times.first_day.weekday() > 4 else "week"
    if not isinstance(times.start, datetime):
        return
    hour = times.start.hour
    yield "hour:" + next(name for first, name in _HOURS if hour >= first)
    if isinstance(times.end, datetime):
        long = (times.end - times.start).total_seconds() / 3600
        yield "long:" + next((name for most, name in _LONG if long <= most), "days")


class Judged(NamedTuple):
    """What a moment is: the likeliest kind, None if none is likely enough; how unlikely that is (0 to 1); and how
    likely it is a last day, and a happening (one half is the threshold), and of which kind if it is one."""

    kind: EventType | None
    doubt: float
    due: float = 0.0
    happens: float = 0.0
    likeliest: EventType | None = None


def judged(one: Candidate, model: LinearModel) -> Judged:
    """What the model makes of a moment."""
    if one.moment.old:
        return Judged(None, 1.0)
    probable = [float(p) for p in model.probable(features(one))]
    each = zip(model.labels, probable, model.thresholds, strict=True)
    told: dict[str, float] = {name: shifted(one, float(at)) for name, one, at in each}
    happens, due = told[HAPPENING], told["deadline"]
    likeliest: EventType = max(HAPPENINGS, key=lambda name: told[name])
    if max(happens, due) < 0.5:
        return Judged(None, 1.0, due, happens, likeliest)
    if due > happens:
        return Judged("deadline", 1 - due, due, happens, likeliest)
    return Judged(likeliest, 1 - happens, due, happens, likeliest)
