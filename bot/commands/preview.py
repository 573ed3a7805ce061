"""`liaison preview`: the digest that a reader would get now; sends and marks nothing."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime
from pathlib import Path

from bot.assemble import assemble
from bot.commands.setting import find_setting
from bot.errors import ConfigError
from bot.pipeline.publish import Preview
from bot.store.store import Store


def preview(named: Path | None, reader: str) -> Preview | None:
    """The reader's digest, or None when nothing waits. Raises ConfigError for an unknown reader."""
    config = find_setting(named).config
    is_kept = "://" in config.store or Path(config.store).exists()
    plant = assemble(config, datetime.now(UTC), store=None if is_kept else Store.in_memory())
    try:
        people = plant.in_force().book.people
        if reader not in people:
            close = difflib.get_close_matches(reader, people, n=1)
            mend = f"Did you mean `{close[0]}`?" if close else f"people.yaml knows {', '.join(people)}."
            raise ConfigError(f"There is no reader `{reader}`.", mend)
        return plant.publisher.preview(reader, datetime.now(UTC))
    finally:
        plant.close()
