"""An empty store of each kind, and a place for a store's file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.contract.stores import POSTGRES, postgres


@pytest.fixture(params=["memory", "file", *(["postgres"] if POSTGRES else [])])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        opened = Store.in_memory()
    else:
        opened = Store.open(postgres() if request.param == "postgres" else str(tmp_path / "store.db"))
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store's file is to lie."""
    return tmp_path / "store.db"
