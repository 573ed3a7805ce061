"""A preview as files: HTML, text and dates, each written beside itself and renamed; opened in a browser, and watched.

The page that is watched looks for a small script beside it once a second and loads itself again when that has changed.
No server is needed: a page from the disk may load a script from the disk.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from bot.commands.preview import Previews, Shown, preview
from bot.config import Config
from bot.errors import ConfigError, LiaisonError, Problem
from bot.pipeline.publish import Preview
from bot.types import Way

#: How often the files are looked at, in seconds.
PAUSE = 0.3
_RELOAD = """<script>
(function () {
  window.liaisonShown = function (number) { if (number !== NUMBER) { location.reload(); } };
  setInterval(function () {
    var look = document.createElement("script");
    look.src = "NAME?" + Date.now();
    look.onload = look.onerror = function () { look.remove(); };
    document.head.appendChild(look);
  }, 500);
})();
</script>
"""
_EMPTY = ('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Nothing new</title></head>'
          "<body><p>{said}</p></body></html>")


Say = Callable[[str], object]


def show(named: Path | None, reader: str, html: Path | None, say: Say, *, is_open: bool,
         slot: Way | None = None) -> None:
    """The text on the terminal, the page in the browser. Raises LiaisonError."""
    shown, setting = preview(named, reader, slot)
    if shown.preview is None:
        say(_nothing(reader))
        return
    say(f"Subject: {shown.preview.rendered.subject}\n\n{shown.preview.rendered.text}")
    pages = Pages(html or place(setting.config, reader))
    pages.write(shown.preview)
    say(f"The HTML lies in {pages.html}, the text in {pages.text}.")
    if shown.preview.calendar is not None:
        say(f"The dates that hang on it lie in {pages.dates}.")
    if shown.problems:
        say(told(shown.problems))
    if is_open:
        open_page(pages.html)


def show_and_watch(named: Path | None, reader: str, html: Path | None, say: Say, *, is_open: bool,
                   slot: Way | None = None) -> None:
    """The page in the browser, and every edit in it, until Ctrl-C. Raises ConfigError."""
    previews = Previews(named, reader, slot)
    try:
        pages = Pages(html or place(previews.setting.config, reader))
        say(f"Watching the rules, the templates and their words. The page is {pages.html}. Ctrl-C ends it.")
        watch(previews, pages, say, open_page if is_open else (lambda page: None))
    except KeyboardInterrupt:
        say("")
    finally:
        previews.close()


class Pages:
    """The files of one reader's preview; `html` is what a browser opens."""

    def __init__(self, html: Path) -> None:
        """`html` names the page; the others lie beside it."""
        self.html = html
        self.text, self.dates = html.with_suffix(".txt"), html.with_suffix(".ics")
        self._tick = html.with_suffix(".js")

    def write(self, preview: Preview, *, watched: bool = False) -> None:
        """All of them. Raises ConfigError when the folder cannot be written."""
        self._write(self.text, f"Subject: {preview.rendered.subject}\n\n{preview.rendered.text}".encode())
        if preview.calendar is not None:
            self._write(self.dates, preview.calendar)
        self.show(preview.rendered.html, watched=watched)

    def show(self, html: str, *, watched: bool) -> None:
        """The page alone; one that is `watched` loads itself again when this is called again."""
        number = str(time.time_ns() // 1_000_000)
        if watched:
            script = _RELOAD.replace("NUMBER", number).replace("NAME", quote(self._tick.name))
            html = html.replace("</head>", f"{script}</head>", 1) if "</head>" in html else html + script
        self._write(self.html, html.encode())
        if watched:
            self._write(self._tick, f"liaisonShown({number});\n".encode())

    def _write(self, path: Path, raw: bytes) -> None:
        beside = path.with_name(f".{path.name}.new")
        try:
            beside.write_bytes(raw)
            beside.replace(path)
        except OSError as wrong:
            raise ConfigError(f"{path} cannot be written: {wrong.strerror}.",
                              "Name another file: --html FILE.") from wrong


def place(config: Config, reader: str) -> Path:
    """Where a page lies that nobody named: beside the store, or where this account may write."""
    if "://" not in config.store:
        folder = Path(config.store).parent / "preview"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder / f"{reader}.html"
        except OSError:
            pass  # a liaison may look at the bot's store and not be allowed to write beside it
    return Path(tempfile.mkdtemp(prefix="liaison-preview-")) / f"{reader}.html"


def open_page(path: Path) -> bool:
    """Show a page in the browser; False where there is none, which is no mistake. Never a browser of the terminal."""
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform.startswith("linux") and not has_screen:
        return False
    try:
        return webbrowser.open(path.resolve().as_uri())
    except (webbrowser.Error, OSError):
        return False


# ── watching ──


def watch(previews: Previews, pages: Pages, say: Say, opened: Callable[[Path], object],
          pause: Callable[[float], object] = time.sleep) -> None:
    """Show the digest anew whenever a file has changed, for ever. What is broken is said, and the last good page
    stays; `opened` is called once, with the first page."""
    seen, has_page = None, False
    while True:
        stamp = previews.stamp()
        if stamp != seen:
            seen, was = stamp, has_page
            has_page = _renew(previews, pages, say, has_page)
            if has_page and not was:
                opened(pages.html)
        pause(PAUSE)


def _renew(previews: Previews, pages: Pages, say: Say, has_page: bool) -> bool:
    """One look; returns whether there is a page now."""
    now = datetime.now(UTC)
    try:
        shown = previews.show(now)
    except LiaisonError as wrong:
        say(f"{wrong}\n{_stays(has_page)}")
        return has_page
    if shown.problems and has_page:
        say(f"{told(shown.problems)}\n{_stays(has_page)}")
        return True
    return _laid(previews.reader, shown, pages, say)


def _laid(reader: str, shown: Shown, pages: Pages, say: Say) -> bool:
    if shown.problems:
        say(told(shown.problems))
    if shown.preview is None:
        said = _nothing(reader)
        pages.show(_EMPTY.format(said=said), watched=True)
    else:
        said = shown.preview.rendered.subject
        pages.write(shown.preview, watched=True)
    say(f"{datetime.now():%H:%M:%S}  {said}")  # noqa: DTZ005 - the clock on the liaison's wall
    return True


def _nothing(reader: str) -> str:
    return f"Nothing new waits for {reader}, so no mail would be sent."


def _stays(has_page: bool) -> str:
    return "The page stays as it was." if has_page else "There is no page yet."


def told(problems: Iterable[Problem]) -> str:
    """What is wrong, each with its place."""
    return "\n".join(str(problem) for problem in problems)
