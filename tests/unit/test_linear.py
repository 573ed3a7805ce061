"""Linear models and word vectors: what they compute, that training and use agree, and that no order matters."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ModelError
from bot.learn.fit import Task, fit
from bot.linear import LinearModel
from bot.vectors import VECTORS_FILE, load_vectors, vector_bytes


def model(features: list[str], coef: list[list[float]], rarity: list[float]) -> LinearModel:
    labels = tuple(f"label{at}" for at in range(len(coef[0])))
    single = np.float32
    return LinearModel(labels=labels, index={name: at for at, name in enumerate(features)},
                       rarity=np.array(rarity, single), coef=np.array(coef, single),
                       bias=np.zeros(len(labels), single), thresholds=np.full(len(labels), 0.5, single))


def test_words_are_scaled_to_unit_length_and_plain_features_are_not() -> None:
    two = model(["bib", "record", "=sign"], [[1.0], [1.0], [1.0]], [3.0, 4.0, 1.0])
    scores = two.scores({"bib": 1.0, "record": 1.0, "=sign": 0.5, "unknown": 9.0})
    gave = dict(zip(scores.names, scores.parts[:, 0].round(6).tolist(), strict=True))
    assert gave == {"bib": 0.6, "record": 0.8, "=sign": 0.5}
    assert scores.probable[0] == pytest.approx(1 / (1 + math.exp(-1.9)))


def test_beginnings_are_a_view_of_their_own_length() -> None:
    both = model(["bib", "~bib", "~recor"], [[1.0], [1.0], [1.0]], [3.0, 3.0, 4.0])
    scores = both.scores({"bib": 7.0, "~bib": 1.0, "~recor": 1.0})
    assert dict(zip(scores.names, scores.parts[:, 0].round(6).tolist(), strict=True)) == {
        "bib": 1.0, "~bib": 0.6, "~recor": 0.8}


def test_nothing_known_is_the_bias_alone() -> None:
    assert model(["bib"], [[1.0]], [1.0]).scores({"other": 1.0}).probable[0] == 0.5
    assert model(["bib"], [[1.0]], [1.0]).scores({}).probable[0] == 0.5


@given(st.permutations(["bib", "record", "overlay", "=sign"]))
def test_the_order_of_features_does_not_matter(order: list[str]) -> None:
    one = model(["bib", "record", "overlay", "=sign"], [[1.0], [-2.0], [0.5], [1.0]], [1.0, 2.0, 3.0, 1.0])
    assert one.scores(dict.fromkeys(order, 1.0)).probable[0] == pytest.approx(
        one.scores(dict.fromkeys(sorted(order), 1.0)).probable[0])


def _task(disputed: list[bool]) -> Task:
    weights = [{"down": 1.0, f"w{at % 7}": 1.0} if at % 2 else {"webinar": 1.0, f"w{at % 7}": 1.0} for at in range(40)]
    wanted = np.array([[at % 2] for at in range(40)], dtype=np.int8)
    wrong = np.array(disputed)
    wanted[wrong, 0] = 1 - wanted[wrong, 0]
    return Task(name="t", labels=("down",), weights=weights, wanted=wanted, groups=range(40), disputed=wrong[:, None])


def test_a_fitted_model_knows_what_it_learned() -> None:
    fitted = fit(_task([False] * 40))
    arrays = fitted.arrays
    learned = LinearModel(
        labels=arrays["labels"], index={name: at for at, name in enumerate(arrays["features"])},
        rarity=arrays["rarity"], coef=arrays["coef"], bias=arrays["bias"], thresholds=arrays["thresholds"])
    assert learned.scores({"down": 1.0}).probable[0] > fitted.threshold > learned.scores({"webinar": 1.0}).probable[0]
    assert ((fitted.held_out[:, 0] > fitted.threshold) == (np.arange(40) % 2 == 1)).all()


def test_disputed_answers_teach_little() -> None:
    mostly_right = fit(_task([at < 12 for at in range(40)]))
    found = mostly_right.held_out[:, 0] > mostly_right.threshold
    assert (found == (np.arange(40) % 2 == 1)).mean() > 0.9


# ── vectors ──


def test_vectors_come_back_as_they_were_within_a_byte(tmp_path: Path) -> None:
    given_ = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, -1.0]])
    (tmp_path / VECTORS_FILE).write_bytes(vector_bytes(["a", "b"], given_, np.array([1.0, 0.5])))
    loaded = load_vectors(tmp_path)
    assert loaded.mean({"a": 3.0}) == pytest.approx([1.0, 0.0, 0.0])
    assert loaded.mean({"b": 1.0}) == pytest.approx(np.array([0.0, 2.0, -1.0]) / math.sqrt(5), abs=0.01)
    assert loaded.mean({"a": 1.0, "b": 1.0}) == pytest.approx(np.array([1.0, 1.0, -0.5]) / 1.5, abs=0.01)
    assert (loaded.mean({"c": 1.0}) == 0).all()


@pytest.mark.parametrize("raw", [b"", b"no zip", vector_bytes(["a", "b"], np.ones((1, 3)), np.ones(1))])
def test_a_damaged_table_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / VECTORS_FILE).write_bytes(raw)
    with pytest.raises(ModelError, match="word vectors"):
        load_vectors(tmp_path)


def test_words_that_belong_together_stand_near_each_other() -> None:
    table = load_vectors(Path(__file__).parents[2] / "models")

    def near(one: str, other: str) -> float:
        return float(table.mean({one: 1.0}) @ table.mean({other: 1.0}))

    assert near("courier", "delivery") > near("courier", "metadata")
    assert near("outag", "downtim") > near("outag", "election")
