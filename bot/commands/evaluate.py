"""`liaison evaluate`: how well the bot reads a folder of labelled messages, by the live code on a store in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.commands.read import read_config, read_lines
from bot.errors import ConfigError
from bot.learn.evaluate import evaluate as measured
from bot.learn.evaluate import lines

LABELS, SECOND = "labels.jsonl", "second.jsonl"
_MEND = "Each line is one JSON object with file, areas, urgent, action, events, pii, noise and suspicious."


def evaluate(named: Path | None, folder: Path, now: datetime) -> Iterator[str]:
    """The figures, line by line. A `second.jsonl` in the folder is another reader's labels.

    Raises ConfigError when the folder holds no labels, or labels that cannot be read.
    """
    truth = _rows(folder / LABELS)
    second = _rows(folder / SECOND) if (folder / SECOND).exists() else None
    paths = [folder / name for name in truth]
    guess = {row["file"]: row for row in map(json.loads, read_lines(paths, read_config(named), now))}
    return iter(lines(measured(truth, guess, {**truth, **second} if second else None)))


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"There are no labels: {path} cannot be read.",
                          f"Name a folder that holds .eml files and their {LABELS}. {_MEND}") from wrong
    return dict(_row(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _row(path: Path, number: int, line: str) -> tuple[str, dict[str, Any]]:
    try:
        row = json.loads(line)
        return str(row["file"]), {**row, "areas": [str(area) for area in row["areas"]]}
    except (ValueError, KeyError, TypeError) as wrong:
        raise ConfigError(f"{path}:{number}: this label cannot be read.", _MEND) from wrong
