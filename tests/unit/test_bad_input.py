"""Whatever a person, a server or a disk does wrong: a clear sentence with its mend, no traceback, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.assemble import TEMPLATES_FAULT, assemble
from bot.config import load_config
from bot.errors import TemplateError
from bot.pipeline.poll import poll
from bot.store.store import Store
from bot.types import Disposition
from tests.unit.builders import AREAS, CONFIG, NOW, PEOPLE, ROOT, raw, rules, texts, write_config, write_rules

SMTP = "  smtp: {host: localhost, port: 9, security: none, timeout_seconds: 2}\n"
IMAP = "  - {name: lists, imap: {host: localhost, port: 9, security: none, user: u, password: {env: LIAISON_SECRET}}}\n"


class Done:
    """What a command said and how it ended."""

    def __init__(self, process: subprocess.CompletedProcess[bytes]) -> None:
        self.code = process.returncode
        self.said = (process.stdout + process.stderr).decode("utf-8")

    def is_clear(self, *words: str) -> None:
        assert "Traceback" not in self.said
        for word in words:
            assert word in self.said, self.said


def liaison(folder: Path, *words: str, **environment: str) -> Done:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIAISON_")}
    return Done(subprocess.run(
        [sys.executable, "-W", "error", "-c", "from bot.cli import main; main()", *words], cwd=folder, timeout=60,
        capture_output=True, check=False, env={**clean, "COLUMNS": "300", "PYTHONUTF8": "1", **environment}))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library in a folder of its own, with one post in its mailbox, that has not run yet."""
    write_config(tmp_path, CONFIG + "log: {file: var/log}\n")
    (tmp_path / "mail" / "new" / "170000001.M1P1.host").write_bytes(raw())
    return tmp_path


def configure(folder: Path, old: str, new: str) -> None:
    path = folder / "config.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def counted(folder: Path) -> dict[Disposition, int]:
    store = Store.open(str(folder / "var" / "store.db"))
    try:
        return dict(store.archive.count())
    finally:
        store.close()


# ── what the liaison writes ──


@pytest.mark.parametrize(("name", "content", "words"), [
    ("routing.yaml", b"rulez: []\n", ["routing.yaml:1:1", "There is no setting `rulez` here. Did you mean `rule"]),
    ("routing.yaml", b"rules: []\nrules: []\n", ["routing.yaml:2:1", "`rules` stands here a second time."]),
    ("routing.yaml", b"rules:\n\t- rule: x\n", ["routing.yaml:2:1", "A tab stands here", "two spaces"]),
    ("routing.yaml", b"rules: 5\n", ["`rules` cannot be `5`: a list belongs here"]),
    ("routing.yaml", b"- rule: x\n", ["This file cannot be a list", "Compare it with the shipped example."]),
    ("routing.yaml", b"rules: [caf\xe9]\n", ["Line 1 is not UTF-8 text. Save the file as UTF-8."]),
    ("routing.yaml", rules("rule: r, when: {area: trainin}, to: [dan]").encode(),
     ["Did you mean `training`?", "Did you mean `dana`?"]),
    ("routing.yaml", rules("rule: r, when: {text: '/(/'}, to: [dana]").encode(),
     ["The regular expression /(/ is not valid: missing )"]),
    ("areas.yaml", b"", ["areas.yaml", "This file should hold the areas"]),
    ("areas.yaml", b"- cataloging\n", ["areas.yaml", "This file should hold the areas"]),
    ("people.yaml", b"", ["people.yaml", "`people` is missing."]),
    ("people.yaml", b"people: []\n", ["`people` cannot be a list: lines of the form `name: value` belong here."]),
    ("people.yaml", b"\xff\xfep\x00", ["people.yaml", "is not UTF-8 text"]),
    ("people.yaml", None, ["people.yaml", "This file is missing."]),
])
def test_a_bad_file_at_the_first_start(library: Path, name: str, content: bytes | None, words: list[str]) -> None:
    path = library / "rules" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    checked, ran = liaison(library, "check"), liaison(library, "once")
    checked.is_clear(name, *words)
    ran.is_clear(name, *words)
    assert (checked.code, ran.code) == (1, 2)


def test_an_empty_routing_file_means_no_rules(library: Path) -> None:
    (library / "rules" / "routing.yaml").write_text("")
    done = liaison(library, "once")
    assert done.code == 0, done.said
    assert counted(library)[Disposition.ROUTED] == 1


def test_a_bad_edit_between_two_runs_loses_no_mail(library: Path) -> None:
    assert liaison(library, "once").code == 0
    (library / "rules" / "routing.yaml").write_text("rules: [\n")
    (library / "mail" / "new" / "170000002.M1P1.host").write_bytes(raw("A webinar.\n", key="two", subject="Webinar"))
    assert liaison(library, "once").code == 0
    assert counted(library)[Disposition.ROUTED] == 2
    told = liaison(library, "status")
    told.is_clear("The last edit of the rules is not in force", "routing.yaml", "Mend it and save")
    assert told.code == 1


def test_a_regex_bomb_in_a_rule_costs_a_moment_and_nothing_else(library: Path) -> None:
    write_rules(library / "rules", texts(routing=rules("rule: bomb, when: {text: '/(a|aa)+$/'}, to: [sam]",
                                                       "rule: ok, when: {text: end}, to: [sam]")))
    mail = library / "bomb.eml"
    mail.write_bytes(raw("a" * 3000 + "! end\n"))
    begun = time.monotonic()
    done = liaison(library, "explain", "bomb.eml")
    assert time.monotonic() - begun < 15
    done.is_clear("ok: held: says “end”", "bomb: did not hold")
    assert done.code == 0


# ── what the operator writes ──


@pytest.mark.parametrize(("old", "new", "words"), [
    ("store:", "stor:", ["config.yaml:8:1", "Did you mean `store`?"]),
    ("store: var/store.db", "store: [a]", ["`store` cannot be a list"]),
    ("trust:", "\ttrust:", ["A tab stands here"]),
    ("  folder: out\n", "  smtp: {host: h, password: hunter2}\n", ["No password stands in this file", "{env: NAME}"]),
    ("  folder: out\n", "  smtp: {host: h, pasword: hunter2}\n", ["no setting `pasword`", "Did you mean `password`?"]),
    ("store:", "password: hunter2\nstore:", ["There is no setting `password` here."]),
])
def test_a_bad_config(library: Path, old: str, new: str, words: list[str]) -> None:
    configure(library, old, new)
    for command, code in (("check", 1), ("once", 2), ("status", 2)):
        done = liaison(library, command)
        done.is_clear("config.yaml", *words)
        assert done.code == code
        if "pasword" not in new:
            assert "hunter2" not in done.said


def test_a_config_that_is_no_text(library: Path) -> None:
    (library / "config.yaml").write_bytes(b"library: \xe9\n")
    liaison(library, "once").is_clear("config.yaml", "Line 1 is not UTF-8 text.")


def test_a_password_that_is_named_and_not_set(library: Path) -> None:
    configure(library, "  - {name: lists, maildir: mail}\n", IMAP)
    for command in ("check", "once"):
        done = liaison(library, command)
        done.is_clear("LIAISON_SECRET, which is not set", "Set LIAISON_SECRET before the bot starts")
        assert done.code in (1, 2)


@pytest.mark.parametrize("store", ["config.yaml/store.db", "/proc/nowhere/store.db"])
def test_a_store_that_cannot_be_made(library: Path, store: str) -> None:
    configure(library, "store: var/store.db", f"store: {store}")
    done = liaison(library, "once")
    done.is_clear("cannot be made", "right to write there")
    assert done.code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(library: Path) -> None:
    (library / "var").mkdir()
    (library / "var").chmod(0o555)
    done = liaison(library, "once")
    (library / "var").chmod(0o755)
    done.is_clear("cannot be written", "right to write")
    assert done.code == 2


def test_a_log_that_cannot_be_written(library: Path) -> None:
    configure(library, "log: {file: var/log}", "log: {file: config.yaml/log}")
    done = liaison(library, "once")
    done.is_clear("The log file", "cannot be written")
    assert done.code == 2


def test_a_store_that_is_no_database(library: Path) -> None:
    (library / "var").mkdir()
    (library / "var" / "store.db").write_bytes(b"no database at all, only words" * 50)
    done = liaison(library, "once")
    done.is_clear("is damaged", "liaison restore FILE")
    assert done.code == 4


# ── servers ──


def test_a_mail_server_that_is_away_stops_nothing_else(library: Path) -> None:
    configure(library, "  - {name: lists, maildir: mail}\n",
              IMAP.replace("lists", "away") + "  - {name: lists, maildir: mail}\n")
    done = liaison(library, "once", LIAISON_SECRET="s3cret-word")
    done.is_clear("localhost")
    assert done.code == 1
    assert "s3cret-word" not in done.said
    assert counted(library)[Disposition.ROUTED] == 1
    assert "s3cret-word" not in (library / "var" / "log").read_text()
    told = liaison(library, "status", LIAISON_SECRET="s3cret-word")
    told.is_clear("away, INBOX", "failing since", "lists, INBOX")
    assert told.code == 1


def test_a_sending_server_that_is_away_keeps_the_mail(library: Path) -> None:
    configure(library, "  folder: out\n", SMTP)
    write_rules(library / "rules", texts(routing=(
        "slots: {daily: {at: 00:00, on: every day}}\n"
        + rules("rule: r, when: {text: overlay}, to: [dana], send: now"))))
    one = load_config(library / "config.yaml")
    plant = assemble(one, NOW, eager=True)
    try:
        [(_, source)] = plant.sources()
        poll(source, plant.store, plant.receiver, lambda: NOW, lambda *_: None)
        plant.publisher.publish(NOW)
        done = plant.deliverer.deliver(lambda: NOW)
        assert done.trouble is not None
        assert done.trouble.mend
        assert {row.reader for row in plant.store.outbox.open()} >= {"dana", "robin"}
        assert all(row.attempts == 0 for row in plant.store.outbox.open())
        assert [fault.key for fault in plant.store.health.faults()] == ["sending"]
    finally:
        plant.close()


# ── mail ──


def test_an_empty_mailbox_is_well(library: Path) -> None:
    shutil.rmtree(library / "mail" / "new")
    (library / "mail" / "new").mkdir()
    assert liaison(library, "once").code == 0
    assert liaison(library, "status").code == 0


def test_messages_of_no_byte_and_of_one_are_accounted_for(library: Path) -> None:
    for number, content in enumerate((b"", b"x", b"\n", b"\x00", b"\xff" * 10)):
        path = library / "mail" / "new" / f"17000001{number}.M1P1.host"
        path.write_bytes(content)
        os.utime(path, (time.time() - 60,) * 2)           # an empty file may otherwise still be growing
    done = liaison(library, "once")
    assert done.code == 0, done.said
    assert sum(counted(library).values()) == 6
    assert counted(library)[Disposition.QUARANTINED] >= 2
    liaison(library, "status").is_clear("6 messages", "(unreadable)")


# ── templates ──


def own_template(library: Path, name: str, content: str) -> Path:
    folder = library / "mine"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(content)
    path = library / "config.yaml"
    if "templates:" not in path.read_text():
        path.write_text(path.read_text() + "templates: mine\n")
    return folder


@pytest.mark.parametrize("broken", ["{% if %}", "{{ nothing.here }}", "{% include 'gone.j2' %}", "{{ 1 / 0 }}"])
def test_a_broken_template_of_the_librarys_own_gives_way_to_the_shipped_one(library: Path, broken: str) -> None:
    own_template(library, "digest.txt.j2", broken)
    store = Store.in_memory()
    plant = assemble(load_config(library / "config.yaml"), NOW, eager=True, store=store)
    [(_, source)] = plant.sources()
    poll(source, store, plant.receiver, lambda: NOW, lambda *_: None)
    shown = plant.publisher.preview("dana", NOW)
    assert shown is not None
    assert "overlay" in shown.rendered.text
    plant.close()


def test_a_template_that_cannot_be_parsed_is_told_by_check_and_as_a_fault(library: Path) -> None:
    own_template(library, "digest.txt.j2", "line one\n{% if %}\n")
    checked = liaison(library, "check")
    checked.is_clear("digest.txt.j2:2", "the shipped template is used")
    assert checked.code == 1
    plant = assemble(load_config(library / "config.yaml"), NOW)
    assert [fault.key for fault in plant.store.health.faults()] == [TEMPLATES_FAULT]
    plant.close()


def test_own_templates_may_be_few(library: Path) -> None:
    own_template(library, "style.css", "body { color: navy }\n")
    assert liaison(library, "check").code == 0


def test_a_template_whose_name_is_mistaken_is_told(library: Path) -> None:
    own_template(library, "digst.txt.j2", "x")
    liaison(library, "check").is_clear("No template has this name.", "Did you mean `digest.txt.j2`?")


def test_a_folder_for_templates_that_is_missing_is_told(library: Path) -> None:
    (library / "config.yaml").write_text((library / "config.yaml").read_text() + "templates: gone\n")
    with pytest.raises(TemplateError, match="does not exist"):
        assemble(load_config(library / "config.yaml"), NOW, store=Store.in_memory())
    done = liaison(library, "once")
    done.is_clear("does not exist", "Make it, or delete `templates:`")
    assert done.code == 2


# ── the classifier ──


@pytest.mark.parametrize("spoil", ["gone", "tampered", "no-json", "other-format"])
def test_without_a_sound_model_the_rules_alone_go_on(library: Path, spoil: str) -> None:
    folder = library / "model"
    folder.mkdir()
    for name in ("reader.npz", "reader.json"):
        shutil.copy(ROOT / "models" / name, folder / name)
    if spoil == "gone":
        (folder / "reader.npz").unlink()
    elif spoil == "tampered":
        (folder / "reader.npz").write_bytes((folder / "reader.npz").read_bytes()[:-9] + b"123456789")
    elif spoil == "no-json":
        (folder / "reader.json").write_text("not json")
    else:
        (folder / "reader.json").write_text(json.dumps({"format": 99}))
    path = library / "config.yaml"
    path.write_text(path.read_text() + "model: model\n")
    done = liaison(library, "once")
    assert done.code == 0, done.said
    assert "Traceback" not in done.said
    assert counted(library)[Disposition.ROUTED] == 1
    said = liaison(library, "explain", "1").said
    assert "area cataloging" in said
    assert "(rule, " in said
    told = liaison(library, "status")
    told.is_clear("The classifier in", "Restore the folder")
    assert told.code == 1
    assert liaison(library, "check").code == 1


def test_the_shipped_example_rules_are_themselves_without_fault(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules", texts(AREAS, PEOPLE))
    done = liaison(tmp_path, "check")
    assert done.code == 0, done.said
