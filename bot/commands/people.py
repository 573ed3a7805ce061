"""`liaison people import`: a list of staff in CSV merged into people.yaml; shown first, checked before writing."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.commands.setting import find_setting
from bot.errors import ConfigError, RulesError, SetupError
from bot.pipeline.back import safety_copy, write_all
from bot.rulebook import Rulebook, load_rulebook, parse_rulebook
from bot.starter.merge import merge
from bot.starter.roster import Roster, Slip, read_roster

_FILE = "people.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an import would do. `text` is the whole new file; `diff` shows it; `slips` are lines that were not clear."""

    path: Path
    old: str
    text: str
    said: tuple[str, ...]
    diff: tuple[str, ...]
    slips: tuple[Slip, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return self.text == self.old


def read_list(path: Path, book: Rulebook) -> Roster:
    """The people of a CSV file. Raises ConfigError when it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        raise ConfigError(f"{path} cannot be read: {wrong.strerror}.", "Name a CSV file.") from wrong
    return read_roster(raw, {name: area.label for name, area in book.areas.items()})


def plan(named: Path | None, path: Path) -> Plan:
    """Read the list and merge it; writes nothing. Raises RulesError when people.yaml has mistakes already."""
    config = find_setting(named).config
    book = load_rulebook(config.rules, config.library.liaison, config.templates)
    roster = read_list(path, book)
    old = book.texts[_FILE]
    merged = merge(old, roster.people)
    try:
        parse_rulebook({**book.texts, _FILE: merged.text}, config.rules, config.library.liaison, config.templates)
    except RulesError as wrong:
        raise RulesError(f"With this list people.yaml would have mistakes: {wrong}", "Nothing was written.") from wrong
    said = [f"{len(roster.people)} people read from {path}."]
    said += [f"New: {', '.join(merged.added)}."] if merged.added else []
    said += [f"{key}: {'; '.join(did)}." for key, did in merged.changed.items()]
    if merged.absent:
        said.append(f"In people.yaml and not in the list, left as they are: {', '.join(merged.absent)}.")
    lines = difflib.unified_diff(old.splitlines(), merged.text.splitlines(), _FILE, f"{_FILE} (with the list)",
                                 lineterm="", n=2)
    return Plan(path=config.rules / _FILE, old=old, text=merged.text, said=tuple(said), diff=tuple(lines),
                slips=roster.slips)


def carry_out(found: Plan, now: datetime | None = None) -> Path:
    """Write the file beside itself and rename it; returns where the old one lies.

    Raises SetupError when the folder cannot be written, or somebody has changed the file since it was read.
    """
    folder = found.path.parent
    try:
        if found.path.read_bytes().decode("utf-8-sig") != found.old:
            raise SetupError(f"{found.path} was changed meanwhile.", "Nothing was written; import the list again.")
        copy = safety_copy(folder, now or datetime.now(UTC))
        write_all({_FILE: found.text.encode()}, folder)
    except OSError as wrong:
        raise SetupError(f"{found.path} cannot be written: {wrong.strerror}.",
                         "Give your account the right to write there; nothing was changed.") from wrong
    return copy
