"""A new store is made without migrations; it must be the very store that the migrations make."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import bot.store
from bot.store.engine import HEAD, open_engine


def schema(store: Path) -> set[tuple[str, str, str]]:
    """Names and columns of all tables and indexes, as SQLite tells them."""
    engine = create_engine(f"sqlite:///{store}")
    with engine.connect() as connection:
        made = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
    engine.dispose()
    return {(row.type, row.name, " ".join(sorted((row.sql or "").replace(",", " ").split()))) for row in made}


def migrated(store: Path) -> Path:
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{store}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
    engine.dispose()
    return store


def test_a_fresh_store_equals_a_migrated_one(tmp_path: Path) -> None:
    open_engine(str(tmp_path / "fresh.db")).dispose()
    assert schema(tmp_path / "fresh.db") == schema(migrated(tmp_path / "migrated.db"))


def test_a_migrated_store_opens_as_it_is(tmp_path: Path) -> None:
    store = migrated(tmp_path / "migrated.db")
    before = schema(store)
    open_engine(str(store)).dispose()
    assert schema(store) == before
