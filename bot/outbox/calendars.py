"""The calendar files that a folder keeps: one of the whole library, and one for each reader.

`library.ics` and `readers/<reader>.ics`; each is written beside itself and renamed, so that whoever follows it sees
whole files only, and only when its bytes change. A reader's file goes when the reader does; other people's files stay.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bot.errors import SendError

_UNSAFE = re.compile(r"[^\w@+-]+", re.ASCII)


class CalendarFolder:
    """A folder of .ics files."""

    def __init__(self, folder: Path, mark: str) -> None:
        """`mark` stands in every file of ours: what does not hold it is never deleted."""
        self._folder = folder
        self._mark = mark.encode()

    def keep(self, library: bytes, readers: Mapping[str, bytes]) -> int:
        """Bring all files up to date; returns how many were written. Raises SendError when the folder refuses."""
        try:
            self._folder.joinpath("readers").mkdir(parents=True, exist_ok=True)
            wanted = {self._folder / "library.ics": library,
                      **{self._folder / "readers" / _name(reader): raw for reader, raw in readers.items()}}
            written = sum(_write(path, raw) for path, raw in wanted.items())
            for path in self._orphans(wanted.keys()):
                path.unlink()
        except OSError as error:
            raise SendError(
                f"The calendar files cannot be written into {self._folder} ({error.strerror}).",
                "Check that the folder is writable for the bot's user and its disk is not full.",
            ) from error
        return written

    def _orphans(self, wanted: Collection[Path]) -> Iterator[Path]:
        for path in (self._folder / "readers").glob("*.ics"):
            if path not in wanted and self._mark in path.read_bytes()[:400]:
                yield path


def _name(reader: str) -> str:
    """A reader's id as a file name; ids that are no good as one get a mark, so that no two share a file."""
    safe = _UNSAFE.sub("_", reader)[:80]
    if safe == reader:
        return f"{safe}.ics"
    return f"{safe}-{hashlib.blake2b(reader.encode(), digest_size=4).hexdigest()}.ics"


def _write(path: Path, content: bytes) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            return False
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    return True
