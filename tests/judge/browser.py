"""What only a browser sees: whether a page fits a phone, what axe says of it in light and in dark, what it asks for.

Chromium is the machine's own; playwright drives it, and axe-core travels with axe-playwright-python. Where one of them
is missing, `missing()` says which.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.judge.mail import Mail

#: Widths of a phone and of a reading pane, in CSS pixels.
PHONE, PANE = 360, 640
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def chromium() -> str | None:
    """The browser of this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def missing() -> str:
    """Why no page can be looked at here; empty when it can."""
    if chromium() is None:
        return "Chromium is not installed"
    for package in ("playwright", "axe_playwright_python"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed: make test installs it"
    return ""


@contextmanager
def opened() -> Iterator[Any]:
    """A browser that reaches nothing."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def shown(mail: Mail) -> str:
    """The HTML with its own pictures in place, as a mail program shows them."""
    urls = {str(part["Content-ID"]).strip("<> "): f"data:{part.get_content_type()};base64,"
            + b64encode(bytes(part.get_payload(decode=True) or b"")).decode() for part in mail.parts("image")}
    return re.sub(r'src="cid:([^"]+)"', lambda found: f'src="{urls.get(found[1], "")}"', mail.html)


@contextmanager
def page_of(browser: Any, mail: Mail) -> Iterator[tuple[Any, list[str]]]:
    """A mail as a page, and what it asks for from elsewhere (refused)."""
    asked: list[str] = []
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.on("request", lambda request: request.url.startswith("data:") or asked.append(request.url))
        page.set_content(shown(mail), wait_until="load")
        yield page, asked


def faults(browser: Any, mail: Mail) -> list[str]:
    """What is wrong with it on a phone in light, and in a reading pane in dark."""
    found: list[str] = []
    with page_of(browser, mail) as (page, asked):
        for width, scheme in ((PHONE, "light"), (PANE, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"at {width} px it is {wide} px wide"] if wide > width else []
            found += [f"at {width} px, {scheme}: {one}" for one in _axe(page)]
        return found + [f"it asks for {url}" for url in asked]


def _axe(page: Any) -> Iterator[str]:
    from axe_playwright_python.sync_playwright import Axe

    told = Axe().run(page, options={"runOnly": _TAGS}).response["violations"]
    for one in told:
        yield f"{one['id']} ({one['impact']}, {len(one['nodes'])}): {one['nodes'][0]['html'][:100]}"
