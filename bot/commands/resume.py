"""`liaison people resume`: write to an address again that was paused because mail to it came back."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime
from pathlib import Path

from bot.commands.setting import find_setting
from bot.errors import ConfigError
from bot.pipeline.addresses import resume as take_up
from bot.pipeline.judges import InForce
from bot.store.store import Store


def resume(named: Path | None, who: str) -> tuple[str, bool]:
    """End the pause of a person's address; what to say, and whether there was one. Raises ConfigError for somebody who
    does not stand in people.yaml."""
    config, now = find_setting(named).config, datetime.now(UTC)
    if "://" not in config.store and not Path(config.store).exists():
        return "The bot has not run here yet, so nothing is paused.", False
    store = Store.open(config.store)
    try:
        people = InForce(config, store, now, keep=False)().book.people
        if who not in people:
            near = difflib.get_close_matches(who, people, 1)
            meant = f"Did you mean `{near[0]}`? " if near else ""
            raise ConfigError(f"`{who}` does not stand in people.yaml.", f"{meant}Name the id, as people.yaml has it.")
        address = people[who].address
        if take_up(store, address, now):
            return f"Mail for {people[who].name} goes to {address} again, from the next mail on.", True
        return f"Mail to {address} was not paused.", False
    finally:
        store.close()
