"""What the commands that look and try share: the store, the rules in force, edited files, and names told with a mend.

Opening a desk makes no rules count: only what runs the bot stores them as those in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.commands.setting import find_setting
from bot.config import Config
from bot.errors import ConfigError, ModelError, RulesError
from bot.linear import Models, load_models
from bot.pipeline.judges import build_judges, kept_book, model_folder
from bot.pipeline.receive import Judges
from bot.pipeline.replay import Comparison
from bot.pipeline.touched import Touched
from bot.rulebook import Rulebook, load_rulebook
from bot.store.store import Store
from bot.yamlfile import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Desk:
    """An open store, the judges in force, and what is needed to judge by other rules."""

    config: Config
    store: Store
    model: Models | None
    in_force: Judges

    def edited(self, folder: Path | None) -> Rulebook:
        """The files of a folder, or those of the config. Raises RulesError with every mistake."""
        if folder is not None and not folder.is_dir():
            raise ConfigError(f"There is no folder {folder}.", "Name the folder with the edited areas.yaml, "
                              "people.yaml and routing.yaml.")
        return load_rulebook(folder or self.config.rules, self.config.library.liaison, self.config.templates)

    def judges(self, book: Rulebook) -> Judges:
        """The judges by other rules."""
        return build_judges(self.config, book, self.model)

    def compare(self, edited: Judges) -> Comparison:
        """The rules in force beside edited ones."""
        learned = frozenset(self.model["areas"].labels) if self.model else frozenset()
        touched = Touched(self.in_force, edited, learned)
        return Comparison(self.in_force, edited, touched, self.store.alerts.readers)

    @property
    def note(self) -> str:
        """Says so when the files are not what is in force, else empty."""
        try:
            book = self.edited(None)
        except RulesError:
            return f"The files in {self.config.rules} cannot be used now (liaison check says why); these are the " \
                   "rules in force."
        if book.version == self.in_force.book.version:
            return ""
        return f"The files in {self.config.rules} were edited and are not in force yet; these are the rules in force."


@contextmanager
def open_desk(named: Path | None, *, needs_mail: bool = True) -> Iterator[Desk]:
    """The desk of a config. Raises ConfigError when mail is needed and the bot has never run here."""
    config = find_setting(named).config
    is_kept = "://" in config.store or Path(config.store).exists()
    if needs_mail and not is_kept:
        raise ConfigError("The bot has never run here, so there is no past mail.", "Start it: liaison run")
    store = Store.open(config.store) if is_kept else Store.in_memory()
    try:
        model = _model(config)
        book = _in_force(config, store)
        yield Desk(config=config, store=store, model=model, in_force=build_judges(config, book, model))
    finally:
        store.close()


def _in_force(config: Config, store: Store) -> Rulebook:
    """The rules that are stored as in force; those of the files where there are none, or none that can be used."""
    try:
        kept = kept_book(config, store)
    except RulesError:
        kept = None
    return kept or load_rulebook(config.rules, config.library.liaison, config.templates)


def _model(config: Config) -> Models | None:
    try:
        return load_models(model_folder(config))
    except ModelError:
        return None


def known(name: str, names: Iterable[str], kind: str, file: str) -> str:
    """The name itself if it is known, whatever its case. Raises ConfigError with what was probably meant."""
    all_ = list(names)
    found = next((one for one in all_ if one == name), None) or next(
        (one for one in all_ if one.lower() == name.strip().lower()), None)
    if found is not None:
        return found
    mend = did_you_mean(name, all_) or f"{file} knows {', '.join(all_[:30])}."
    raise ConfigError(f"There is no {kind} `{name}`.", mend)
