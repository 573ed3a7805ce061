"""Which config a command works with: the one named, the one in the working directory, or the embedded sample."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bot.config import Config, load_config
from bot.errors import ConfigError

ENVIRONMENT = "LIAISON_CONFIG"
SAMPLE_FOLDER = Path("var")


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A config and where it came from; `path` is None for the embedded sample."""

    config: Config
    path: Path | None

    @property
    def is_sample(self) -> bool:
        """Whether this is the embedded sample library."""
        return self.path is None


def find_setting(named: Path | None) -> Setting:
    """`--config`, else $LIAISON_CONFIG, else ./config.yaml, else the sample. Raises ConfigError."""
    path = named or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    if path is None and Path("config.yaml").exists():
        path = Path("config.yaml")
    if path is not None:
        if not path.exists():
            raise ConfigError(f"There is no file {path}.", "Mend the name, or let the bot write one: liaison init")
        return Setting(config=load_config(path), path=path)
    from bot.sample.library import sample_config

    return Setting(config=sample_config(SAMPLE_FOLDER.resolve()), path=None)
