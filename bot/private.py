"""Files and folders that are the bot's own: made so that its account alone can read them, whatever the umask says."""

from __future__ import annotations

import os
from pathlib import Path

#: What others must never have: on a file of ours, and on a folder that we make.
FILE, FOLDER = 0o600, 0o700


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; one that is there keeps its mode. Raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    for one in missing:
        one.chmod(FOLDER)


def make_file(path: Path) -> None:
    """Make an empty file, if there is none. One that the whole machine may read, as older versions made it, is shut to
    others than its owner and group. Raises OSError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE))
    except FileExistsError:
        mode = path.stat().st_mode & 0o777
        if mode & 0o007 and path.stat().st_uid == os.geteuid():
            path.chmod(mode & ~0o007)


def opener(path: str, flags: int) -> int:
    """For `open(…, opener=opener)`: what it makes is ours alone."""
    return os.open(path, flags, FILE)
