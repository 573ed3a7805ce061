"""Takes the docs' pictures of mails from the golden cases: `python scripts/pictures.py`, by hand, with Chromium.

Needs what `make test` installs; fonts that mail programs have (Debian: fonts-liberation) make them look like mail.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402

from tests.digests.cases import golden  # noqa: E402
from tests.judge.browser import missing, opened, shown  # noqa: E402
from tests.judge.judge import read  # noqa: E402

#: The picture, its case, how wide and at most how high the page is, in CSS pixels, and the colour scheme.
PICTURES = (
    ("digest", "full", 640, 1500, "light"), ("digest-dark", "full", 640, 1500, "dark"),
    ("digest-phone", "full", 360, 1300, "light"), ("urgent", "urgent-begun", 640, 900, "light"),
    ("urgent-page", "urgent-page", 640, 1000, "light"), ("gathered", "gathered", 640, 1200, "light"),
    ("deputy", "deputy", 640, 900, "light"), ("reminder", "reminder", 640, 600, "light"),
    ("report", "report", 640, 1300, "light"), ("month", "month", 640, 1500, "light"),
    ("notice", "notice", 640, 600, "light"), ("digest-spanish", "spanish", 640, 1300, "light"),
)
_SCALE, _COLOURS = 1.5, 32


def picture(browser: Any, case: str, width: int, height: int, scheme: str) -> Image.Image:
    """The top of a mail."""
    with browser.new_context(viewport={"width": width, "height": 300}, color_scheme=scheme, offline=True,
                             device_scale_factor=_SCALE) as context:
        page = context.new_page()
        page.set_content(shown(read(golden(case))), wait_until="load")
        whole = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    return whole.crop((0, 0, whole.width, min(whole.height, round(height * _SCALE)))).quantize(_COLOURS)


def main() -> None:
    """Write them all, and say how large they are."""
    if reason := missing():
        sys.exit(reason)
    with opened() as browser:
        for name, *what in PICTURES:
            path = ROOT / "docs/pictures" / f"{name}.png"
            picture(browser, *what).save(path, optimize=True)
            print(f"{path.stat().st_size:8,} {path.name}")


if __name__ == "__main__":
    main()
