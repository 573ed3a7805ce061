"""What a post says of a downtime: which systems, whose, and at which stage it stands: announced, moved, begun, over.

The subject counts most; the text counts only in phrases that claim something as done, so that "until it is resolved"
does not say that it is. Runs after the areas are told, and only over posts about downtime. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.headers import base_subject
from bot.reading.instances import instances
from bot.reading.tagger import Surroundings
from bot.systems import systems_in
from bot.types import Event, Message, OutagePost, OutageStage, Tag

#: The area whose posts are about availability.
DOWNTIME = "downtime"
_SURE = 0.5
_OPENING = 1_500

_NEGATED = re.compile(r"(?i)\b(?:un|not (?:yet )?)(?:resolved|restored|completed?|fixed)\b|\bnot (?:yet )?back\b")
_NOT_YET = re.compile(r"(?i)\b(?:until|till|when|once|as soon as|if|before|after|will be)\b[^.;!?\n]{0,80}")
_IN_SUBJECT: tuple[tuple[OutageStage, str], ...] = (
    ("report", r"root[- ]cause|post-?mortem|incident report|after[- ]action|what happened|what (?:took|broke|went)|"
               r"why (?:the|it|alma|primo|we)|explained"),
    ("cancelled", r"cancell?ed|called off|will not take place"),
    ("resolved", r"resolved|restored|completed?|fixed|all[- ]clear|is over|back (?:up|online|to normal)|"
                 r"(?:is|are) back|(?:up|works?|working|running|online) again|normal (?:service|since)|recovered"),
    ("moved", r"postponed|rescheduled|moved|new (?:date|time|window)|delayed|extended"),
    ("update", r"updates?|still|continu\w+|ongoing"),
    ("begun", r"has (?:begun|started)|under ?way|in progress|currently|investigating|(?:is|are) down|outage|"
              r"unavailable|slow(?:ness)?|trouble|problems?"),
)
_IN_TEXT: tuple[tuple[OutageStage, str], ...] = (
    ("report", r"root cause (?:was|of)|post-?mortem|here is what happened|report on (?:the|last|yesterday)"),
    ("cancelled", r"(?:has|have|is|was) (?:been )?(?:cancell?ed|called off)|will not take place"),
    ("resolved", r"(?:has|have) (?:now )?been (?:resolved|restored|completed|fixed)|"
                 r"(?:is|are) (?:now )?(?:resolved|restored|fixed|working again|"
                 r"back (?:up|online|to normal|in service))|"
                 r"maintenance (?:was|is) (?:now )?(?:complete|completed|over|finished)|"
                 r"came back|all clear|works? (?:again|fine now)|(?:up|working|running|online) again|recovered|"
                 r"status\s{0,9}: ?resolved|normal (?:service )?since|(?:has|have) (?:answered|worked|been fine|been "
                 r"normal|run|been back) since|everything (?:of ours )?works"),
    ("moved", r"(?:has|have) been (?:postponed|rescheduled|moved|extended)|new (?:date|window) (?:is|will be)"),
    ("update", r"still (?:down|unavailable|out|no|being|working|investigating|affected|slow)|no change|"
               r"continues? to (?:be|experience|have)"),
    ("begun", r"(?:is|are) (?:currently|now) (?:down|unavailable|investigating|experiencing)|"
              r"has (?:begun|started)|(?:we are|is|are) (?:aware|investigating)"),
)
_AT_HOME = re.compile(
    r"\b(?:our (?:campus|library|university|college|building|own|local|network|server|proxy|IT|phones?|staff)|here at|"
    r"we (?:lost|have no|are without)|on (?:our|my) (?:campus|end|side)|at our (?:library|campus|place))\b", re.I)


def _compiled(rules: Iterable[tuple[OutageStage, str]]) -> tuple[tuple[OutageStage, re.Pattern[str]], ...]:
    return tuple((stage, re.compile(rf"(?i)\b(?:{words})\b")) for stage, words in rules)


_SUBJECT_RULES, _TEXT_RULES = _compiled(_IN_SUBJECT), _compiled(_IN_TEXT)


class OutageTagger:
    """Yields one `outage` tag for a post about downtime. Must stand behind the taggers that tell areas and dates."""

    name = "outage"

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """What the post says of the downtime, with the phrase that says it."""
        if not any(tag.name == "area" and tag.value == DOWNTIME and tag.score >= _SURE for tag in around.told):
            return
        stage, said = _stage(message, around.told)
        post = OutagePost(stage=stage, systems=systems(message), places=places(message))
        about = f" of {', '.join(post.systems)}" if post.systems else ""
        yield Tag(name="outage", value=post, by="extractor", why=f"downtime{about}, {stage}: {said}")


def systems(message: Message) -> tuple[str, ...]:
    """The systems that the subject names; those of the first lines when it names none."""
    for text in (base_subject(message.subject)[:300], message.new_text[:_OPENING // 2]):
        if found := systems_in(text):
            return found
    return ()


def places(message: Message) -> tuple[str, ...]:
    """Whose systems: the vendor's instances that are named, or the one campus that writes of its own trouble."""
    text = f"{message.subject}\n{message.new_text[:_OPENING]}"
    if found := instances(text):
        return tuple(sorted(found))
    if message.sender is not None and _AT_HOME.search(text):
        return (message.sender.domain,)
    return ()


def _stage(message: Message, told: Iterable[Tag]) -> tuple[OutageStage, str]:
    """The stage, and the words that say it. "Outage" in a subject is the weakest claim: the text may tell its end."""
    subject = _said(_SUBJECT_RULES, message.subject[:300])
    text = _said(_TEXT_RULES, message.new_text[:_OPENING])
    weak = ("begun", "update")
    claim = next((one for one in (subject, text) if one and one[0] not in weak), None) or subject or text
    is_urgent = any(tag.name == "urgent" for tag in told)
    has_window = any(isinstance(tag.value, Event) and tag.value.type == "maintenance" for tag in told)
    if claim and (claim[0] not in weak or is_urgent or not has_window):
        return claim[0], f"“{claim[1]}”"
    return ("begun", "it is urgent") if is_urgent else ("announced", "it names a window" if has_window else "a notice")


def _said(rules: Iterable[tuple[OutageStage, re.Pattern[str]]], text: str) -> tuple[OutageStage, str] | None:
    plain = _NEGATED.sub(" ", _NOT_YET.sub(" ", text))
    found = ((stage, match[0]) for stage, words in rules if (match := words.search(plain)))
    return next(found, None)
