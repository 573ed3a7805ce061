"""The shipped classifier at work: one linear model an area, read from a safe file, applied with plain numpy.

The file is an .npz without pickles beside a .json that states its version, figures and checksum; whatever does not
agree is refused. Scores are shifted so that one half is each area's own threshold: below it the classifier is unsure.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelError
from bot.reading.features import Lexicon, features
from bot.reading.tagger import Surroundings
from bot.types import Message, Tag
from bot.words import find_phrase, stems, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The layout of the file; a model of another one is refused.
FORMAT = 1
MODEL_FILE, CARD_FILE = "areas.npz", "areas.json"

#: Scores below this are not even worth a guess.
_FAINT = 0.2
_MEND = "Restore the folder `models/` from the installation, or train again: liaison train."


@dataclass(frozen=True, kw_only=True)
class AreaModel:
    """The arrays of a trained model. `coef` is (features, areas); features are in the order of `index`."""

    areas: tuple[str, ...]
    index: Mapping[str, int]
    rarity: NDArray[np.float32]
    coef: NDArray[np.float32]
    bias: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    version: str

    def scores(self, weights: Mapping[str, float]) -> tuple[NDArray[np.float64], list[str], NDArray[np.float64]]:
        """Probability of each area, the known features, and each one's contribution to each area."""
        import numpy as np

        known = [(name, self.index[name]) for name in weights if name in self.index]
        at = np.fromiter((place for _, place in known), dtype=np.intp, count=len(known))
        value = np.fromiter((weights[name] for name, _ in known), dtype=np.float64, count=len(known)) * self.rarity[at]
        norm = math.sqrt(float(value @ value)) or 1.0
        parts = (value / norm)[:, None] * self.coef[at]
        logits = parts.sum(axis=0) + self.bias
        return 1.0 / (1.0 + np.exp(-logits)), [name for name, _ in known], parts


def load_model(folder: Path) -> AreaModel:
    """Read a model. Raises ModelError when it is missing, damaged, changed by hand or of another format."""
    try:
        raw, card = (folder / MODEL_FILE).read_bytes(), json.loads((folder / CARD_FILE).read_text("utf-8"))
    except (OSError, ValueError) as wrong:
        raise ModelError(f"The classifier in {folder} cannot be read.", _MEND) from wrong
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ModelError(f"The classifier in {folder} was made for another version of the bot.", _MEND)
    if hashlib.sha256(raw).hexdigest() != card.get("sha256"):
        raise ModelError(f"The classifier in {folder} is damaged or was changed by hand: its checksum is wrong.", _MEND)
    try:
        return _from_bytes(raw, str(card["version"]))
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, EOFError) as wrong:
        raise ModelError(f"The classifier in {folder} is damaged.", _MEND) from wrong


def _from_bytes(raw: bytes, version: str) -> AreaModel:
    import numpy as np

    with np.load(BytesIO(raw), allow_pickle=False) as arrays:
        names = bytes(arrays["features"]).decode("utf-8").split("\n")
        areas = tuple(bytes(arrays["areas"]).decode("utf-8").split("\n"))
        model = AreaModel(
            areas=areas, index={name: place for place, name in enumerate(names)}, rarity=arrays["rarity"],
            coef=arrays["coef"], bias=arrays["bias"], thresholds=arrays["thresholds"], version=version,
        )
    if model.coef.shape != (len(names), len(areas)) or model.rarity.shape != (len(names),):
        raise ValueError("the arrays do not fit together")
    return model


def model_bytes(areas: tuple[str, ...], names: list[str], **arrays: Any) -> bytes:
    """The file's bytes: the same arrays always give the same bytes."""
    import numpy as np

    parts = {
        "areas": np.frombuffer("\n".join(areas).encode(), dtype=np.uint8),
        "features": np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        **{name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()},
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name in sorted(parts):
            one = BytesIO()
            np.save(one, np.asarray(parts[name]), allow_pickle=False)
            # A fixed date: zip would otherwise write the hour of training into the file.
            box.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), one.getvalue(),
                         compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


class AreaClassifier:
    """Yields an area tag for every area it thinks possible; the score says whether it is sure (0.5 and above)."""

    name = "classifier"

    def __init__(self, model: AreaModel, lexicon: Lexicon, known: Iterable[str]) -> None:
        self._model = model
        self._lexicon = lexicon
        self._known = frozenset(known)

    def tags(self, message: Message, around: Surroundings) -> Iterator[Tag]:
        """The areas, with their three strongest reasons."""
        probable, names, parts = self._model.scores(features(message, self._lexicon))
        for place, area in enumerate(self._model.areas):
            score = shifted(float(probable[place]), float(self._model.thresholds[place]))
            if area in self._known and score >= _FAINT:
                why = _why(message, area, self._lexicon, names, parts[:, place])
                yield Tag(name="area", value=area, score=round(score, 4), by="classifier", why=why)


def shifted(probability: float, threshold: float) -> float:
    """A probability moved on the log-odds scale so that the threshold stands at one half."""
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return 1.0 / (1.0 + (1 - inside) / inside * threshold / (1 - threshold))


def _why(message: Message, area: str, lexicon: Lexicon, names: list[str], parts: NDArray[np.float64]) -> str:
    """The strongest reasons as a librarian would say them: "posted to techserv-ig; speaks of “bib records”"."""
    strongest = sorted(zip(parts.tolist(), names, strict=True), reverse=True)[:8]
    text = f"{message.subject}\n{message.new_text[:5000]}"
    spoken: dict[str, None] = {}
    posted = ""
    for worth, name in strongest:
        if worth <= 0 or len(spoken) >= 3:
            break
        if name.startswith("list:"):
            posted = f"posted to {name.removeprefix('list:')}"
        elif name == f"area:{area}":
            spoken.update(dict.fromkeys(_own_words(area, lexicon, text)))
        elif not name.startswith("area:"):
            spoken.update(dict.fromkeys(_surface(name, text)))
    said = f"speaks of {', '.join(f'“{word}”' for word in list(spoken)[:3])}" if spoken else ""
    return "; ".join(part for part in (posted, said) if part) or "reads like earlier mail about it"


def _own_words(area: str, lexicon: Lexicon, text: str) -> list[str]:
    hits = lexicon.hits(stems(text))
    own = sorted((phrase for phrase in hits if area in lexicon.areas[phrase]), key=lambda part: (-len(part), part))
    return [found.lower() for phrase in own[:3] if (found := find_phrase(" ".join(phrase), text))]


def _surface(name: str, text: str) -> list[str]:
    """How a stemmed word or pair stands in the text."""
    wanted = tuple(name.split(" "))
    folded, at = stems(text), -1
    for _ in range(folded.count(wanted[0])):
        at = folded.index(wanted[0], at + 1)
        if folded[at:at + len(wanted)] == wanted:
            return [" ".join(words(text)[at:at + len(wanted)])]
    return []
