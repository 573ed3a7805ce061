"""`liaison init`: what it writes is a good config with good rules, for every provider; it overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from bot.cli import main
from bot.commands.check import check
from bot.config import load_config
from bot.fileschema import SCHEMAS, schema_of
from bot.rulebook import load_rulebook
from bot.starter.presets import PRESETS
from bot.yamltree import build

GIVEN = ("--library", "Prairie Lakes: a “College” Library", "--name", "Robin Vale", "--address",
         "rvale@library.example.edu", "--account", "lists@library.example.edu", "--yes")


def init(folder: Path, *words: str, given: tuple[str, ...] = GIVEN, answers: str = "") -> Result:
    result = CliRunner().invoke(main, ["init", str(folder), *given, *words], input=answers)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


@pytest.mark.parametrize("send", [(), ("--send",)], ids=["dry", "send"])
@pytest.mark.parametrize("provider", PRESETS)
def test_what_it_writes_is_well(tmp_path: Path, provider: str, send: tuple[str, ...]) -> None:
    said = init(tmp_path / "lib", "--provider", provider, *send)
    assert said.exit_code == 0, said.output
    folder = tmp_path / "lib"
    for name in ("imap-password", "smtp-password", "app-secret"):
        (folder / "secrets" / name).write_text("secret\n")
        (folder / "secrets" / name).chmod(0o600)
    found = check(folder / "config.yaml")
    assert found.mistakes == ()
    assert {one.kind for one in found.doubts} <= {"area-with-one"}
    config = load_config(folder / "config.yaml")
    assert config.library.name == "Prairie Lakes: a “College” Library"
    assert (config.sending.smtp is None) is (not send)
    preset = PRESETS[provider]
    assert config.mailboxes[0].imap is not None and config.mailboxes[0].imap.port == preset.imap.port
    assert config.trust.authentication_server
    secret = "imap-password" if preset.oauth is None else "app-secret"
    assert f": {{file: secrets/{secret}}}" in (folder / "config.yaml").read_text("utf-8")


@pytest.mark.parametrize("provider", PRESETS)
def test_what_it_writes_keeps_its_schemas_and_names_them(tmp_path: Path, provider: str) -> None:
    init(tmp_path, "--provider", provider)
    for name in SCHEMAS:
        path = tmp_path / ("config.yaml" if name == "config" else f"rules/{name}.yaml")
        text = path.read_text("utf-8")
        named = text.splitlines()[0].partition("$schema=")[2]
        assert (path.parent / named).resolve() == tmp_path / "rules" / "schema" / f"{name}.schema.json"
        assert (path.parent / named).is_file()
        assert list(Draft202012Validator(schema_of(name)).iter_errors(build(text).data)) == []


def test_the_signs_before_smtp_are_all_that_must_go(tmp_path: Path) -> None:
    """As the comment says: take out the folder's line, and the signs before the lines of smtp."""
    init(tmp_path)
    path = tmp_path / "config.yaml"
    lines, inside = [], False
    for line in path.read_text("utf-8").splitlines():
        inside = (inside or line == "  # smtp:") and line.startswith("  # ")
        if not line.startswith("  folder:"):
            lines.append(line.replace("  # ", "  ", 1) if inside else line)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    smtp = load_config(path).sending.smtp
    assert smtp is not None and (smtp.host, smtp.port, smtp.security) == ("smtp.library.example.edu", 587, "starttls")


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.txt").write_text("mine")
    said = init(tmp_path)
    assert said.exit_code == 2 and "nothing was written" in said.output
    assert [path.name for path in tmp_path.iterdir()] == ["rules"]


@pytest.mark.parametrize(("words", "said"), [
    (("--address", "rvale"), "not an e-mail address"), (("--time-zone", "Chicago"), "not an IANA time zone"),
    (("--roster", "none.csv"), "none.csv cannot be read"), (("--provider", "aol"), "aol"),
])
def test_a_bad_answer_writes_nothing(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    found = init(tmp_path / "lib", *words)
    assert found.exit_code == 2 and said in found.output
    assert not (tmp_path / "lib").exists() or list((tmp_path / "lib").iterdir()) == []


def test_without_a_terminal_what_is_missing_is_named(tmp_path: Path) -> None:
    found = init(tmp_path / "lib", given=("--library", "X"))
    assert found.exit_code == 2 and "--name is missing" in found.output


def test_it_asks_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli_setup.is_person", lambda: True)
    answers = "Prairie Lakes\nRobin Vale\nrvale@library.example.edu\ngmail\nlists@library.example.edu\n\n"
    said = init(tmp_path, given=(), answers=answers)
    assert said.exit_code == 0, said.output
    assert "app password" in said.output and "docs/connect/google.md" in said.output
    config = load_config(tmp_path / "config.yaml")
    assert config.mailboxes[0].imap is not None and config.mailboxes[0].imap.host == "imap.gmail.com"
    assert config.trust.authentication_server == "mx.google.com"


def test_a_roster_fills_people(tmp_path: Path) -> None:
    roster = tmp_path / "staff.csv"
    roster.write_text("Name;Email;Role\nVale, Robin;rvale@library.example.edu;\n"
                      "Ortiz, Dana;dana@library.example.edu;Cataloging and metadata\nLee;lee(at)x;\n", "utf-8")
    said = init(tmp_path / "lib", "--roster", str(roster))
    assert said.exit_code == 0 and "2 people stand in people.yaml" in said.output and "line 4" in said.output
    book = load_rulebook(tmp_path / "lib" / "rules", "robin")
    assert list(book.people) == ["robin", "dana"]
    assert len(book.people["robin"].areas) == 10


@pytest.mark.parametrize("provider", ["plain", "gmail", "microsoft365"])
def test_the_next_steps_enter_the_folder_once(tmp_path: Path, provider: str) -> None:
    said = init(tmp_path / "lib", "--provider", provider)
    assert said.output.replace("\n", " ").count("cd ") == 1


def test_microsoft_gets_a_config_with_oauth(tmp_path: Path) -> None:
    said = init(tmp_path, "--provider", "microsoft365", "--send")
    assert "takes no password for IMAP" in said.output and "liaison login" in said.output
    config = load_config(tmp_path / "config.yaml")
    server, smtp = config.mailboxes[0].imap, config.sending.smtp
    assert server is not None and server.oauth is not None and server.host == "outlook.office365.com"
    assert smtp is not None and smtp.oauth == "same"
