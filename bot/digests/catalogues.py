"""Catalogues: the words of each language, shipped and the library's own, read from gettext's PO files.

A file `words/<language>.po` among the templates is a language. The library's own one beside its own templates changes
single words, or adds a language; what is wrong with it is told in `problems`, word by word, and that word is as
shipped. Own files are read when this is made, shipped ones when their language is first spoken: that is all the I/O.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bot.digests.wording import ENGLISH, Words
from bot.errors import Problem
from bot.languages import FOLDER, TEMPLATE, catalogue, languages, tag

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

    Key = tuple[str | None, str]

_PLACE = re.compile(r"%\((\w+)\)s")
#: All that may stand in a line of a PO file. Babel is more lenient, and loses a letter where a quote is missing.
_LINE = re.compile(r"""\s*(?:\#.*|(?:msg(?:ctxt|id|id_plural|str(?:\[\d\])?)\s+)?"(?:[^"\\]|\\.)*"\s*)?""")
_AS_SHIPPED = "Until it is mended, this word is as shipped."
_ALL_AS_SHIPPED = "Until it is mended, all words are as shipped."


class Catalogues:
    """The words of every language. Nothing here raises: what cannot be read is English."""

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        """`shipped` and `own` are folders of templates."""
        self.problems: list[Problem] = []
        self._shipped = shipped
        self._own: dict[str, GNUTranslations] = {}
        self._words: dict[str, Words] = {}
        if own is not None:
            for language in languages(own):
                self._read_own(catalogue(own, language), language)

    def words(self, language: str) -> Words:
        """The words of a language; English where nobody knows it."""
        name = tag(language)
        if name not in self._words:
            self._words[name] = self._made(name)
        return self._words[name]

    def _made(self, language: str) -> Words:
        found: NullTranslations | None = self._read_shipped(language)
        if own := self._own.get(language):
            own.add_fallback(found or NullTranslations())
            found = own
        if found is None:
            return ENGLISH
        return Words(code=language, catalogue=found)

    def _read_shipped(self, language: str) -> GNUTranslations | None:
        path = catalogue(self._shipped, language)
        if not path.exists():
            return None
        try:
            return _compiled(_read(path, language))
        except _UNREADABLE as broken:
            self.problems.append(_problem(path, broken, "Install the bot again."))
            return None

    def _read_own(self, path: Path, language: str) -> None:
        try:
            catalog = _read(path, language)
            known = {(one.context, _text(one)) for one in _read(self._shipped / FOLDER / TEMPLATE, "en") if one.id}
        except _UNREADABLE as broken:
            self.problems.append(_problem(path, broken, _ALL_AS_SHIPPED))
            return
        for one, what, mend in list(_mistakes(catalog, known)):
            self.problems.append(Problem(file=path, line=one.lineno, column=None, what=what, mend=mend))
            catalog.delete(one.id, one.context)
        self._own[language] = _compiled(catalog)


#: What reading a file that was written by hand can raise; Babel's own errors are ValueErrors but for PoFileError.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, SyntaxError)


def _read(path: Path, language: str) -> Catalog:
    """A PO file. Raises one of `_UNREADABLE`; ValueError for what is no PO file."""
    from babel.core import Locale, UnknownLocaleError
    from babel.messages.pofile import PoFileError, read_po

    try:
        locale: Locale | None = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = None  # its file says how it counts (Plural-Forms)
    text = path.read_text(encoding="utf-8-sig")
    for number, line in enumerate(text.splitlines(), 1):
        if not _LINE.fullmatch(line):
            raise _NotPoError(f"This is no line of a catalogue: {line.strip()[:60]}", number)
    try:
        return read_po(BytesIO(text.encode()), locale, charset="utf-8", abort_invalid=True)
    except PoFileError as wrong:
        raise _NotPoError("Something is missing before this line of the catalogue.", wrong.lineno + 1) from wrong


class _NotPoError(ValueError):
    """A file that is no PO file, and the line where that shows."""

    def __init__(self, what: str, lineno: int) -> None:
        super().__init__(what)
        self.lineno = lineno


def _compiled(catalog: Catalog) -> GNUTranslations:
    """The catalogue as gettext looks words up, without those that say nothing yet or are in doubt ("fuzzy")."""
    from babel.messages.mofile import write_mo

    for one in [one for one in catalog if one.id and not _is_said(one)]:
        catalog.delete(one.id, one.context)
    binary = BytesIO()
    write_mo(binary, catalog)
    binary.seek(0)
    return GNUTranslations(binary)


def _is_said(one: Message) -> bool:
    return all(_forms(one)) and not one.fuzzy


def _mistakes(catalog: Catalog, known: Collection[Key]) -> Iterator[tuple[Message, str, str]]:
    """What is wrong with single words: that nothing says them, or that their places differ from the English ones."""
    for one in catalog:
        if not one.id or not _is_said(one):
            continue
        if (one.context, _text(one)) not in known:
            yield one, f"No mail has the words `{_text(one)[:60]}`.", _near(_text(one), known)
        elif wrong := misplaced(one):
            yield one, f"{wrong} in the translation of `{_text(one)[:60]}`.", _AS_SHIPPED


def _near(text: str, known: Collection[Key]) -> str:
    close = difflib.get_close_matches(text, {words for _, words in known}, 1, 0.6)
    return f"Did you mean `{close[0]}`?" if close else f"All words stand in {FOLDER}/{TEMPLATE}."


def misplaced(one: Message) -> str:
    """What is wrong with the places (`%(name)s`) of a translation; "" when they are those of the English words. A
    number may be left out where words say it ("one post")."""
    wanted = _places(one.id if isinstance(one.id, (list, tuple)) else [one.id])
    for form in _forms(one):
        strange, missing = _places([form]) - wanted, wanted - _places([form]) - {"count"}
        if strange or missing:
            name = min(strange or missing)
            return f"`%({name})s` {'has no meaning' if strange else 'is missing'}"
        try:
            form % dict.fromkeys(wanted, "")
        except (ValueError, TypeError, KeyError):
            return "A `%` stands alone"
    return ""


def _places(texts: Iterable[str]) -> set[str]:
    return {name for text in texts for name in _PLACE.findall(text)}


def _forms(one: Message) -> list[str]:
    return [form or "" for form in (one.string if isinstance(one.string, (list, tuple)) else [one.string])]


def _text(one: Message) -> str:
    """The English words, of a plural the singular."""
    return one.id[0] if isinstance(one.id, (list, tuple)) else one.id


def _problem(path: Path, broken: Exception, mend: str) -> Problem:
    what = f"{str(broken).rstrip('.') or type(broken).__name__}."
    return Problem(file=path, line=getattr(broken, "lineno", None), column=None, what=what, mend=mend)
