"""Versions of the liaison's files: what `liaison rules` says of them, and the way back to one."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.errors import RulesError, SetupError
from bot.pipeline import back
from bot.pipeline.judges import InForce
from bot.rulebook import load_rulebook
from bot.store.store import Store
from tests.contract.stores import make_older
from tests.unit.builders import NOW, PEOPLE, config, rules, texts, write_rules

ONE = "# first\r\n" + rules("rule: r, when: {text: a}, to: [dana]").replace("\n", "\r\n")
TWO = rules("rule: r, when: {text: a}, to: [lee]", "rule: s, when: {text: b}, to: [sam]")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library whose rules were edited twice: routing.yaml with its comment and line ends, then another."""
    one = config(tmp_path)
    store = Store.open(one.store)
    (one.rules / "routing.yaml").write_bytes(ONE.encode())
    in_force = InForce(one, store, NOW)
    (one.rules / "routing.yaml").write_bytes(TWO.encode())
    in_force.refresh(NOW + timedelta(hours=1))
    (one.rules / "people.yaml").write_text(PEOPLE + "# end\n")
    in_force.refresh(NOW + timedelta(hours=2), "signal")
    store.close()
    return tmp_path


def liaison(folder: Path, *words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["rules", *words, "--config", str(folder / "config.yaml")])


def test_the_log_says_when_how_and_what(library: Path) -> None:
    lines = liaison(library, "log").output.splitlines()
    assert [line.split()[0] for line in lines] == ["Version", "3", "2", "1"]
    assert "Tue 2026-11-24 11:00:00" in lines[1]
    assert "SIGHUP" in lines[1]
    assert "people.yaml +1 -0" in lines[1]
    assert "an edit" in lines[2]
    assert "routing.yaml +2 -2" in lines[2]
    assert "the first that is kept" in lines[3]


def test_the_difference_between_two_versions_and_to_the_files(library: Path) -> None:
    said = liaison(library, "diff", "1", "2").output
    assert "--- routing.yaml (version 1)" in said
    assert "+++ routing.yaml (version 2)" in said
    assert "-# first" in said
    assert "people.yaml" not in said
    assert liaison(library, "diff").output == "Nothing changed.\n"
    (library / "rules" / "routing.yaml").write_text("rules: [")
    assert "+rules: [" in liaison(library, "diff").output
    assert "+++ people.yaml (now)" in liaison(library, "diff", "1").output
    assert liaison(library, "diff", "9").exit_code == 2


def test_back_writes_the_very_bytes_after_a_safety_copy(library: Path) -> None:
    folder = library / "rules"
    (folder / "routing.yaml").chmod(0o640)
    (folder / "routing.yaml").write_text("rules: [ # half done")
    result = liaison(library, "back", "1")
    assert result.exit_code == 0, result.output
    assert (folder / "routing.yaml").read_bytes() == ONE.encode()
    assert (folder / "people.yaml").read_text() == PEOPLE
    assert stat.S_IMODE((folder / "routing.yaml").stat().st_mode) == 0o640
    [copy] = folder.glob("before-*")
    assert (copy / "routing.yaml").read_text() == "rules: [ # half done"
    assert (copy / "people.yaml").read_text() == PEOPLE + "# end\n"
    assert str(copy) in result.output.replace("\n", "")
    assert "liaison rules back 3" in result.output
    assert "nothing was written" in liaison(library, "back", "1").output
    assert {path.name for path in folder.iterdir()} == {"areas.yaml", "people.yaml", "routing.yaml", copy.name}


def test_a_version_that_came_back_says_who_asked(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "robin")
    liaison(library, "back", "1")
    one = config_of(library)
    store = Store.open(one.store)
    InForce(one, store, NOW + timedelta(days=1))
    newest = store.rules.newest()
    store.close()
    assert newest is not None
    assert (newest.number, newest.came, newest.author, newest.texts["routing.yaml"]) == (4, "back", "robin", ONE)


def config_of(folder: Path):  # type: ignore[no-untyped-def]
    from bot.config import load_config

    return load_config(folder / "config.yaml")


def test_a_version_that_would_be_refused_today_is_not_written(library: Path) -> None:
    path = library / "config.yaml"
    path.write_text(path.read_text().replace("liaison: robin", "liaison: max"))
    before = (library / "rules" / "routing.yaml").read_bytes()
    result = liaison(library, "back", "1")
    assert result.exit_code == 2
    assert "Version 1 would be refused today" in result.output
    assert (library / "rules" / "routing.yaml").read_bytes() == before
    assert list((library / "rules").glob("before-*")) == []


def test_what_cannot_be_written_leaves_all_as_it_was(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes, like: Path) -> None:
        if like.name == "routing.yaml":
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(back, "_write", full)
    before = {path.name: path.read_bytes() for path in (library / "rules").glob("*.yaml")}
    one = config_of(library)
    store = Store.open(one.store)
    wanted = store.rules.get(1)
    assert wanted is not None
    with pytest.raises(SetupError, match="No space"):
        back.put_back(wanted, one, store, "robin", datetime.now(UTC))
    store.close()
    assert {path.name: path.read_bytes() for path in (library / "rules").glob("*.yaml")} == before
    assert list((library / "rules").glob(".*.new")) == []


def test_without_a_bot_that_ran_there_is_nothing_to_show(tmp_path: Path) -> None:
    config(tmp_path)
    for words in (("log",), ("diff",), ("back", "1")):
        result = liaison(tmp_path, *words)
        assert result.exit_code == 2
        assert "has not run here" in result.output


def test_the_last_good_rules_of_an_older_store_are_its_first_version(tmp_path: Path) -> None:
    one = config(tmp_path)
    good = load_rulebook(write_rules(one.rules, texts(routing=TWO)), "robin")
    Store.open(one.store).close()
    make_older(Path(one.store), "0005")
    with sqlite3.connect(one.store) as connection:
        connection.execute("INSERT INTO marks VALUES ('rules:last-good', ?, '2026-11-20 10:00:00.000000')",
                           (json.dumps(good.texts),))
    connection.close()
    (one.rules / "routing.yaml").write_text("rules: [")
    store = Store.open(one.store)
    [kept] = store.rules.all()
    assert (kept.number, kept.version, kept.came, kept.texts) == (1, good.version, "start", good.texts)
    assert kept.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert InForce(one, store, NOW)().book == good
    store.close()


def test_the_owner_of_a_changed_file_is_its_author_if_a_person(tmp_path: Path) -> None:
    from bot.pipeline.edits import author

    path = write_rules(tmp_path) / "routing.yaml"
    assert author(tmp_path, ["routing.yaml", "gone.yaml"]) == ""
    if os.geteuid() == 0:
        os.chown(path, 65534, -1)
        assert author(tmp_path, ["people.yaml", "routing.yaml"]) == "nobody"


def test_bad_rules_at_the_first_start_are_refused(tmp_path: Path) -> None:
    one = config(tmp_path)
    (one.rules / "routing.yaml").write_text("rules: [")
    store = Store.open(one.store)
    with pytest.raises(RulesError):
        InForce(one, store, NOW)
    assert store.rules.all() == []
    store.close()
