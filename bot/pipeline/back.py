"""Putting an older version of the liaison's files back: a safety copy first, then each file written beside itself and
renamed. `liaison people import` writes in the same way; nothing else in the bot writes into them."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from bot.config import Config
from bot.errors import RulesError, SetupError
from bot.pipeline.judges import BACK
from bot.rulebook import FILES, parse_rulebook
from bot.store.store import Store
from bot.store.values import RuleVersion


def put_back(wanted: RuleVersion, config: Config, store: Store, by: str, now: datetime) -> Path | None:
    """Write the files of a version; returns the folder of the safety copy, or None when the files are that already.

    Raises RulesError for a version that would be refused today, SetupError when the folder cannot be written; then the
    files are as they were.
    """
    folder, version = config.rules, _would_be_taken(wanted, config)
    present = {name: _read(folder / name) for name in FILES}
    changed = [name for name in FILES if present[name] != _bytes(wanted, name)]
    if not changed:
        return None
    try:
        copy = safety_copy(folder, now)
        store.health.set_mark(BACK, json.dumps({"version": version, "by": by}), now)
        write_all({name: _bytes(wanted, name) for name in changed}, folder)
    except OSError as wrong:
        raise SetupError(f"The files in {folder} cannot be written: {wrong.strerror}.",
                         "Give your account the right to write there; nothing was changed.") from wrong
    return copy


def _would_be_taken(wanted: RuleVersion, config: Config) -> str:
    try:
        return parse_rulebook(wanted.texts, config.rules, config.library.liaison, config.templates).version
    except RulesError as wrong:
        raise RulesError(f"Version {wanted.number} would be refused today: {wrong}", "Nothing was written.") from wrong


def _bytes(wanted: RuleVersion, name: str) -> bytes:
    return wanted.texts.get(name, "").encode()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def safety_copy(folder: Path, now: datetime) -> Path:
    """The files as they are, in a folder of their own beside them."""
    name = now.strftime("before-%Y%m%d-%H%M%S")
    copy, number = folder / name, 1
    while copy.exists():
        number += 1
        copy = folder / f"{name}-{number}"
    copy.mkdir()
    for file in FILES:
        if (folder / file).exists():
            shutil.copy2(folder / file, copy / file)
    return copy


def write_all(contents: dict[str, bytes], folder: Path) -> None:
    """All are written and on disk before the first is renamed, so that little can go wrong in between."""
    beside = {name: folder / f".{name}.new" for name in contents}
    try:
        for name, path in beside.items():
            _write(path, contents[name], like=folder / name)
        for name, path in beside.items():
            # A link stays a link: what it leads to is replaced.
            path.replace((folder / name).resolve())
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes, like: Path) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if like.exists():
        stat = like.stat()
        path.chmod(stat.st_mode & 0o7777)
        if os.geteuid() == 0:
            os.chown(path, stat.st_uid, stat.st_gid)
