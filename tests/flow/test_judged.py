"""Every mail of the sample library's first weeks, as the real command writes them by a clock put forward, is judged."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.flow.bots import Stable
from tests.flow.house import CHICAGO
from tests.judge import browser
from tests.judge.judge import faults, read

#: Days after the first look, each at noon: every kind of reminder comes due; then a day of another month.
DAYS = (*range(1, 11), 36)


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory, stable: Stable) -> Path:
    """The folder that the sample library's mails were written to."""
    folder = tmp_path_factory.mktemp("judged")
    clock = folder / "clock"
    environment = {**os.environ, "LIAISON_TEST_CLOCK": str(clock)}
    environment.pop("LIAISON_CONFIG", None)
    today = datetime.now(CHICAGO).replace(hour=12, minute=0)
    for ahead in (timedelta(), *(today + timedelta(days=day) - datetime.now(CHICAGO) for day in DAYS)):
        clock.write_text(str(ahead.total_seconds()))
        bot = stable.start(["once", "--quiet"], folder, environment)
        assert bot.wait() == 0, bot.said
    return folder / "var/outbox"


def test_every_mail_of_the_sample_library_keeps_every_rule(outbox: Path) -> None:
    found = {path.name: faults(path.read_bytes()) for path in sorted(outbox.glob("*.eml"))}
    assert {name: said for name, said in found.items() if said} == {}
    kinds = Counter(read(path.read_bytes()).message["Message-ID"].strip("<").partition(".")[0]
                    for path in outbox.glob("*.eml"))
    assert {"digest", "urgent", "report", "reminder"} <= set(kinds), kinds


@pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "all is there")
def test_one_mail_of_each_slot_is_right_in_a_browser(outbox: Path) -> None:
    largest = {path.name.split("-")[3].partition("_")[0]: path
               for path in sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_size)}
    with browser.opened() as opened:
        assert {name: said for name, path in largest.items()
                if (said := browser.faults(opened, read(path.read_bytes())))} == {}
