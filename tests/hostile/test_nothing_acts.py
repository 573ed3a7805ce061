"""Nothing in a message can act: a case for each way to try, driven through everything that leaves.

The judges are not the bot's own cleaners: html5lib, the standard library's mail parser, and a real browser without a
network, in which every request and every dialog is counted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.journal import open_journal
from tests.hostile import checker
from tests.hostile.cases import GONE, HOST, KEPT, Case, cases
from tests.hostile.line import Forced, Line
from tests.judge import browser

CASES = {case.name: case for case in cases()}


@dataclass(frozen=True)
class Laid:
    """The library after all cases, and each case's number and mails."""

    line: Line
    numbers: dict[str, int]
    forced: dict[str, Forced]
    log: str


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    """All cases in one library, so that each stands among others in a digest."""
    folder = tmp_path_factory.mktemp("acts")
    kept = list(logging.getLogger().handlers), logging.getLogger().level
    open_journal(folder / "log", "debug")
    line = Line(folder)
    numbers: dict[str, int] = {}
    forced: dict[str, Forced] = {}
    for name, case in CASES.items():
        numbers[name] = line.take(case.raw).id
        found = line.forced(numbers[name], case.raw)
        assert found is not None, name
        forced[name] = found
    line.publish()
    for handler in list(logging.getLogger().handlers):
        handler.close()
    logging.getLogger().handlers[:], _ = kept
    logging.getLogger().setLevel(kept[1])
    logging.getLogger("bot").setLevel(logging.NOTSET)
    yield Laid(line, numbers, forced, (folder / "log").read_text("utf-8"))
    line.close()


@pytest.mark.parametrize("name", CASES)
def test_what_leaves_because_of_it_is_clean(name: str, laid: Laid) -> None:
    found = laid.forced[name]
    mails = (found.urgent, *found.digests)
    assert [fault for mail in mails for fault in checker.faults(mail)] == []
    said = [checker.said(mail, kind) for mail in mails for kind in ("plain", "html")]
    assert all(KEPT in words for words in said)
    assert not any("50337" in words for words in said)
    if name.startswith(("html-", "calendar-", "fetch-")):
        assert [words[words.find(sign) - 60:][:160] for words in said for sign in (GONE, HOST) if sign in words] == []


def test_all_of_them_together_break_nothing(laid: Laid) -> None:
    mails = laid.line.mails()
    assert {kind for kind, _, _ in mails} >= {"urgent", "digest", "report"}
    assert [(kind, reader, fault) for kind, reader, mail in mails for fault in checker.faults(mail)] == []
    calendars = laid.line.calendars()
    assert sum(raw.count(b"BEGIN:VEVENT") for raw in calendars) >= 5
    assert [fault for raw in calendars for fault in checker.of_calendar(raw)] == []


def test_no_file_is_made_where_a_message_says(laid: Laid) -> None:
    known = {"config.yaml", "rules", "mail", "var", "calendars", "log"}
    assert {path.name for path in laid.line.folder.iterdir()} <= known
    assert {path.name for path in (laid.line.folder / "calendars").rglob("*")} <= {
        "library.ics", "readers", *(f"{reader}.ics" for reader in ("robin", "dana", "lee", "sam"))}


def test_the_log_has_neither_words_nor_signs_of_theirs(laid: Laid) -> None:
    assert "received message=" in laid.log and "composed slot=" in laid.log
    assert checker.unseen(laid.log) == set()
    assert [word for word in (GONE, KEPT, HOST, "7191*7", "owned", "Wednesday") if word in laid.log] == []


@pytest.mark.parametrize("words", [
    ["status"], ["preview", "dana", "--no-open"], ["report"], ["what", "dana"], ["read", "--json", "{case}"],
    ["explain", "{number}"], ["explain", "{case}"],
])
def test_a_terminal_is_told_words_and_nothing_else(words: list[str], laid: Laid, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "")
    names = ("head-subject-with-a-terminal", "head-subject-for-rich", "head-list-with-a-header", "text-of-markup",
             "calendar-summary-with-controls", "file-terminal", "file-turned")
    for name in names if any("{" in word for word in words) else names[:1]:
        file = tmp_path / "case.eml"
        file.write_bytes(CASES[name].raw)
        said = [word.format(case=file, number=laid.numbers[name]) for word in words]
        named = [] if said[0] == "read" else ["--config", str(laid.line.folder / "config.yaml")]
        done = CliRunner().invoke(main, [said[0], *named, *said[1:]])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        assert done.output.strip()
        assert checker.unseen(done.output) == set()
    if words[0] == "explain":
        assert "[bold red]x[/]" in _explained(laid, "head-subject-for-rich")


def _explained(laid: Laid, name: str) -> str:
    named = ["--config", str(laid.line.folder / "config.yaml"), str(laid.numbers[name])]
    return CliRunner().invoke(main, ["explain", *named]).output


@pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "Chromium is there")
def test_a_browser_asks_for_nothing_and_nothing_happens(laid: Laid) -> None:
    asked: list[str] = []
    with browser.opened() as chromium, chromium.new_context(offline=True) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (asked.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda line: asked.append(f"console: {line.text}"))
        page.on("framenavigated", lambda frame: frame is page.main_frame or asked.append(f"a frame: {frame.url}"))
        for name, found in laid.forced.items():
            page.set_content(checker.said(found.urgent, "html").replace('src="cid:', 'data-src="'), wait_until="load")
            shown = page.inner_text("body")
            assert KEPT in shown, name
            assert page.locator("[role=contentinfo]").is_visible(), name
            if name.startswith("html-"):
                assert GONE not in shown, name
    assert asked == []


def test_the_browser_would_see_it() -> None:
    """The same ears on the same cases, uncleaned: what they do not hear proves nothing."""
    if browser.missing():
        pytest.skip(browser.missing())
    asked: list[str] = []
    with browser.opened() as chromium, chromium.new_context(offline=True) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (asked.append("a dialog"), dialog.dismiss()))
        for name in ("html-script", "html-remote-picture", "html-media"):
            page.set_content(_body(CASES[name]), wait_until="load")
    assert "a dialog" in asked
    assert sum(HOST in url for url in asked) >= 2


def _body(case: Case) -> str:
    return case.raw.partition(b"\r\n\r\n")[2].decode().replace('"//', '"https://')
