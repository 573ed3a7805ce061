"""What the bot needs on its own machine: clock, disk and store."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from bot.config import Config
from bot.doctor.steps import Doubt, Step, Untried
from bot.errors import StoreError
from bot.store.store import Store


def here_course(config: Config, now: datetime) -> list[Step]:
    """The steps on this machine."""
    return [
        Step(name="clock", work=lambda: _clock(now), is_alone=True),
        Step(name="disk", work=lambda: _disk(config), is_alone=True),
        Step(name="store", work=lambda: _store(config), seconds=300, is_alone=True),
    ]


def _clock(now: datetime) -> str:
    raise Untried(f"This machine says {now:%Y-%m-%d %H:%M:%S} UTC; nothing here tells whether that is right.",
                  "With --mail it is compared with the mail server's clock.")


def _disk(config: Config) -> str:
    if "://" in config.store:
        return "The store is a database server's."
    folder = Path(config.store).parent
    if not folder.exists():
        raise Untried(f"The folder {folder} does not exist yet; the bot makes it.")
    if not os.access(folder, os.W_OK):
        raise StoreError(f"The folder {folder} cannot be written.", "Give the bot's account the right to write there.")
    free = shutil.disk_usage(folder).free / 1e6
    if free < config.least_free_mb:
        raise StoreError(f"{free:,.0f} MB are left where the store lies; {config.least_free_mb:,.0f} are the least.",
                         f"Free some space on the disk of {folder.resolve()}; when it is full, mail waits.")
    return f"{free:,.0f} MB are left where the store lies."


def _store(config: Config) -> str:
    if "://" not in config.store and not Path(config.store).exists():
        raise Untried("There is no store yet; the bot makes it when it first runs.")
    store = Store.open(config.store, migrate=False)
    try:
        store.check()
        faults = store.health.faults()
        if faults:
            raise Doubt(f"It is whole, of this version, and knows of faults: {faults[0].what}",
                        faults[0].mend or "liaison status shows them.")
        return f"It is whole, of this version, and holds {store.archive.count().received} messages."
    finally:
        store.close()
