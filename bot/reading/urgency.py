"""Must staff know within the hour? An outage going on, a service just back, an emergency change today, a breach.

The model `urgency` decides by the words of the beginning; a sender whom our own mail server does not vouch for is never
urgent, whatever the words. Its threshold is set for recall: a missed outage costs more than one mail too many.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.reading.instances import instances
from bot.reading.linear import LinearModel, shifted
from bot.reading.tagger import Surroundings
from bot.reading.urgency_cues import cues
from bot.reading.urgency_features import features, lines_of
from bot.types import SURE, Event, Message, Tag

#: Without a model, what is told of now counts only in these first lines.
_FIRST = 4
#: Whose instance it is stands near the top.
_HEAD = 1_500
#: Which sentence is quoted: the one that tells of now, else of a trouble at all.
_WORTH = {"now": 3, "bare": 1, "later": 0, "past": 0}
_THREAD = "an outage told in this thread is still going on"


class UrgencyTagger:
    """Says whether staff must know at once. Without a model the plainest cues decide."""

    name = "urgency"

    def __init__(self, model: LinearModel | None = None) -> None:
        self._model = model

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        """At most one `urgent` tag, and none for a sender who is not authenticated. Dates are those told before."""
        if not around.authenticated or _is_elsewhere(message, around):
            return
        dated = [tag.value for tag in around.told if isinstance(tag.value, Event)]
        score = None if self._model is None else _score(message, dated, self._model)
        why = urgency(message, score) or (_THREAD if around.thread_urgent else None)
        if why is not None:
            yield Tag(name="urgent", by="extractor", why=why, score=1.0 if score is None else round(score, 4))


def _is_elsewhere(message: Message, around: Surroundings) -> bool:
    """Whether it names instances of hosted systems, and none of them is ours."""
    named = instances(f"{message.subject}\n{message.new_text[:_HEAD]}") if around.instances else frozenset()
    return bool(named) and named.isdisjoint(name.upper() for name in around.instances)


def urgency(message: Message, score: float | None = None) -> str | None:
    """Why the message is urgent by its own words, as the quoted sentence that says so; None if it is not.

    `score` is the model's (one half and above is urgent); without it the plainest cues decide.
    """
    if score is not None and score < SURE:
        return None
    lines = lines_of(message)
    found = cues(lines)
    if score is None and not _is_told_now(found):
        return None
    best = max(range(len(lines)), key=lambda at: (_worth(found[at]), -at))
    return f"“{' '.join(lines[best].split())[:200]}”"


def _score(message: Message, dated: Iterable[Event], model: LinearModel) -> float:
    probable = model.probable(features(message, dated))
    return shifted(float(probable[0]), float(model.thresholds[0]))


def _is_told_now(found: list[frozenset[str]]) -> bool:
    return any(cue.endswith(":now") for line in found[:_FIRST] for cue in line)


def _worth(found: frozenset[str]) -> int:
    return max((_WORTH[cue.partition(":")[2]] for cue in found), default=0)
