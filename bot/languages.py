"""Which languages there are: English, and every catalogue among the templates, shipped or the library's own."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from bot.shipped import shipped

#: Where catalogues lie among templates, and the file there that has all English words.
FOLDER, TEMPLATE = "words", "words.pot"
ENGLISH = "en"
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def languages(templates: Path) -> tuple[str, ...]:
    """The tags of the languages that a folder of templates has catalogues for (`pt_BR.po` is pt-BR)."""
    found = (tag(path.stem) for path in (templates / FOLDER).glob("*.po"))
    return tuple(sorted(name for name in found if _TAG.fullmatch(name)))


def tag(name: str) -> str:
    """A language as RFC 5646 writes it; gettext's files have `_` for the hyphen."""
    return name.strip().replace("_", "-")


def catalogue(templates: Path, language: str) -> Path:
    """The file of a language's words; there may be none."""
    near = templates / FOLDER / f"{language}.po"
    return near if near.exists() else near.with_stem(language.replace("-", "_"))


def offered(own: Path | None) -> tuple[str, ...]:
    """All that can be chosen: English, the shipped ones, and those of the library's own templates."""
    mine = languages(own) if own is not None else ()
    return tuple(sorted({ENGLISH, *languages(shipped("templates")), *mine}))


def mistake(language: str, there: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with a choice and what was probably meant; None when there is such a language."""
    if language in there:
        return None
    names = {name: one for one in there for name in _names(one)}
    close = difflib.get_close_matches(language.lower(), names, 1, 0.5)
    meant = f"Did you mean `{names[close[0]]}`? " if close else ""
    return f"There is no language `{language}`.", f"{meant}There are: {', '.join(there)}."


def _names(language: str) -> tuple[str, ...]:
    """What somebody may have written for it: `es`, "spanish", "español"."""
    from babel.core import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return (language,)
    return tuple(name.lower() for name in (language, locale.english_name, locale.display_name) if name)
