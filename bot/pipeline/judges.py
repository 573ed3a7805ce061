"""The judges in force: built from the liaison's files, kept when an edit is bad, replaced when it is good."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.config import Config
from bot.errors import ModelError, RulesError
from bot.faultpoints import passing
from bot.inbox.borrowers import Borrowers
from bot.inbox.trust import Trust
from bot.linear import Models, load_models
from bot.pipeline.edits import STILL, WRONG, Watch, author
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

#: The version that `liaison rules back` last wrote, and who had it written.
BACK = "rules:back"
RULES_FAULT, MODEL_FAULT = "rules", "model"
#: Since when the files are refused. The fault itself goes on when a mistake is back soon; the notice is a new one.
_REFUSED = "rules:refused"


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
        AreaClassifier(model, lexicon, book.areas), *_likeness(model, _descriptions(book), learned),
    ) if model else ()
    urgent, dated = (model[name] if model else None for name in ("urgency", "dates"))
    asks = RequestModels.of(model.by_name) if model else None
    return (
        RulesTagger(evidence, learned), PatternTagger(evidence),
        DatesAndRequestsTagger(asks, partial(read_dates, model=dated)), UrgencyTagger(urgent),
        *classifier, ThreadTagger(), OutageTagger(),
    )


def _likeness(model: Models, descriptions: Mapping[str, str], learned: frozenset[str]) -> Iterator[Tagger]:
    """Where no area is new, the word vectors are not even read."""
    if LikenessTagger.is_needed(descriptions, learned):
        try:
            yield LikenessTagger(model.vectors, descriptions, learned)
        except ModelError as wrong:  # another model was put into the folder meanwhile: it counts from the next start on
            log.warning("vectors-refused error=%s", wrong.what)


def _descriptions(book: Rulebook) -> dict[str, str]:
    return {name: f"{area.label}. {area.about}. {' '.join(area.words)}" for name, area in book.areas.items()}


def model_folder(config: Config) -> Path:
    """The library's own model, or the shipped one."""
    return config.model or shipped("models")


def kept_book(config: Config, store: Store) -> Rulebook | None:
    """The rules that are stored as in force, None before the bot first ran."""
    kept = store.rules.newest()
    if kept is None:
        return None
    return parse_rulebook(kept.texts, config.rules, config.library.liaison, config.templates)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reload:
    """What a look at the files found: news, or what is wrong with a bad edit; `key` names that, so that it is told
    once as long as it stands."""

    changed: bool = False
    wrong: RulesError | None = None
    key: str = ""


class InForce:
    """The judges in force. `look` and `refresh` see whether the files changed; call them as often as you like."""

    def __init__(self, config: Config, store: Store, now: datetime, *, keep: bool = True) -> None:
        """Load rules and model. With bad files the last good ones of the store are taken; RulesError without any.

        What is accepted is kept as a version, and what is wrong is noted as a fault. Without `keep` neither is: a
        command that only looks must not put files in force.
        """
        self._config = config
        self._store = store
        self._keeps = keep
        self._model = self._load_model(now)
        self._watch = Watch(config.rules)
        #: What was wrong with the files at the start.
        self.refused = Reload()
        self.judges = build_judges(config, self._first_book(now), self._model)

    def __call__(self) -> Judges:
        """The judges as they are now."""
        return self.judges

    @property
    def wrong(self) -> bool:
        """Whether the classifier could not be loaded."""
        return self._model is None

    @property
    def is_settling(self) -> bool:
        """Whether the files have changed and are not taken up yet, so that another look is worth while soon."""
        return self._watch.is_settling

    def is_changed(self) -> bool:
        """Whether the files are other than those last taken up, settled or not."""
        return self._watch.is_changed()

    def has_edit(self, at: float) -> bool:
        """Whether an edit waits to be taken up: the files changed, and stand still. `at` is a monotonic clock's
        seconds."""
        still = self._watch.still_for(at)
        if still is None or still < STILL or still < self._watch.patience():
            return False
        return still >= WRONG or not isinstance(self._read(), RulesError)

    def refresh(self, now: datetime, came: str = "edit") -> Reload:
        """Take up the files as they stand; keep what is in force when they are wrong. `came` says how it came to it."""
        self._watch.look()
        if not self._watch.is_settling and came == "edit":
            return Reload()
        found = self._read()
        if self._watch.moved():
            return Reload()
        changed = self._watch.take()
        if isinstance(found, RulesError):
            return self._note(found, now)
        self._clear(now)
        if found.version == self.judges.book.version:
            return Reload()
        self._keep(found, came, changed, now)
        passing("reloading")
        self.judges = build_judges(self._config, found, self._model)
        log.info("rules-reloaded version=%s came=%s", found.version, came)
        return Reload(changed=True)

    def _read(self) -> Rulebook | RulesError:
        try:
            return load_rulebook(self._config.rules, self._config.library.liaison, self._config.templates)
        except RulesError as wrong:
            return wrong

    def _first_book(self, now: datetime) -> Rulebook:
        book = self._read()
        if isinstance(book, RulesError):
            kept = kept_book(self._config, self._store)
            if kept is None:
                raise book
            self.refused = self._note(book, now)
            return kept
        self._clear(now)
        self._keep(book, "start", list(FILES), now)
        return book

    def _keep(self, book: Rulebook, came: str, changed: list[str], now: datetime) -> None:
        if not self._keeps:
            return
        back = json.loads(self._store.health.mark(BACK) or "{}")
        if back.get("version") == book.version:
            came, who = "back", str(back.get("by", ""))
            self._store.health.set_mark(BACK, "{}", now)
        else:
            who = author(self._config.rules, changed)
        self._store.rules.keep(book.version, book.texts, came, who, now)

    def _clear(self, now: datetime) -> None:
        if self._keeps:
            self._store.health.clear(RULES_FAULT, now)

    def _note(self, wrong: RulesError, now: datetime) -> Reload:
        lines = [str(problem).splitlines()[0] for problem in wrong.problems]
        health = self._store.health
        if self._keeps:
            is_news = health.fault(RULES_FAULT, f"The last edit of the rules is not in force: {'; '.join(lines[:5])}",
                                   "Mend it and save; until then the rules before it go on.", now)
            if is_news:
                health.set_mark(_REFUSED, f"{now:%Y-%m-%dT%H:%M:%S}", now)
            log.warning("rules-refused problems=%d first=%s", len(lines), _place(wrong))
        since = health.mark(_REFUSED) or f"{now:%Y-%m-%dT%H:%M:%S}"
        told = hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:12]
        return Reload(wrong=wrong, key=f"rules:{since}:{told}")

    def _load_model(self, now: datetime) -> Models | None:
        try:
            model = load_models(model_folder(self._config))
        except ModelError as wrong:
            self._store.health.fault(MODEL_FAULT, wrong.what, wrong.mend, now)
            log.error("model-refused error=%s", wrong.what)
            return None
        self._store.health.clear(MODEL_FAULT, now)
        return model


def _place(wrong: RulesError) -> str:
    """File and line of the first mistake, for the log: names of files hold nothing private."""
    return ":".join(str(part) for one in wrong.problems[:1] for part in (one.file.name, one.line) if part is not None)


Clock = Callable[[], datetime]
