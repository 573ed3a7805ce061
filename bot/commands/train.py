"""`liaison train`: fit the classifier on the training messages and write the model; the only import of scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.commands.setting import find_setting
from bot.learn.steady import steadily
from bot.learn.train import train as fit
from bot.learn.train import write
from bot.reading.features import Lexicon
from bot.rulebook import load_rulebook


def train(named: Path | None, messages: Path, out: Path) -> dict[str, Any]:
    """Train on a folder of .jsonl files; returns the model's card."""
    config = find_setting(named).config
    book = load_rulebook(config.rules, config.library.liaison, config.templates)
    lexicon = Lexicon.of({name: area.words for name, area in book.areas.items()})
    trained = steadily(fit, messages, tuple(book.areas), lexicon, config.library.zone)
    write(trained, out)
    return trained.card
