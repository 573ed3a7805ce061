"""`liaison preview`: the digest that a reader would get now, by the files as they are now; sends and marks nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.assemble import stationery
from bot.commands.setting import Setting, find_setting
from bot.config import Config
from bot.digests.render import Templates
from bot.errors import ConfigError, ModelError, Problem
from bot.linear import Models, load_models
from bot.pipeline.judges import build_judges, model_folder
from bot.pipeline.publish import Preview, Publisher
from bot.pipeline.receive import Judges, judge_again, told
from bot.rulebook import FILES, Rulebook, load_rulebook
from bot.shipped import shipped
from bot.store.store import Store
from bot.store.values import RouteRow, Stored
from bot.types import Way

#: What each watched file is, as far as its bytes may have changed: its time in nanoseconds, and its size.
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The digest, or None when nothing waits; and what is wrong with templates and words of the library's own."""

    preview: Preview | None
    problems: tuple[Problem, ...] = ()


class Previews:
    """One reader's digest, as often as somebody looks. Reads the store and changes nothing in it."""

    def __init__(self, named: Path | None, reader: str, slot: Way | None = None) -> None:
        """With `slot`, only what waits for the daily or the weekly digest. Raises ConfigError."""
        self._named, self._slot = named, slot
        self.reader = reader
        self.setting = find_setting(named)
        store = self.setting.config.store
        is_kept = "://" in store or Path(store).exists()
        self._store = Store.open(store) if is_kept else Store.in_memory()
        self._version: str | None = None
        self._models: Models | None = None

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def stamp(self) -> Stamp:
        """Differs when a file has changed that the digest depends on."""
        config = self.setting.config
        files = [config.rules / name for name in FILES]
        files += [self.setting.path] if self.setting.path else []
        for folder in (config.templates, shipped("templates")):
            files += sorted(folder.rglob("*")) if folder else []
        return tuple(part for path in files for part in _stamp(path))

    def show(self, now: datetime) -> Shown:
        """The digest as it would be now. Raises LiaisonError for what is wrong with config, rules or reader."""
        self.setting = find_setting(self._named)
        config = self.setting.config
        book = load_rulebook(config.rules, config.library.liaison, config.templates)
        _known(self.reader, book)
        templates = Templates(shipped("templates"), config.templates)
        judges = build_judges(config, book, None)
        publisher = Publisher(self._store, lambda: judges, stationery(config, templates), eager=False)
        self._version = self._version or book.version
        if self._version == book.version:
            preview = publisher.preview(self.reader, now, slot=self._slot)
        else:
            rows, stored = self._routed_again(build_judges(config, book, self._model(config)))
            preview = publisher.preview(self.reader, now, rows, stored, slot=self._slot)
        return Shown(preview=preview, problems=tuple(templates.problems))

    def _routed_again(self, judges: Judges) -> tuple[list[RouteRow], dict[int, Stored]]:
        """What would wait for the reader once the edited rules are in force, by the code that puts them in force."""
        archive = self._store.archive
        movable = archive.many(archive.movable())
        rows = [row for row in archive.waiting(self.reader, list(Way)) if row.message not in movable or row.sent_at]
        had = {row.message for row in rows} | {number for number in movable if self._had(number)}
        for number, one in movable.items():
            reading, decision = judge_again(one, judges, told(one, self._store.alerts.readers))
            movable[number] = replace(one, reading=reading)
            rows += [RouteRow(id=0, message=number, route=route, sent_at=None, digested=False)
                     for route in decision.routes
                     if route.reader == self.reader and route.way is not Way.NEVER and number not in had]
        return rows, movable

    def _had(self, message: int) -> bool:
        return any(row.route.reader == self.reader and (row.sent_at is not None or row.digested)
                   for row in self._store.archive.routes(message))

    def _model(self, config: Config) -> Models | None:
        try:
            self._models = self._models or load_models(model_folder(config))
        except ModelError:
            return None
        return self._models


def preview(named: Path | None, reader: str, slot: Way | None = None) -> tuple[Shown, Setting]:
    """The reader's digest once. Raises LiaisonError."""
    previews = Previews(named, reader, slot)
    try:
        return previews.show(datetime.now(UTC)), previews.setting
    finally:
        previews.close()


def _known(reader: str, book: Rulebook) -> None:
    if reader not in book.people:
        close = difflib.get_close_matches(reader, book.people, n=1)
        mend = f"Did you mean `{close[0]}`?" if close else f"people.yaml knows {', '.join(book.people)}."
        raise ConfigError(f"There is no reader `{reader}`.", mend)


def _stamp(path: Path) -> Iterable[tuple[str, int, int]]:
    try:
        stat = path.stat()
    except OSError:
        return
    yield str(path), stat.st_mtime_ns, stat.st_size
