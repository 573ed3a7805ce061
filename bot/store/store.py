"""The store as the others see it: `intake` takes mail in, `archive` reads it, `tally` counts; `calendar`, `outbox`,
`alerts`, `returns`, `health`, `rules`, `oblivion`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from bot.store.alerts import Alerts
from bot.store.archive import Archive
from bot.store.calendar import Calendar
from bot.store.engine import check, memory_engine, open_engine, writing
from bot.store.health import Health
from bot.store.intake import Intake
from bot.store.oblivion import Oblivion
from bot.store.outbox import Outbox
from bot.store.returns import Returns
from bot.store.rules import RuleVersions
from bot.store.tally import Tally


class Store:
    """One database. Safe to use from several threads: each call or intake is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.archive = Archive(engine)
        self.outbox = Outbox(engine)
        self.health = Health(engine)
        self.alerts = Alerts(engine)
        self.returns = Returns(engine)
        self.calendar = Calendar(engine)
        self.tally = Tally(engine)
        self.rules = RuleVersions(engine)
        self.oblivion = Oblivion(engine)

    @classmethod
    def open(cls, store: str, *, migrate: bool = True) -> Store:
        """A store on a file path or SQLAlchemy URL, made or migrated as needed; with `migrate=False` one of another
        version is refused instead. Raises StoreError."""
        return cls(open_engine(store, migrate=migrate))

    @classmethod
    def in_memory(cls) -> Store:
        """A store that is gone when the process ends."""
        return cls(memory_engine())

    @contextmanager
    def intake(self) -> Iterator[Intake]:
        """A transaction that takes mail in: all of it, with the position, or nothing."""
        with writing(self._engine) as connection:
            yield Intake(connection)

    def check(self) -> None:
        """Look through the whole store for damage (SQLite; 0.3 seconds for 200 MB). Raises DamagedError, StoreError."""
        check(self._engine)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()
