"""Does the message ask the library to do something, and by when?

A survey, a vote, a form, a renewal, a test, a report: a request. An invitation, an offer, "let us know if you have
questions", and a colleague's question to the list are none. Whether a message asks, the model `requests` says; which
sentence asks, its signs say. A due date is always a `deadline` that `bot.reading.dates` reads out of the same message,
so the two can never disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bot.reading.dates import event_tags, events, first_day
from bot.reading.linear import LinearModel, shifted
from bot.reading.request_features import features, is_reply, lines_of
from bot.reading.request_words import signs
from bot.reading.sentences import CAP
from bot.reading.tagger import Surroundings
from bot.types import Event, Message, Request, Tag

Dates = Callable[[Message, ZoneInfo], tuple[Event, ...]]

#: How plainly each sign asks, for the choice of the sentence: the strongest way of asking counts, then what is asked.
_WAYS = {
    "please:return": 4.0, "please:do": 3.0, "please:join": 1.0, "must:return": 3.0, "must:do": 3.0, "to:return": 2.5,
    "to:do": 2.0, "imp:return": 2.5, "imp:do": 1.5, "imp:join": 0.5,
}
_MARKS = {"thing": 1.0, "you": 0.5, "offer": -1.5, "theirs": -0.7, "question": -1.5}
#: A last day in the sentence, or in the one before or after it.
_DEADLINE, _NEAR = 3.0, 1.0
_CONDITION = -2.0
#: Without a model, a sentence must ask this plainly; more so in answers and questions.
_PLAIN, _PLAIN_TALK = 3.0, 4.5
_CUT = re.compile(r"\b(?:please|kindly)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Ask:
    """A sentence, how plainly it asks, and the last day that it names."""

    sentence: str
    points: float
    at: int
    due: date | None


class DatesAndRequestsTagger:
    """Reads the dated events, and finds what the message asks the library to do: a due date is an event too.

    Without a model the plainest signs decide. `dates` reads the events.
    """

    name = "dates and requests"

    def __init__(self, model: LinearModel | None = None, dates: Dates = events) -> None:
        self._model = model
        self._dates = dates

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        """One `event` tag for each event, in order of time, and at most one `request` tag."""
        dated = self._dates(message, around.zone)
        yield from event_tags(dated)
        found = request(message, dated, self._model)
        if found is not None:
            line = " ".join(found.sentence.split())[:200]
            yield Tag(name="request", value=found, by="extractor", why=f"“{line}”")


def request(message: Message, dated: tuple[Event, ...], model: LinearModel | None = None) -> Request | None:
    """What the message asks the library to do, None if nothing; `dated` are the events of the same message."""
    asks = _asks(lines_of(message), [event for event in dated if event.type == "deadline"])
    best = max(asks, key=lambda ask: (ask.points, -ask.at))
    if not _is_asked(message, dated, best, model):
        return None
    return Request(what=_what(best.sentence), due=_due(best, asks), sentence=best.sentence[:600])


def _is_asked(message: Message, dated: tuple[Event, ...], best: _Ask, model: LinearModel | None) -> bool:
    if model is None:
        talk = is_reply(message.subject) or "?" in message.new_text[:CAP]
        return best.points >= (_PLAIN_TALK if talk else _PLAIN)
    probable = model.probable(features(message, dated))
    return shifted(float(probable[0]), float(model.thresholds[0])) >= 0.5


def _asks(lines: list[str], deadlines: list[Event]) -> list[_Ask]:
    """Every sentence with its points; a last day beside it helps a sentence that asks at all."""
    due = {event.sentence: first_day(event.start) for event in reversed(deadlines)}
    asks = []
    for at, line in enumerate(lines):
        points = _points(line, line in due)
        if points > 0 and line not in due and not due.keys().isdisjoint(lines[max(1, at - 1):at + 2]):
            points += _NEAR
        asks.append(_Ask(line, points, at, due.get(line)))
    return asks


def _points(line: str, has_due: bool) -> float:
    found = signs(line)
    way = max((points for sign, points in _WAYS.items() if sign in found), default=0.0)
    if not (way or has_due):
        return 0.0
    condition = _CONDITION if "if" in found and not has_due else 0.0
    return way + has_due * _DEADLINE + condition + sum(points for sign, points in _MARKS.items() if sign in found)


def _due(best: _Ask, asks: list[_Ask]) -> date | None:
    """The last day of the asking sentence, else the plainest other one, the nearer the better."""
    dated = [ask for ask in asks if ask.due is not None]
    return max(dated, key=lambda ask: (ask is best, ask.points - 0.2 * abs(ask.at - best.at)), default=best).due


def _what(sentence: str) -> str:
    """The asking part of the sentence, short enough for a list."""
    line = " ".join(sentence.split()).strip(" -*•")
    match = _CUT.search(line)
    if match and match.end() < len(line) - 10:
        line = line[match.end():]
    line = line[:1].upper() + line[1:]
    if len(line) > 140:
        line = line[:139].rpartition(" ")[0] + "…"
    return line.rstrip(" .;,")
