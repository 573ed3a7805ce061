"""An area without training: it works by its own description, and says nothing where it does not stand out."""

from __future__ import annotations

import pytest

from bot.linear import load_models
from bot.reading.likeness import LikenessTagger
from bot.reading.tagger import Surroundings
from bot.rulebook import load_rulebook
from tests.unit.builders import CHICAGO, ROOT, SHIPPED_RULES, message

BOOK = load_rulebook(SHIPPED_RULES, "robin")
SHIPPED = {name: f"{area.label}. {area.about}" for name, area in BOOK.areas.items()}
GARDEN = {**SHIPPED, "seeds": "Seed library. Vegetable seeds, gardening, plants and harvest for the community garden"}
VECTORS = load_models(ROOT / "models").vectors
AROUND = Surroundings(zone=CHICAGO)
TOMATOES = message("The tomatoes and beans from last spring's packets have sprouted; gardeners may take soil and "
                   "flower bulbs home before the first frost.", subject="Vegetables for everyone")


def test_an_area_invented_today_is_tagged_by_its_description_alone() -> None:
    tags = list(LikenessTagger(VECTORS, GARDEN, frozenset(SHIPPED)).tags(TOMATOES, AROUND))
    assert [(tag.value, tag.score >= 0.5, tag.by) for tag in tags] == [("seeds", True, "classifier")]


@pytest.mark.parametrize("text", ["Alma is down and the vendor is looking into it.", "Overdue fines and recalls.", ""])
def test_other_mail_is_not_its_own(text: str) -> None:
    tagger = LikenessTagger(VECTORS, GARDEN, frozenset(SHIPPED))
    assert [tag for tag in tagger.tags(message(text, subject="Notice"), AROUND) if tag.score >= 0.5] == []


def test_learned_areas_are_left_to_the_classifier_and_few_areas_say_nothing() -> None:
    assert list(LikenessTagger(VECTORS, SHIPPED, frozenset(SHIPPED)).tags(TOMATOES, AROUND)) == []
    assert list(LikenessTagger(VECTORS, {"seeds": "seeds", "a": "b"}, frozenset()).tags(TOMATOES, AROUND)) == []
