"""Golden mails in a real browser: they fit a phone, axe finds nothing, nothing is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.digests.cases import CASES, golden
from tests.judge import browser as browsing
from tests.judge.judge import read

pytestmark = pytest.mark.skipif(bool(browsing.missing()), reason=browsing.missing() or "all is there")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing.opened() as opened:
        yield opened


@pytest.mark.parametrize("name", CASES)
def test_a_browser_finds_nothing_wrong(browser: Any, name: str) -> None:
    assert browsing.faults(browser, read(golden(name))) == []


@pytest.mark.parametrize(("good", "bad", "said"), [
    ("max-width: 600px", "min-width: 600px", "360 px it is"),
    ('<html lang="en">', "<html>", "html-has-lang"),
    ("color: #1d2226", "color: #aaaaaa", "color-contrast"),
    ('<div role="main">', '<img src="https://example.com/p.gif" alt=""><div role="main">', "it asks for"),
    ("color: #e6e9eb", "color: #333333", "640 px, dark: color-contrast"),
])
def test_a_browser_finds_what_is_wrong(browser: Any, good: str, bad: str, said: str) -> None:
    mail = read(golden("small"))
    assert good in mail.html
    assert said in " ".join(browsing.faults(browser, replace(mail, html=mail.html.replace(good, bad))))
