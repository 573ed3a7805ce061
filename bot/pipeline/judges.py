"""The judges in force: built from the liaison's files, kept when an edit is bad, replaced when it is good."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.config import Config
from bot.errors import ModelError, RulesError
from bot.inbox.borrowers import Borrowers
from bot.inbox.trust import Trust
from bot.linear import Models, load_models
from bot.pipeline.receive import Judges
from bot.reading.classifier import AreaClassifier
from bot.reading.dates import read_dates
from bot.reading.features import Lexicon
from bot.reading.likeness import LikenessTagger
from bot.reading.outage import OutageTagger
from bot.reading.requests import DatesAndRequestsTagger, RequestModels
from bot.reading.rules import AreaEvidence, PatternTagger, RulesTagger, ThreadTagger
from bot.reading.tagger import Tagger
from bot.reading.urgency import UrgencyTagger
from bot.rulebook import FILES, Rulebook, load_rulebook, parse_rulebook
from bot.shipped import shipped
from bot.store.store import Store

log = logging.getLogger(__name__)

_GOOD = "rules:last-good"
RULES_FAULT, MODEL_FAULT = "rules", "model"


def build_judges(config: Config, book: Rulebook, model: Models | None) -> Judges:
    """Everything that decides, for one version of the rules. Without a model the rules alone tag areas."""
    lists = frozenset(name.lower() for area in book.areas.values() for name in area.lists)
    return Judges(
        trust=Trust.of(config.trust, config.sending.sender, lists), taggers=_taggers(book, model), book=book,
        borrowers=Borrowers(model["patrons"] if model else None), liaison=config.library.liaison,
        zone=config.library.zone, instances=config.library.instances,
    )


def _taggers(book: Rulebook, model: Models | None) -> tuple[Tagger, ...]:
    evidence = {
        name: AreaEvidence(words=area.words, lists=frozenset(part.lower() for part in area.lists), senders=area.senders)
        for name, area in book.areas.items()
    }
    learned = frozenset(model["areas"].labels) if model else frozenset()
    lexicon = Lexicon.of({name: area.words for name, area in book.areas.items()})
    classifier: tuple[Tagger, ...] = (
        AreaClassifier(model, lexicon, book.areas), LikenessTagger(model.vectors, _descriptions(book), learned),
    ) if model else ()
    urgent, dated = (model[name] if model else None for name in ("urgency", "dates"))
    asks = RequestModels.of(model.by_name) if model else None
    return (
        RulesTagger(evidence, learned), PatternTagger(evidence),
        DatesAndRequestsTagger(asks, partial(read_dates, model=dated)), UrgencyTagger(urgent),
        *classifier, ThreadTagger(), OutageTagger(),
    )


def _descriptions(book: Rulebook) -> dict[str, str]:
    return {name: f"{area.label}. {area.about}. {' '.join(area.words)}" for name, area in book.areas.items()}


def model_folder(config: Config) -> Path:
    """The library's own model, or the shipped one."""
    return config.model or shipped("models")


def kept_book(config: Config, store: Store) -> Rulebook | None:
    """The rules that are stored as in force, None before the bot first ran."""
    kept = store.health.mark(_GOOD)
    return None if kept is None else parse_rulebook(json.loads(kept), config.rules, config.library.liaison)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reload:
    """What a look at the files found: news, and for a bad edit what is wrong."""

    changed: bool = False
    wrong: RulesError | None = None


class InForce:
    """The judges in force. `refresh` looks whether the files changed; call it as often as you like."""

    def __init__(self, config: Config, store: Store, now: datetime, *, keep: bool = True) -> None:
        """Load rules and model. With bad files the last good ones of the store are taken; RulesError without any.

        Without `keep` the files are not stored as those in force: a command that only looks must not make them so.
        """
        self._config = config
        self._store = store
        self._keeps = keep
        self._model = self._load_model(now)
        self._seen = self._stamp()
        self.judges = build_judges(config, self._first_book(now), self._model)

    def __call__(self) -> Judges:
        """The judges as they are now."""
        return self.judges

    @property
    def wrong(self) -> bool:
        """Whether the classifier could not be loaded."""
        return self._model is None

    def refresh(self, now: datetime) -> Reload:
        """Take a good edit up; keep what is in force after a bad one."""
        stamp = self._stamp()
        if stamp == self._seen:
            return Reload()
        self._seen = stamp
        try:
            book = load_rulebook(self._config.rules, self._config.library.liaison)
        except RulesError as wrong:
            self._note(wrong, now)
            return Reload(wrong=wrong)
        self._store.health.clear(RULES_FAULT, now)
        if book.version == self.judges.book.version:
            return Reload()
        self._keep(book, now)
        self.judges = build_judges(self._config, book, self._model)
        log.info("rules-reloaded version=%s", book.version)
        return Reload(changed=True)

    def _first_book(self, now: datetime) -> Rulebook:
        liaison = self._config.library.liaison
        try:
            book = load_rulebook(self._config.rules, liaison)
        except RulesError as wrong:
            kept = kept_book(self._config, self._store)
            if kept is None:
                raise
            self._note(wrong, now)
            return kept
        self._store.health.clear(RULES_FAULT, now)
        if self._keeps:
            self._keep(book, now)
        return book

    def _keep(self, book: Rulebook, now: datetime) -> None:
        text = json.dumps(book.texts)
        if self._store.health.mark(_GOOD) != text:
            self._store.health.set_mark(_GOOD, text, now)

    def _note(self, wrong: RulesError, now: datetime) -> None:
        places = "; ".join(str(problem).splitlines()[0] for problem in wrong.problems[:5])
        self._store.health.fault(RULES_FAULT, f"The last edit of the rules is not in force: {places}",
                                 "Mend it and save; until then the rules before it go on.", now)
        log.warning("rules-refused problems=%d", len(wrong.problems))

    def _load_model(self, now: datetime) -> Models | None:
        try:
            model = load_models(model_folder(self._config))
        except ModelError as wrong:
            self._store.health.fault(MODEL_FAULT, wrong.what, wrong.mend, now)
            log.error("model-refused error=%s", wrong.what)
            return None
        self._store.health.clear(MODEL_FAULT, now)
        return model

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        return tuple(_file_stamp(self._config.rules / name) for name in FILES)


def _file_stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


Clock = Callable[[], datetime]
