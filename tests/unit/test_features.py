"""What the classifier sees of a message."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reading.features import Lexicon, features
from bot.types import Tag
from bot.words import stems
from tests.unit.builders import area, event, message

WORDS = {"cataloging": ["bib record", "overlay", "/NZ-[0-9]+/", "a b c d e"], "training": ["webinars", "overlay"]}
LEXICON = Lexicon.of(WORDS)


def test_a_lexicon_knows_phrases_as_stems_and_leaves_expressions_out() -> None:
    assert LEXICON.areas[stems("bib records")] == ("cataloging",)
    assert LEXICON.areas[stems("overlay")] == ("cataloging", "training")
    assert len(LEXICON.areas) == 3
    assert {len(phrase) for phrase in LEXICON.areas} == {1, 2}


@pytest.mark.parametrize(("text", "expected"), [
    ("bib records and a Bib-Record", {("bib", "record"): 2}), ("webinar", {("webinar",): 1}), ("", {}), ("bib", {}),
])
def test_hits(text: str, expected: dict[tuple[str, ...], int]) -> None:
    assert dict(LEXICON.hits(stems(text))) == expected


def test_words_pairs_lists_and_areas_become_features() -> None:
    found = features(message("Overlays change.", subject="Import profile", lists=["techserv-ig"]), LEXICON)
    overlay, change, profile = stems("overlay change profile")
    assert {overlay, change, "import", "s:import", f"import {profile}", "list:techserv-ig",
            "area:cataloging"} <= found.keys()
    assert f"{overlay} {change}" not in found
    assert all(weight > 0 for weight in found.values())


def test_the_subject_weighs_more_than_the_opening_and_that_more_than_the_rest() -> None:
    far = "filler " * 80
    weights = [features(message(text, subject=subject), LEXICON)["proxy"] for text, subject in (
        ("", "proxy"), ("proxy", ""), (far + "proxy", ""))]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3


def test_what_the_extractors_found_is_a_sign() -> None:
    told = (Tag(name="urgent", by="extractor", why=""), event(date(2026, 3, 1)), area("systems"))
    assert {name for name in features(message("x"), LEXICON, told=told) if name.startswith("=")} == {
        "=urgent", "=meeting"}


def test_every_word_counts_once_more_by_its_beginning_wherever_it_stands() -> None:
    found = features(message("cataloging catalogs catalogued", subject="Catalogers and the 42"), LEXICON)
    beginnings = {name: weight for name, weight in found.items() if name.startswith("~")}
    assert beginnings == {"~catal": pytest.approx(1 + math.log(4))}


def test_stop_words_numbers_quotes_and_footers_do_not_count() -> None:
    one = replace(message("the 42 and of"), quoted_text="quoted overlay", footer="unsubscribe", signature="Ann")
    assert set(features(replace(one, subject=""), LEXICON)) == set()


def test_a_reply_and_its_list_prefix_make_no_difference_in_the_subject() -> None:
    plain, dressed = (features(message(subject=text), LEXICON) for text in ("Import", "[list] Re: Import"))
    assert plain == dressed


def test_a_word_said_often_counts_a_little_more() -> None:
    once, often = (features(message("proxy " * n, subject=""), LEXICON)["proxy"] for n in (1, 50))
    assert once < often < once * 5


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_gives_finite_positive_weights(text: str, subject: str) -> None:
    found = features(message(text, subject=subject), LEXICON)
    assert all(0 < weight < 1000 for weight in found.values())
    assert found == features(message(text, subject=subject), LEXICON)
