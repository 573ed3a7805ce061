"""Secrets, texts of mail and patrons' data, planted in everything, are found in nothing that is written besides mail.

Also when a stage fails in a way that nobody foresaw, with an error that carries the message in its words: log, faults,
`status`, health file and the terminal say its kind and its place in the code.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.assemble import assemble
from bot.cli import main
from bot.config import load_config
from bot.daemon import Daemon
from bot.digests import mail as mailing
from bot.inbox.page import page_of
from bot.journal import kinds_and_places, open_journal
from bot.outbox.folder import FolderTransport
from bot.pipeline import letters, publish, receive
from bot.pipeline.dates import Dates
from bot.pipeline.reports import Reports
from bot.store.intake import Intake
from bot.store.outbox import Outbox
from tests.unit.builders import CONFIG, NOW, PEOPLE, raw, rules, texts, write_config, write_rules

PASSWORD, BODY, SUBJECT, PATRON, BARCODE, FILE = (
    "pw-Kestrel-77", "body-Quillwort", "subject-Marjoram", "Wilhelmina Ostrander", "21234004567893", "file-Samphire")
CANARIES = (PASSWORD, BODY, SUBJECT, PATRON, "Ostrander", BARCODE, FILE, "4567893")
#: What a table may never show of them; subjects of what goes its way may stand in tables, texts may not.
ROUTING = rules("rule: red, when: {text: [overlay]}, to: [dana, sam], send: now")
POSTS = (
    raw(f"The overlay changed. {BODY} is the word.\n", subject=f"Overlay {SUBJECT}", key="open",
        date_="Tue, 24 Nov 2026 08:50:00 -0600"),
    raw(f"Patron {PATRON}, barcode {BARCODE}, owes 12 dollars since May. {BODY}\n", key="patron",
        subject=f"Fines of {PATRON} {BARCODE}"),
    (b"Subject: files\r\nFrom: a@carli.example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
     + f"See {BODY}.\r\n--b\r\nContent-Type: text/csv; name=\"list.csv\"\r\n\r\n{PATRON},{BARCODE},{FILE}\r\n".encode()
     + b"--b--\r\n"),
    b"\xff\xfe" + BODY.encode(),
)


class House:
    """A bot in this process, with a real log, a Maildir and a folder that mail goes into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_config(folder, CONFIG + "log: {file: var/log, level: debug}\nhealth_file: var/health\n", with_rules=False)
        write_rules(folder / "rules", texts(people=PEOPLE, routing=ROUTING))
        for number, post in enumerate(POSTS):
            (folder / "mail/new" / f"17000000{number}.M1P1.host").write_bytes(post)
            os.utime(folder / "mail/new" / f"17000000{number}.M1P1.host", (NOW.timestamp() - 600,) * 2)
        open_journal(folder / "var/log", "debug")
        self.ahead = timedelta(0)
        self.plant = assemble(load_config(folder / "config.yaml"), NOW, eager=True)
        self.daemon = Daemon(self.plant, lambda *_: None, self.now)

    def now(self) -> datetime:
        """The injected clock."""
        return NOW + self.ahead

    def day(self) -> None:
        """One round of everything that the daemon does, and another one the next morning."""
        for _ in range(2):
            for _, source in self.plant.sources():
                self.daemon._poll_once(source)
                source.close()
            self.daemon.publish()
            self.daemon.send()
            self.daemon.look()
            self.daemon.housekeep()
            self.ahead += timedelta(days=1)

    def written(self) -> dict[str, str]:
        """All that it wrote besides mail, and what a terminal shows of it."""
        found = {name: path.read_text("utf-8") for name in ("log", "health")
                 if (path := self.folder / "var" / name).exists()}
        config = str(self.folder / "config.yaml")
        for words in (["status"], ["what", "dana"], ["check"]):
            found[words[0]] = CliRunner().invoke(main, [words[0], "--config", config, *words[1:]]).output
        found["faults"] = "".join(f"{one.key}{one.what}{one.mend}" for one in self.plant.store.health.faults())
        return found


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose journal is put away afterwards."""
    monkeypatch.setenv("LIAISON_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("COLUMNS", "300")
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    one = House(tmp_path)
    yield one
    one.plant.close()
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = kept
    root.setLevel(level)
    logging.getLogger("bot").setLevel(logging.NOTSET)


def found_in(written: dict[str, str]) -> list[str]:
    """Where a canary sings."""
    return [f"{canary} in {name}: {words[words.find(canary) - 80:][:160]!r}"
            for name, words in written.items() for canary in CANARIES if canary in words]


def test_a_day_of_mail_leaves_none_of_it_in_log_tables_or_health(house: House) -> None:
    house.day()
    written = house.written()
    assert "received message=4" in written["log"] and "composed slot=" in written["log"]
    assert "patron-data" in written["status"]
    assert found_in(written) == []


def test_mail_to_readers_has_no_patron_in_it(house: House) -> None:
    house.day()
    mails = [path for path in (house.folder / "out").rglob("*") if path.is_file() and "robin" not in path.name]
    assert any(BODY in path.read_text("utf-8", "replace") for path in mails)
    assert [path.name for path in mails for canary in (PATRON, "Ostrander", BARCODE, FILE)
            if canary in path.read_text("utf-8", "replace")] == []


def breaking(*_: object, **__: object) -> Any:
    """What a library raises that says what it could not read."""
    secret = (PASSWORD, BODY, SUBJECT, PATRON, BARCODE, FILE)
    try:
        raise KeyError(f"cannot read {secret}")
    except KeyError as wrong:
        raise ValueError(f"invalid literal for int() with base 10: {' '.join(secret)!r}") from wrong


STAGES: dict[str, tuple[object, str]] = {
    "parse": (receive, "parse"), "guard": (receive, "inspect"), "fold": (receive.folding, "signature"),
    "read": (receive, "read"), "decide": (receive, "decide"), "store": (Intake, "add"), "page": (letters, "page_of"),
    "urgent": (letters, "urgent"), "dates": (Dates, "part"), "enter": (Dates, "_enter"), "render": (publish, "render"),
    "build": (mailing, "build"), "queue": (Outbox, "queue"), "send": (FolderTransport, "send"),
    "report": (Reports, "publish"), "calendars": (Dates, "keep_files"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_fails_says_where_and_not_what(stage: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name = STAGES[stage]
    monkeypatch.setattr(owner, name, breaking)
    house.day()
    written = house.written()
    assert found_in(written) == []
    if stage != "page":                      # a page that cannot be made is no trouble: the plain text stands in
        assert "ValueError" in written["log"] + written["faults"], written["log"][-2_000:]


@pytest.mark.parametrize("words", [["status"], ["preview", "dana", "--no-open"], ["explain", "1"]])
def test_a_command_that_fails_shows_no_traceback(words: list[str], house: House,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    house.day()
    import bot.store.codec as codec

    monkeypatch.setattr(codec, "unpack", breaking)
    monkeypatch.setattr("bot.store.archive.unpack_incident", breaking)
    done = CliRunner().invoke(main, [words[0], "--config", str(house.folder / "config.yaml"), *words[1:]])
    assert found_in({"said": done.output}) == []
    assert "Traceback" not in done.output
    assert done.exit_code == 70
    assert "ValueError at " in done.output and "codec.py" in done.output


def test_what_the_bot_raises_on_purpose_keeps_its_words() -> None:
    from bot.errors import StoreError

    try:
        try:
            breaking()
        except ValueError as wrong:
            raise StoreError("The store is busy.", "It tries again.") from wrong
    except StoreError as wrong:
        said = kinds_and_places(wrong)
    assert said.startswith("StoreError: The store is busy. at ")
    assert "ValueError at " in said and "KeyError at " in said
    assert found_in({"said": said}) == []


def test_the_database_tells_no_values(house: House) -> None:
    from sqlalchemy import text

    with pytest.raises(Exception) as wrong, house.plant.store._engine.connect() as connection:
        connection.execute(text("select * from nowhere where x = :x"), {"x": BODY})
    assert BODY not in str(wrong.value)


def test_pages_of_posts_that_break_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.inbox import page
    from bot.inbox.message import parse

    def overflows(*_: object) -> object:
        raise OverflowError

    monkeypatch.setattr(page, "_page", overflows)
    post = b"From: a@example.org\r\nContent-Type: text/html\r\n\r\n<p>x"
    assert page_of(post, parse(post)) is None
