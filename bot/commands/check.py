"""`liaison check`: load everything, and say all that is wrong at once, with file, line and mend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.assemble import open_transport, signing
from bot.commands.setting import Setting, find_setting
from bot.config import Config
from bot.digests.render import Templates
from bot.errors import LiaisonError, SetupError
from bot.linear import load_models
from bot.login import password
from bot.pipeline.judges import build_judges, model_folder
from bot.rulebook import Rulebook, load_rulebook
from bot.shipped import shipped
from bot.yamlfile import did_you_mean


def check(named: Path | None) -> tuple[list[str], list[str]]:
    """(what is wrong, what is well), in sentences."""
    try:
        setting = find_setting(named)
    except LiaisonError as wrong:
        return [str(wrong)], []
    wrong_ones, well = [], [f"Config: {setting.path or 'the embedded sample library'}"]
    # The sample's mailbox is laid when the bot first runs.
    for name, look in _LOOKS[:-1] if setting.is_sample else _LOOKS:
        try:
            well.append(f"{name}: {look(setting.config)}")
        except LiaisonError as wrong:
            wrong_ones.append(str(wrong))
    return wrong_ones + list(_doubts(setting)), well


def _rules(config: Config) -> str:
    book = load_rulebook(config.rules, config.library.liaison, config.templates)
    return f"{_count(book)}, version {book.version}"


def _count(book: Rulebook) -> str:
    return f"{len(book.areas)} areas, {len(book.people)} people, {len(book.rules)} rules"


def _templates(config: Config) -> str:
    templates = Templates(shipped("templates"), config.templates)
    if templates.problems:
        raise SetupError("templates", problems=tuple(templates.problems))
    return "all can be used"


def _model(config: Config) -> str:
    models = load_models(model_folder(config))
    return f"version {models.version}, {len(models['areas'].labels)} areas"


def _passwords(config: Config) -> str:
    secrets = [box.imap.password for box in config.mailboxes if box.imap and box.imap.password]
    for secret in secrets:
        password(secret, os.environ, os.environ.get("CREDENTIALS_DIRECTORY"))
    open_transport(config).close()
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
    ("Rules", _rules), ("Templates", _templates), ("Classifier", _model), ("Passwords", _passwords),
    ("DKIM", _dkim),
    ("Folders", _folders),
)


def _doubts(setting: Setting) -> Iterator[str]:
    """What is legal and surely not meant."""
    if setting.config.trust.authentication_server is None:
        yield ("config.yaml: `trust: {authentication_server: …}` is missing, so the bot cannot know who sent a message."
               " Nothing will be sent at once. Name your mail server as it stands in Authentication-Results.")
    try:
        book = load_rulebook(setting.config.rules, setting.config.library.liaison, setting.config.templates)
    except LiaisonError:
        return
    if setting.config.sending.answers is None and any(rule.acknowledge for rule in book.rules):
        yield ("config.yaml: a rule asks readers to `acknowledge`, but `sending: {answers: …}` names no address of a "
               "mailbox that the bot reads. Answers go to the liaison; unless that is such a mailbox, none will count.")
    director = setting.config.library.director
    if director is not None and director not in book.people:
        yield (f"config.yaml: the director `{director}` does not stand in people.yaml, so nobody gets the monthly page."
               f" {did_you_mean(director, book.people)}").rstrip()
    judges = build_judges(setting.config, book, None)
    read_by = {area for person in book.people.values() for area in person.areas}
    for name in book.areas:
        if name not in read_by and not book.areas[name].mandatory_for:
            yield f"areas.yaml: nobody reads `{name}`; its mail comes to the liaison ({judges.liaison})."
