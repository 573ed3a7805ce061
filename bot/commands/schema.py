"""`liaison schema`: JSON Schemas of the files that people write, for editors that complete and check."""

from __future__ import annotations

import json
from pathlib import Path

from bot.commands.setting import find_setting
from bot.errors import ConfigError
from bot.fileschema import SCHEMAS, schema_of


def text_of(name: str) -> str:
    """The schema of one file (`areas`, `people`, `routing`, `config`), as text."""
    key = name.removesuffix(".yaml")
    if key not in SCHEMAS:
        raise ConfigError(f"There is no schema `{name}`.", f"There are {', '.join(SCHEMAS)}.")
    return json.dumps(schema_of(key), indent=1, ensure_ascii=False) + "\n"


def write_all(named: Path | None, folder: Path | None) -> list[Path]:
    """Write all schemas into a folder, else beside the rules in `schema/`, where the shipped files look for them."""
    target = folder or find_setting(named).config.rules / "schema"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in SCHEMAS:
            (target / f"{name}.schema.json").write_text(text_of(name), "utf-8")
    except OSError as wrong:
        raise ConfigError(f"{target} cannot be written: {wrong.strerror}.",
                          "Name another folder with --write.") from wrong
    return [target / f"{name}.schema.json" for name in SCHEMAS]
