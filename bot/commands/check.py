"""`liaison check`: load everything; say all that is wrong at once, with file, line and mend, and what is doubtful."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.assemble import open_transport, signing
from bot.commands.setting import Setting, find_setting
from bot.config import Config
from bot.digests.render import Templates
from bot.doubts import Ground, doubts
from bot.errors import LiaisonError, ModelError, Problem, RulesError, SetupError
from bot.linear import load_models
from bot.logins import Logins
from bot.pipeline.examples import try_examples
from bot.pipeline.judges import build_judges, model_folder
from bot.rulebook import Rulebook, open_rules
from bot.shipped import shipped
from bot.store.store import Store
from bot.yamlfile import YamlFile, did_you_mean


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A mistake or a doubt. `kind` stays what it is when sentences change; a file, line and column where there are."""

    kind: str
    what: str
    mend: str = ""
    file: Path | None = None
    line: int | None = None
    column: int | None = None
    source: str = ""

    def __str__(self) -> str:
        if self.file is None:
            return f"{self.what} {self.mend}".rstrip()
        return str(Problem(file=self.file, line=self.line, column=self.column, what=self.what, mend=self.mend,
                           source=self.source))

    def as_json(self) -> dict[str, object]:
        """The fields for scripts, always all of them."""
        return {"kind": self.kind, "file": str(self.file) if self.file else None, "line": self.line,
                "column": self.column, "source": self.source, "what": self.what, "mend": self.mend}


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What `check` found."""

    mistakes: tuple[Said, ...] = ()
    doubts: tuple[Said, ...] = ()
    well: tuple[str, ...] = ()

    def exit_code(self, *, strict: bool) -> int:
        """0 well, 1 mistakes, 2 nothing but doubts where those count."""
        return 1 if self.mistakes else 2 if strict and self.doubts else 0


def check(named: Path | None) -> Checked:
    """Everything at once. Raises nothing that a person could mend."""
    try:
        setting = find_setting(named)
    except LiaisonError as wrong:
        return Checked(mistakes=tuple(_said("config", wrong)))
    mistakes: list[Said] = []
    well = [f"Config: {setting.path or 'the embedded sample library'}"]
    opened = _open(setting.config, mistakes)
    if opened is not None:
        well.append(f"Rules: {_count(opened[0])}, version {opened[0].version}")
        mistakes += _director(setting.config, opened[0])
    tried = list(_examples(setting.config, opened))
    mistakes += [said for said, is_mistake in tried if is_mistake]
    # The sample's mailbox is laid when the bot first runs.
    for name, look in _LOOKS[:-1] if setting.is_sample else _LOOKS:
        try:
            well.append(f"{name}: {look(setting.config)}")
        except LiaisonError as wrong:
            mistakes += _said(name.lower(), wrong)
    return Checked(mistakes=tuple(mistakes), well=tuple(well), doubts=(
        *_doubts(setting, opened), *(said for said, is_mistake in tried if not is_mistake)))


def _said(kind: str, wrong: LiaisonError) -> Iterator[Said]:
    problems = wrong.problems if isinstance(wrong, SetupError) else ()
    yield from (_of(problem, kind) for problem in problems)
    if not problems:
        yield Said(kind=kind, what=wrong.what, mend=wrong.mend)


def _of(problem: Problem, kind: str = "") -> Said:
    return Said(kind=problem.kind or kind, what=problem.what, mend=problem.mend, file=problem.file, line=problem.line,
                column=problem.column, source=problem.source)


_Opened = tuple[Rulebook, dict[str, YamlFile]]


def _open(config: Config, mistakes: list[Said]) -> _Opened | None:
    try:
        return open_rules(config.rules, config.library.liaison, config.templates)
    except RulesError as wrong:
        mistakes += _said("rules", wrong)
        return None


def _count(book: Rulebook) -> str:
    counts = ((len(book.areas), "area", "areas"), (len(book.people), "person", "people"),
              (len(book.rules), "rule", "rules"))
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counts)


def _templates(config: Config) -> str:
    templates = Templates(shipped("templates"), config.templates)
    if templates.problems:
        raise SetupError("templates", problems=tuple(templates.problems))
    return "all can be used"


def _model(config: Config) -> str:
    models = load_models(model_folder(config))
    return f"version {models.version}, {len(models['areas'].labels)} areas"


def _passwords(config: Config) -> str:
    logins = Logins(config)
    by_tokens = logins.by_tokens()
    open_transport(config, logins).close()
    waiting = [login.user for login in by_tokens if login.oauth.wants_consent and login.tokens.kept().refresh is None]
    if waiting:
        raise SetupError(f"Nobody has consented yet that the bot may use the mailbox of {waiting[0]}.",
                         "Run: liaison login")
    return "all found"


def _dkim(config: Config) -> str:
    sign = signing(config)
    record = getattr(sign, "record", None)
    return f"the key can be used. {record}." if record else "no key is given, so mail is not signed"


def _folders(config: Config) -> str:
    for box in config.mailboxes:
        for path in (box.maildir, box.mbox):
            if path is not None and not path.exists() and not path.parent.exists():
                raise SetupError(f"Mailbox `{box.name}`: {path} does not exist.", "Mend the path in config.yaml.")
    target = Path(config.store)
    if "://" not in config.store and target.exists() and not os.access(target, os.W_OK):
        raise SetupError(f"The store {target} cannot be written.", "Give the bot's account the right to write it.")
    return "all there"


_LOOKS: tuple[tuple[str, Callable[[Config], str]], ...] = (
    ("Templates", _templates), ("Classifier", _model), ("Passwords", _passwords), ("DKIM", _dkim),
    ("Folders", _folders),
)


def _director(config: Config, book: Rulebook) -> Iterator[Said]:
    director = config.library.director
    if director is not None and director not in book.people:
        yield Said(kind="unknown-director", mend=did_you_mean(director, book.people),
                   what=f"config.yaml: the director `{director}` does not stand in people.yaml, so nobody gets the "
                        "monthly page.")


def _examples(config: Config, opened: _Opened | None) -> Iterator[tuple[Said, bool]]:
    """What the rules' own examples show, and whether it is a mistake."""
    if opened is None or not any(rule.examples for rule in opened[0].rules):
        return
    book, files = opened
    try:
        model = load_models(model_folder(config))
    except ModelError:
        model = None
    store = _store(config)
    try:
        found = try_examples(build_judges(config, book, model), config.rules,
                             store.archive.get if store else lambda number: None, datetime.now(UTC))
        for wrong in found:
            yield _of(files["routing.yaml"].problem(wrong.loc, wrong.what, wrong.mend, wrong.kind)), wrong.is_mistake
    finally:
        if store is not None:
            store.close()


# ── what is legal and surely not meant ──


def _doubts(setting: Setting, opened: _Opened | None) -> Iterator[Said]:
    config = setting.config
    if config.trust.authentication_server is None:
        yield Said(kind="nobody-verified",
                   what="config.yaml: `trust: {authentication_server: …}` is missing, so the bot cannot know who sent "
                        "a message. Nothing will be sent at once.",
                   mend="Name your mail server as it stands in Authentication-Results.")
    if opened is None:
        return
    book, files = opened
    if config.sending.answers is None and any(rule.acknowledge for rule in book.rules):
        yield Said(kind="answers-unread",
                   what="config.yaml: a rule asks readers to `acknowledge`, but `sending: {answers: …}` names no "
                        "address of a mailbox that the bot reads.",
                   mend="Answers go to the liaison; unless that is such a mailbox, none will count.")
    director = config.library.director
    today = datetime.now(UTC).astimezone(config.library.zone).date()
    ground = Ground(book=book, files=files, today=today, liaison=config.library.liaison, lists=_lists(config),
                    known_readers=(director,) if director else ())
    yield from map(_of, doubts(ground))


def _store(config: Config) -> Store | None:
    """The store as it is; None where there is none, or one of another version: nothing is migrated here."""
    if "://" not in config.store and not Path(config.store).exists():
        return None
    try:
        return Store.open(config.store, migrate=False)
    except LiaisonError:
        return None


def _lists(config: Config) -> frozenset[str] | None:
    """The lists that messages have come from; None where no bot of this version has run."""
    store = _store(config)
    if store is None:
        return None
    try:
        return store.tally.lists()
    except LiaisonError:
        return None
    finally:
        store.close()
