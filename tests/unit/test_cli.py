"""The command `liaison`: its help, its exit codes, and what each command promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.linear import MODEL_FILE, load_models
from tests.unit.builders import CONFIG, ROOT, raw, rules, texts, write_config, write_rules

COMMANDS = sorted(main.commands)
LONG = "The committee asks every library to look at the overlay rules for its bib records before the next import.\n"


CATALOGERS = ("The import profile now merges every bibliographic record by its OCLC number; the overlay keeps the MARC "
              "fields of the holdings record and the call number.\n")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test in a folder of its own, with no config anywhere."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("LIAISON_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    return folder


def liaison(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def once(library: Path) -> None:
    """A process of its own: it takes the log over."""
    command = [sys.executable, "-c", "from bot.cli import main; main()", "once", "--quiet", "--config", str(library)]
    subprocess.run(command, timeout=60, check=True)


def deliver_into(maildir: Path, *mails: bytes) -> None:
    for number, mail in enumerate(mails):
        (maildir / "new" / f"17000000{number}.M1P1.host").write_bytes(mail)


# ── help ──


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_a_config(command: str) -> None:
    said = liaison(command, "--help").output
    assert re.search(r"^\s*Examples?\b.*: .*liaison " + command, said, re.MULTILINE), said
    assert command == "init" or "--config FILE" in said
    assert len(main.commands[command].help or "") > 30


def test_the_commands_are_all_named_in_the_help() -> None:
    said = liaison("--help").output
    assert all(re.search(rf"^  {command}\b", said, re.MULTILINE) for command in COMMANDS)
    assert liaison("-h").output == said


def test_version() -> None:
    assert liaison("--version").output.startswith("liaison, version ")


@pytest.mark.parametrize("words", [["--help"], ["read", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom bot.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'sklearn', 'numpy', 'scipy', 'sqlalchemy', 'jinja2', 'rich', 'pydantic', 'mailparser'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_reading_mail_never_imports_training(empty_folder: Path) -> None:
    (empty_folder / "a.eml").write_bytes(raw(LONG))
    code = ("import sys\nfrom bot.cli import main\n"
            "try:\n    main(['read', '--json', '.'])\nexcept SystemExit:\n    pass\n"
            "print('HEAVY', sorted({'sklearn', 'scipy', 'apscheduler'} & set(sys.modules)))\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


# ── check ──


def test_check_is_well_on_a_good_config(empty_folder: Path) -> None:
    result = liaison("check", "--config", write_config(empty_folder))
    assert result.exit_code == 0, result.output
    assert result.output.count("  ok  ") == 7


def test_check_is_well_on_the_embedded_sample() -> None:
    assert liaison("check").exit_code == 0


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("store:", "stroe:", "Did you mean `store`?"),
    ("rules: rules", "rules: nowhere", "This file is missing."),
    ("rules: rules", "model: nowhere", "Restore the folder"),
    ("maildir: mail", "maildir: no/where", "does not exist"),
    ("folder: out", "smtp: {host: h, user: u, password: {env: LIAISON_NOT_SET}}", "LIAISON_NOT_SET, which is not set"),
    ("liaison: robin", "liaison: robyn", "Did you mean `robin`?"),
])
def test_check_ends_with_one_and_names_the_mend(empty_folder: Path, old: str, new: str, expected: str) -> None:
    result = liaison("check", "--config", write_config(empty_folder, CONFIG.replace(old, new)))
    assert result.exit_code == 1
    assert expected in result.output
    assert "Traceback" not in result.output


def test_check_tells_of_an_area_that_nobody_reads(empty_folder: Path) -> None:
    path = write_config(empty_folder)
    write_rules(empty_folder / "rules", texts(people="people: {robin: {name: R, address: r@example.edu}}\n"))
    result = liaison("check", "--config", path)
    assert result.exit_code == 0
    assert "nobody reads `training`; its mail comes to the liaison (robin)." in result.output


def test_doubts_are_no_mistakes_unless_they_are_to_count(empty_folder: Path) -> None:
    path = write_config(empty_folder, CONFIG.replace("authentication_server: mx.library.example.edu, ", ""))
    for words, code in (((), 0), (("--strict",), 2)):
        result = liaison("check", "--config", path, *words)
        assert result.exit_code == code
        assert "Nothing will be sent at once." in result.output


def test_check_speaks_to_scripts(empty_folder: Path) -> None:
    path = write_config(empty_folder)
    write_rules(empty_folder / "rules", texts(routing=rules("rule: r, when: {area: catalogin}, to: [dan]")))
    result = liaison("check", "--json", "--config", path)
    said = json.loads(result.output)
    assert (result.exit_code, set(said), said["ok"]) == (1, {"ok", "mistakes", "doubts", "well"}, False)
    assert [(one["kind"], Path(one["file"]).name, one["line"], one["column"]) for one in said["mistakes"]] == [
        ("unknown-area", "routing.yaml", 2, 22), ("unknown-person-or-group", "routing.yaml", 2, 45)]
    assert all(set(one) == {"kind", "file", "line", "column", "source", "what", "mend"} for one in said["mistakes"])
    assert "Did you mean `cataloging`?" in said["mistakes"][0]["mend"]


def test_check_tells_of_rules_and_templates_at_once(empty_folder: Path) -> None:
    own = empty_folder / "mine"
    own.mkdir()
    (own / "digest.txt.j2").write_text("{% if %}")
    path = write_config(empty_folder, CONFIG + "templates: mine\n")
    write_rules(empty_folder / "rules", texts(routing="rules: x\n"))
    result = liaison("check", "--config", path)
    assert result.exit_code == 1
    assert "routing.yaml:1:1" in result.output
    assert "digest.txt.j2" in result.output


# ── which config ──


def test_the_config_named_beats_the_environment_beats_the_folder(
    empty_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, there = tmp_path / "named", tmp_path / "there"
    for folder in (named, there):
        folder.mkdir()
    write_config(empty_folder)
    assert "Config: config.yaml" in liaison("check").output
    monkeypatch.setenv("LIAISON_CONFIG", str(write_config(there)))
    assert f"Config: {there}" in liaison("check").output
    assert f"Config: {named}" in liaison("check", "--config", write_config(named)).output


@pytest.mark.parametrize("command", [["status"], ["check"], ["preview", "dana"], ["explain", "1"], ["once"],
                                     ["read", "."]])
def test_a_config_that_is_not_there_is_told(command: list[str]) -> None:
    result = liaison(*command, "--config", "nowhere.yaml")
    assert result.exit_code in (1, 2)
    assert "nowhere.yaml" in result.output
    assert "liaison init" in result.output or "Copy it" in result.output
    assert "Traceback" not in result.output


# ── once, status, explain, preview on a small library ──


@pytest.fixture
def library(empty_folder: Path) -> Path:
    path = write_config(empty_folder, CONFIG + "log: {file: var/log}\n")
    hold = rules("rule: confidential, when: {text: confidential}, hold: true")
    write_rules(empty_folder / "rules", texts(routing=hold))
    secret = raw("This is confidential.\n", key="b", subject="Secret")
    deliver_into(empty_folder / "mail", raw(LONG, key="a"), secret, b"x")
    return path


def test_status_before_the_first_run(empty_folder: Path) -> None:
    result = liaison("status", "--config", write_config(empty_folder))
    assert (result.exit_code, result.output.strip()) == (3, "The bot has not run here yet. Start it: liaison run")
    assert not (empty_folder / "var").exists()


def test_once_takes_in_and_status_tells(library: Path) -> None:
    once(library)
    told = liaison("status", "--config", library)
    assert told.exit_code == 0, told.output
    assert "3 messages =" in told.output
    assert "1 held" in told.output
    assert "Held for the liaison" in told.output
    assert "All is well." in told.output


def test_once_again_takes_nothing(library: Path) -> None:
    once(library)
    once(library)
    assert "3 messages =" in liaison("status", "--config", library).output


def test_an_edit_between_two_passes_moves_what_is_not_sent(library: Path) -> None:
    once(library)
    write_rules(library.parent / "rules", texts(routing=rules(
        "rule: confidential, when: {text: confidential}, hold: true",
        "rule: r, when: {text: overlay}, to: [sam], stop: true")))
    liaison("explain", "1", "--config", library)          # it loads the rules, too
    once(library)
    said = liaison("preview", "sam", "--config", library).output
    assert "overlay" in said
    assert "Nothing new waits" in liaison("preview", "dana", "--config", library).output


def test_explain_a_number(library: Path) -> None:
    once(library)
    said = liaison("explain", "1", "--config", library).output
    for title in ("The message", "The guards", "What it says", "Outcome: routed", "The rules, in order",
                  "Who gets it", "What was stored and sent"):
        assert title in said
    assert "Dana Ortiz (dana), daily" in said
    assert "confidential: did not hold: does not say confidential" in said
    assert "Outcome: held" in liaison("explain", "2", "--config", library).output


def test_explain_a_file_stores_nothing(library: Path) -> None:
    once(library)
    mail = library.parent / "saved.eml"
    mail.write_bytes(raw("A webinar on the new interface takes place.\n", key="z", subject="Webinar"))
    said = liaison("explain", mail, "--config", library).output
    assert "Who gets it" in said
    assert "3 messages =" in liaison("status", "--config", library).output


def test_explain_a_file_where_the_bot_never_ran(library: Path) -> None:
    mail = library.parent / "saved.eml"
    mail.write_bytes(raw(LONG))
    assert "Dana Ortiz (dana), daily" in liaison("explain", mail, "--config", library).output
    assert not (library.parent / "var").exists()


@pytest.mark.parametrize(("what", "expected"), [
    ("99", "There is no message with the number 99."), ("nowhere.eml", "nowhere.eml cannot be read"),
    (".", "cannot be read"),
])
def test_explain_what_is_not_there(library: Path, what: str, expected: str) -> None:
    result = liaison("explain", what, "--config", library)
    assert result.exit_code == 2
    assert expected in result.output


def test_preview(library: Path) -> None:
    once(library)
    page = library.parent / "dana.html"
    result = liaison("preview", "dana", "--html", page, "--config", library)
    assert result.output.startswith("Subject: ")
    assert "overlay" in result.output
    assert "<html" in page.read_text()
    assert liaison("preview", "dana", "--config", library).output.startswith("Subject: ")     # nothing was marked
    assert "Nothing new waits for sam" in liaison("preview", "sam", "--config", library).output


def test_preview_of_nobody(library: Path) -> None:
    result = liaison("preview", "dan", "--config", library)
    assert result.exit_code == 2
    assert result.output.strip() == "There is no reader `dan`. Did you mean `dana`?"


def test_preview_where_the_bot_never_ran_makes_nothing(library: Path) -> None:
    assert "Nothing new waits" in liaison("preview", "dana", "--config", library).output
    assert not (library.parent / "var").exists()


# ── read --json ──

KEYS = {"file", "areas", "urgent", "action", "events", "pii", "noise", "suspicious", "duplicate_of", "thread", "held",
        "why", "scores"}


def lines(*paths: str | Path) -> list[dict[str, object]]:
    result = liaison("read", "--json", "--config", write_config(Path("../settled")), *paths)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def inbox(empty_folder: Path) -> Path:
    """Six files: a post, its copy, a reply, noise, patron data, a session."""
    folder = empty_folder / "inbox"
    folder.mkdir()
    text = CATALOGERS + "Please send the filled-in form to the office by December 4, 2026. Thank you for your help.\n"
    files = {
        "1.eml": raw(text, key="a", subject="Overlay rules for bib records"),
        "2.eml": raw(text, key="a", to="announce", subject="Overlay rules for bib records"),
        "3.eml": raw("I agree.\n", key="c", subject="Re: Overlay rules",
                     extra="In-Reply-To: <a@carli.example.org>\r\n"),
        "4.eml": raw("I am away.\n", key="d", subject="Automatic reply", extra="Auto-Submitted: auto-replied\r\n"),
        "5.eml": raw("Patron barcode 21234567890123, name Jo Doe, owes a fine.\n", key="e", subject="A fine"),
        "6.eml": raw("Join us for a webinar on December 3, 2026, from 2 to 3 p.m. Central.\n", key="f",
                     subject="Webinar"),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_each_line_has_the_keys_of_a_label_and_its_reasons(inbox: Path) -> None:
    found = lines(inbox)
    assert [line["file"] for line in found] == [f"{n}.eml" for n in range(1, 7)]
    for line in found:
        assert line.keys() == KEYS
        assert isinstance(line["areas"], list)
        assert all(isinstance(line[key], bool) for key in ("urgent", "pii", "noise", "suspicious"))
        assert isinstance(line["events"], list)
        assert isinstance(line["why"], dict)
        assert line["held"] is None or isinstance(line["held"], str)


def test_what_the_lines_say(inbox: Path) -> None:
    post, copy, reply, noise, patron, session = lines(inbox)
    assert isinstance(post["areas"], list)
    assert post["areas"][0] == "cataloging"
    assert post["action"]
    assert post["action"]["due"] == "2026-12-04"      # type: ignore[index]
    assert {"type": "deadline", "start": "2026-12-04", "end": None} in post["events"]     # type: ignore[operator]
    assert (post["duplicate_of"], post["thread"]) == (None, "1.eml")
    assert (copy["duplicate_of"], copy["areas"]) == ("1.eml", post["areas"])
    assert (reply["thread"], reply["duplicate_of"]) == ("1.eml", None)
    assert noise["noise"] is True
    assert (noise["areas"], noise["events"], noise["action"], noise["thread"]) == ([], [], None, None)
    assert patron["pii"] is True
    assert "patron-data" in str(patron["held"])
    assert "21234567890123" not in json.dumps(patron)
    assert session["events"] == [{"type": "training", "start": "2026-12-03T14:00", "end": "2026-12-03T15:00"}]
    assert session["thread"] is None


def test_file_names_are_never_read_for_meaning(inbox: Path, empty_folder: Path) -> None:
    before = lines(inbox)
    other = empty_folder / "other"
    other.mkdir()
    names = {}
    for number, path in enumerate(sorted(inbox.iterdir())):
        names[path.name] = f"{number}-urgent-outage-duplicate-of-6-phishing.eml"
        (other / names[path.name]).write_bytes(path.read_bytes())
    for line, again in zip(before, lines(other), strict=True):
        for key in ("file", "duplicate_of", "thread"):
            line[key] = names.get(str(line[key]), line[key])
        assert again == line


def test_paths_stand_in_the_order_given(inbox: Path) -> None:
    assert [line["file"] for line in lines(inbox / "6.eml", inbox / "1.eml")] == ["6.eml", "1.eml"]


def test_an_unreadable_file_still_gets_its_line(inbox: Path) -> None:
    (inbox / "0.eml").symlink_to(inbox / "gone")
    (inbox / "2b.eml").mkdir()
    (inbox / "3b.eml").write_bytes(b"")
    (inbox / "3c.eml").write_bytes(b"x")
    found = {str(line["file"]): line for line in lines(inbox)}
    assert len(found) == 10
    assert all(line.keys() == KEYS for line in found.values())
    assert str(found["0.eml"]["held"]).startswith("quarantined: it cannot be opened")
    assert str(found["2b.eml"]["held"]).startswith("quarantined: it cannot be opened")
    assert "empty" in str(found["3b.eml"]["held"])
    assert found["1.eml"]["areas"]
    assert found["1.eml"]["held"] is None


def test_an_empty_folder_gives_no_lines(empty_folder: Path) -> None:
    (empty_folder / "none").mkdir()
    assert lines(empty_folder / "none") == []


@pytest.mark.parametrize("date_", [
    "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 0001 00:00:00 +1400", "Mon, 01 Jan 1900 00:00:00 +0000", "", "soon",
])
def test_a_strange_date_costs_only_itself(empty_folder: Path, date_: str) -> None:
    (empty_folder / "1.eml").write_bytes(raw(LONG, key="a", date_=date_))
    (empty_folder / "2.eml").write_bytes(raw("A webinar.\n", key="b", subject="Webinar"))
    assert [line["file"] for line in lines(empty_folder)] == ["1.eml", "2.eml"]


def test_reading_writes_nothing_anywhere(inbox: Path, empty_folder: Path) -> None:
    before = sorted(empty_folder.rglob("*"))
    lines(inbox)
    assert sorted(empty_folder.rglob("*")) == before


def test_reading_what_is_not_there_is_told() -> None:
    result = liaison("read", "--json", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no file or folder nowhere." in result.stderr


def test_reading_needs_a_path() -> None:
    assert liaison("read", "--json").exit_code == 2


# ── train ──


def test_training_is_repeatable_to_the_byte_and_gives_the_shipped_model(empty_folder: Path) -> None:
    out = empty_folder / "models"
    result = liaison("train", "--out", out)
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)
    assert card["figures"]["areas"]["all"]["f1"] >= 0.75
    assert {path.name for path in out.iterdir()} == {"reader.npz", "reader.json", "words.npz"}
    assert load_models(out).version == card["version"]
    shipped = (ROOT / "models" / MODEL_FILE).read_bytes()
    assert (out / MODEL_FILE).read_bytes() == shipped, "`make train` is due: code, words or messages have changed"


def test_train_on_an_unreadable_message_is_told(empty_folder: Path) -> None:
    (empty_folder / "m").mkdir()
    (empty_folder / "m" / "a.jsonl").write_text("{\n")
    result = liaison("train", "--messages", "m", "--out", "out")
    assert result.exit_code == 2
    assert "a.jsonl:1: this training message cannot be read" in result.output
    assert not (empty_folder / "out").exists()


def test_a_reader_who_leaves_early_ends_the_command_quietly() -> None:
    script, corpus = "from bot.cli import main; main()", str(ROOT / "tests" / "corpus")
    command = [sys.executable, "-c", script, "read", "--json", corpus]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (1, b"")
