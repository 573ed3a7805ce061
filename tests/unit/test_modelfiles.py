"""A model's files are exchanged together: whenever the writer is ended, the old model is found or the new one."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bot import faultpoints
from bot.linear import CARD_FILE, FORMAT, MODEL_FILE, NAMES, load_models, model_bytes
from bot.modelfiles import exchange
from bot.vectors import VECTORS_FILE, vector_bytes
from tests.unit.builders import ROOT


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


class Ended(BaseException):
    """As if the process had been killed: nothing catches it."""


def files(word: str) -> dict[str, bytes]:
    """A tiny model whose every file differs with the word."""
    one = {"labels": [word], "features": [word, "="], "rarity": np.ones(2), "coef": np.ones((2, 1)),
           "bias": np.zeros(1), "thresholds": np.full(1, 0.5)}
    raw = model_bytes(dict.fromkeys(NAMES, one))
    words = vector_bytes([word], np.ones((1, 4)), np.ones(1))
    card = {"format": FORMAT, "version": word, "sha256": digest_of(raw), "words": digest_of(words)}
    return {MODEL_FILE: raw, VECTORS_FILE: words, CARD_FILE: json.dumps(card).encode()}


@pytest.mark.parametrize("count", range(1, 7))
def test_an_end_in_the_middle_leaves_one_model_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int,
) -> None:
    exchange(tmp_path, files("old"))
    passed = itertools.count(1)

    def act(point: faultpoints.Point) -> None:
        if next(passed) == count:
            raise Ended

    with monkeypatch.context() as armed, pytest.raises(Ended):
        armed.setattr(faultpoints, "act", act)
        exchange(tmp_path, files("new"))
    found = load_models(tmp_path)
    assert found.version == ("old" if count <= 3 else "new")
    assert found["areas"].labels == (found.version,)
    assert list(found.vectors.index) == [found.version]
    exchange(tmp_path, files("newer"))
    assert load_models(tmp_path).version == "newer"
    assert {path.name for path in tmp_path.iterdir()} == {MODEL_FILE, VECTORS_FILE, CARD_FILE}


def test_what_waits_beside_stands_in_for_nothing_but_an_exchange_that_was_cut_short(tmp_path: Path) -> None:
    for name in (MODEL_FILE, CARD_FILE, VECTORS_FILE):
        shutil.copy(ROOT / "models" / name, tmp_path)
    (tmp_path / f".{CARD_FILE}.new").write_bytes(files("other")[CARD_FILE])
    assert load_models(tmp_path).version == load_models(ROOT / "models").version
