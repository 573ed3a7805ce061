"""What words mean, as numbers: a small table of word vectors, so that "courier" stands near "delivery".

The table is distilled from published vectors (see models/README.md) and read with numpy alone; a text's vector is the
weighted mean of its words', rare words counting more. It helps with words that no training message used.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ModelError
from bot.modelfiles import bearing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VECTORS_FILE = "words.npz"
_MEND = "Restore the folder `models/` from the installation."
_UNREADABLE = "The word vectors in {folder} cannot be read."


@dataclass(frozen=True, kw_only=True)
class WordVectors:
    """`table` is (words, directions), one byte each; `weights` is how much each word counts, its scale included."""

    index: Mapping[str, int]
    table: NDArray[np.int8]
    weights: NDArray[np.float32]

    def mean(self, counts: Mapping[str, float]) -> NDArray[np.float64]:
        """The unit vector of a text by its stems and their weights; zero when it has no known word."""
        import numpy as np

        at = np.fromiter(map(self.index.get, counts, repeat(-1)), dtype=np.intp, count=len(counts))
        known = at >= 0
        count = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))[known]
        at = at[known]
        total: NDArray[np.float64] = (count * self.weights[at]) @ self.table[at]
        return total / (float(np.sqrt(total @ total)) or 1.0)


def check_vectors(folder: Path, checksum: str) -> None:
    """Raises ModelError when the table is missing, or not the one with this SHA-256."""
    _bytes(folder, checksum)


def load_vectors(folder: Path, checksum: str | None = None) -> WordVectors:
    """Read the table. Raises ModelError when it is missing, damaged, or not the one with this SHA-256."""
    import numpy as np

    raw = _bytes(folder, checksum)
    try:
        with np.load(BytesIO(raw), allow_pickle=False) as arrays:
            words = bytes(arrays["words"]).decode("utf-8").split("\n")
            found = WordVectors(index={word: at for at, word in enumerate(words)}, table=arrays["table"],
                                weights=arrays["weights"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as wrong:
        raise ModelError(_UNREADABLE.format(folder=folder), _MEND) from wrong
    if found.table.ndim != 2 or not len(words) == len(found.table) == len(found.weights):
        raise ModelError(f"The word vectors in {folder} are damaged.", _MEND)
    return found


def _bytes(folder: Path, checksum: str | None) -> bytes:
    try:
        raw = bearing(folder / VECTORS_FILE, checksum or "")
    except OSError as wrong:
        raise ModelError(_UNREADABLE.format(folder=folder), _MEND) from wrong
    if checksum is not None and hashlib.sha256(raw).hexdigest() != checksum:
        raise ModelError(_UNREADABLE.format(folder=folder), _MEND)
    return raw


def vector_bytes(words: Sequence[str], vectors: NDArray[np.float64], weights: NDArray[np.float64]) -> bytes:
    """The file: every vector scaled to fit into bytes, the scale kept with its weight."""
    import numpy as np

    peak = np.maximum(np.abs(vectors).max(axis=1), 1e-9)
    arrays = {
        "words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
        "table": np.round(vectors / peak[:, None] * 127).astype(np.int8),
        "weights": (weights * peak / 127).astype(np.float32),
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, array in arrays.items():
            one = BytesIO()
            np.save(one, array, allow_pickle=False)
            box.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), one.getvalue(),
                         compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()
