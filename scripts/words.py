"""Brings the catalogues up to date: every word that our mails say stands in `templates/words/words.pot`.

    python scripts/words.py

Run it after words in code or templates have changed; then translate what is new in each `templates/words/*.po`. What
nobody says any more is taken out. A test compares the files with what this would write.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "templates" / "words"
#: The liaison's own mails (report, month, notice) are in English, and so are the rooms before the digests.
CODE = (
    *(f"bot/digests/{name}.py" for name in (
        "phrases", "compose", "upfront", "outages", "threads", "newsletters", "reasons", "reminders", "urgent",
        "render", "calendar", "mail")),
    *(f"bot/pipeline/{name}.py" for name in ("publish", "letters", "atonce", "dates")),
)
PAGES = ("macros", "digest", "urgent", "gathered", "reminder")
_KEYWORDS = {
    "say": None, "say_as": ((1, "c"), 2), "count": (2, 3), "mark": None, "mark_as": ((1, "c"), 2),
    "_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
}
_JINJA = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true",
          "silent": "false"}
_HEADER = "# The words of the bot's mails. See \"Your own words\" in docs/liaison.md."


def extracted() -> Catalog:
    """All words that code and templates say, in the order of the files."""
    catalog = _empty(None)
    for path in (*(ROOT / name for name in CODE), *sorted(_templates())):
        is_page = path.suffix == ".j2"
        found = extract_from_file("jinja2" if is_page else "python", path, _KEYWORDS, ("Translators:",),
                                  _JINJA if is_page else {})
        for _, texts, comments, context in found:
            catalog.add(texts, None, [(path.relative_to(ROOT).as_posix(), 0)], auto_comments=comments, context=context)
    return catalog


def _templates() -> list[Path]:
    return [ROOT / "templates" / f"{page}.{kind}.j2" for page in PAGES for kind in ("html", "txt")]


def _empty(language: str | None) -> Catalog:
    moment = datetime(2026, 11, 23, tzinfo=UTC)  # a file that says when it was made differs every time
    return Catalog(locale=language, project="liaison-bot", version="1", header_comment=_HEADER, creation_date=moment,
                   revision_date=moment, msgid_bugs_address="", last_translator="", language_team="", fuzzy=False)


def updated(path: Path, template: Catalog) -> Catalog:
    """A language's catalogue with the words of the template: what is new is empty, what is gone is gone."""
    old = read_po(io.BytesIO(path.read_bytes()), path.stem, charset="utf-8")
    fresh = _empty(path.stem)
    for one in template:
        if not one.id:
            continue
        known = old.get(one.id, one.context)
        fresh.add(one.id, known.string if known else None, one.locations, known.flags if known else one.flags,
                  auto_comments=one.auto_comments, user_comments=known.user_comments if known else (),
                  context=one.context)
    return fresh


def written(catalog: Catalog) -> bytes:
    """The file of a catalogue."""
    file = io.BytesIO()
    write_po(file, catalog, width=100, include_lineno=False)
    return file.getvalue()


def main() -> None:
    """Write all of them."""
    template = extracted()
    (FOLDER / "words.pot").write_bytes(written(template))
    for path in sorted(FOLDER.glob("*.po")):
        fresh = updated(path, template)
        path.write_bytes(written(fresh))
        missing = sum(not all(one.string if isinstance(one.string, (list, tuple)) else (one.string,))
                      for one in fresh if one.id)
        print(f"{path.name}: {len(fresh)} words, {missing} to translate")


if __name__ == "__main__":
    main()
