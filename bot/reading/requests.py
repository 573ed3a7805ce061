"""Does the message ask the library to do something, and by when?

A survey, a vote, a form, a renewal, a test, a report: a request. An invitation, an offer, "let us know if you have
questions", and a colleague's question to the list are none. One model says of each sentence how plainly it asks, one of
the message whether anything is asked at all, and one of each moment whether it is the last day for that. A due date is
always told as a `deadline` too, so the two can never disagree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bot.linear import LinearModel
from bot.reading.dates import Dated, event_tags, first_day, in_order, read_dates
from bot.reading.request_features import Asked, due_features, features, last_days, line_features, odds
from bot.reading.request_rules import plainest
from bot.reading.request_scores import OneLabel
from bot.reading.sentences import CAP
from bot.reading.tagger import Surroundings
from bot.types import Event, Message, Request, Tag

Dates = Callable[[Message, ZoneInfo], Dated]

#: What counts beside the log-odds that a sentence asks, for it must be understood alone: its length, and how many words
#: are enough; that it names the last day, or stands beside it; that it is the subject, which is told anyway; that it
#: hangs on a condition, or on what was said before; that it only leads to a list.
_LENGTH, _ENOUGH = 1.8, 12
_NAMES_DAY, _BESIDE_DAY, _SUBJECT, _CONDITION, _HANGS, _LEADS = 1.0, 0.6, -4.0, -1.0, -0.5, -0.5
_IF = re.compile(r"\W*(?:if|should you)\b", re.IGNORECASE)
_BACK = re.compile(r"\W*(?:it|they|them|this|that|these|those|he|she|until|by|to me)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(r"(?:it|they|this|that|these|those)\b", re.IGNORECASE)
#: What may stand before the asking is left out, but not on what condition it is asked.
_CUT = re.compile(r"(?:(?!\b(?:if|where|when|unless|whoever|should you)\b).)*?\b(?:please|kindly)\s+", re.IGNORECASE)
#: A place in a list says nothing where the sentence stands alone, unless the sentence itself goes on counting.
_NUMBER = re.compile(r"^\(?\d{1,2}[.)]\s+(?=[^\W\d])(?!.*[ (]2[.)]\s)")
_LONGEST = 180


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestModels:
    """The models of sentences that ask, of messages that ask, and of the moments by which it is due."""

    sentences: OneLabel
    messages: OneLabel
    due: OneLabel

    @classmethod
    def of(cls, models: Mapping[str, LinearModel]) -> RequestModels:
        """From the models of the file, by their names there."""
        return cls(sentences=OneLabel(models["asking"]), messages=OneLabel(models["requests"]),
                   due=OneLabel(models["due"]))


class DatesAndRequestsTagger:
    """Reads the dated events, and finds what the message asks the library to do: a due date is an event too.

    Without models the plainest signs decide. `dates` reads the dates.
    """

    name = "dates and requests"

    def __init__(self, models: RequestModels | None = None, dates: Dates = read_dates) -> None:
        self._models = models
        self._dates = dates

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        """One `event` tag for each event, in order of time, and at most one `request` tag."""
        dated = self._dates(message, around.zone)
        asked, deadline = request(message, dated, self._models)
        yield from event_tags(in_order((*dated.events, deadline), around.zone) if deadline else dated.events)
        if asked is not None:
            line = " ".join(asked.sentence.split())[:200]
            yield Tag(name="request", value=asked, by="extractor", why=f"“{line}”")


def request(message: Message, dated: Dated, models: RequestModels | None = None) -> tuple[Request | None, Event | None]:
    """What the message asks the library to do, None if nothing; and its deadline where `dated` does not tell of it."""
    asked = Asked.of(message, dated)
    if models is None:
        talk = asked.reply or "?" in message.new_text[:CAP]
        plain = plainest(asked.lines, dated.events, talk=talk)
        return (None, None) if plain is None else (_request(asked.lines[plain[0]], plain[1]), None)
    asking = [models.sentences.probable(line) for line in line_features(asked)]
    if models.messages.sure(features(asked, asking)) < 0.5:
        return None, None
    deadline = _deadline(asked, asking, models.due)
    at = _quoted(asked, asking, deadline)
    before = asked.lines[at - 1] if at > 1 else ""
    found = _request(asked.lines[at], None if deadline is None else first_day(deadline.start), before)
    known = [event for event in dated.events if event.type == "deadline"]
    return found, None if deadline is None or _is_told(deadline, known) else deadline


def _request(sentence: str, due: date | None, before: str = "") -> Request:
    """`before` is the sentence that stands before it: what "it" is, or "this", is told with it where there is room."""
    what = _what(sentence)
    both = f"{_what(before)}. {what}"
    told = both if _POINTS_BACK.match(what) and before.endswith(".") and len(both) <= _LONGEST else what
    return Request(what=told, due=due, sentence=sentence[:600])


def _quoted(asked: Asked, asking: Sequence[float], deadline: Event | None) -> int:
    """The place of the sentence that asks, rather of one that can be understood alone."""
    days = {event.sentence for event, _ in last_days(asked) if deadline and event.start == deadline.start}
    worth = [odds(one) + _alone(line) + _dated(asked.lines, at, days) + _SUBJECT * (at == 0)
             for at, (line, one) in enumerate(zip(asked.lines, asking, strict=True))]
    return max(range(len(worth)), key=lambda at: worth[at])


def _alone(line: str) -> float:
    """How well a sentence is understood alone."""
    hangs = _CONDITION * bool(_IF.match(line)) + _HANGS * bool(_BACK.match(line)) + _LEADS * line.endswith(":")
    return hangs + _LENGTH * math.log(1 + min(_ENOUGH, len(line.split())))


def _dated(lines: Sequence[str], at: int, days: Container[str]) -> float:
    beside = any(line in days for line in lines[max(0, at - 1):at + 2])
    return _NAMES_DAY if lines[at] in days else _BESIDE_DAY * beside


def _is_told(deadline: Event, known: Iterable[Event]) -> bool:
    return any(first_day(event.start) == first_day(deadline.start) for event in known)


def _deadline(asked: Asked, asking: list[float], model: OneLabel) -> Event | None:
    """The moment that is likeliest the last day for what is asked, None if none is likely."""
    sure = [model.sure(one) for one in due_features(asked, asking)]
    best = max(range(len(sure)), key=lambda at: sure[at], default=None)
    return None if best is None or sure[best] < 0.5 else last_days(asked)[best][0]


def _what(sentence: str) -> str:
    """The asking part of the sentence, short enough for a list."""
    line = _NUMBER.sub("", " ".join(sentence.split()).strip(" -*•"))
    match = _CUT.match(line)
    if match and match.end() < len(line) - 10:
        line = line[match.end():]
    line = line[:1].upper() + line[1:]
    if len(line) > _LONGEST:
        line = line[:_LONGEST - 1].rpartition(" ")[0] + "…"
    return line.rstrip(" .;,:")
