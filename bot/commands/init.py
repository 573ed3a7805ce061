"""`liaison init`: a config and rules for a real library, from a few answers or a roster. Overwrites nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.commands.check import check
from bot.commands.people import read_list
from bot.commands.schema import write_all
from bot.config import load_config
from bot.errors import ConfigError, SetupError
from bot.rulebook import FILES, load_rulebook
from bot.shipped import shipped
from bot.starter.files import SECRETS, Answers, config_text, people_text, routing_text
from bot.starter.merge import Merged, merge
from bot.starter.roster import Slip

#: How the folder begins that everything is written into first.
_WORK = ".liaison-init-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Laid:
    """What was written, the lines of the roster that were not clear, and what `check` finds beyond the passwords, which
    are still to be laid down; `next` says what to do, command by command."""

    files: tuple[Path, ...]
    people: int
    slips: tuple[Slip, ...]
    mistakes: tuple[str, ...]
    next: tuple[str, ...]


def init(folder: Path, said: Answers, roster: Path | None) -> Laid:
    """Write `config.yaml` and `rules/` into a folder: all of it or nothing. `config.yaml` comes last: without it a try
    was ended in the middle, and the rules that it wrote are taken for ours when they are just what is to be written.

    Raises ConfigError when one of them is there already, SetupError when an answer makes no good file or the folder
    cannot be written.
    """
    _is_free(folder, "config.yaml")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder) as inside:
            work = Path(inside)
            merged, slips = _lay(work, said, roster)
            config = load_config(work / "config.yaml")
            book = load_rulebook(config.rules, config.library.liaison)
            if _texts(folder / "rules") != _texts(work / "rules"):
                _is_free(folder, "rules")
                (work / "rules").replace(folder / "rules")
            for name in SECRETS.values():
                (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
            (work / "config.yaml").replace(folder / "config.yaml")
    except OSError as wrong:
        raise SetupError(f"{folder} cannot be written: {wrong.strerror}.", "Name another folder.") from wrong
    files = (folder / "config.yaml", *(folder / "rules" / name for name in FILES))
    mistakes = tuple(str(one) for one in check(folder / "config.yaml").mistakes if one.kind != "passwords")
    return Laid(files=files, people=len(book.people), slips=slips, mistakes=mistakes,
                next=tuple(_next(folder, said, merged)))


def _texts(folder: Path) -> dict[Path, bytes]:
    """All files of a folder; nothing if there is none."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _is_free(folder: Path, name: str) -> None:
    if (folder / name).exists():
        raise ConfigError(f"There is already {folder / name}; nothing was written.",
                          "Edit what is there (liaison check says what is wrong), add people with "
                          "liaison people import, or name another folder: liaison init DIR.")


def _lay(work: Path, said: Answers, roster: Path | None) -> tuple[Merged | None, tuple[Slip, ...]]:
    rules = work / "rules"
    rules.mkdir()
    shutil.copy(shipped("rules") / "areas.yaml", rules / "areas.yaml")
    examples = {name: (shipped("rules") / name).read_text("utf-8") for name in FILES}
    (work / "config.yaml").write_text(config_text(said), "utf-8")
    (rules / "routing.yaml").write_text(routing_text(examples["routing.yaml"]), "utf-8")
    areas = {name: area.label for name, area in load_rulebook(shipped("rules")).areas.items()}
    text = people_text(said, examples["people.yaml"], areas)
    (rules / "people.yaml").write_text(text, "utf-8")
    write_all(None, rules / "schema")
    if roster is None:
        return None, ()
    book = load_rulebook(rules, said.liaison)
    found = read_list(roster, book)
    merged = merge(text, found.people)
    (rules / "people.yaml").write_text(merged.text, "utf-8")
    return merged, found.slips


def _next(folder: Path, said: Answers, merged: Merged | None) -> Iterator[str]:
    here = "" if folder.resolve() == Path.cwd() else f"cd {folder}; "
    kind = "imap" if said.preset.oauth is None else "app"
    if kind == "app":
        yield f"{here}edit config.yaml    # TENANT-ID and CLIENT-ID, from campus IT"
        here = ""  # who follows the steps is there by now
    yield f"{here}(umask 077; cat > {SECRETS[kind]})    # type {said.preset.password}, then Enter and Ctrl-D"
    if kind == "imap" and not said.is_dry:
        yield f"cp -p {SECRETS['imap']} {SECRETS['smtp']}    # or another one, if it differs"
    if said.preset.oauth is not None:
        yield "liaison login    # gets a token, tries the servers, says what campus IT has to grant"
    yield "liaison check    # says what is wrong, and what is doubtful"
    yield (f"liaison once     # reads the mailbox; {'mails are written into var/outbox' if said.is_dry else 'sends'}")
    if merged is None:
        yield "liaison people import staff.csv    # your colleagues, from a list with name, email and areas"
