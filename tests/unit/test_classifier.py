"""The classifier at work, its file, and its training messages: honest, and invented mail only."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ModelError, SetupError
from bot.learn.corpus import Example, load_examples
from bot.learn.train import DATED, data_fingerprint
from bot.linear import CARD_FILE, MODEL_FILE, NAMES, load_models, model_bytes, shifted
from bot.reading.classifier import AreaClassifier
from bot.reading.features import Lexicon
from bot.reading.folding import likeness, signature
from bot.reading.tagger import Surroundings
from bot.rulebook import load_rulebook
from bot.types import Tag
from bot.vectors import VECTORS_FILE
from tests.unit.builders import CHICAGO, ROOT, SHIPPED_RULES, message

MODELS, TRAINING = ROOT / "models", ROOT / "models" / "training"
AROUND = Surroundings(zone=CHICAGO)
BOOK = load_rulebook(SHIPPED_RULES, "robin")
LEXICON = Lexicon.of({name: area.words for name, area in BOOK.areas.items()})


# ── at work ──


@pytest.fixture(scope="module")
def classifier() -> AreaClassifier:
    return AreaClassifier(load_models(MODELS), LEXICON, BOOK.areas)


@pytest.mark.parametrize(("subject", "text", "area"), [
    ("Alma outage", "Alma is down at the moment; the vendor is looking into it and service will be restored.",
     "downtime"),
    ("Overlay of bib records", "The import profile now merges bibliographic records by OCLC number; see the MARC "
     "fields that are kept.", "cataloging"),
    ("Overdue letters", "Patrons get a courtesy letter before the loan is due, and a fine for a lost item.",
     "fulfillment"),
])
def test_plain_cases_are_sure_and_say_why(classifier: AreaClassifier, subject: str, text: str, area: str) -> None:
    urgent = Tag(name="urgent", by="extractor", why="told by an earlier tagger")
    around = replace(AROUND, told=(urgent,) if area == "downtime" else ())
    tags = {str(tag.value): tag for tag in classifier.tags(message(text, subject=subject), around)}
    assert tags[area].score >= 0.5
    assert tags[area].by == "classifier"
    assert "speaks of “" in tags[area].why


def test_no_reason_says_what_another_says_too(classifier: AreaClassifier) -> None:
    post = message("Bring your half-finished analysis to the office hour; each office hour is on Zoom and recorded.",
                   subject="Reporting office hour, the hour to ask")
    for tag in classifier.tags(post, AROUND):
        told = re.findall("“([^”]+)”", tag.why)
        assert not [(one, other) for one in told for other in told if one != other and f" {one} " in f" {other} "]
    assert any("office hour" in tag.why for tag in classifier.tags(post, AROUND))


def test_an_area_that_the_rules_do_not_know_is_never_tagged() -> None:
    only = AreaClassifier(load_models(MODELS), LEXICON, ["downtime"])
    tags = list(only.tags(message("Alma is down, an outage", subject="Overlay of bib records"), AROUND))
    assert {tag.value for tag in tags} <= {"downtime"}


def test_a_message_without_words_is_sure_of_nothing(classifier: AreaClassifier) -> None:
    assert all(tag.score < 0.5 for tag in classifier.tags(message("", subject=""), AROUND))


@given(st.floats(0, 1), st.floats(0.05, 0.95))
def test_the_threshold_stands_at_one_half(probability: float, threshold: float) -> None:
    score = shifted(probability, threshold)
    assert 0 <= score <= 1
    assert math.isclose(shifted(threshold, threshold), 0.5)
    assert score >= 0.5 or probability < threshold or math.isclose(probability, threshold)
    assert score <= 0.5 or probability > threshold or math.isclose(probability, threshold)


# ── the file ──


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (MODEL_FILE, CARD_FILE, VECTORS_FILE):
        shutil.copy(MODELS / name, tmp_path / name)
    return tmp_path


def _card(folder: Path, **changes: object) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps({**card, **changes}))


def _signed(folder: Path, raw: bytes) -> None:
    (folder / MODEL_FILE).write_bytes(raw)
    _card(folder, sha256=hashlib.sha256(raw).hexdigest())


SMALL = {"labels": ["a"], "features": ["x"], "rarity": [1.0], "coef": [[1.0]], "bias": [0.0], "thresholds": [0.5]}


def _without(arrays: dict[str, list[object]], name: str) -> dict[str, list[object]]:
    return {part: array for part, array in arrays.items() if part != name}


@pytest.mark.parametrize("spoil", [
    lambda folder: (folder / MODEL_FILE).unlink(),
    lambda folder: (folder / CARD_FILE).unlink(),
    lambda folder: (folder / VECTORS_FILE).unlink(),
    lambda folder: (folder / VECTORS_FILE).write_bytes((folder / VECTORS_FILE).read_bytes()[:-1] + b"!"),
    lambda folder: _card(folder, words="0" * 64),
    lambda folder: (folder / MODEL_FILE).write_bytes(b""),
    lambda folder: (folder / MODEL_FILE).write_bytes((folder / MODEL_FILE).read_bytes()[:-1] + b"!"),
    lambda folder: (folder / CARD_FILE).write_text("{"),
    lambda folder: (folder / CARD_FILE).write_text("[1]"),
    lambda folder: (folder / CARD_FILE).write_bytes(b"\xff\xfe"),
    lambda folder: _card(folder, format=999),
    lambda folder: _card(folder, sha256="0" * 64),
    lambda folder: _signed(folder, b"no zip at all"),
    lambda folder: _signed(folder, model_bytes({name: {**SMALL, "features": ["x", "y"]} for name in NAMES})),
    lambda folder: _signed(folder, model_bytes({name: {**SMALL, "bias": [0.0, 0.0]} for name in NAMES})),
    lambda folder: _signed(folder, model_bytes({name: _without(SMALL, "thresholds") for name in NAMES})),
    lambda folder: _signed(folder, model_bytes({"else": SMALL})),
    lambda folder: _signed(folder, _pickled()),
])
def test_a_model_that_is_not_what_it_says_is_refused_with_its_mend(folder: Path, spoil: object) -> None:
    assert callable(spoil)
    load_models(folder)
    spoil(folder)
    with pytest.raises(ModelError) as caught:
        load_models(folder)
    assert str(folder) in caught.value.what
    assert "Restore the folder" in caught.value.mend


def _pickled() -> bytes:
    """A model whose array is a pickle: loading one would run what stands in it."""
    out, array = BytesIO(), BytesIO()
    np.save(array, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(out, "w") as box:
        for name in (f"{model}.{part}" for model in NAMES for part in SMALL):
            box.writestr(f"{name}.npy", array.getvalue())
    return out.getvalue()


def test_the_shipped_model_knows_the_shipped_areas() -> None:
    assert set(load_models(MODELS)["areas"].labels) == set(BOOK.areas)


# ── training ──


def test_the_card_tells_what_the_model_is_worth() -> None:
    card = json.loads((MODELS / CARD_FILE).read_text())
    assert card["figures"]["areas"]["all"]["f1"] >= 0.75
    assert card["sha256"] == hashlib.sha256((MODELS / MODEL_FILE).read_bytes()).hexdigest()
    assert card["data"] == data_fingerprint(TRAINING)
    assert set(card["figures"]["areas"]["labels"]) == set(BOOK.areas)


def all_examples() -> list[Example]:
    """What all models learn from, and what teaches dates alone."""
    return [*load_examples(TRAINING), *load_examples(TRAINING / DATED)]


def test_no_two_training_messages_are_nearly_alike() -> None:
    marked = [(example.id, *signature(example.message)) for example in all_examples()]
    alike = [
        (one, other) for at, (one, mine, _) in enumerate(marked) for other, theirs, _ in marked[at + 1:]
        if likeness(mine, theirs) >= 0.4
    ]
    assert alike == []


def test_training_labels_are_valid_and_ids_are_unique() -> None:
    examples = all_examples()
    assert len({example.id for example in examples}) == len(examples) > 200
    for example in examples:
        assert set(example.areas) <= set(BOOK.areas), example.id
        assert len(example.areas) == len(set(example.areas)) <= 3, example.id
        assert example.message.new_text.strip(), example.id


def test_people_in_training_messages_are_invented() -> None:
    text = "\n".join(path.read_text("utf-8") for path in sorted(TRAINING.rglob("*.jsonl")))
    addresses = set(re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text))
    assert addresses
    strangers = {domain for domain in addresses if not re.search(r"(?:^|\.)example(?:\.[a-z]+)*$", domain)}
    assert strangers == set()


@pytest.mark.parametrize("line", [
    "{", "[]", '{"id": "a"}',
    '{"id": "a", "list": "", "from": "a@example.edu", "subject": "s", "date": "soon", "text": "t", "areas": []}',
])
def test_a_training_message_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(SetupError, match=r"a\.jsonl:2: this training message cannot be read"):
        load_examples(tmp_path)
