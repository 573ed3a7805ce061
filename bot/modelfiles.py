"""The files of a model in their folder: exchanged together, and found whole at whatever moment the writer was ended.

All are written beside their names first and then renamed, the card last. In between, the card that stands beside names
the checksums of what is there already and of what still waits beside; so one of the two cards always holds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from bot.faultpoints import passing


def beside(path: Path) -> Path:
    """Where a file waits until it is renamed."""
    return path.with_name(f".{path.name}.new")


def exchange(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files, by name; the last of them is the card. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with beside(folder / name).open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        passing("training")
    for name in files:
        beside(folder / name).replace(folder / name)
        passing("training")


def bearing(path: Path, checksum: str) -> bytes:
    """The bytes of a file, or of what waits beside it, whichever has this SHA-256; else of the file as it is.

    Raises OSError when there is no file.
    """
    for one in (path, beside(path)):
        if one.exists() and hashlib.sha256(raw := one.read_bytes()).hexdigest() == checksum:
            return raw
    return path.read_bytes()
