"""Which sentence asks most plainly, by its signs alone, and the last day that goes with it: what holds without models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.reading.dates import first_day
from bot.reading.request_words import signs
from bot.types import Event

#: How plainly each sign asks: the strongest way of asking counts, then what is asked.
_WAYS = {
    "please:return": 4.0, "please:do": 3.0, "please:join": 1.0, "must:return": 3.0, "must:do": 3.0, "to:return": 2.5,
    "to:do": 2.0, "imp:return": 2.5, "imp:do": 1.5, "imp:join": 0.5,
}
_MARKS = {"thing": 1.0, "you": 0.5, "offer": -1.5, "theirs": -0.7, "question": -1.5}
#: A last day in the sentence, or in the one before or after it.
_DEADLINE, _NEAR = 3.0, 1.0
_CONDITION = -2.0
#: A sentence must ask this plainly; more so in answers and questions.
_PLAIN, _PLAIN_TALK = 3.0, 4.5


@dataclass(frozen=True, slots=True)
class _Ask:
    """A sentence, how plainly it asks, and the last day that it names."""

    points: float
    at: int
    due: date | None


def plainest(lines: Sequence[str], dated: Sequence[Event], *, talk: bool) -> tuple[int, date | None] | None:
    """The place of the sentence that asks most plainly, and its last day; None if none asks plainly enough.

    `talk` says that the message is part of a conversation, where much that sounds like asking is advice.
    """
    asks = _asks(lines, [event for event in dated if event.type == "deadline"])
    best = max(asks, key=lambda ask: (ask.points, -ask.at))
    return (best.at, _due(best, asks)) if best.points >= (_PLAIN_TALK if talk else _PLAIN) else None


def _asks(lines: Sequence[str], deadlines: Sequence[Event]) -> list[_Ask]:
    """Every sentence with its points; a last day beside it helps a sentence that asks at all."""
    due = {event.sentence: first_day(event.start) for event in reversed(deadlines)}
    asks = []
    for at, line in enumerate(lines):
        points = _points(line, line in due)
        if points > 0 and line not in due and not due.keys().isdisjoint(lines[max(1, at - 1):at + 2]):
            points += _NEAR
        asks.append(_Ask(points, at, due.get(line)))
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
