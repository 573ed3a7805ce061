"""`liaison preview`: files and browser, and every edit shown at once while it watches."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.assemble import assemble
from bot.cli import main
from bot.commands import pages as module
from bot.commands.pages import Pages, open_page, watch
from bot.commands.preview import Previews
from bot.config import load_config
from bot.errors import ConfigError
from tests.unit.builders import AREAS, CHICAGO, CONFIG, PEOPLE, ROOT, batch, raw, rules, write_config

LONG = "The committee asks every library to look at the overlay rules for its bib records before the next import.\n"
SMALL = "{{ digest.slot.label }}\n{{ digest.contents }}\n"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with own templates, and one post about cataloging that waits for Dana and Lee."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIAISON_CONFIG", raising=False)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "own" / "words").mkdir(parents=True)
    path = write_config(tmp_path, CONFIG + "templates: own\n")
    now = datetime.now(CHICAGO)
    plant = assemble(load_config(path), now)
    plant.publisher.publish(now)
    plant.receiver.receive(batch(raw(LONG, date_=now.strftime("%a, %d %b %Y %H:%M:%S %z"))), now)
    plant.close()
    return path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A browser that only notes what it is shown."""
    shown: list[str] = []
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(webbrowser, "open", lambda url: shown.append(url) or True)
    return shown


def liaison(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


# ── once ──


def test_text_on_the_terminal_and_both_files_beside_the_store(library: Path, opened: list[str]) -> None:
    said = liaison("preview", "dana", "--config", library)
    page = library.parent / "var" / "preview" / "dana.html"
    assert said.exit_code == 0
    assert said.output.startswith("Subject: Library digest")
    assert "overlay" in page.read_text() and "overlay" in page.with_suffix(".txt").read_text()
    assert page.with_suffix(".txt").read_text().startswith("Subject: Library digest")
    assert opened == [page.as_uri()]
    assert "<script" not in page.read_text()


def test_one_slot_shows_only_what_waits_for_it(library: Path) -> None:
    """Dana reads cataloging daily, Lee weekly."""
    assert "overlay" in liaison("preview", "dana", "--slot", "daily", "--config", library).output
    assert "Nothing new waits" in liaison("preview", "dana", "--slot", "weekly", "--config", library).output
    weekly = liaison("preview", "lee", "--slot", "weekly", "--config", library).output
    assert weekly.startswith("Subject: Weekly library digest") and "overlay" in weekly
    assert "Nothing new waits" in liaison("preview", "lee", "--slot", "daily", "--config", library).output
    assert "overlay" in liaison("preview", "lee", "--config", library).output


def test_the_file_that_is_named_and_no_browser(library: Path, opened: list[str]) -> None:
    page = library.parent / "x.html"
    said = liaison("preview", "dana", "--config", library, "--html", page, "--no-open")
    assert f"The HTML lies in {page}" in said.output
    assert page.exists() and page.with_suffix(".txt").exists() and opened == []


@pytest.mark.parametrize("broken", [webbrowser.Error("none"), OSError("no program")])
def test_a_browser_that_fails_is_no_mistake(
    library: Path, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    def fail(url: str) -> bool:
        raise broken

    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(webbrowser, "open", fail)
    assert liaison("preview", "dana", "--config", library).exit_code == 0


def test_without_a_screen_no_browser_is_looked_for(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that works in the terminal would take it over."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("it was"))
    assert open_page(library) is False


def test_a_broken_template_is_told_and_the_shipped_one_shown(library: Path) -> None:
    (library.parent / "own" / "digest.html.j2").write_text("{% if %}", "utf-8")
    said = liaison("preview", "dana", "--config", library)
    assert "digest.html.j2:1:" in said.output and "the shipped template is used" in said.output
    assert "overlay" in (library.parent / "var" / "preview" / "dana.html").read_text()


def test_a_folder_that_cannot_be_written_is_told(library: Path) -> None:
    said = liaison("preview", "dana", "--config", library, "--html", library.parent / "none" / "x.html")
    assert said.exit_code == 2
    assert "x.txt cannot be written" in said.output and "--html" in said.output


# ── watching ──

Step = Callable[[], object]


class Watched:
    """A watch that is led step by step: each step happens while it waits, and it ends with the last one."""

    def __init__(self, library: Path) -> None:
        self.library = library
        self.page = Pages(library.parent / "page.html")
        self.said: list[str] = []
        self.opened: list[Path] = []

    def run(self, *steps: Step) -> None:
        left = iter([*steps, self._end])
        previews = Previews(self.library, "dana")
        try:
            with pytest.raises(KeyboardInterrupt):
                watch(previews, self.page, self.said.append, self.opened.append, lambda seconds: next(left)())
        finally:
            previews.close()

    def _end(self) -> None:
        raise KeyboardInterrupt

    def edit(self, name: str, text: str) -> Step:
        return lambda: self._write(self.library.parent / name, text)

    def look(self, *parts: str) -> Step:
        """A step at which the page has these words."""
        def check() -> None:
            html = self.page.html.read_text()
            assert [part for part in parts if part not in html] == [], self.said
        return check

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture
def watched(library: Path) -> Watched:
    return Watched(library)


def number(page: Pages) -> tuple[str, str]:
    """What the page is, and what it will be told that there is."""
    own = re.search(r"number !== (\d+)", page.html.read_text())
    told = re.search(r"liaisonShown\((\d+)\)", page.html.with_suffix(".js").read_text())
    assert own is not None and told is not None
    return own[1], told[1]


def test_an_edit_of_a_template_is_shown_and_the_page_told_to_load_itself(watched: Watched) -> None:
    numbers: list[tuple[str, str]] = []

    def note() -> None:
        numbers.append(number(watched.page))

    html = (ROOT / "templates" / "digest.html.j2").read_text()
    watched.run(note, watched.edit("own/digest.html.j2", html.replace("<h1>", "<h1>From Prairie Lakes: ")),
                watched.look("From Prairie Lakes: Library digest"), note)
    assert [own == told for own, told in numbers] == [True, True]
    assert numbers[0] != numbers[1]
    assert watched.opened == [watched.page.html]


def test_an_edit_of_the_words_is_shown(watched: Watched) -> None:
    watched.run(watched.edit("own/words/en.po", 'msgid "Library digest"\nmsgstr "The morning mail"\n'),
                watched.look("<h1", "The morning mail"))


def test_an_edit_of_people_is_shown(watched: Watched) -> None:
    people = PEOPLE.replace("dana: {", "dana: {language: es, ")
    watched.run(watched.edit("rules/people.yaml", people), watched.look('<html lang="es">', "Resumen de la biblioteca"))


def test_an_edit_of_the_routing_is_shown_as_it_will_be_in_force(watched: Watched) -> None:
    stop = rules("rule: r, when: {text: overlay}, to: [sam], stop: true")
    watched.run(watched.look("overlay"), watched.edit("rules/routing.yaml", stop),
                watched.look("Nothing new waits for dana"), watched.edit("rules/routing.yaml", ""),
                watched.look("overlay"))


def test_an_edit_of_an_area_is_shown_and_nothing_is_stored(watched: Watched) -> None:
    areas = AREAS.replace("label: Cataloging", "label: Metadata")
    watched.run(watched.edit("rules/areas.yaml", areas), watched.look("Metadata"),
                watched.edit("rules/areas.yaml", AREAS), watched.look("Cataloging"))
    config = load_config(watched.library)
    plant = assemble(config, datetime.now(CHICAGO))
    try:
        assert [row.route.reader for row in plant.store.archive.routes(1)] == ["dana", "lee"]
        assert plant.store.health.faults() == []
    finally:
        plant.close()


@pytest.mark.parametrize(("name", "text", "told"), [
    ("own/digest.html.j2", "{% if %}", "digest.html.j2:1:"),
    ("own/digest.html.j2", "{{ digest.nothing.at_all }}", "digest.html.j2:1:"),
    ("own/words/en.po", 'msgid "Dates"\nmsgstr "%(x)s"\n', "`%(x)s` has no meaning"),
    ("rules/people.yaml", "people: [", "people.yaml"),
    ("rules/people.yaml", PEOPLE.replace("dana:", "dane:"), "There is no reader `dana`. Did you mean `dane`?"),
    ("config.yaml", "library: 1\n", "config.yaml"),
])
def test_what_is_broken_is_told_and_the_last_good_page_stays(
    watched: Watched, name: str, text: str, told: str
) -> None:
    good = watched.library.parent / name
    before = good.read_text() if good.exists() else SMALL if name.endswith(".j2") else ""
    watched.run(watched.look("overlay"), watched.edit(name, text), watched.look("overlay", "Library digest"),
                watched.edit(name, before))
    [said] = [line for line in watched.said if "The page stays as it was." in line]
    assert told in said
    assert watched.said[-1].endswith(watched.said[0][10:])       # mended: it is shown again


def test_what_is_broken_from_the_start_is_told_and_mended(watched: Watched) -> None:
    (watched.library.parent / "rules" / "people.yaml").write_text("people: [", "utf-8")
    watched.run(watched.edit("rules/people.yaml", PEOPLE), watched.look("overlay"))
    assert "There is no page yet." in watched.said[0]
    assert watched.opened == [watched.page.html]


def test_nothing_is_shown_twice_without_an_edit(watched: Watched) -> None:
    watched.run(*(lambda: None for _ in range(5)))
    assert len(watched.said) == 1


def test_a_file_that_goes_away_between_two_looks_is_no_mistake(watched: Watched) -> None:
    own = watched.library.parent / "own" / "digest.txt.j2"
    own.write_text(SMALL, "utf-8")
    watched.run(own.unlink, watched.look("overlay"))


def test_a_page_that_cannot_be_written_ends_it_with_a_sentence(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    said = liaison("preview", "dana", "--watch", "--config", library, "--html", library.parent / "none" / "x.html")
    assert said.exit_code == 2 and "cannot be written" in said.output


#: What is started in the background of a shell would not hear of it.
_WITH_CTRL_C = ("import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
                "from bot.cli import main; main()")


def test_ctrl_c_ends_it_without_a_traceback(library: Path) -> None:
    page = library.parent / "page.html"
    command = [sys.executable, "-c", _WITH_CTRL_C, "preview", "dana", "--watch", "--no-open",
               "--html", str(page), "--config", str(library)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env) as work:
        try:
            wait(lambda: page.with_suffix(".js").exists())
            (library.parent / "own" / "digest.html.j2").write_text("<h1>Anew</h1>", "utf-8")
            wait(lambda: "Anew" in page.read_text())
            work.send_signal(signal.SIGINT)
            said, _ = work.communicate(timeout=20)
        finally:
            work.kill()
    assert (work.returncode, "Traceback" in said) == (0, False), said
    assert "Ctrl-C ends it." in said


def wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_pages_raise_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"page\.html cannot be written"):
        Pages(tmp_path / "none" / "page.html").show("<html>", watched=False)


def test_all_files_that_a_digest_depends_on_are_watched(library: Path) -> None:
    previews = Previews(library, "dana")
    try:
        names = {Path(name).name for name, _, _ in previews.stamp()}
    finally:
        previews.close()
    assert {"config.yaml", "areas.yaml", "people.yaml", "routing.yaml", "digest.html.j2", "es.po"} <= names
