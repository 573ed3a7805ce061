"""Linear models at work: one logistic regression a label, read from a safe file, applied with plain numpy.

The file is an .npz without pickles beside a .json that states its version, figures and checksum; whatever does not
agree is refused. It holds several models, each called by what it judges: the areas of a message, whether it is urgent,
whether it asks something, what kind of date a date is. A feature is a name with a weight. Words are scaled by their
rarity and all words of one case to unit length; so are, apart from them, the features of a second view of the same
case ("~catal"); a name that begins with "=" is taken as it stands.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import compress, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelError
from bot.modelfiles import bearing, beside
from bot.vectors import WordVectors, check_vectors, load_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The layout of the file; a model of another one is refused.
FORMAT = 2
MODEL_FILE, CARD_FILE = "reader.npz", "reader.json"
#: Features whose names begin so are not words: neither rarity nor the length of the text changes them.
PLAIN = "="
#: Features whose names begin so are a second view of the case (its words by their beginnings, the text around a place),
#: which weighs as much as the first however long it is.
SECOND_VIEW = "~"
_ARRAYS = ("labels", "features", "rarity", "coef", "bias", "thresholds")
_MEND = "Restore the folder `models/` from the installation, or train again: liaison train."


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a model makes of one case: a probability for each label, the features it knew, and what each gave.

    `parts` is (features, labels): how much each known feature moved each label, in log-odds.
    """

    probable: NDArray[np.float64]
    names: list[str]
    parts: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """The arrays of a trained model. `coef` is (features, labels); features are in the order of `index`."""

    labels: tuple[str, ...]
    index: Mapping[str, int]
    rarity: NDArray[np.float32]
    coef: NDArray[np.float32]
    bias: NDArray[np.float32]
    thresholds: NDArray[np.float32]

    def scores(self, weights: Mapping[str, float]) -> Scores:
        """The probability of each label, and which features brought it about."""
        known, places, scaled = self._found(weights)
        parts = scaled[:, None] * self.coef[places]
        names = list(compress(weights, known.tolist()))
        return Scores(probable=self._probable(parts.sum(axis=0)), names=names, parts=parts)

    def probable(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """The probability of each label alone, for those who need no reasons: half the work."""
        return self._probable(self.log_odds(weights))

    def log_odds(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """What these features add to each label, without the bias: what several cases share is then reckoned once."""
        _, places, scaled = self._found(weights)
        added: NDArray[np.float64] = scaled @ self.coef[places]
        return added

    def _found(self, weights: Mapping[str, float]) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.float64]]:
        """Which features the model knows, where they stand in its arrays, and their values as it was trained on them.

        A message has hundreds of features, so they are looked up in one sweep instead of one by one.
        """
        import numpy as np

        at = np.fromiter(map(self.index.get, weights, repeat(-1)), dtype=np.intp, count=len(weights))
        value = np.fromiter(weights.values(), dtype=np.float64, count=len(weights))
        known = at >= 0
        places = at[known]
        views = self._views[places]
        scaled = value[known] * self.rarity[places]
        lengths = np.sqrt(np.bincount(views, np.square(scaled), minlength=3))
        lengths[0] = 1.0
        lengths[lengths == 0.0] = 1.0
        return known, places, scaled / lengths[views]

    def _probable(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        probable: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-(log_odds + self.bias)))
        return probable

    @cached_property
    def _views(self) -> NDArray[np.intp]:
        """The view that each feature belongs to: 0 as it stands; 1 words, 2 the second view (each of length one)."""
        import numpy as np

        return np.array([view(name) for name in self.index], dtype=np.intp)


def view(name: str) -> int:
    """Which view a feature belongs to: 0 for plain facts, 1 for words, 2 for the second view."""
    return {PLAIN: 0, SECOND_VIEW: 2}.get(name[:1], 1)


def shifted(probability: float, threshold: float) -> float:
    """A probability moved on the log-odds scale so that the threshold stands at one half."""
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return 1.0 / (1.0 + (1 - inside) / inside * threshold / (1 - threshold))


@dataclass(frozen=True, kw_only=True)
class Models:
    """All linear models of one file, by name, their version, and the word vectors that they were trained with."""

    version: str
    by_name: Mapping[str, LinearModel]
    folder: Path
    words: str

    def __getitem__(self, name: str) -> LinearModel:
        return self.by_name[name]

    @cached_property
    def vectors(self) -> WordVectors:
        """Read when they are first asked for: few libraries need them, and they take some megabytes. Raises ModelError
        when others stand in the folder by now."""
        return load_vectors(self.folder, self.words)


def load_models(folder: Path) -> Models:
    """Read the models. Raises ModelError when they are missing, damaged, changed by hand or of another format."""
    try:
        return _load(folder, CARD_FILE)
    except ModelError:
        # Whoever was writing a new model may have been ended in between: then the card that waits holds.
        if (waiting := beside(folder / CARD_FILE)).exists():
            with contextlib.suppress(ModelError):
                return _load(folder, waiting.name)
        raise


def _load(folder: Path, card_file: str) -> Models:
    try:
        card = json.loads((folder / card_file).read_text("utf-8"))
        checksum = str(card.get("sha256")) if isinstance(card, dict) else ""
        raw = bearing(folder / MODEL_FILE, checksum)
    except (OSError, ValueError) as wrong:
        raise ModelError(f"The classifier in {folder} cannot be read.", _MEND) from wrong
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelError(f"The classifier in {folder} was made for another version of the bot.", _MEND)
    if hashlib.sha256(raw).hexdigest() != checksum:
        raise ModelError(f"The classifier in {folder} is damaged or was changed by hand: its checksum is wrong.", _MEND)
    try:
        by_name = _from_bytes(raw, NAMES)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, EOFError) as wrong:
        raise ModelError(f"The classifier in {folder} is damaged.", _MEND) from wrong
    words = str(card.get("words"))
    check_vectors(folder, words)
    return Models(version=str(card["version"]), by_name=by_name, folder=folder, words=words)


#: What a file must hold.
NAMES = ("areas", "asking", "dates", "due", "patrons", "requests", "urgency")


def _from_bytes(raw: bytes, names: Iterable[str]) -> dict[str, LinearModel]:
    import numpy as np

    known: dict[str, str] = {}
    with np.load(BytesIO(raw), allow_pickle=False) as arrays:
        return {name: _model({part: arrays[f"{name}.{part}"] for part in _ARRAYS}, known) for name in names}


def _model(arrays: Mapping[str, Any], known: dict[str, str]) -> LinearModel:
    features, labels = _told(arrays["features"], known), tuple(_told(arrays["labels"], known))
    model = LinearModel(
        labels=labels, index={name: place for place, name in enumerate(features)}, rarity=arrays["rarity"],
        coef=arrays["coef"], bias=arrays["bias"], thresholds=arrays["thresholds"],
    )
    shapes = (model.coef.shape, model.rarity.shape, model.bias.shape, model.thresholds.shape)
    if shapes != ((len(features), len(labels)), (len(features),), (len(labels),), (len(labels),)):
        raise ValueError("the arrays do not fit together")
    return model


def _told(array: NDArray[np.uint8], known: dict[str, str]) -> list[str]:
    """Names, each kept once in memory however many models know it: `known` is forgotten after loading."""
    return [known.setdefault(name, name) for name in bytes(array).decode("utf-8").split("\n")]


def model_bytes(models: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The file's bytes: the same arrays always give the same bytes. `labels` and `features` are lists of names."""
    import numpy as np

    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name in sorted(f"{model}.{part}" for model, parts in models.items() for part in parts):
            model, _, part = name.rpartition(".")
            one = BytesIO()
            np.save(one, _array(models[model][part]), allow_pickle=False)
            # A fixed date: zip would otherwise write the hour of training into the file.
            box.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), one.getvalue(),
                         compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _array(value: Any) -> NDArray[Any]:
    import numpy as np

    if isinstance(value, (list, tuple)) and value and isinstance(value[0], str):
        return np.frombuffer("\n".join(value).encode(), dtype=np.uint8)
    return np.asarray(value, dtype=np.float32)
