"""`liaison rules`: the versions of the liaison's files, what changed from one to another, and the way back."""

from __future__ import annotations

import difflib
import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.commands.setting import find_setting
from bot.config import Config
from bot.errors import ConfigError
from bot.pipeline.back import put_back
from bot.rulebook import FILES
from bot.store.store import Store
from bot.store.values import RuleVersion

_CAME = {"start": "with the start", "edit": "an edit", "signal": "SIGHUP", "back": "rules back"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line of the log: the version, its time in the library's zone, who, how it came, what changed."""

    number: int
    version: str
    at: str
    author: str
    came: str
    changed: str


def log(named: Path | None) -> list[Entry]:
    """Every version, the newest first."""
    with _opened(named) as (config, store):
        found = store.rules.all()
        before: list[RuleVersion | None] = [*found[1:], None]
        return [
            Entry(number=one.number, version=one.version, author=one.author, came=_CAME.get(one.came, one.came),
                  at=one.at.astimezone(config.library.zone).strftime("%a %Y-%m-%d %H:%M:%S"),
                  changed=_changes(older.texts, one.texts) if older else "the first that is kept")
            for one, older in zip(found, before, strict=True)
        ]


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    found = []
    for name in FILES:
        lines = list(difflib.unified_diff(old.get(name, "").splitlines(), new.get(name, "").splitlines(), n=0))[2:]
        added, gone = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        if added or gone:
            found.append(f"{name} +{added} -{gone}")
    return ", ".join(found) or "line ends only"


def diff(named: Path | None, first: int | None, second: int | None) -> list[str]:
    """What changed from a version (else the one in force) to another (else the files as they stand), as a unified
    diff."""
    with _opened(named) as (config, store):
        old = _version(store, first) if first is not None else store.rules.newest()
        if old is None:
            raise ConfigError("No version is kept yet.", "Start the bot: liaison run.")
        if second is None:
            texts, name = _present(config.rules), "now"
        else:
            newer = _version(store, second)
            texts, name = newer.texts, f"version {newer.number}"
        return list(_diff(old, texts, name))


def _diff(old: RuleVersion, new: Mapping[str, str], name: str) -> Iterator[str]:
    for file in FILES:
        yield from difflib.unified_diff(
            old.texts.get(file, "").splitlines(), new.get(file, "").splitlines(),
            f"{file} (version {old.number})", f"{file} ({name})", lineterm="")


def _present(folder: Path) -> dict[str, str]:
    """The files as they stand, whatever stands in them."""
    return {name: (folder / name).read_bytes().decode("utf-8-sig", "replace") for name in FILES
            if (folder / name).is_file()}


def back(named: Path | None, number: int) -> list[str]:
    """Write the files of a version, the present ones being copied first; what was done, and what to do next."""
    with _opened(named) as (config, store):
        wanted = _version(store, number)
        copy = put_back(wanted, config, store, _who(), datetime.now(UTC))
        newest = store.rules.newest()
        now = newest.number if newest else number
    if copy is None:
        return [f"The files are those of version {number} already; nothing was written."]
    return [
        f"The files in {config.rules} are those of version {number} now. What stood there lies in {copy}.",
        "A running bot takes them up within two seconds, and routes by them all that is not sent yet.",
        "See it: liaison rules log, liaison check, and liaison explain NUMBER for where a message goes now.",
        f"To undo it: liaison rules back {now}",
    ]


def _who() -> str:
    """Who asked: the account that called sudo, or the one that runs this; "" where it has no name."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return ""


def _version(store: Store, number: int) -> RuleVersion:
    found = store.rules.get(number)
    if found is None:
        raise ConfigError(f"There is no version {number}.", "liaison rules log shows those that there are.")
    return found


@contextmanager
def _opened(named: Path | None) -> Iterator[tuple[Config, Store]]:
    config = find_setting(named).config
    if "://" not in config.store and not Path(config.store).exists():
        raise ConfigError("The bot has not run here, so no version is kept yet.", "Start it: liaison run.")
    store = Store.open(config.store)
    try:
        yield config, store
    finally:
        store.close()
