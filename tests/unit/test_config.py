"""config.yaml: typed, unknown keys refused, paths made absolute, and never a secret inside."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config import Config, load_config
from bot.errors import ConfigError
from tests.unit.builders import CONFIG, ROOT, write_config

IMAP = "{name: lists, imap: {host: imap.example.edu, user: u, password: {env: X}}}"


def told(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(write_config(folder, text))
    assert caught.value.problems
    return str(caught.value)


def test_the_example_can_be_loaded() -> None:
    example = load_config(ROOT / "config.example.yaml")
    assert example.rules == ROOT / "rules"
    assert example.mailboxes[0].imap is not None
    assert example.mailboxes[0].imap.password is not None


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    one = load_config(write_config(tmp_path, CONFIG + "log: {file: var/log}\nhealth_file: h.json\n"))
    assert (one.rules, one.store, one.sending.folder) == (tmp_path / "rules", str(tmp_path / "var/store.db"),
                                                          tmp_path / "out")
    assert (one.log.file, one.health_file, one.mailboxes[0].maildir) == (
        tmp_path / "var/log", tmp_path / "h.json", tmp_path / "mail")


@pytest.mark.parametrize(("store", "expected"), [
    ("postgresql://db/x", "postgresql://db/x"), ("/srv/store.db", "/srv/store.db"),
])
def test_a_store_elsewhere_stays_there(tmp_path: Path, store: str, expected: str) -> None:
    assert load_config(write_config(tmp_path, CONFIG.replace("var/store.db", store))).store == expected


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/bot")
    text = CONFIG.replace("var/store.db", "~/store.db").replace("rules: rules", "rules: ~/rules")
    one = load_config(write_config(tmp_path, text))
    assert (one.store, one.rules) == ("/home/bot/store.db", Path("/home/bot/rules"))


def test_the_usual_values(tmp_path: Path) -> None:
    one = load_config(write_config(tmp_path, CONFIG.replace("{name: lists, maildir: mail}", IMAP)))
    box = one.mailboxes[0]
    assert box.imap is not None
    assert (box.imap.port, box.imap.security, box.folders, box.poll_minutes) == (993, "tls", ["INBOX"], 5)
    assert (box.backfill.days, box.backfill.messages, box.largest_bytes) == (30, 2000, 25_000_000)
    assert one.sending.sender.bounces == "digest@library.example.edu"
    assert one.sending.sender.list_identifier == "digest.library.example.edu"


def test_one_folder_may_stand_without_a_list(tmp_path: Path) -> None:
    one = load_config(write_config(tmp_path, CONFIG.replace("maildir: mail", "maildir: mail, folders: Lists")))
    assert one.mailboxes[0].folders == ["Lists"]


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("store:", "stroe:", "There is no setting `stroe` here. Did you mean `store`?"),
    ("liaison: robin", "liason: robin", "Did you mean `liaison`?"),
    ("liaison: robin", "x: y", "`liaison` is missing."),
    ("America/Chicago", "Chicago", "`Chicago` is not an IANA time zone. Write it as in America/Chicago."),
    ("digest@library.example.edu", "digest", "`digest` is not an e-mail address."),
    ("digest@library.example.edu", '"a b@example.edu"', "is not an e-mail address."),
    ("maildir: mail", "maildir: mail, mbox: x", "Mailbox `lists` needs exactly one of"),
    ("maildir: mail", "folders: [INBOX]", "Mailbox `lists` needs exactly one of"),
    ("maildir: mail", "maildir: mail, folders: []", "at least one belongs here"),
    ("maildir: mail", "maildir: mail, poll_minutes: 0", "`poll_minutes` cannot be `0`"),
    ("maildir: mail", "maildir: mail, poll_minutes: often", "`poll_minutes` cannot be `often`"),
    ("maildir: mail", "maildir: mail, largest_message_mb: -1", "`largest_message_mb` cannot be `-1`"),
    ("  - {name: lists, maildir: mail}\n", "  []\n", "`mailboxes` cannot be a list: at least one belongs here."),
    ("  folder: out\n", "", "`sending` needs exactly one of `smtp` and `folder`."),
    ("  folder: out\n", "  folder: out\n  smtp: {host: h}\n", "`sending` needs exactly one of"),
    ("  folder: out\n", "  smtp: {host: h, port: 99999}\n", "`port` cannot be `99999`"),
    ("  folder: out\n", "  smtp: {host: h, security: ssl}\n", "`ssl` is not one of 'tls', 'starttls' or 'none'."),
    ("consortium: [carli.example.org]", "consortium: carli.example.org", "a list belongs here"),
    ("rules: rules", "log: {level: loud}", "`loud` is not one of"),
    ("rules: rules", "quiet_after_minutes: 0", "`quiet_after_minutes` cannot be `0`"),
])
def test_each_mistake_is_told(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in CONFIG
    said = told(tmp_path, CONFIG.replace(old, new))
    assert expected in said
    assert said.startswith(f"{tmp_path}/config.yaml:")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    said = told(tmp_path, CONFIG.replace("America/Chicago", "x").replace("store:", "stor:").replace("out", "[]"))
    assert said.count(f"{tmp_path}/config.yaml:") == 3


def test_two_mailboxes_of_one_name_are_refused(tmp_path: Path) -> None:
    two = CONFIG.replace("  - {name: lists, maildir: mail}\n", "  - {name: a, maildir: x}\n  - {name: a, maildir: y}\n")
    assert "bear the same name" in told(tmp_path, two)


@pytest.mark.parametrize("secret", [
    "hunter2", "{value: hunter2}", "[hunter2]", "{env: A, file: hunter2}", "{}",
])
def test_a_password_inside_is_refused_and_not_repeated(tmp_path: Path, secret: str) -> None:
    said = told(tmp_path, CONFIG.replace("{name: lists, maildir: mail}", IMAP.replace("{env: X}", secret)))
    assert "hunter2" not in said


def test_a_password_as_a_setting_of_its_own_is_refused(tmp_path: Path) -> None:
    said = told(tmp_path, CONFIG + "password: hunter2\n")
    assert "There is no setting `password` here." in said
    assert "hunter2" not in said


def test_nothing_changes_a_config_once_it_is_read(tmp_path: Path) -> None:
    one: Config = load_config(write_config(tmp_path))
    with pytest.raises(ValidationError):
        one.store = "elsewhere"  # type: ignore[misc]
