"""Words: what our mails say of their own, in one reader's language. English stands in the code, others in catalogues.

The English words are the keys of the catalogue (gettext's msgid), so a word without a translation is English. Words
that change from mail to mail stand as `%(name)s`. Pure: catalogues are read by `bot.digests.catalogues`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from gettext import NullTranslations


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Words:
    """The words of one language. `code` is its tag (RFC 5646), as it stands in HTML and in Content-Language."""

    code: str = "en"
    catalogue: NullTranslations = field(default_factory=NullTranslations)

    def say(self, text: str, /, **values: object) -> str:
        """These words in the language, filled in."""
        return self.catalogue.gettext(text) % values

    def say_as(self, context: str, text: str, /, **values: object) -> str:
        """The same for words whose meaning hangs on the `context` ("May" as a short month)."""
        return self.catalogue.pgettext(context, text) % values

    def count(self, number: int, one: str, many: str, /, **values: object) -> str:
        """Words about a number, which stands in them as `%(count)s`."""
        return self.catalogue.ngettext(one, many, number) % {"count": f"{number:,}", **values}


#: What is spoken where nobody chose a language.
ENGLISH = Words()


def mark(text: str) -> str:
    """The text itself: marks words that are chosen here and said elsewhere, so that the catalogue has them."""
    return text


def mark_as(context: str, text: str) -> str:
    """The same for words with a context."""
    return text
