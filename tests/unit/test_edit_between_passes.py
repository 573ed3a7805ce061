"""What an edit between two passes leaves as it was: each route has the version that made it, and ids outlive labels."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.rulebook import load_rulebook
from tests.unit.builders import AREAS, CONFIG, raw, rules, texts, write_config, write_rules

LONG = "The committee asks every library to look at the overlay rules for its bib records before the next import.\n"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    path = write_config(tmp_path, CONFIG + "log: {file: var/log}\n")
    write_rules(tmp_path / "rules", texts())
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True, exist_ok=True)
    (tmp_path / "mail" / "new" / "1.mail").write_bytes(raw(LONG, key="a"))
    return path


def once(library: Path) -> None:
    """A process of its own: it takes the log over."""
    command = [sys.executable, "-c", "from bot.cli import main; main()", "once", "--quiet", "--config", str(library)]
    subprocess.run(command, timeout=60, check=True)


def preview(library: Path) -> str:
    return CliRunner().invoke(main, ["preview", "dana", "--no-open", "--config", str(library)]).output


def made_by(library: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(library.parent / "var" / "store.db") as store:
        return set(store.execute("SELECT reader, rules_version FROM routes"))


def test_each_route_keeps_the_version_that_made_it(library: Path) -> None:
    once(library)
    first = load_rulebook(library.parent / "rules").version
    assert {version for _, version in made_by(library)} == {first}
    write_rules(library.parent / "rules", texts(routing=rules("rule: r, when: {text: overlay}, to: [sam]")))
    once(library)
    assert ("sam", load_rulebook(library.parent / "rules").version) in made_by(library)


def test_a_new_label_breaks_nothing(library: Path) -> None:
    once(library)
    before = preview(library)
    write_rules(library.parent / "rules", texts(areas=AREAS.replace("label: Cataloging", "label: Metadata")))
    once(library)
    after = preview(library)
    assert before.count("overlay") == after.count("overlay") > 0
    assert "Metadata" in after
    assert "Metadata" not in before
