"""When a change of the liaison's files is an edit: what stands still and is whole. And who may have made it.

Editors write in pieces, or beside the file and rename. So a change counts once nothing has moved for a moment; what may
be half a file (it is wrong, empty, missing, or ends within a line) has to stand for longer.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from bot.rulebook import FILES

#: How long files must stand unchanged before they are an edit, in seconds: whole ones, ones that end within a line, and
#: ones that are wrong, empty or missing.
STILL, CUT, WRONG = 0.5, 1.0, 4.0

_Stamp = tuple[tuple[int, int, int], ...]


class Watch:
    """What the files looked like when they were last taken up, and since when they look otherwise."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Made once: this is looked at all day long, and paths cost more than the look.
        self._paths = tuple(str(folder / name) for name in FILES)
        self._taken = self._seen = self._stamp()
        self._since = 0.0

    @property
    def is_settling(self) -> bool:
        """Whether a change was seen that is not taken up yet."""
        return self._seen != self._taken

    def is_changed(self) -> bool:
        """Whether the files are other than those last taken up, at this moment."""
        return self._stamp() != self._taken

    def still_for(self, at: float) -> float | None:
        """Seconds for which a change has stood unchanged; None when there is none. `at` is a monotonic clock's."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen, self._since = stamp, at
        return at - self._since if self.is_settling else None

    def moved(self) -> bool:
        """Whether the files changed again since they were last looked at: what was read may be neither."""
        return self._stamp() != self._seen

    def take(self) -> list[str]:
        """The files as last seen are dealt with; returns the names of those that had changed."""
        changed = [name for name, old, new in zip(FILES, self._taken, self._seen, strict=True) if old != new]
        self._taken = self._seen
        return changed

    def look(self) -> None:
        """Take in how the files are now, however long they have been so."""
        self._seen = self._stamp()

    def patience(self) -> float:
        """How long the changed files must stand, if they can be read: longer where one may be half written."""
        names = [name for name, old, new in zip(FILES, self._taken, self._seen, strict=True) if old != new]
        return max((_patience(self._folder / name) for name in names), default=STILL)

    def _stamp(self) -> _Stamp:
        return tuple(map(_file_stamp, self._paths))


def _patience(path: Path) -> float:
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return WRONG
            file.seek(-1, os.SEEK_END)
            return STILL if file.read(1) in (b"\n", b"\r") else CUT
    except OSError:
        return WRONG


def _file_stamp(path: str) -> tuple[int, int, int]:
    """Inode, time and size; zeros for a file that is not there."""
    try:
        stat = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)


def author(folder: Path, changed: list[str]) -> str:
    """The account that owns a changed file, if it is a person's: most editors write anew, and the file is theirs then.

    "" where all belong to root or to the bot's own account, for then nobody knows who wrote into them.
    """
    for name in changed:
        try:
            owner = (folder / name).stat().st_uid
            if owner not in (0, os.getuid()):
                return pwd.getpwuid(owner).pw_name
        except (OSError, KeyError):
            continue
    return ""
