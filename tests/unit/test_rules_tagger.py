"""The areas' own evidence, expressions, conversations, and that a failing tagger costs nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pytest

from bot.reading.reader import read
from bot.reading.rules import AreaEvidence, PatternTagger, RulesTagger, ThreadTagger
from bot.reading.tagger import Surroundings
from bot.types import Message, Tag
from tests.unit.builders import CHICAGO, area, message

AROUND = Surroundings(zone=CHICAGO)


def evidence(words: tuple[str, ...] = (), lists: tuple[str, ...] = (), senders: tuple[str, ...] = ()) -> AreaEvidence:
    return AreaEvidence(words=words, lists=frozenset(lists), senders=senders)


AREAS = {
    "cataloging": evidence(("bib record", "overlay", "merge rule", "/NZ-[0-9]+/"), ("techserv-ig",)),
    "vendors": evidence(("licence",), senders=("vendor.example.com", "sales desk")),
}


def said(one: Message, learned: frozenset[str] = frozenset()) -> dict[str, float]:
    return {str(tag.value): tag.score for tag in RulesTagger(AREAS, learned).tags(one, AROUND)}


@pytest.mark.parametrize(("one", "is_found"), [
    (message("an overlay"), False),                                              # one word is 1 of 2
    (message("an overlay of a bib record"), True),                               # 1 + 1.5
    (message("", subject="Overlay"), True),                                      # in the subject: 2
    (message("an overlay", lists=["techserv-ig"]), True),                        # 1 + the list
    (message("nothing", lists=["techserv-ig"]), False),                          # a list is evidence and no proof
    (message("overlay overlay overlay"), False),                                 # said again is not said more
    (message(""), False),
])
def test_new_areas_need_some_evidence(one: Message, is_found: bool) -> None:
    assert ("cataloging" in said(one)) is is_found


@pytest.mark.parametrize(("one", "is_found"), [
    (message("an overlay of a bib record"), False),
    (message("a merge rule, a bib record", lists=["techserv-ig"]), False),       # 1.5 + 1.5 + 1
    (message("a bib record", subject="Overlay"), False),                         # 2 + 1.5
    (message("a bib record", subject="Overlay, a merge rule"), True),            # 2 + 3 + 1.5
    (message("", subject="Overlay of a bib record"), True),                      # 2 + 3
])
def test_learned_areas_need_strong_evidence(one: Message, is_found: bool) -> None:
    assert ("cataloging" in said(one, frozenset({"cataloging"}))) is is_found


def test_more_evidence_means_a_higher_score() -> None:
    little, more = message("", subject="Overlay"), message("a merge rule", subject="Overlay of a bib record")
    assert 0.6 <= said(little)["cataloging"] < said(more)["cataloging"] <= 0.95


@pytest.mark.parametrize(("sender", "name", "is_found"), [
    ("jo@vendor.example.com", "", True), ("jo@mail.vendor.example.com", "", True), ("jo@example.com", "", False),
    ("jo@example.com", "The Sales Desk", True),
])
def test_a_sender_is_proof(sender: str, name: str, is_found: bool) -> None:
    tags = list(RulesTagger(AREAS, frozenset({"vendors"})).tags(message(sender=sender, name=name), AROUND))
    assert bool(tags) is is_found
    assert all((tag.value, tag.by, tag.score) == ("vendors", "rule", 0.95) for tag in tags)


def test_the_why_says_the_words_as_they_stand_there() -> None:
    [tag] = RulesTagger(AREAS, frozenset()).tags(message("Bib Records and overlays", lists=["techserv-ig"]), AROUND)
    assert tag.why == "posted to techserv-ig; speaks of “bib records”, “overlays”"


@pytest.mark.parametrize(("text", "found"), [("see NZ-42", "says “NZ-42”"), ("see nz-7", "says “nz-7”"), ("NZ", None)])
def test_an_expression_is_as_good_as_the_liaisons_word(text: str, found: str | None) -> None:
    tags = list(PatternTagger(AREAS).tags(message(text), AROUND))
    assert [tag.why for tag in tags] == ([found] if found else [])
    assert all(tag.by == "rule" and tag.value == "cataloging" for tag in tags)


@pytest.mark.parametrize(("words", "scores"), [(5, [0.75, 0.65]), (40, [0.75, 0.65]), (41, [0.6, 0.5]), (81, [])])
def test_a_short_reply_is_about_what_its_conversation_is_about(words: int, scores: list[float]) -> None:
    hinted = area("systems", score=0.3)
    around = Surroundings(zone=CHICAGO, thread_areas=("training", "downtime", "systems"), told=(hinted,))
    tags = list(ThreadTagger().tags(message("so " * words), around))
    assert [tag.score for tag in tags] == scores
    assert [tag.value for tag in tags] == ["training", "systems"][:len(scores)]


def test_an_area_of_the_conversation_that_the_reply_does_not_speak_of_is_not_its_own() -> None:
    faint = area("systems", score=0.29)
    around = Surroundings(zone=CHICAGO, thread_areas=("training", "systems"), told=(faint,))
    assert [tag.value for tag in ThreadTagger().tags(message("thanks"), around)] == ["training"]


class _Broken:
    name = "broken"

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        yield area("training")
        raise KeyError("secret words of the message")


class _Sound:
    name = "sound"

    def tags(self, message: Message, around: Surroundings) -> Iterable[Tag]:
        return [area("downtime")]


def test_a_tagger_that_fails_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        reading = read(message("text"), AROUND, [_Broken(), _Sound()])
    assert reading.area_ids == ("downtime",)
    assert "tagger-failed tagger=broken" in caplog.text
    assert "error=KeyError" in caplog.text
    assert "secret words" not in caplog.text
