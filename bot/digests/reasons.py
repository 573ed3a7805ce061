"""Why a reader gets a post, in one line of their language.

The reason was written in English when the post was read and routed. In another language it is worded anew from what is
kept beside it: which route it is, whose area, the words of the message that told the area. What nothing is kept beside
stays as it is written: a rule's own `why` is the library's. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.digests.phrases import clean_line
from bot.digests.values import AreaView, ReaderView
from bot.digests.wording import Words, mark
from bot.types import Pending, Tag

#: By the names that routing gives to routes which no rule of the liaison's made.
_ROUTES: Mapping[str, str] = {
    "follow-up": mark("you were told of this downtime at once, so you are told how it went on"),
    "unsure": mark("the bot is not sure whom this concerns"),
    "catch-all": mark("nobody reads its area, or none fits, so it comes to the liaison"),
}


def why_line(items: Sequence[Pending], reader: ReaderView, areas: Mapping[str, AreaView], *, mandatory: bool) -> str:
    """"Because you catalog.", or that it cannot be switched off, and why: the reason of the post on top."""
    speaking = [item for item in items if item.route.mandatory] if mandatory else items
    told = (clean_line(_reason(item, reader, areas), 160).removeprefix("because ").rstrip(". ") for item in speaking)
    words = reader.words
    reason = next((reason for reason in told if reason), None) or words.say("a rule of your library says so")
    if mandatory:
        return words.say("This cannot be switched off, because %(reason)s.", reason=reason)
    return words.say("Because %(reason)s.", reason=reason)


def _reason(item: Pending, reader: ReaderView, areas: Mapping[str, AreaView]) -> str:
    route, words = item.route, reader.words
    if words.code == "en":
        return route.why
    if route.rule in _ROUTES:
        return words.say(_ROUTES[route.rule])
    kind, _, area = route.rule.partition(":")
    if area not in areas:
        return route.why
    label, evidence = areas[area].label, _evidence(item, area, words)
    if kind == "mandatory":
        return words.say("%(area)s is for everybody it concerns", area=label) + evidence
    # Whoever stands in for somebody gets the other's route, and may not read the area themselves.
    return words.say("you read %(area)s", area=label) + evidence if area in reader.area_order else route.why


def _evidence(item: Pending, area: str, words: Words) -> str:
    """What of the message told the area, if it was its words or its conversation."""
    tags = (*item.reading.areas, *item.reading.item_areas)
    tag: Tag | None = next((tag for tag in tags if tag.value == area), None)
    if tag is None:
        return ""
    if tag.words:
        # Translators: the quotes of your language.
        spoken = (words.say("“%(word)s”", word=word) for word in tag.words)
        return ": " + words.say("it speaks of %(words)s", words=", ".join(spoken))
    return ": " + words.say("the conversation is about it") if tag.by == "thread" else ""
